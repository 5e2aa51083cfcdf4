import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { startTestGateway, type TestGateway } from '../support/test-gateway.ts';

/** `sage200.maxUrlBytes`. */
const MAX_URL_BYTES = 2_000;

let sandbox: Sandbox;
let gateway: TestGateway;
let withoutPlans: TestGateway;
/** All plain fields of a type. */
let allOf: (typeName: string) => Promise<string>;

beforeAll(async () => {
  sandbox = await startSandbox({ customers: 120, companies: 1, sage200Timing: { stampSteps: true } });
  gateway = await startTestGateway({ sandbox });
  withoutPlans = await startTestGateway({ sandbox, plans: false });
  allOf = async (typeName) => {
    const { data } = await gateway.query(
      'query ($name: String!) { __type(name: $name) { fields { name type { kind ofType { kind } } } } }',
      { variables: { name: typeName } },
    );
    const fields = data.__type.fields as { name: string; type: { kind: string; ofType?: { kind: string } } }[];
    return fields
      .filter(({ type }) =>
        ['SCALAR', 'ENUM'].includes(type.kind === 'NON_NULL' ? (type.ofType?.kind ?? '') : type.kind),
      )
      .map(({ name }) => name)
      .join(' ');
  };
});

beforeEach(() => {
  sandbox.sage200.clearRequests();
  sandbox.sage200.clearFaults();
});

afterAll(async () => {
  await Promise.all([gateway.close(), withoutPlans.close()]);
  await sandbox.close();
});

const asked = () => sandbox.sage200.requests().filter(({ path }) => !path.endsWith('/sites'));

/** The first time without a plan, then by one, and last at a gateway that makes none. */
async function inEveryWay(document: string, variables: object = {}) {
  const answers = [];
  for (const each of [gateway, gateway, gateway, withoutPlans]) {
    sandbox.sage200.clearRequests();
    answers.push({ ...(await each.query(document, { variables })), requests: asked() });
  }
  return answers;
}

describe('whole rows', () => {
  test.each([
    [
      '100 customers by their ids',
      async () =>
        `query ($ids: [ID!]) { sage200 { rows: customers(first: 100, filter: { id: { in: $ids } }) { nodes { ${await allOf('Sage200Customer')} } } } }`,
      2,
    ],
    [
      '100 orders with the products of their lines',
      async () =>
        `{ sage200 { rows: sopOrders(first: 100) { nodes { lines { product { ${await allOf('Sage200Product')} } } } } } }`,
      3,
    ],
    [
      '60 customers with their orders',
      async () =>
        `{ sage200 { rows: customers(first: 60) { nodes { sopOrders(first: 5) { nodes { ${await allOf('Sage200SopOrder')} } } } } } }`,
      3,
    ],
    ['a customer', async () => `{ sage200 { rows: customer(id: "27828") { ${await allOf('Sage200Customer')} } } }`, 1],
  ])('of %s take few requests, whose URLs are short enough', async (_what, document, most) => {
    const ids = Array.from({ length: 100 }, (_, index) => String(27_828 + index));

    const answers = await inEveryWay(await document(), { ids });

    const { baseUrl } = sandbox.credentials.sage200;
    for (const { data, errors, requests } of answers) {
      expect(errors).toBeUndefined();
      expect(data).toEqual(answers[0]?.data);
      expect(data.sage200.rows).toBeTruthy();
      expect(requests.length).toBeLessThanOrEqual(most);
      for (const { path } of requests)
        expect(new URL(path, baseUrl).href.length, path.slice(0, 200)).toBeLessThanOrEqual(MAX_URL_BYTES);
    }
  });

  test('a filter that does not fit a URL is refused with an explanation, and nothing is sent', async () => {
    const name = 'x'.repeat(MAX_URL_BYTES);

    for (const { errors, requests } of await inEveryWay(
      'query ($name: String) { sage200 { customers(filter: { name: { eq: $name } }) { nodes { id } } } }',
      { name },
    )) {
      expect(errors?.[0]).toMatchObject({
        message: expect.stringMatching(/maximum is 2000\. Compare with fewer or shorter values/),
        extensions: { code: 'BAD_USER_INPUT' },
      });
      expect(requests).toEqual([]);
    }
  });

  test('a 404 from another server is an error, and not a missing row', async () => {
    const page = '<html><title>404.15 - Query String Too Long</title></html>';
    sandbox.sage200.fault({ match: '/customers/', kind: 'status', status: 404, body: page, times: 0 });

    const { data, errors } = await gateway.query('{ sage200 { customer(id: "27828") { name } } }');

    expect(data).toEqual({ sage200: { customer: null } });
    expect(errors?.[0]?.extensions['code']).toBe('UPSTREAM_UNAVAILABLE');
  });
});

describe('null in a filter', () => {
  const at = (given: string, list = 'customers') => `{ sage200 { ${list}(${given}) { nodes { sageId } } } }`;

  test.each([
    'filter: { reference: null }',
    'filter: { reference: {} }',
    'filter: { reference: { in: null } }',
    'filter: { reference: { contains: null } }',
    'filter: { balance: { gt: null } }',
    'filter: { or: null }',
    'filter: { or: [] }',
    'filter: { or: [{}] }',
    'filter: { and: null }',
    'filter: { and: [{ reference: { eq: "A" } }, {}] }',
    'filter: { not: null }',
    'filter: { not: {} }',
    'changedSince: null',
  ])('%s is refused, and nothing is sent', async (given) => {
    const below = `{ sage200 { customers(first: 2) { nodes { sopOrders(${given.replaceAll('reference', 'documentNo').replaceAll('balance', 'totalNetValue')}) { nodes { sageId } } } } } }`;

    for (const { errors, requests } of await inEveryWay(at(given))) {
      expect(errors?.[0]?.extensions['code']).toBe('BAD_USER_INPUT');
      expect(requests).toEqual([]);
    }
    const { errors } = await gateway.query(below);
    expect(errors?.every(({ extensions }) => extensions['code'] === 'BAD_USER_INPUT')).toBe(true);
    expect(errors?.length).toBeGreaterThan(0);
  });

  test('from a variable is refused too, even if the variable is absent', async () => {
    const document =
      'query ($r: [String!]) { sage200 { customers(filter: { reference: { in: $r } }) { totalCount } } }';

    for (const variables of [{ r: null }, {}])
      for (const { data, errors } of await inEveryWay(document, variables)) {
        expect(errors?.[0]?.extensions['code']).toBe('BAD_USER_INPUT');
        expect(data).toEqual({ sage200: { customers: null } });
      }
  });

  test('is accepted by eq and ne, an empty list finds nothing, and null arguments count as absent', async () => {
    const count = async (given: string) => {
      const { data, errors } = await gateway.query(`{ sage200 { customers${given} { totalCount } } }`);
      expect(errors).toBeUndefined();
      return data.sage200.customers.totalCount;
    };
    const all = await count('');

    expect(await count('(filter: { analysisCode1: { eq: null } })')).toBe(all - 1);
    expect(await count('(filter: { analysisCode1: { ne: null } })')).toBe(1);
    expect(await count('(filter: { reference: { in: [] } })')).toBe(0);
    expect(await count('(filter: null, orderBy: null, first: null, after: null)')).toBe(all);
    expect(await count('(filter: {})')).toBe(all);
  });

  test('an empty text matches not contains, and contains nothing', async () => {
    const { data } = await gateway.query(
      `{ sage200 { all: customers { totalCount } not: customers(filter: { not: { analysisCode1: { contains: "x" } } }) { totalCount }
         any: customers(filter: { analysisCode1: { contains: "" } }) { totalCount } } }`,
    );

    expect(data.sage200.not.totalCount).toBe(data.sage200.all.totalCount);
    expect(data.sage200.any.totalCount).toBe(1);
  });
});

describe('pages', () => {
  test('without rows still have the count', async () => {
    const document = `{ sage200 { customers(first: 0) { totalCount nodes { sageId } pageInfo { hasNextPage endCursor } }
      count: sopOrders(first: 0) { totalCount nodes { sageId } } } }`;

    for (const { data, errors, requests } of await inEveryWay(document)) {
      expect(errors).toBeUndefined();
      expect(data.sage200.customers).toMatchObject({ nodes: [], pageInfo: { hasNextPage: true, endCursor: null } });
      expect(data.sage200.customers.totalCount).toBeGreaterThan(100);
      expect(requests).toHaveLength(3);
    }
  });

  test('of orders ready for despatch continue, although Sage cannot filter them by id', async () => {
    const document =
      'query ($after: String) { sage200 { sopDespatchDiscreteOrders(first: 2, after: $after) { nodes { sageId } pageInfo { endCursor } } } }';
    const ids: string[] = [];
    let after: string | null = null;
    for (let page = 1; page <= 3; page += 1) {
      const { data, errors } = await gateway.query(document, { variables: { after } });
      expect(errors).toBeUndefined();
      const { nodes, pageInfo } = data.sage200.sopDespatchDiscreteOrders;
      ids.push(...nodes.map(({ sageId }: { sageId: string }) => sageId));
      after = pageInfo.endCursor;
    }

    expect(new Set(ids).size).toBe(6);
  });

  test.each(['ASC', 'DESC'])('by timestamp, %s, lose no row while rows change between them', async (direction) => {
    const document = `query ($after: String) { sage200 { customers(first: 5, after: $after, changedSince: "2020-01-01T00:00:00Z", orderBy: [{ dateTimeUpdated: ${direction} }]) {
      nodes { sageId dateTimeUpdated } pageInfo { endCursor hasNextPage } } } }`;
    const all = sandbox.seed.company(sandbox.companies[0] ?? { siteId: '', companyId: 0 })?.customers ?? [];
    const ids = all.slice(1, 60).map(({ id }) => id);
    // Many rows with one stamp, as another program leaves them.
    await sandbox.sage200.changeRows({ resource: 'customers', ids: ids.slice(0, 23), values: { name: 'In bulk' } });
    const seen: string[] = [];
    let after: string | null = null;

    do {
      const { data, errors } = await gateway.query(document, { variables: { after } });
      expect(errors).toBeUndefined();
      const { nodes, pageInfo } = data.sage200.customers;
      seen.push(...nodes.map(({ sageId }: { sageId: string }) => sageId));
      after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
      // One that was seen goes to the other end of the list: all behind it move up by one.
      if (seen.length <= 50) {
        const [first = 0] = nodes.map(({ sageId }: { sageId: string }) => Number(sageId));
        await sandbox.sage200.changeRows({ resource: 'customers', ids: [first], values: { name: 'Changed' } });
      }
    } while (after);

    expect(all.slice(1).filter(({ id }) => !seen.includes(String(id)))).toEqual([]);
    for (const { path } of asked()) expect(decodeURIComponent(path)).not.toMatch(/date_time_updated eq|\$skip/);
  });

  test("of a batch's allocations in a bin are under the batch", async () => {
    const { data, errors } = await gateway.query(
      `{ sage200 { warehouseHoldings(first: 1) { nodes { traceableItemBalances(first: 1) { nodes { traceableBinItemId
         traceableBinItemAllocations(first: 1) { nodes { orderNo } } } } } } } }`,
    );

    expect(errors).toBeUndefined();
    const [balance] = data.sage200.warehouseHoldings.nodes[0].traceableItemBalances.nodes;
    expect(balance.traceableBinItemAllocations.nodes).toBeInstanceOf(Array);
    expect(asked().at(-1)?.path).toContain(
      `/traceable_bin_items/${balance.traceableBinItemId}/traceable_item_allocations`,
    );
  });
});
