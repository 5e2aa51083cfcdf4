import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { startTestGateway, type TestGateway } from '../support/test-gateway.ts';

let sandbox: Sandbox;
let gateway: TestGateway;
/** Answers late faults in a second, so that the tests need not wait for the usual deadline. */
const DEADLINE = '1s';

beforeAll(async () => {
  sandbox = await startSandbox({ customers: 20 });
  gateway = await startTestGateway({
    sandbox,
    edit: (file) => {
      file['sage200'] = { ...file['sage200'], deadline: DEADLINE };
      file['erp'] = { ...file['erp'], deadline: DEADLINE };
    },
  });
  await gateway.query(BOTH);
});

afterEach(() => {
  for (const server of [sandbox.sageId, sandbox.sage200, sandbox.erp]) server.clearFaults();
});

afterAll(async () => {
  await gateway.close();
  await sandbox.close();
});

const BOTH = '{ sage200 { customers(first: 1) { nodes { reference } } } xtremMasterData { customer { query(first: 1) { edges { node { id } } } } } }';

const FAULTS = [
  ['an upstream that says 400', { kind: 'status', status: 400 }, 'UPSTREAM_REJECTED', 'UPSTREAM_REJECTED'],
  ['403', { kind: 'status', status: 403 }, 'FORBIDDEN', 'FORBIDDEN'],
  ['404 on a collection', { kind: 'status', status: 404 }, 'UPSTREAM_REJECTED', 'UPSTREAM_UNAVAILABLE'],
  ['429', { kind: 'status', status: 429, headers: { 'retry-after': '7' } }, 'RATE_LIMITED', 'RATE_LIMITED'],
  ['500', { kind: 'status', status: 500 }, 'UPSTREAM_UNAVAILABLE', 'UPSTREAM_UNAVAILABLE'],
  ['503', { kind: 'status', status: 503 }, 'UPSTREAM_UNAVAILABLE', 'UPSTREAM_UNAVAILABLE'],
  ['504', { kind: 'status', status: 504 }, 'UPSTREAM_TIMEOUT', 'UPSTREAM_TIMEOUT'],
  ['a cut connection', { kind: 'cut' }, 'UPSTREAM_UNAVAILABLE', 'UPSTREAM_UNAVAILABLE'],
  ['an answer that is not JSON', { kind: 'garbage' }, 'UPSTREAM_UNAVAILABLE', 'UPSTREAM_UNAVAILABLE'],
  ['no answer in time', { kind: 'delay', delayMs: 3_000 }, 'UPSTREAM_TIMEOUT', 'UPSTREAM_TIMEOUT'],
] as const;

describe('when Sage 200 fails', () => {
  test.each(FAULTS)('with %s, the ERP’s data still arrives', async (_name, fault, code) => {
    sandbox.sage200.fault({ ...fault, match: '/customers', times: 0 });

    const response = await gateway.post({ query: BOTH });
    const { data, errors } = (await response.json()) as Awaited<ReturnType<TestGateway['query']>>;

    expect(response.status).toBe(200);
    expect(data.xtremMasterData.customer.query.edges).toHaveLength(1);
    expect(data.sage200).toEqual({ customers: null });
    expect(errors).toMatchObject([{ path: ['sage200', 'customers'], extensions: { code, source: 'sage200' } }]);
    if (code === 'RATE_LIMITED') expect(errors?.[0]?.extensions['retryAfter']).toBe(7);
  });

  test('with 401 that stays, the caller learns that it is the company', async () => {
    sandbox.sage200.fault({ kind: 'status', status: 401, match: '/customers', times: 0 });

    const { data, errors } = await gateway.query(BOTH);

    expect(data.xtremMasterData.customer.query.edges).toHaveLength(1);
    expect(errors).toMatchObject([{ extensions: { code: 'FORBIDDEN', source: 'sage200' } }]);
  });

  test('with 401 everywhere, the connection needs its person', async () => {
    sandbox.sage200.fault({ kind: 'status', status: 401, times: 0 });

    const { data, errors } = await gateway.query(BOTH);

    expect(data.xtremMasterData.customer.query.edges).toHaveLength(1);
    expect(errors).toMatchObject([{ extensions: { code: 'NEEDS_CONSENT', source: 'sage200', connectUrl: expect.stringContaining('/connect/sage200') } }]);
  });

  test('with one 401, a renewed token answers', async () => {
    sandbox.sage200.fault({ kind: 'status', status: 401, match: '/customers', times: 1 });

    const { data, errors } = await gateway.query(BOTH);

    expect(errors).toBeUndefined();
    expect(data.sage200.customers.nodes).toHaveLength(1);
  });

  test('404 on a read by id is null without an error', async () => {
    const { data, errors } = await gateway.query('{ sage200 { customer(id: "1") { name } } }');

    expect(errors).toBeUndefined();
    expect(data).toEqual({ sage200: { customer: null } });
  });
});

describe('when the ERP fails', () => {
  /** The tenant's GraphQL endpoint, and not its token service. */
  const match = () => new URL(sandbox.erp.tenants[0]?.graphqlUrl ?? '').pathname;

  test.each(FAULTS)('with %s, Sage 200’s data still arrives', async (_name, fault, _sage200Code, code) => {
    sandbox.erp.fault({ ...fault, match: match(), times: 0 });

    const response = await gateway.post({ query: BOTH });
    const { data, errors } = (await response.json()) as Awaited<ReturnType<TestGateway['query']>>;

    expect(response.status).toBe(200);
    expect(data.sage200.customers.nodes).toHaveLength(1);
    expect(data.xtremMasterData).toBeNull();
    expect(errors).toMatchObject([{ path: ['xtremMasterData'], extensions: { code, source: expect.stringMatching(/^erp:/) } }]);
  });

  test('with 401 that stays, the operator learns that the set-up is wrong', async () => {
    sandbox.erp.fault({ kind: 'status', status: 401, match: match(), times: 0 });

    const { data, errors } = await gateway.query(BOTH);

    expect(data.sage200.customers.nodes).toHaveLength(1);
    expect(errors).toMatchObject([{ extensions: { code: 'MISCONFIGURED', source: expect.stringMatching(/^erp:/) } }]);
  });
});
