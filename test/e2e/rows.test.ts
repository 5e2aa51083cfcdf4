import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { type Answer, ERP_CUSTOMER_LINK, startTestGateway, type TestGateway, warmUp } from '../support/test-gateway.ts';

let sandbox: Sandbox;
let gateway: TestGateway;

beforeAll(async () => {
  sandbox = await startSandbox({ customers: 10 });
  gateway = await startTestGateway({
    sandbox,
    edit: (file) => {
      const orders = { from: 'Sage200Customer.reference', to: 'xtremSales.salesOrder', key: 'soldToCustomer.id' };
      Object.assign(file, { links: [ERP_CUSTOMER_LINK, { name: 'erpOrders', ...orders, many: true }] });
    },
  });
  await warmUp(gateway);
});

beforeEach(() => {
  for (const server of [sandbox.sage200, sandbox.erp]) server.clearRequests();
});

afterAll(async () => {
  await gateway.close();
  await sandbox.close();
});

const requests = () =>
  [sandbox.sage200, sandbox.erp].flatMap((server) => server.requests()).filter(({ path }) => !path.endsWith('/sites'));

const codesOf = ({ errors = [] }: Answer) => [...new Set(errors.map(({ extensions }) => extensions['code']))];

describe('an alias', () => {
  const longest = 'a'.repeat(200);

  test.each([
    ['of a list', (alias: string) => `{ sage200 { ${alias}: customers(first: 1) { nodes { id } } } }`],
    ['at the root', (alias: string) => `{ ${alias}: sage200 { customers(first: 1) { nodes { id } } } }`],
    [
      'in a fragment',
      (alias: string) =>
        `{ sage200 { customers(first: 1) { nodes { ...F } } } } fragment F on Sage200Customer { ${alias}: id }`,
    ],
    [
      "in the tenant's own document",
      (alias: string) => `{ xtremMasterData { customer { query(first: 1) { edges { node { ${alias}: _id } } } } } }`,
    ],
  ])('has 200 characters at most: %s', async (_name, documentWith) => {
    expect(codesOf(await gateway.query(documentWith(longest)))).toEqual([]);
    sandbox.sage200.clearRequests();
    sandbox.erp.clearRequests();

    const answer = await gateway.query(documentWith(`${longest}a`));

    expect(answer.errors).toMatchObject([
      {
        message: 'An alias in this document has more than 200 characters. Use a shorter one.',
        extensions: { code: 'COST_EXCEEDED', limit: 'aliases' },
      },
    ]);
    expect(requests()).toEqual([]);
  });
});

const many = (count: number, make: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => make(index)).join(' ');
const customers = (first: string, below: string) => `{ sage200 { customers${first} { nodes { ${below} } } } }`;
const ORDERS = 'sopOrders { nodes { id } }';
const BY_VARIABLES = `query ($rows: Int, $orders: Int = 5, $all: Boolean = true) { sage200 { customers(first: $rows) { nodes {
  sopOrders(first: $orders) @include(if: $all) { nodes { id customer { name } } } } } } }`;
const LINKED_BACK = (first: number, orders: number) =>
  `{ xtremMasterData { customer { query(first: ${first}) { edges { node { ${ERP_CUSTOMER_LINK.reverse} {
    sopOrders(first: ${orders}) { nodes { id } } } } } } } } }`;

/** What may be asked, and whether the operation does ask; how much the sandbox has does not matter. */
const ALLOWED: readonly [name: string, document: string, variables?: object][] = [
  ['5,000 rows', customers('(first: 5000)', 'id reference name shortName balance creditLimit accountOpened')],
  [
    '5,000 rows with two references',
    '{ sage200 { sopOrders(first: 5000) { nodes { id customer { name } currency { symbol } } } } }',
  ],
  ['a list in a list', customers('(first: 500)', 'sopOrders(first: 99) { nodes { id } }')],
  ['both defaults', customers('', ORDERS)],
  ['a variable and its default', BY_VARIABLES, { rows: 4_000 }],
  ['a list that is left out', BY_VARIABLES, { rows: 5_000, orders: 5_000, all: false }],
  ['one list, written twice', `{ sage200 { ${many(11, () => 'sopOrders(first: 5000) { nodes { id } }')} } }`],
  [
    "the tenant's own pages",
    `{ sage200 { customers { nodes { id } } } xtremMasterData { customer { ${many(100, (index) => `a${index}: query(first: 500) { totalCount }`)} } } }`,
  ],
  ["links below the tenant's pages", LINKED_BACK(100, 400)],
  ['a page of links', customers('(first: 2000)', 'erpOrders { edges { node { _id } } }')],
];

const REFUSED: readonly [name: string, field: string, document: string, variables?: object][] = [
  [
    'a list in a list',
    'Sage200Customer.sopOrders',
    customers('(first: 500)', 'sopOrders(first: 100) { nodes { id } }'),
  ],
  [
    'aliases of a list under rows',
    'Sage200Customer.sopOrders',
    customers(
      '(first: 200)',
      many(100, (index) => `a${index}: sopOrders(first: 5) { nodes { id } }`),
    ),
  ],
  [
    'aliases of a reference',
    'Sage200.sopOrders',
    `{ sage200 { sopOrders(first: 5000) { nodes { ${many(100, (index) => `a${index}: customer { name }`)} } } } }`,
  ],
  [
    'a fragment under aliases',
    'Sage200.sopOrders',
    `{ sage200 { ...F } } fragment F on Sage200 { ${many(11, (index) => `a${index}: sopOrders(first: 5000) { ...G }`)} } fragment G on Sage200SopOrderConnection { nodes { id } }`,
  ],
  ['the default of a list', 'Sage200Customer.sopOrders', customers('(first: 500)', ORDERS)],
  ['a variable', 'Sage200Customer.sopOrders', BY_VARIABLES, { rows: 500, orders: 200 }],
  ['the default of a variable', 'Sage200Customer.sopOrders', BY_VARIABLES, { rows: 5_000 }],
  [
    'ids',
    'Sage200Customer.sopOrders',
    `query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Sage200Customer { sopOrders(first: 1000) { nodes { id } } } } }`,
    { ids: Array.from({ length: 60 }, () => 'x') },
  ],
  ['a page of links', 'Sage200Customer.erpOrders', customers('(first: 2400)', 'erpOrders { edges { node { _id } } }')],
  ["links below the tenant's pages", 'Sage200Customer.sopOrders', LINKED_BACK(101, 500)],
];

/** So many alternatives in the filter of each nested list. */
const FILTERED = (rows: number, terms: number) =>
  customers(
    `(first: ${rows})`,
    `sopOrders(first: 1, filter: { or: [${Array.from({ length: terms }, (_, index) => `{ documentNo: { eq: "${index}" } }`).join()}] }) { nodes { id } }`,
  );

/** With what it cost. */
async function askWithCost(query: string, variables: object = {}) {
  const answer = await gateway.post({ query, variables, extensions: { cost: true } });
  const { data, errors, extensions } = (await answer.json()) as Answer;
  expect(errors).toBeUndefined();
  const { cost } = extensions as { cost: { rows: Record<'requested' | 'actual' | 'most', number> } };
  return { data, rows: cost.rows };
}

const lengthOf = (items: readonly unknown[]) => items.filter((item) => item !== null).length;

/** What is asked, what it may make, and what there is in the answer. */
// biome-ignore lint/suspicious/noExplicitAny: answers of any shape
const COUNTED: readonly [name: string, document: string, requested: number, actual: (data: any) => number][] = [
  ['of a list', customers('(first: 3)', 'id'), 3, () => 3],
  ['of a list that is shorter than was asked', customers('(first: 400)', 'id'), 400, () => 10],
  ['as edges and as nodes', '{ sage200 { customers(first: 3) { nodes { id } edges { node { id } } } } }', 3, () => 3],
  ['of a list of which only the number is asked', '{ sage200 { customers(first: 3) { totalCount } } }', 3, () => 0],
  ['that came with others', customers('(first: 3)', 'currency { symbol }'), 6, () => 6],
  [
    'in lists under rows',
    customers('(first: 4)', 'sopOrders(first: 2) { nodes { id customer { name } } }'),
    4 + 4 * 2 * 2,
    ({ sage200 }) =>
      4 +
      2 *
        sage200.customers.nodes.reduce(
          (sum: number, { sopOrders }: { sopOrders: { nodes: [] } }) => sum + sopOrders.nodes.length,
          0,
        ),
  ],
  [
    'of children as one for each row',
    '{ sage200 { sopOrders(first: 3) { nodes { lines { id product { code } } } } } }',
    9,
    ({ sage200 }) =>
      sage200.sopOrders.nodes.reduce(
        (sum: number, { lines }: { lines: { product: unknown }[] }) =>
          sum + 1 + (lines.length > 0 ? 1 : 0) + (lines.some(({ product }) => product) ? 1 : 0),
        0,
      ),
  ],
  [
    'that a link leads to',
    customers('(first: 10)', 'erpCustomer { id name }'),
    20,
    ({ sage200 }) =>
      10 + lengthOf(sage200.customers.nodes.map(({ erpCustomer }: { erpCustomer: unknown }) => erpCustomer)),
  ],
  [
    'that a link to many leads to',
    customers('(first: 5)', 'erpOrders(first: 2) { edges { node { _id } } }'),
    15,
    ({ sage200 }) =>
      5 +
      sage200.customers.nodes.reduce(
        (sum: number, { erpOrders }: { erpOrders: { edges: [] } | null }) => sum + (erpOrders?.edges.length ?? 0),
        0,
      ),
  ],
  [
    "that links lead to from the tenant's own",
    LINKED_BACK(4, 3),
    16,
    ({ xtremMasterData }) =>
      xtremMasterData.customer.query.edges
        .map(
          ({ node }: { node: { [reverse: string]: { sopOrders: { nodes: [] } } | null } }) => node['sage200Customer'],
        )
        .reduce(
          (sum: number, found: { sopOrders: { nodes: [] } } | null) =>
            sum + (found ? 1 + found.sopOrders.nodes.length : 0),
          0,
        ),
  ],
  [
    "that are the tenant's own: none",
    '{ xtremMasterData { customer { query(first: 4) { edges { node { id } } } } } }',
    0,
    () => 0,
  ],
];

describe('the rows of an operation', () => {
  test.each(COUNTED)('are reported as counted beforehand: %s', async (_name, query, requested, actualIn) => {
    for (let round = 0; round < 3; round += 1) {
      const { data, rows } = await askWithCost(query);

      expect(rows).toEqual({ requested, actual: actualIn(data), most: 50_000 });
    }
  });

  test.each(ALLOWED)('may be up to 50,000: %s', async (_name, query, variables = {}) => {
    for (let round = 0; round < 2; round += 1) {
      const { rows } = await askWithCost(query, variables);
      expect(rows.actual).toBeLessThanOrEqual(rows.requested);
    }
    expect(requests()).not.toEqual([]);
  });

  test.each(REFUSED)(
    'are refused above that, before anything is sent: %s',
    async (_name, field, query, variables = {}) => {
      for (let round = 0; round < 3; round += 1) {
        const { data, errors } = await gateway.query(query, { variables });

        expect(data).toBeUndefined();
        expect(errors).toMatchObject([
          {
            message: `This operation may return more than 50000 rows (limits.rows), most of them at ${field}. Request fewer with "first", or split it into several operations.`,
            extensions: { code: 'COST_EXCEEDED', limit: 'rows' },
          },
        ]);
      }
      expect(requests()).toEqual([]);
    },
  );

  test('are at least the values written in a list, under every row', async () => {
    expect(codesOf(await gateway.query(FILTERED(1_000, 48)))).toEqual([]);
    sandbox.sage200.clearRequests();

    const { errors } = await gateway.query(FILTERED(1_000, 50));

    expect(errors?.map(({ message }) => message)).toEqual([
      'This operation may return more than 50000 rows (limits.rows), most of them at Sage200Customer.sopOrders. Request fewer with "first", write its values as variables, or split it into several operations.',
    ]);
    expect(requests()).toEqual([]);
  });

  test.each([0, -5])('are at least one for each list, even with first: %i', async (first) => {
    const lists = Array.from({ length: 100 }, (_, index) => `a${index}: sopOrders(first: ${first}) { nodes { id } }`);

    const { errors } = await gateway.query(customers('(first: 500)', lists.join(' ')));

    expect(errors).toMatchObject([{ extensions: { code: 'COST_EXCEEDED', limit: 'rows' } }]);
    expect(requests()).toEqual([]);
  });

  test('are counted for a cached operation too, with the variables of each request', async () => {
    const query = `query Known ${BY_VARIABLES.slice('query '.length)}`;
    for (let round = 0; round < 3; round += 1)
      expect(codesOf(await gateway.query(query, { variables: { rows: 3 } }))).toEqual([]);

    expect(codesOf(await gateway.query(query, { variables: { rows: 500, orders: 200 } }))).toEqual(['COST_EXCEEDED']);
    expect(codesOf(await gateway.query(query, { variables: { rows: 3 } }))).toEqual([]);
  });
});
