import { type GraphQLField, getNamedType, isObjectType } from 'graphql';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parentArgument } from '../../../src/subschemas/sage200/model/model.ts';
import { InputMaker } from './inputs.ts';
import { startWorld, type World } from './world.ts';

let world: World;
let maker: InputMaker;

beforeAll(async () => {
  world = await startWorld();
  maker = new InputMaker(world);
});

afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

/** What the simulator refuses although our checks are right, each with its reason. */
const KNOWN_REFUSALS: Readonly<Record<string, RegExp>> = {
  // A rule of business: what an account was posted to is not renamed.
  updateNominalCode: /reference of nominal_codes cannot be changed/,
  // No count sheet row is known beforehand.
  updateStocktakeCountSheetItem: /does not have this row/,
};

test('every create, update and action with its required members is accepted', async () => {
  const { refusals, count } = await writeAll(false);

  expect(refusals).toEqual([]);
  expect(count).toBeGreaterThan(100);
});

test('every create, update and action with all members is accepted', async () => {
  const { refusals, count } = await writeAll(true);

  expect(refusals).toEqual([]);
  expect(count).toBeGreaterThan(100);
});

test('every POST that reads works, even for a caller who may only read', async () => {
  const refusals: string[] = [];
  let count = 0;
  for (const field of fieldsOf('Sage200').filter(({ name }) => world.sage200.model.actions.has(`Sage200.${name}`))) {
    const { source, variables } = await operationFor('query', field, true, '__typename');
    const { data, errors } = await world.run(source, { variables, readOnly: true });
    count += 1;
    for (const { message } of errors) refusals.push(`${field.name}: ${message}`);
    if (errors.length === 0 && data.sage200.answer === null) refusals.push(`${field.name}: nothing`);
  }

  expect(refusals).toEqual([]);
  expect(count).toBeGreaterThan(20);
});

async function writeAll(full: boolean): Promise<{ refusals: string[]; count: number }> {
  const refusals: string[] = [];
  let count = 0;
  for (const field of fieldsOf('Sage200Mutation').filter(({ name }) => !name.startsWith('delete'))) {
    const { source, variables } = await operationFor('mutation', field, full, 'userErrors { message }');
    const { data, errors } = await world.run(source, { variables });
    count += 1;
    const messages = [...errors, ...(data?.sage200?.answer?.userErrors ?? [])].map(({ message }) => message);
    refusals.push(
      ...messages
        .filter((message) => !KNOWN_REFUSALS[field.name]?.test(message))
        .map((message) => `${field.name}: ${message}`),
    );
  }
  return { refusals, count };
}

function fieldsOf(typeName: string): GraphQLField<unknown, unknown>[] {
  const type = world.schema.getType(typeName);
  return isObjectType(type) ? Object.values(type.getFields()) : [];
}

async function operationFor(
  kind: 'query' | 'mutation',
  field: GraphQLField<unknown, unknown>,
  full: boolean,
  selection: string,
): Promise<{ source: string; variables: Record<string, unknown> }> {
  const variables: Record<string, unknown> = {};
  for (const { name, type } of field.args) {
    const isBulk = String(type).startsWith('[');
    // A row that is added in a list needs what it would need alone, which no type can say.
    if (name === 'input') {
      const input = await maker.make(getNamedType(type).name, full || isBulk);
      variables[name] = isBulk ? [input] : input;
    } else if (getNamedType(type).name === 'ID') variables[name] = (await argumentId(kind, field, name)) ?? '1';
    else if (name !== 'idempotencyKey' && getNamedType(type).name === 'String')
      variables[name] = await maker.lookup('sop_document_status_types');
  }
  const given = field.args.filter(({ name }) => variables[name] !== undefined);
  const definitions = given.map(({ name, type }) => `$${name}: ${String(type)}`).join(', ');
  const arguments_ = given.map(({ name }) => `${name}: $${name}`).join(', ');
  const source = `${kind} ${definitions && `(${definitions})`} { sage200 { answer: ${field.name}${arguments_ && `(${arguments_})`} { ${selection} } } }`;
  return { source, variables };
}

/** The id an argument wants: the one it refers to, the parent's, or that of the row itself. */
async function argumentId(
  kind: 'query' | 'mutation',
  field: GraphQLField<unknown, unknown>,
  name: string,
): Promise<string | undefined> {
  const { actions, rowTypes } = world.sage200.model;
  const action = actions.get(`${kind === 'query' ? 'Sage200' : 'Sage200Mutation'}.${field.name}`);
  const given = action?.givenArguments.fields.get(name);
  if (given?.kind === 'scalar') {
    if (given.refersTo === 'Sage200SopOrderLine') return orderLineId();
    return maker.id(given.refersTo);
  }
  const row = [...rowTypes.values()].find(({ name: typeName, resource }) => {
    const bare = typeName.replace(/^Sage200/, '');
    return resource && (field.name === `create${bare}` || field.name === `update${bare}`);
  });
  const isParent = row?.resource && parentArgument(row.resource) === name;
  return maker.id(isParent ? `Sage200${name.charAt(0).toUpperCase()}${name.slice(1, -2)}` : row?.name);
}

async function orderLineId(): Promise<string> {
  const { data } = await world.run('{ sage200 { sopOrders(first: 1) { nodes { lines { sageId } } } } }');
  return data.sage200.sopOrders.nodes[0].lines[0].sageId;
}
