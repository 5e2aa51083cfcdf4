import { type GraphQLField, getNamedType, isLeafType, isObjectType } from 'graphql';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startWorld, type World } from './world.ts';

let world: World;

beforeAll(async () => {
  world = await startWorld();
});

afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

/** Root fields are asked so many at a time: an operation has limits, and one fault should not hide in many. */
const FIELDS_AT_ONCE = 20;

test('every list and every lookup answers with all its plain fields, and Sage refuses nothing', async () => {
  const queries = rootFields('Sage200')
    .filter(({ args }) => !args.some(({ name }) => name === 'id' || name === 'input'))
    .filter((field) => isConnection(field) || getNamedType(field.type).name === 'Sage200Lookup')
    .map((field) =>
      isConnection(field)
        ? `${field.name}(first: 2) { nodes { ${plainFields(rowTypeOf(field))} } }`
        : `${field.name} { ${plainFields(getNamedType(field.type).name)} }`,
    );

  const { failures, answers } = await askAll(queries);

  expect(failures).toEqual([]);
  expect(answers).toBe(queries.length);
});

test('every row that can be read by its id answers with all its plain fields', async () => {
  const singles = rootFields('Sage200').filter(({ args }) => args.some(({ name }) => name === 'id'));
  const queries = await Promise.all(
    singles
      .filter(({ name }) => !isAction(name))
      .map(async ({ name, type }) => {
        const typeName = getNamedType(type).name;
        return `${name}(id: "${await idOf(typeName)}") { ${plainFields(typeName)} }`;
      }),
  );

  const { failures, answers } = await askAll(queries);

  expect(failures).toEqual([]);
  expect(answers).toBeGreaterThan(100);
});

test('every reference and every list under a row can be followed', async () => {
  const queries = rootFields('Sage200')
    .filter(isConnection)
    .flatMap((field) => {
      const below = fieldsBelow(rowTypeOf(field));
      return below.length > 0 ? [`${field.name}(first: 2) { nodes { ${below.join(' ')} } }`] : [];
    });

  const { failures } = await askAll(queries);

  expect(failures).toEqual([]);
});

test('an instant finds the same rows in any time zone and precision', async () => {
  const first = await world.run('{ sage200 { customers(first: 1) { nodes { sageId dateTimeUpdated } } } }');
  const [{ sageId, dateTimeUpdated }] = first.data.sage200.customers.nodes;
  const [utc = ''] = /.*(?=Z$)/.exec(dateTimeUpdated) ?? [];
  const inParis = new Date(Date.parse(dateTimeUpdated) + 2 * 3_600_000).toISOString().slice(0, 16) + utc.slice(16);
  const document = `query ($id: ID!, $moment: Sage200DateTime!) {
    sage200 { customers(filter: { id: { eq: $id }, dateTimeUpdated: { eq: $moment } }) { nodes { sageId } } }
  }`;

  for (const moment of [`${utc}Z`, `${inParis}+02:00`, `${utc.includes('.') ? utc : `${utc}.0`}000000000Z`]) {
    const { data, errors } = await world.run(document, { variables: { id: sageId, moment } });

    expect(errors).toEqual([]);
    expect(data.sage200.customers.nodes).toEqual([{ sageId }]);
  }
});

test("despatch lists can be filtered by the order's customer and warehouse, which their rows do not have", async () => {
  const list = (filter: string) =>
    `{ sage200 { found: sopDespatchDiscreteOrders(first: 5000, filter: { ${filter} }) { nodes { sageId documentNo } }
       orders: sopOrders(first: 5000) { nodes { sageId customerId documentNo lines { warehouseId } } } } }`;
  const { data: before } = await world.run(list(''));
  const [order] = before.sage200.orders.nodes;
  const warehouse = order.lines[0].warehouseId;

  const { data, errors } = await world.run(
    list(`traderId: { eq: "${order.customerId}" }, warehouseId: { eq: "${warehouse}" }`),
  );
  const confirm = await world.run(
    `{ sage200 { sopConfirmDespatchList(filter: { documentNo: { eq: "${order.documentNo}" } }) { nodes { sopOrderReturnId } } } }`,
  );

  type Order = { sageId: string; customerId: string; documentNo: string; lines: { warehouseId: string }[] };
  const expected = (data.sage200.orders.nodes as Order[]).filter(
    ({ customerId, lines }) =>
      customerId === order.customerId && lines.some(({ warehouseId }) => warehouseId === warehouse),
  );
  expect([...errors, ...confirm.errors]).toEqual([]);
  expect(data.sage200.found.nodes).toEqual(expected.map(({ sageId, documentNo }) => ({ sageId, documentNo })));
  expect(confirm.data.sage200.sopConfirmDespatchList.nodes).toEqual([{ sopOrderReturnId: order.sageId }]);
});

function rootFields(typeName: string): GraphQLField<unknown, unknown>[] {
  const type = world.schema.getType(typeName);
  return isObjectType(type) ? Object.values(type.getFields()) : [];
}

const isConnection = (field: GraphQLField<unknown, unknown>) => getNamedType(field.type).name.endsWith('Connection');
const rowTypeOf = (field: GraphQLField<unknown, unknown>) => getNamedType(field.type).name.replace(/Connection$/, '');
const isAction = (name: string) => world.sage200.model.actions.has(`Sage200.${name}`);

function plainFields(typeName: string): string {
  const fields = rootFields(typeName).filter(({ type, args }) => isLeafType(getNamedType(type)) && args.length === 0);
  return fields.map(({ name }) => name).join(' ') || '__typename';
}

/** Rows below a row, one step down, with their first plain fields. */
function fieldsBelow(typeName: string): string[] {
  return rootFields(typeName).flatMap((field) => {
    const target = getNamedType(field.type);
    if (!isObjectType(target)) return [];
    if (!isConnection(field)) return [`${field.name} { ${plainFields(target.name)} }`];
    return [`${field.name}(first: 1) { nodes { ${plainFields(rowTypeOf(field))} } }`];
  });
}

/** An id of that type, from its list or from below the first parent that holds some; else one that nobody has. */
async function idOf(typeName: string): Promise<string> {
  const FROM_ELSEWHERE: Readonly<Record<string, string>> = {
    Sage200SopOrderLine: 'sopOrders(first: 1) { nodes { found: lines { sageId } } }',
    Sage200PopOrderLine: 'popOrders(first: 1) { nodes { found: lines { sageId } } }',
    Sage200ProductSalesFigures: 'products(first: 1) { nodes { sageId } }',
    Sage200ProductPurchaseFigures: 'products(first: 1) { nodes { sageId } }',
  };
  const list = rootFields('Sage200').find((field) => isConnection(field) && rowTypeOf(field) === typeName);
  const query = FROM_ELSEWHERE[typeName] ?? (list && `${list.name}(first: 1) { nodes { sageId } }`);
  if (!query) return '1';
  const { data } = await world.run(`{ sage200 { ${query.replace(/^/, 'list: ')} } }`);
  const [row] = data?.sage200?.list?.nodes ?? [];
  return row?.sageId ?? row?.found?.[0]?.sageId ?? '1';
}

/** @returns what Sage refused or the engine could not answer, and how many fields were answered. */
async function askAll(queries: readonly string[]): Promise<{ failures: string[]; answers: number }> {
  const failures: string[] = [];
  let answers = 0;
  for (let at = 0; at < queries.length; at += FIELDS_AT_ONCE) {
    const { data, errors, requests } = await world.run(
      `{ sage200 { ${queries.slice(at, at + FIELDS_AT_ONCE).join('\n')} } }`,
    );
    for (const error of errors) failures.push(`${error.path}: ${error.message}`);
    for (const { path, status } of requests) if (status >= 400 && status !== 404) failures.push(`${status} ${path}`);
    answers += Object.values(data?.sage200 ?? {}).filter((value) => value !== null).length;
  }
  return { failures, answers };
}
