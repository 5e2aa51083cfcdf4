import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type LoggedRequest, type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { startTestGateway, type TestGateway, warmUp } from '../support/test-gateway.ts';

/** Ids in one or-chain, small enough for several chains to be needed. */
const MAX_TERMS = 20;

let sandbox: Sandbox;
let gateway: TestGateway;

beforeAll(async () => {
  sandbox = await startSandbox({ customers: 120 });
  gateway = await startTestGateway({
    sandbox,
    edit: (file) => {
      file['sage200'] = { ...file['sage200'], maxFilterTerms: MAX_TERMS };
    },
  });
  await warmUp(gateway);
});

beforeEach(() => {
  sandbox.sage200.clearRequests();
  sandbox.erp.clearRequests();
});

afterAll(async () => {
  await gateway.close();
  await sandbox.close();
});

/** Resources that Sage 200 was asked for, in order: `customers`, `customers?count` for a count. */
const asked = (): string[] =>
  sandbox.sage200.requests().map(({ method, path }) => {
    const [resource = '', query = ''] = path.replace(/^.*\/v1\//, '').split('?');
    return `${method === 'GET' ? '' : `${method} `}${resource}${query.includes('$count') ? '?count' : ''}`;
  });

const erpOperations = (): LoggedRequest[] => sandbox.erp.requests().filter(({ path }) => !path.startsWith('/v1/'));

async function answerOf(document: string, variables?: object) {
  const { data, errors } = await gateway.query(document, variables && { variables });
  expect(errors).toBeUndefined();
  return data;
}

describe('the cost of an operation', () => {
  test('a list with the objects of its rows is one request', async () => {
    const { sage200 } = await answerOf(
      `{ sage200 { customers(first: 50) { nodes {
           reference currency { symbol } contacts { name } mainAddress { address1 } memos { note }
         } pageInfo { hasNextPage } } } }`,
    );

    expect(sage200.customers.nodes).toHaveLength(50);
    expect(asked()).toEqual(['customers']);
  });

  test('a nested list under many parents is one request for all of them', async () => {
    const { sage200 } = await answerOf(
      `{ sage200 { customers(first: ${MAX_TERMS}) { nodes { reference sopOrders(first: 50) { nodes { documentNo } } } } } }`,
    );

    const orders = sage200.customers.nodes.map(({ sopOrders }: { sopOrders: { nodes: unknown[] } }) => sopOrders.nodes);
    expect(orders.filter((nodes: unknown[]) => nodes.length > 0).length).toBeGreaterThan(2);
    expect(asked()).toEqual(['customers', 'sop_orders']);
  });

  test('references beyond the first level are one request for each resource, each key once', async () => {
    const { sage200 } = await answerOf(
      '{ sage200 { sopOrders(first: 50) { nodes { documentNo customer { name currency { symbol } } } } } }',
    );

    const symbols = sage200.sopOrders.nodes.map(
      ({ customer }: { customer: { currency: { symbol: string } } }) => customer.currency.symbol,
    );
    expect(new Set(symbols).size).toBeGreaterThan(1);
    expect(asked()).toEqual(['sop_orders', 'currencies']);
  });

  test.each([1, MAX_TERMS, MAX_TERMS + 1, 100])('%i rows by id take as few requests as possible', async (n) => {
    const { sage200 } = await answerOf(`{ sage200 { customers(first: ${n}) { nodes { id name } } } }`);
    const rows: { id: string; name: string }[] = sage200.customers.nodes;
    sandbox.sage200.clearRequests();

    const { nodes } = await answerOf(
      'query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on Sage200Customer { name } } }',
      { ids: rows.map(({ id }) => id) },
    );

    expect(rows).toHaveLength(n);
    expect(nodes).toEqual(rows);
    expect(asked()).toHaveLength(Math.ceil(n / MAX_TERMS));
  });

  test('rows are counted only on request', async () => {
    await answerOf('{ sage200 { customers(first: 2) { nodes { name } } } }');
    const without = asked();
    sandbox.sage200.clearRequests();
    const { sage200 } = await answerOf('{ sage200 { customers(first: 2) { totalCount nodes { name } } } }');
    const withCount = asked();
    sandbox.sage200.clearRequests();
    await answerOf('{ sage200 { customers { totalCount } } }');
    const alone = asked();

    expect(sage200.customers.totalCount).toBe(120);
    expect(without).toEqual(['customers']);
    expect(withCount).toHaveLength(2);
    expect(new Set(withCount)).toEqual(new Set(['customers', 'customers?count']));
    expect(alone).toEqual(['customers?count']);
  });

  test('two companies side by side cost what each costs alone', async () => {
    const [a, b] = sandbox.companies;
    const fields = '{ customers(first: 5) { nodes { name sopOrders(first: 2) { nodes { documentNo } } } } }';

    await answerOf(
      `{ a: sage200(site: "${a?.siteId}", company: "${a?.companyId}") ${fields}
         b: sage200(site: "${b?.siteId}", company: "${b?.companyId}") ${fields} }`,
    );

    const byCompany = Object.groupBy(sandbox.sage200.requests(), ({ headers }) => headers['x-company'] ?? '');
    expect(new Set(Object.keys(byCompany))).toEqual(new Set([String(a?.companyId), String(b?.companyId)]));
    for (const requests of Object.values(byCompany)) expect(requests).toHaveLength(2);
  });

  test('an operation on one system costs the other nothing', async () => {
    await answerOf('{ sage200 { customers(first: 1) { nodes { name } } } }');
    expect(sandbox.erp.requests()).toHaveLength(0);

    sandbox.sage200.clearRequests();
    await answerOf('{ xtremMasterData { customer { query(first: 1) { edges { node { id } } } } } }');
    expect(sandbox.sage200.requests()).toHaveLength(0);
    expect(erpOperations()).toHaveLength(1);
  });

  test('several packages of the ERP are one request to it', async () => {
    await answerOf(
      `{ sage200 { customers(first: 1) { nodes { name } } }
         xtremMasterData { customer { query(first: 1) { totalCount } } item { query(first: 1) { totalCount } } }
         xtremSystem { company { query { totalCount } } } }`,
    );

    expect(erpOperations()).toHaveLength(1);
  });

  test('a page requests only the fields and rows that it shows', async () => {
    await answerOf('{ sage200 { customers(first: 3) { nodes { name } } } }');

    const [{ path } = { path: '' }] = sandbox.sage200.requests();
    const query = new URL(path, 'http://x').searchParams;
    expect(query.get('$select')).toBe('name');
    expect(query.get('$top')).toBe('3');
    expect(query.get('$expand')).toBeNull();
  });
});

describe('mutations of one operation', () => {
  /** Each write began after the one before it was answered. */
  const expectOneByOne = (writes: readonly LoggedRequest[]) => {
    writes.slice(1).forEach(({ startedAt }, index) => {
      expect(startedAt).toBeGreaterThanOrEqual(writes[index]?.endedAt ?? Number.POSITIVE_INFINITY);
    });
  };

  test('run one after the other, in the order of the document', async () => {
    // The first is the slowest: run side by side, the others would overtake it.
    sandbox.sage200.fault({ kind: 'delay', delayMs: 60, match: '/customers', method: 'POST', times: 1 });

    const { sage200 } = await answerOf(
      `mutation { sage200 {
         first: createCustomer(input: { reference: "ORD1", name: "One" }) { customer { sageId } }
         second: updateCustomer(id: "27828", input: { name: "Two" }) { customer { name } }
         third: createCustomer(input: { reference: "ORD3", name: "Three" }) { customer { sageId } }
       } }`,
    );

    const writes = sandbox.sage200.requests();
    expect(writes.map(({ method, body }) => [method, (body as { name: string }).name])).toEqual([
      ['POST', 'One'],
      ['PUT', 'Two'],
      ['POST', 'Three'],
    ]);
    expectOneByOne(writes);
    expect(Number(sage200.third.customer.sageId)).toBeGreaterThan(Number(sage200.first.customer.sageId));
  });

  test('keep their order across both systems and two companies', async () => {
    const [a, b] = sandbox.companies;
    // The first is the slowest here too.
    sandbox.sage200.fault({ kind: 'delay', delayMs: 60, match: '/customers', method: 'POST', times: 1 });

    await answerOf(
      `mutation {
         one: sage200(site: "${a?.siteId}", company: "${a?.companyId}") { createCustomer(input: { reference: "MIX1", name: "A" }) { customer { sageId } } }
         two: xtremMasterData { customer { update(data: { _id: "1" }) { _id } } }
         three: sage200(site: "${b?.siteId}", company: "${b?.companyId}") { createCustomer(input: { reference: "MIX1", name: "B" }) { customer { sageId } } }
       }`,
    );

    const [one, three] = sandbox.sage200.requests().filter(({ method }) => method === 'POST');
    const [two] = erpOperations();
    expect([one?.headers['x-company'], three?.headers['x-company']]).toEqual([
      String(a?.companyId),
      String(b?.companyId),
    ]);
    expectOneByOne([one, two, three].filter((each) => each !== undefined));
    expect(two).toBeDefined();
  });

  test('one that Sage refuses does not stop the next, and earlier reads are repeated', async () => {
    const { sage200 } = await answerOf(
      `mutation { sage200 {
         no: createCustomer(input: { reference: "ABS001", name: "Taken" }) { customer { id } userErrors { code } }
         yes: createCustomer(input: { reference: "NEXT1", name: "Next" }) { customer { name currency { symbol } } userErrors { code } }
       } }`,
    );

    expect(sage200.no).toEqual({ customer: null, userErrors: [{ code: 'UPSTREAM_REJECTED' }] });
    expect(sage200.yes.customer.name).toBe('Next');
    expect(sage200.yes.customer.currency.symbol).toEqual(expect.any(String));
  });
});

describe('with default settings, with chains of sixty', () => {
  let large: Sandbox;
  let usual: TestGateway;

  beforeAll(async () => {
    // A wholesaler large enough to have five hundred products.
    large = await startSandbox({ customers: 19_000, companies: 1 });
    usual = await startTestGateway({ sandbox: large });
    await warmUp(usual);
  });

  afterAll(async () => {
    await usual?.close();
    await large?.close();
  });

  async function costOf(selection: string) {
    large.sage200.clearRequests();
    const { data, errors } = await usual.query(`{ sage200 { ${selection} } }`);
    expect(errors).toBeUndefined();
    return { sage200: data.sage200, requests: large.sage200.requests() };
  }

  test('fifty orders with customer, currency, lines, and the lines’ products and warehouses take four requests', async () => {
    const { sage200, requests } = await costOf(
      `sopOrders(first: 50) { nodes { documentNo customer { name } currency { symbol }
         lines { lineQuantity product { code name } warehouse { name } } } }`,
    );

    const orders: { lines: { product: { code: string }; warehouse: { name: string } }[] }[] = sage200.sopOrders.nodes;
    const lines = orders.flatMap((order) => order.lines);
    expect(orders).toHaveLength(50);
    expect(new Set(lines.map(({ product }) => product.code)).size).toBeGreaterThan(60);
    expect(lines.every(({ warehouse }) => warehouse.name !== '')).toBe(true);
    expect(requests.length).toBeLessThanOrEqual(4);
  });

  test('five hundred products with group, holdings by warehouse and suppliers take four requests', async () => {
    const { sage200, requests } = await costOf(
      `products(first: 500) { nodes { code productGroup { code } warehouseHoldings { quantityInStock warehouse { name } }
         suppliers { supplier { name } } } }`,
    );

    const products: { suppliers: unknown[]; warehouseHoldings: unknown[] }[] = sage200.products.nodes;
    expect(products).toHaveLength(500);
    expect(products.every(({ warehouseHoldings }) => warehouseHoldings.length > 0)).toBe(true);
    expect(products.some(({ suppliers }) => suppliers.length > 0)).toBe(true);
    expect(requests.length).toBeLessThanOrEqual(4);
  });

  test('a hundred customers with their last five transactions take three requests', async () => {
    const { sage200, requests } = await costOf(
      `customers(first: 100) { nodes { name
         salesPostedTransactions(first: 5, orderBy: [{ transactionDate: DESC }]) { nodes { reference transactionDate } } } }`,
    );

    const customers: { salesPostedTransactions: { nodes: { transactionDate: string }[] } }[] = sage200.customers.nodes;
    const dates = customers.map(({ salesPostedTransactions }) =>
      salesPostedTransactions.nodes.map(({ transactionDate }) => transactionDate),
    );
    expect(dates).toHaveLength(100);
    expect(dates.some((each) => each.length === 5)).toBe(true);
    for (const each of dates) expect(each).toEqual([...each].sort().reverse());
    expect(requests.length).toBeLessThanOrEqual(3);
  });
});
