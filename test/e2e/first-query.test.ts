import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { startTestGateway, type TestGateway } from '../support/test-gateway.ts';

let sandbox: Sandbox;
let gateway: TestGateway;

beforeAll(async () => {
  sandbox = await startSandbox({ customers: 60 });
  gateway = await startTestGateway({ sandbox });
  // The first operation also fetches tokens, sites and the tenant's schema.
  await gateway.query('{ sage200 { id } xtremSystem { company { query { totalCount } } } }');
});

afterAll(async () => {
  await gateway.close();
  await sandbox.close();
});

const FIRST_QUERY = `{
  sage200 { customers(first: 3, filter: { balance: { gt: "0" } }, orderBy: [{ balance: DESC }]) {
    nodes { reference name balance currency { symbol name } sopOrders(first: 2) { nodes { documentNo totalGrossValue } } }
    pageInfo { hasNextPage endCursor } } }
  xtremMasterData { customer { query(first: 2) { totalCount edges { node { _id id name currency { id } } } } } }
}`;

test('the first query answers from both systems with two Sage 200 requests and one ERP request', async () => {
  sandbox.sage200.clearRequests();
  sandbox.erp.clearRequests();

  const { data, errors } = await gateway.query(FIRST_QUERY);

  expect(errors).toBeUndefined();
  expect(data.sage200.customers.nodes).toHaveLength(3);
  expect(data.sage200.customers.pageInfo.hasNextPage).toBe(true);
  expect(data.sage200.customers.nodes[0]).toMatchObject({
    currency: { symbol: expect.any(String), name: expect.any(String) },
  });
  const balances = data.sage200.customers.nodes.map(({ balance }: { balance: string }) => Number(balance));
  expect(balances).toEqual([...balances].sort((a, b) => b - a));
  expect(data.xtremMasterData.customer.query.edges).toHaveLength(2);
  const asked = sandbox.sage200.requests().filter(({ path }) => !path.endsWith('/sites'));
  expect(asked.map(({ path }) => path.replace(/^.*\/v1\//, '').split('?')[0])).toEqual(['customers', 'sop_orders']);
  expect(
    sandbox.erp.requests().filter(({ method, path }) => method === 'POST' && !path.startsWith('/v1/')),
  ).toHaveLength(1);
});
