import {
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLObjectType,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isLeafType,
} from 'graphql';
import { beforeAll, expect, test } from 'vitest';
import { loadSdl } from '../../../../src/kit/load-sdl.ts';
import { memberOf, type Shape, shapeOf } from './body.ts';
import { readContracts } from './contract.ts';
import { type Input, makeArguments } from './made-inputs.ts';
import { type ContractWorld, startContractWorld } from './world.ts';

/** Rows of each list. */
const ROWS = 2;

let world: ContractWorld;
beforeAll(() => {
  world = startContractWorld({ rows: ROWS });
});

interface Write {
  readonly root: 'query' | 'mutation';
  readonly field: GraphQLField<unknown, unknown>;
}

/** Every field that is a write of Sage's: all mutations, and each POST that only reads. */
function writesOf({ schema }: ContractWorld): Write[] {
  const fieldsOf = (name: string) => Object.values((schema.getType(name) as GraphQLObjectType).getFields());
  const actions = actionNames();
  return [
    ...fieldsOf('Sage200Mutation').map((field) => ({ root: 'mutation' as const, field })),
    ...fieldsOf('Sage200')
      .filter(({ name }) => actions.has(name))
      .map((field) => ({ root: 'query' as const, field })),
  ];
}

function actionNames(): ReadonlySet<string> {
  const sdl = loadSdl(new URL('../../../../schema/sage200/', import.meta.url));
  const fields = sdl.definitions.flatMap((definition) =>
    definition.kind === 'ObjectTypeExtension' ? (definition.fields ?? []) : [],
  );
  return new Set(
    fields
      .filter(({ directives }) => directives?.some(({ name }) => name.value === 'action'))
      .map(({ name }) => name.value),
  );
}

async function perform({ root, field }: Write, given: Input) {
  const declared = field.args.filter(({ name }) => name in given).map(({ name, type }) => `$${name}: ${type}`);
  const passed = Object.keys(given).map((name) => `${name}: $${name}`);
  const shown = isLeafType(getNamedType(field.type))
    ? ''
    : root === 'query'
      ? '{ __typename }'
      : '{ userErrors { message } }';
  const brackets = (parts: readonly string[]) => (parts.length > 0 ? `(${parts.join(', ')})` : '');
  world.server.clear();
  const { data, errors } = await world.run(
    `${root} ${brackets(declared)} { sage200 { answer: ${field.name}${brackets(passed)} ${shown} } }`,
    given,
  );
  const userErrors = root === 'mutation' ? (data?.sage200?.answer?.userErrors ?? []) : [];
  return { faults: [...world.server.violations, ...errors, ...userErrors], writes: [...world.server.writes] };
}

const leavesIn = (value: unknown): number =>
  typeof value === 'object' && value !== null
    ? Object.values(value).reduce<number>((sum, each) => sum + leavesIn(each), 0)
    : 1;

/** The most members that an enum has which the field can be given. */
function mostMembers(types: readonly GraphQLInputType[], seen = new Set<string>()): number {
  return types.reduce((most, type) => {
    const named = getNamedType(type);
    if (isEnumType(named)) return Math.max(most, named.getValues().length);
    if (!isInputObjectType(named) || seen.has(named.name)) return most;
    seen.add(named.name);
    const below = Object.values(named.getFields()).map((member) => member.type);
    return Math.max(most, mostMembers(below, seen));
  }, 0);
}

/** The most members of an enum that the field can be given, and at least two spellings of everything else. */
const variantsOf = ({ args }: Write['field']): number => Math.max(2, mostMembers(args.map(({ type }) => type)));

/** What is wrong with one field, in words; and what of Sage's it does. */
async function examine(write: Write): Promise<{ operation: string; faults: unknown[] }> {
  const { field } = write;
  // Which operation it is tells how long its texts may be.
  const [found] = (await perform(write, makeArguments(field, 0))).writes;
  if (!found) return { operation: '', faults: ['nothing was sent'] };
  const { operation } = found;
  const shape = shapeOf(operation);
  const faults: unknown[] = [];
  for (let variant = 0; variant < variantsOf(field); variant += 1) {
    const given = makeArguments(field, variant, shape);
    const { faults: some, writes } = await perform(write, given);
    faults.push(...some);
    const [sent, ...others] = writes;
    if (sent?.operation !== operation || others.length > 0) faults.push(writes.map((each) => each.operation));
    const inPath = operation.split('#').length - 1;
    // A document's lock is beside what was given, where the caller has none.
    const lost = leavesIn(given) - inPath - (sent?.values.length ?? 0);
    if (shape && lost > 0) faults.push(`${lost} values are not sent`);
  }
  return { operation, faults };
}

test('Sage accepts every write with every member, and nothing is left out', async () => {
  const faults: Record<string, unknown> = {};
  const reached = new Set<string>();
  for (const write of writesOf(world)) {
    const found = await examine(write);
    reached.add(endOf(found.operation));
    if (found.faults.length > 0) faults[write.field.name] = found.faults;
  }

  expect(faults).toEqual({});
  const documented = readContracts().flatMap(({ operations }) => operations.filter((text) => !text.startsWith('GET')));
  expect(documented.filter((operation) => !reached.has(endOf(operation)))).toEqual([]);
});

/** What Sage also does at a longer path is done at the short one. */
const endOf = (operation: string): string =>
  operation
    .replace('[]', '')
    .replace(/\{\w+\}/g, '#')
    .replace(/ .*\/(\w+(?:\/#)?)$/, ' $1');

interface Text {
  /** `['input', 'lines', '0', 'code']` */
  readonly path: readonly string[];
  /** Characters that Sage keeps. */
  readonly most: number;
}

/** Every text with a length in what is given, once for each shape that holds it. */
function textsIn(value: object, shape: Shape | undefined, seen: Set<unknown>, path: readonly string[] = []): Text[] {
  if (shape === undefined || seen.has(shape)) return [];
  seen.add(shape);
  return Object.entries(value).flatMap(([name, given]: [string, unknown]) => {
    const member = memberOf(shape, name);
    if (typeof member !== 'string') {
      const [below, at] = Array.isArray(given) ? [given[0], [name, '0']] : [given, [name]];
      return typeof below === 'object' && below !== null ? textsIn(below, member, seen, [...path, ...at]) : [];
    }
    const most = /^string\((\d+)\)$/.exec(member)?.[1];
    return most === undefined ? [] : [{ path: [...path, name], most: Number(most) }];
  });
}

function withText(given: Input, path: readonly string[], text: string): Input {
  const copy = structuredClone(given) as Record<string, unknown>;
  let holder = copy;
  for (const step of path.slice(0, -1)) holder = holder[step] as Record<string, unknown>;
  holder[path.at(-1) ?? ''] = text;
  return copy;
}

test('a text that is one character too long for its column is refused without a request', async () => {
  const taken: string[] = [];
  const seen = new Set<unknown>();
  let tried = 0;
  for (const write of writesOf(world)) {
    const [found] = (await perform(write, makeArguments(write.field, 0))).writes;
    const shape = found && shapeOf(found.operation);
    const given = makeArguments(write.field, 0, shape);
    const { input } = given;
    if (typeof input !== 'object' || input === null) continue;
    const [row, at] = Array.isArray(input) ? [input[0], ['input', '0']] : [input, ['input']];
    for (const { path, most } of textsIn(row, shape, seen, at)) {
      await perform(write, withText(given, path, 'x'.repeat(most + 1)));
      if (world.server.requests.length > 0) taken.push(`${write.field.name} ${path.join('.')}: ${most}`);
      tried += 1;
    }
  }

  expect(taken).toEqual([]);
  expect(tried).toBeGreaterThan(500);
});
