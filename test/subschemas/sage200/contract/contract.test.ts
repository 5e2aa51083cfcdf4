import {
  type GraphQLInputType,
  type GraphQLObjectType,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isObjectType,
} from 'graphql';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { readContracts } from './contract.ts';
import { idAt } from './made-rows.ts';
import { type ContractWorld, startContractWorld } from './world.ts';

/** Of each list; a page and a half more than three pages of two. */
const ROWS = 9;
const PAGE = 2;
/** Fields in one document. */
const AT_ONCE = 40;

let world: ContractWorld;
beforeAll(() => {
  world = startContractWorld({ rows: ROWS });
});
beforeEach(() => world.server.clear());
afterAll(() => expect(world.server.violations).toEqual([]));

interface List {
  /** `customers`. */
  readonly name: string;
  readonly row: GraphQLObjectType;
  readonly orders: readonly string[];
  readonly filters: readonly string[];
}

/** Lists of the newest release of which no column is documented. */
const UNDOCUMENTED = new Set(
  readContracts()
    .filter(({ columns }) => Object.keys(columns).length === 0)
    .map(({ name }) => name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())),
);

/** Every list of a company, with one filter for each operator of each field, and every order. */
function listsOf({ schema }: ContractWorld): List[] {
  const root = schema.getType('Sage200') as GraphQLObjectType;
  return Object.values(root.getFields()).flatMap((field): List[] => {
    const connection = getNamedType(field.type);
    if (!isObjectType(connection) || !connection.name.endsWith('Connection') || field.name === 'sites') return [];
    if (UNDOCUMENTED.has(field.name)) return [];
    const row = getNamedType(connection.getFields()['nodes']?.type) as GraphQLObjectType;
    const typeOf = (argument: string) => getNamedType(field.args.find(({ name }) => name === argument)?.type);
    const order = typeOf('orderBy');
    const orders = isInputObjectType(order) ? Object.keys(order.getFields()) : [];
    return [{ name: field.name, row, orders, filters: filtersOf(typeOf('filter')) }];
  });
}

function filtersOf(filter: unknown): string[] {
  if (!isInputObjectType(filter)) return [];
  return Object.values(filter.getFields()).flatMap(({ name, type }) => {
    const conditions = getNamedType(type);
    if (!isInputObjectType(conditions) || conditions === filter) return [];
    // `spareText2` is as `spareText1`: one condition tells.
    const operators = Object.values(conditions.getFields()).slice(0, /(?:[2-9]|\d\d)$/.test(name) ? 1 : undefined);
    return operators.map((operator) => `{ ${name}: { ${operator.name}: ${givenValue(operator.type, name)} } }`);
  });
}

/** Not in Sage's spelling where there is another one. */
const VALUES: Readonly<Record<string, string>> = {
  ID: `"${idAt(1)}"`,
  String: `"T'01"`,
  Int: '2',
  Boolean: 'true',
  Sage200Decimal: '"+3"',
  Sage200Date: '"2026-01-06"',
  Sage200DateTime: '"2026-01-05T01:00:01+01:00"',
  Sage200Long: '"3"',
};

function givenValue(type: GraphQLInputType, name: string): string {
  const named = getNamedType(type);
  const value = isEnumType(named) ? named.getValues()[0]?.name : VALUES[named.name];
  if (value === undefined) throw new Error(`There is no value for ${name}, a ${named.name}.`);
  return isListType(type) ? `[${value}, ${value}]` : value;
}

const chunks = <Item>(items: readonly Item[], size: number): Item[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, index) => items.slice(index * size, (index + 1) * size));

const plainFields = (type: GraphQLObjectType): string[] =>
  Object.values(type.getFields())
    .filter((field) => isLeafType(getNamedType(field.type)))
    .map(({ name }) => name);

test('Sage accepts every condition on every list', async () => {
  const asked = listsOf(world).flatMap(({ name, filters }) =>
    filters.map((filter) => `${name}(first: 1, filter: ${filter})`),
  );
  for (const some of chunks(asked, AT_ONCE)) {
    const fields = some.map((field, index) => `f${index}: ${field} { nodes { __typename } }`);

    const { errors } = await world.run(`{ sage200 { ${fields.join(' ')} } }`);

    expect(errors).toEqual([]);
  }
  expect(asked.length).toBeGreaterThan(5_000);
  expect(world.server.violations).toEqual([]);
});

test('pages 1 to 3 of every list, in every order, have its first rows, each once', async () => {
  let pages = 0;
  for (const { name, row, orders } of listsOf(world)) {
    // What tells rows apart: the id, or enough of the row.
    const fields = plainFields(row);
    const shown = fields.includes('sageId') ? 'sageId' : fields.slice(0, 12).join(' ');
    const asked = ['', ...orders.map((key, index) => `orderBy: [{ ${key}: ${index % 2 === 0 ? 'ASC' : 'DESC'} }]`)];
    for (const some of chunks(asked, AT_ONCE)) {
      const whole = await pagesOf(
        name,
        shown,
        some,
        ROWS,
        some.map(() => null),
      );
      const got: unknown[][] = some.map(() => []);
      let cursors: (string | null)[] = some.map(() => null);
      for (let page = 1; page <= 3; page += 1) {
        const found = await pagesOf(name, shown, some, PAGE, cursors);
        for (const [index, { nodes }] of found.entries()) got[index]?.push(...nodes);
        cursors = found.map(({ pageInfo }) => pageInfo.endCursor);
        pages += some.length;
      }

      some.forEach((order, index) => {
        expect(got[index], `${name} ${order}`).toEqual(whole[index]?.nodes.slice(0, 3 * PAGE));
      });
    }
  }
  expect(pages).toBeGreaterThan(10_000);
  expect(world.server.violations).toEqual([]);
});

interface Page {
  readonly nodes: readonly unknown[];
  readonly pageInfo: { readonly endCursor: string };
}

async function pagesOf(
  name: string,
  shown: string,
  orders: readonly string[],
  first: number,
  after: readonly (string | null)[],
): Promise<Page[]> {
  const fields = orders.map(
    (order, index) =>
      `o${index}: ${name}(first: ${first}, after: ${JSON.stringify(after[index] ?? null)}, ${order}) { nodes { ${shown} } pageInfo { endCursor hasNextPage } }`,
  );
  const { data, errors } = await world.run(`{ sage200 { ${fields.join(' ')} } }`);
  expect(errors, name).toEqual([]);
  return Object.values(data.sage200);
}

test('Sage accepts requests for every row with all its fields, objects and lists', async () => {
  const root = world.schema.getType('Sage200') as GraphQLObjectType;
  let asked = 0;
  for (const field of Object.values(root.getFields())) {
    const type = getNamedType(field.type);
    // Actions have inputs, and are not reads of rows.
    if (!isObjectType(type) || field.args.some(({ name }) => name === 'input' || /Id$/.test(name))) continue;
    if (field.name === 'sites' || UNDOCUMENTED.has(field.name)) continue;
    const given = field.args.some(({ name }) => name === 'id') ? `(id: "${idAt(0)}")` : '';
    const body = type.name.endsWith('Connection') ? `{ nodes { ${wholeRow(rowOf(type))} } }` : `{ ${wholeRow(type)} }`;

    const { errors } = await world.run(`{ sage200 { ${field.name}${given} ${body} } }`);

    expect(errors, field.name).toEqual([]);
    asked += 1;
  }
  expect(asked).toBeGreaterThan(300);
  expect(world.server.violations).toEqual([]);
});

const rowOf = (connection: GraphQLObjectType): GraphQLObjectType =>
  getNamedType(connection.getFields()['nodes']?.type) as GraphQLObjectType;

/** All plain fields, those of the objects inside, and the first rows of the lists below. */
function wholeRow(type: GraphQLObjectType, withLists = true): string {
  const below = Object.values(type.getFields()).flatMap((field) => {
    const target = getNamedType(field.type);
    if (!isObjectType(target)) return [];
    if (!target.name.endsWith('Connection')) return [`${field.name} { ${plainFields(target).join(' ')} __typename }`];
    if (!withLists) return [];
    return [`${field.name}(first: 2) { totalCount nodes { ${plainFields(rowOf(target)).join(' ')} } }`];
  });
  return [...plainFields(type), ...below].join(' ');
}

/** Keys asked for at a time, and how many one request takes at most. */
const KEYS = 100;
const KEYS_A_REQUEST = 60;

test('whole rows over 100 keys, and their related rows, take few requests', async () => {
  const many = startContractWorld({ rows: KEYS });
  const listed = new Set(readContracts().flatMap(({ operations }) => operations.filter((text) => text.endsWith('[]'))));
  const ids = Array.from({ length: KEYS }, (_, index) => String(idAt(index)));
  let asked = 0;
  for (const { name, row, filters } of listsOf(many)) {
    if (!filters.some((filter) => filter.startsWith('{ id: { in:'))) continue;
    many.server.clear();

    const { errors } = await many.run(
      `query ($ids: [ID!]) { sage200 { ${name}(first: ${KEYS}, filter: { id: { in: $ids } }) { nodes { ${wholeRow(row, false)} } } } }`,
      { ids },
    );

    expect(errors, name).toEqual([]);
    const paths = many.server.requests.map((request) => request.slice('GET '.length).split('?')[0] ?? '');
    // What Sage has no list of is asked for one by one.
    const lists = paths.filter((path) => listed.has(`GET ${path}[]`) && !/\/\d+\//.test(path));
    const oneByOne = paths.filter((path) => listed.has(`GET ${path.replace(/\/\d+$/, '')}[]`) && /\/\d+$/.test(path));
    expect(oneByOne, name).toEqual([]);
    const resources = new Set(lists);
    expect(lists.length, `${name}: ${[...resources].join(' ')}`).toBeLessThanOrEqual(
      resources.size * Math.ceil(KEYS / KEYS_A_REQUEST) + 1,
    );
    asked += 1;
  }
  expect(asked).toBeGreaterThan(80);
  expect(many.server.violations).toEqual([]);
});
