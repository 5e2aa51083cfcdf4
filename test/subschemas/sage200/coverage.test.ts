import { readFileSync } from 'node:fs';
import { buildSchema, type GraphQLSchema, isEnumType, isInputObjectType, isInterfaceType, isObjectType } from 'graphql';
import { expect, test } from 'vitest';
import { compare, EXCEPTIONS, readFacts, readSchema } from '../../../scripts/coverage-sage200.ts';
import { loadSdl } from '../../../src/kit/load-sdl.ts';

const facts = readFacts();
const schema = readSchema();

test('every documented resource, operation and field of Sage 200 is in the schema', () => {
  const coverage = compare(schema, facts);

  expect(coverage.missing).toEqual([]);
  expect(coverage.stale).toEqual([]);
  expect(coverage.resources).toBe(340);
  expect(coverage.operations).toBeGreaterThanOrEqual(710);
});

test('few things are left out, each with its reason', () => {
  const names = Object.keys(EXCEPTIONS);

  expect(names.filter((name) => name.includes('.')).length).toBeLessThan(10);
  for (const reason of Object.values(EXCEPTIONS)) expect(reason.length).toBeGreaterThan(20);
});

test('a missing resource, field or operation is noticed', () => {
  const invented = {
    name: 'customers',
    kind: 'entity' as const,
    operations: ['PATCH /customers'],
    fields: { shoe_size: 'w' },
  };
  const unknown = {
    name: 'unicorns',
    kind: 'entity' as const,
    operations: ['GET /unicorns', 'POST /unicorns'],
    fields: {},
  };

  const { missing } = compare(schema, [invented, unknown]);

  expect(missing).toEqual([
    'customers: PATCH /customers',
    'customers: field shoe_size',
    'unicorns: GET /unicorns',
    'unicorns: POST /unicorns',
  ]);
});

test('an action is named by its path: a query unchanged, a mutation with create if it has no other verb', () => {
  const wrong: string[] = [];
  for (const { root, field, path } of actions()) {
    const plain = path.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
    const isDone = /_(new|duplicate|status|assign|amend|complete)$/.test(path);
    const created = `create${plain.charAt(0).toUpperCase()}${plain.slice(1).replace(/s$/, '')}`;
    if (field !== (root === 'Sage200' || isDone ? plain : created)) wrong.push(`${root}.${field}: ${path}`);
  }

  expect(wrong).toEqual([]);
});

function actions() {
  const sdl = loadSdl(new URL('../../../schema/sage200/', import.meta.url));
  return sdl.definitions.flatMap((definition) =>
    definition.kind !== 'ObjectTypeExtension'
      ? []
      : (definition.fields ?? []).flatMap((field) => {
          const action = field.directives?.find(({ name }) => name.value === 'action');
          const path = action?.arguments?.find(({ name }) => name.value === 'path')?.value;
          return path?.kind === 'StringValue'
            ? [{ root: definition.name.value, field: field.name.value, path: path.value }]
            : [];
        }),
  );
}

/** `Type.field(argument)`, and what stands there, of all that the gateway's own schema shows. */
function* shownNames(shown: GraphQLSchema): Generator<readonly [name: string, description: string | null | undefined]> {
  for (const type of Object.values(shown.getTypeMap())) {
    if (type.name.startsWith('__')) continue;
    yield [type.name, type.description];
    if (isEnumType(type))
      for (const { name, description } of type.getValues()) yield [`${type.name}.${name}`, description];
    if (!isObjectType(type) && !isInterfaceType(type) && !isInputObjectType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      yield [`${type.name}.${field.name}`, field.description];
      for (const argument of 'args' in field ? field.args : [])
        yield [`${type.name}.${field.name}(${argument.name})`, argument.description];
    }
  }
}

test('every type, field, argument and value of the gateway has a description', () => {
  const shown = buildSchema(readFileSync(new URL('../../../schema/gateway.graphql', import.meta.url), 'utf8'));
  const names = [...shownNames(shown)];

  expect(names.length).toBeGreaterThan(20_000);
  expect(names.filter(([, description]) => !description).map(([name]) => name)).toEqual([]);
});
