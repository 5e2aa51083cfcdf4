// Longer than most, and one thing: what callers see of every failure there is, row by row of the table of codes.

import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { startErpSandbox } from '../../src/sandbox/erp/index.ts';
import { type Fault, type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { freePort } from '../support/free-port.ts';
import { REFUSAL_SHAPES, WHY } from '../support/refusal-shapes.ts';
import {
  type Answer,
  accessTokenOf,
  startTestGateway,
  type TestGateway,
  type TestGatewayOptions,
  tenantsOf,
  warmUp,
} from '../support/test-gateway.ts';

let sandbox: Sandbox;
let gateway: TestGateway;
/** Has a short deadline, for faults that are late. */
let impatient: TestGateway;
const SHORT_DEADLINE = '2s';
/** ms; longer than that deadline */
const LATE_MS = 5_000;

beforeAll(async () => {
  sandbox = await startSandbox({ customers: 20 });
  [gateway, impatient] = await Promise.all([start(), start(SHORT)]);
  await Promise.all([gateway, impatient].map((each) => warmUp(each)));
});

afterEach(() => {
  for (const server of [sandbox.sageId, sandbox.sage200, sandbox.erp]) server.clearFaults();
});

afterAll(async () => {
  await Promise.all([gateway, impatient].map((each) => each?.close()));
  await sandbox.close();
});

/** One without tokens, sites or schemas yet. */
const start = (options: Partial<TestGatewayOptions> = {}): Promise<TestGateway> =>
  startTestGateway({ sandbox, ...options });

const SHORT: Partial<TestGatewayOptions> = {
  edit: (file) => {
    for (const name of ['sage200', 'erp']) file[name] = { ...file[name], deadline: SHORT_DEADLINE };
  },
};

/** Who need not wait long for a fault. */
const gatewayFor = ({ kind }: Fault) => (kind === 'delay' ? impatient : gateway);

const SAGE200 = 'sage200 { customers(first: 1) { nodes { reference } } }';
const ERP = 'xtremMasterData { customer { query(first: 1) { edges { node { id } } } } }';
const BOTH = `{ ${SAGE200} ${ERP} }`;

/** What the two parts look like when nothing fails; `null` stands for the part that failed. */
const SAGE200_DATA = { customers: { nodes: [{ reference: 'ABS001' }] } };
const ERP_DATA = { customer: { query: { edges: [{ node: { id: 'ABS001' } }] } } };

interface Asked extends Answer {
  readonly status: number;
}

async function ask(
  query: string,
  { of = gateway, headers = {} }: { of?: TestGateway; headers?: Record<string, string> } = {},
): Promise<Asked> {
  const response = await of.post({ query }, headers);
  return { status: response.status, ...((await response.json()) as Answer) };
}

type Row = readonly [name: string, fault: Fault, sage200Code: string, erpCode: string];

const FAULTS: readonly Row[] = [
  ['400', { kind: 'status', status: 400 }, 'UPSTREAM_REJECTED', 'UPSTREAM_REJECTED'],
  ['403', { kind: 'status', status: 403 }, 'FORBIDDEN', 'FORBIDDEN'],
  ['404 on a collection', { kind: 'status', status: 404 }, 'UPSTREAM_REJECTED', 'UPSTREAM_UNAVAILABLE'],
  ['429', { kind: 'status', status: 429, headers: { 'retry-after': '7' } }, 'RATE_LIMITED', 'RATE_LIMITED'],
  ['500', { kind: 'status', status: 500 }, 'UPSTREAM_UNAVAILABLE', 'UPSTREAM_UNAVAILABLE'],
  ['502', { kind: 'status', status: 502 }, 'UPSTREAM_UNAVAILABLE', 'UPSTREAM_UNAVAILABLE'],
  ['503', { kind: 'status', status: 503 }, 'UPSTREAM_UNAVAILABLE', 'UPSTREAM_UNAVAILABLE'],
  ['504', { kind: 'status', status: 504 }, 'UPSTREAM_TIMEOUT', 'UPSTREAM_TIMEOUT'],
  ['a cut before any answer', { kind: 'cut' }, 'UPSTREAM_UNAVAILABLE', 'UPSTREAM_UNAVAILABLE'],
  ['a cut behind the headers', { kind: 'cut', cutAt: 'afterHeaders' }, 'UPSTREAM_UNAVAILABLE', 'UPSTREAM_UNAVAILABLE'],
  ['a cut amid the body', { kind: 'cut', cutAt: 'midBody' }, 'UPSTREAM_UNAVAILABLE', 'UPSTREAM_UNAVAILABLE'],
  ['an answer that is not JSON', { kind: 'garbage' }, 'UPSTREAM_UNAVAILABLE', 'UPSTREAM_UNAVAILABLE'],
  ['JSON of another shape', { kind: 'status', status: 200, body: {} }, 'UPSTREAM_UNAVAILABLE', 'UPSTREAM_UNAVAILABLE'],
  ['no answer in time', { kind: 'delay', delayMs: LATE_MS }, 'UPSTREAM_TIMEOUT', 'UPSTREAM_TIMEOUT'],
];

describe('when Sage 200 fails', () => {
  test.each(FAULTS)('with %s, the ERP’s data still arrives', async (_name, fault, code) => {
    sandbox.sage200.fault({ ...fault, match: '/customers', times: 0 });

    const of = gatewayFor(fault);
    const [both, alone, other] = await Promise.all([
      ask(BOTH, { of }),
      ask(`{ ${SAGE200} }`, { of }),
      ask(`{ ${ERP} }`, { of }),
    ]);

    const error = { path: ['sage200', 'customers'], extensions: { code, source: 'sage200' } };
    expect(both).toMatchObject({ status: 200, data: { sage200: { customers: null }, xtremMasterData: ERP_DATA } });
    expect(both.errors).toMatchObject([error]);
    expect(alone).toMatchObject({ status: 200, data: { sage200: { customers: null } }, errors: [error] });
    expect(other).toMatchObject({ status: 200, data: { xtremMasterData: ERP_DATA } });
    expect(other.errors).toBeUndefined();
    if (code === 'RATE_LIMITED') expect(both.errors?.[0]?.extensions['retryAfter']).toBe(7);
  });

  test('what one list lost takes no other list with it', async () => {
    sandbox.sage200.fault({ kind: 'status', status: 503, match: '/sop_orders', times: 0 });

    const { data, errors } = await gateway.query(
      '{ sage200 { customers(first: 2) { nodes { reference sopOrders(first: 1) { nodes { id } } } } } }',
    );

    expect(data.sage200.customers.nodes).toEqual([
      { reference: 'ABS001', sopOrders: null },
      { reference: 'OBR001', sopOrders: null },
    ]);
    expect(errors?.map(({ path, extensions }) => [path, extensions['code']])).toEqual([
      [['sage200', 'customers', 'nodes', 0, 'sopOrders'], 'UPSTREAM_UNAVAILABLE'],
      [['sage200', 'customers', 'nodes', 1, 'sopOrders'], 'UPSTREAM_UNAVAILABLE'],
    ]);
  });

  test('a business rule keeps Sage’s words, and is not a failure of the operation', async () => {
    const { data, errors } = await gateway.query(
      'mutation { sage200 { createCustomer(input: { reference: "ABS001", name: "Again" }) { customer { id } userErrors { code message } } } }',
    );

    expect(errors).toBeUndefined();
    expect(data.sage200.createCustomer).toEqual({
      customer: null,
      userErrors: [{ code: 'UPSTREAM_REJECTED', message: "The reference 'ABS001' is already in use." }],
    });
  });

  test.each(REFUSAL_SHAPES)('a refusal as %s tells its reason, of a read and of a write', async (_name, body) => {
    const fault: Fault = { kind: 'status', status: 400, body, match: '/customers', times: 0 };
    sandbox.sage200.fault(fault);

    const [read, written] = await Promise.all([
      gateway.query(`{ ${SAGE200} }`),
      gateway.query(
        'mutation { sage200 { createCustomer(input: { name: "A", reference: "NEW1" }) { userErrors { code message } } } }',
      ),
    ]);

    expect(read.errors).toMatchObject([
      { message: expect.stringContaining(WHY), extensions: { code: 'UPSTREAM_REJECTED', source: 'sage200' } },
    ]);
    expect(written.errors).toBeUndefined();
    expect(written.data.sage200.createCustomer.userErrors).toEqual([
      { code: 'UPSTREAM_REJECTED', message: expect.stringContaining(WHY) },
    ]);
  });

  test('with 401 that stays, the caller learns that it is the company', async () => {
    sandbox.sage200.fault({ kind: 'status', status: 401, match: '/customers', times: 0 });

    const { data, errors } = await ask(BOTH);

    expect(data.xtremMasterData).toEqual(ERP_DATA);
    expect(errors).toMatchObject([{ extensions: { code: 'FORBIDDEN', source: 'sage200' } }]);
  });

  test('with 401 that stays, asking again renews no more tokens', async () => {
    sandbox.sage200.fault({ kind: 'status', status: 401, match: '/customers', times: 0 });
    await ask(BOTH);
    sandbox.sageId.clearRenewals();

    for (let again = 0; again < 3; again += 1)
      expect((await ask(BOTH)).errors).toMatchObject([{ extensions: { code: 'FORBIDDEN', source: 'sage200' } }]);

    expect(sandbox.sageId.renewals()).toEqual([]);
    sandbox.sage200.clearFaults();
    sandbox.sage200.fault({ kind: 'status', status: 401, times: 2 });
    const { errors, data } = await ask(BOTH);
    // Refused for the list of sites as well, it is the token after all.
    expect(sandbox.sageId.renewals()).toHaveLength(1);
    expect([errors, data.sage200]).toEqual([undefined, SAGE200_DATA]);
  });

  test('with 401 everywhere, also for a new token, nobody is asked to sign in, and no more tokens are renewed', async () => {
    sandbox.sage200.fault({ kind: 'status', status: 401, times: 0 });
    sandbox.sageId.clearRenewals();

    for (let again = 0; again < 5; again += 1) {
      const { data, errors } = await ask(BOTH);

      expect(data.xtremMasterData).toEqual(ERP_DATA);
      expect(errors).toMatchObject([{ extensions: { code: 'UPSTREAM_UNAVAILABLE', source: 'sage200' } }]);
      expect(errors?.[0]?.extensions).not.toHaveProperty('connectUrl');
    }

    expect(sandbox.sageId.renewals().length).toBeLessThanOrEqual(1);
  });

  test.each([
    ['mfa_required', 403],
    ['interaction_required', 400],
    ['login_required', 403],
    ['consent_required', 403],
    ['access_denied', 403],
  ])('with %s at a renewal, the person is asked to sign in, and Sage ID is not asked again', async (error, status) => {
    sandbox.sageId.fault({ kind: 'status', status, match: '/oauth/token', body: { error, error_description: 'x' } });
    await using fresh = await start();
    sandbox.sageId.clearRequests();

    for (let again = 0; again < 3; again += 1) {
      const { errors } = await ask(BOTH, { of: fresh });
      const connectUrl = expect.stringContaining('/connect/sage200');
      expect(errors).toMatchObject([{ extensions: { code: 'NEEDS_CONSENT', source: 'sage200', connectUrl } }]);
    }

    expect(sandbox.sageId.requests().filter(({ path }) => path === '/oauth/token')).toHaveLength(1);
  });

  test('with one 401, a renewed token answers', async () => {
    sandbox.sage200.fault({ kind: 'status', status: 401, match: '/customers', times: 1 });

    const { data, errors } = await ask(BOTH);

    expect(errors).toBeUndefined();
    expect(data.sage200).toEqual(SAGE200_DATA);
  });

  test('404 on a read by id is null without an error', async () => {
    const { data, errors } = await gateway.query('{ sage200 { customer(id: "1") { name } } }');

    expect(errors).toBeUndefined();
    expect(data).toEqual({ sage200: { customer: null } });
  });

  test('the gateway still says who is calling and how its upstreams are, with all of them down', async () => {
    for (const server of [sandbox.sageId, sandbox.sage200, sandbox.erp]) server.fault({ kind: 'cut', times: 0 });

    const { data, errors } = await gateway.query('{ gateway { me { id } connections { name } tenants { name } } }');

    expect(errors).toBeUndefined();
    expect(data.gateway.me.id).toBe('anonymous');
    expect((await fetch(`${gateway.url}/readyz`)).status).toBe(200);
  });
});

describe('when Sage ID fails', () => {
  const SIGN_IN: readonly (readonly [string, Fault, string])[] = [
    ['429', { kind: 'status', status: 429, headers: { 'retry-after': '7' } }, 'RATE_LIMITED'],
    ['500', { kind: 'status', status: 500 }, 'UPSTREAM_UNAVAILABLE'],
    ['503', { kind: 'status', status: 503 }, 'UPSTREAM_UNAVAILABLE'],
  ];

  test.each(SIGN_IN)('with %s, the ERP’s data still arrives', async (_name, fault, code) => {
    sandbox.sageId.fault({ ...fault, match: '/oauth/token', times: 0 });
    await using fresh = await start();

    const { status, data, errors } = await ask(BOTH, { of: fresh });

    expect(status).toBe(200);
    expect(data).toEqual({ sage200: { customers: null }, xtremMasterData: ERP_DATA });
    expect(errors).toMatchObject([{ path: ['sage200', 'customers'], extensions: { code, source: 'sage200' } }]);
  });

  test('one lost answer costs nothing, since the same refresh token is sent once more at once', async () => {
    sandbox.sageId.fault({ kind: 'cut', match: '/oauth/token', times: 1 });
    await using fresh = await start();

    const { data, errors } = await ask(BOTH, { of: fresh });

    expect(errors).toBeUndefined();
    expect(data.sage200).toEqual(SAGE200_DATA);
  });

  test('answers lost twice in a row end the connection, since its refresh token may be spent', async () => {
    sandbox.sageId.fault({ kind: 'cut', cutAt: 'afterProcessing', match: '/oauth/token', times: 0 });
    await using fresh = await start();
    sandbox.sageId.clearRequests();

    const first = await ask(BOTH, { of: fresh });
    const second = await ask(BOTH, { of: fresh });

    for (const { data, errors } of [first, second]) {
      expect(data).toEqual({ sage200: { customers: null }, xtremMasterData: ERP_DATA });
      expect(errors).toMatchObject([{ extensions: { code: 'NEEDS_CONSENT', source: 'sage200' } }]);
    }
    expect(sandbox.sageId.requests().filter(({ path }) => path === '/oauth/token')).toHaveLength(2);
  });

  test('one that is not there costs no connection: nothing was sent', async () => {
    const port = await freePort();
    await using fresh = await start({
      edit: (file) => {
        file['sageId'] = { ...file['sageId'], tokenUrl: `http://127.0.0.1:${port}/oauth/token` };
      },
    });

    const { data, errors } = await ask(BOTH, { of: fresh });
    const { data: own } = await fresh.query('{ gateway { connections { name state } } }');

    expect(data).toEqual({ sage200: { customers: null }, xtremMasterData: ERP_DATA });
    expect(errors).toMatchObject([{ extensions: { code: 'UPSTREAM_UNAVAILABLE', source: 'sage200' } }]);
    expect(own.gateway.connections).toEqual([{ name: 'sandbox', state: 'UNAVAILABLE' }]);
  });

  test('a consent that ended asks for its person, and says where', async () => {
    await using fresh = await start({
      connections: { leaver: 'bob' },
      edit: (file) => {
        file['callers'] = { anonymous: { connection: 'leaver', tenants: ['acme'], readOnly: false } };
      },
    });
    await sandbox.sageId.revokeUser('bob');

    const { status, data, errors } = await ask(BOTH, { of: fresh });

    expect(status).toBe(200);
    expect(data).toEqual({ sage200: { customers: null }, xtremMasterData: ERP_DATA });
    expect(errors).toMatchObject([
      {
        extensions: {
          code: 'NEEDS_CONSENT',
          source: 'sage200',
          connectUrl: `${fresh.url.replace('127.0.0.1', 'localhost')}/connect/sage200?connection=leaver`,
        },
      },
    ]);
  });

  test('a wrong client secret is the operator’s to fix, and the log says so', async () => {
    await using fresh = await start({
      edit: (file) => {
        file['sage200'] = { ...file['sage200'], clientSecret: 'not-the-secret' };
      },
    });

    const { data, errors } = await ask(BOTH, { of: fresh });

    expect(data).toEqual({ sage200: { customers: null }, xtremMasterData: ERP_DATA });
    expect(errors).toMatchObject([{ extensions: { code: 'MISCONFIGURED', source: 'sage200' } }]);
    expect(fresh.log()).toMatch(/"code":"MISCONFIGURED".*"msg":"renewal failed"/);
  });
});

describe('when the ERP fails', () => {
  /** The tenant's GraphQL endpoint, and not its token service. */
  const match = () => new URL(sandbox.erp.tenants[0]?.graphqlUrl ?? '').pathname;

  test.each(FAULTS)('with %s, Sage 200’s data still arrives', async (_name, fault, _sage200Code, code) => {
    sandbox.erp.fault({ ...fault, match: match(), times: 0 });

    const of = gatewayFor(fault);
    const [both, alone, other] = await Promise.all([
      ask(BOTH, { of }),
      ask(`{ ${ERP} }`, { of }),
      ask(`{ ${SAGE200} }`, { of }),
    ]);

    const error = { path: ['xtremMasterData'], extensions: { code, source: 'erp:acme' } };
    expect(both).toMatchObject({ status: 200, data: { sage200: SAGE200_DATA, xtremMasterData: null } });
    expect(both.errors).toMatchObject([error]);
    expect(alone).toMatchObject({ status: 200, data: { xtremMasterData: null }, errors: [error] });
    expect(other).toMatchObject({ status: 200, data: { sage200: SAGE200_DATA } });
    expect(other.errors).toBeUndefined();
    if (code === 'RATE_LIMITED') expect(both.errors?.[0]?.extensions['retryAfter']).toBe(7);
  });

  test('tokens that its service forgot are obtained again within the same operation', async () => {
    sandbox.erp.endTokens();

    const { data, errors } = await ask(BOTH);

    expect(errors).toBeUndefined();
    expect(data.xtremMasterData).toEqual(ERP_DATA);
  });

  test('a token service that does not answer holds nobody up beyond the deadline', async () => {
    sandbox.erp.endTokens();
    sandbox.erp.fault({ kind: 'delay', delayMs: 8_000, match: '/v1/token', times: 0 });

    const { data, errors } = await ask(BOTH, { of: impatient });

    // Anyone who waited for the token service would have its token, and the data.
    expect(data).toEqual({ sage200: SAGE200_DATA, xtremMasterData: null });
    expect(errors).toMatchObject([{ extensions: { code: 'UPSTREAM_TIMEOUT', source: 'erp:acme' } }]);
  });

  test('an address that moved is found again within the same operation', async () => {
    sandbox.erp.move('globex');

    const { errors } = await ask(`{ ${ERP} }`, { headers: { 'x-tenant': 'globex' } });

    expect(errors).toBeUndefined();
  });

  test('its own errors keep message, path and place, and get a code and a source', async () => {
    const { status, data, errors } = await ask(
      `{ ${SAGE200} xtremMasterData { customer { query(first: 1, filter: "{ nosuch: 1 }") { edges { node { id } } } } } }`,
    );

    expect(status).toBe(200);
    expect(data.sage200).toEqual(SAGE200_DATA);
    expect(errors).toMatchObject([
      {
        message: expect.stringContaining('nosuch'),
        path: ['xtremMasterData', 'customer', 'query'],
        extensions: { code: 'UPSTREAM_REJECTED', source: 'erp:acme' },
      },
    ]);
  });

  // The last one: for some seconds after it, no new token is asked for because of a refused one.
  test('with 401 that stays, the operator learns that the set-up is wrong', async () => {
    sandbox.erp.fault({ kind: 'status', status: 401, match: match(), times: 0 });

    const { data, errors } = await ask(BOTH);

    expect(data).toEqual({ sage200: SAGE200_DATA, xtremMasterData: null });
    expect(errors).toMatchObject([{ extensions: { code: 'MISCONFIGURED', source: 'erp:acme' } }]);
  });
});

describe('when the ERP’s token service fails', () => {
  const REFUSALS: readonly (readonly [string, Fault, string])[] = [
    ['429', { kind: 'status', status: 429, headers: { 'retry-after': '7' } }, 'RATE_LIMITED'],
    ['500', { kind: 'status', status: 500 }, 'UPSTREAM_UNAVAILABLE'],
    ['504', { kind: 'status', status: 504 }, 'UPSTREAM_TIMEOUT'],
    ['a cut connection', { kind: 'cut' }, 'UPSTREAM_UNAVAILABLE'],
    ['an answer that is not JSON', { kind: 'garbage' }, 'UPSTREAM_UNAVAILABLE'],
    ['no answer in time', { kind: 'delay', delayMs: LATE_MS }, 'UPSTREAM_TIMEOUT'],
    ['400', { kind: 'status', status: 400 }, 'MISCONFIGURED'],
    [
      'an answer without an address',
      { kind: 'status', status: 200, body: { accessToken: 'x' } },
      'UPSTREAM_UNAVAILABLE',
    ],
    [
      'an address elsewhere',
      { kind: 'status', status: 200, body: { accessToken: 'x', urls: { graphQl: 'https://evil.example/api' } } },
      'MISCONFIGURED',
    ],
  ];

  test.each(REFUSALS)('with %s, Sage 200’s data still arrives', async (_name, fault, code) => {
    sandbox.erp.fault({ ...fault, match: '/v1/token', times: 0 });
    await using fresh = await start(fault.kind === 'delay' ? SHORT : {});

    const { status, data, errors } = await ask(BOTH, { of: fresh });

    expect(status).toBe(200);
    expect(data).toEqual({ sage200: SAGE200_DATA, xtremMasterData: null });
    expect(errors).toMatchObject([{ path: ['xtremMasterData'], extensions: { code, source: 'erp:acme' } }]);
    expect(JSON.stringify(errors)).not.toMatch(/evil|127\.0\.0\.1|:\/\//);
  });

  const WRONG: readonly (readonly [string, Record<string, string>, RegExp])[] = [
    ['client secret', { clientSecret: 'wrong' }, /clientId or clientSecret was refused/],
    ['client id', { clientId: 'wrong' }, /clientId or clientSecret was refused/],
    ['tenant id', { tenantId: 'wrong' }, /tenantId is unknown/],
  ];

  test.each(WRONG)('a wrong %s is the operator’s to fix, and answer and log say what', async (_name, wrong, words) => {
    await using fresh = await start({
      edit: (file) => {
        Object.assign(tenantsOf(file)[0] ?? {}, wrong);
      },
    });

    const { data, errors } = await ask(BOTH, { of: fresh });

    expect(data).toEqual({ sage200: SAGE200_DATA, xtremMasterData: null });
    expect(errors).toMatchObject([
      { message: expect.stringMatching(words), extensions: { code: 'MISCONFIGURED', source: 'erp:acme' } },
    ]);
    expect(fresh.log()).toMatch(words);
  });

  test('a tenant without an API user is told with what its owner has to do', async () => {
    sandbox.erp.setApiUser('acme', false);
    await using fresh = await start();

    const { data, errors } = await ask(BOTH, { of: fresh }).finally(() => sandbox.erp.setApiUser('acme', true));

    expect(data.sage200).toEqual(SAGE200_DATA);
    expect(errors).toMatchObject([
      { message: expect.stringMatching(/API user box/), extensions: { code: 'MISCONFIGURED', source: 'erp:acme' } },
    ]);
  });
});

describe('when nobody listens', () => {
  test('the gateway starts with the ERP down, serves Sage 200, and the ERP once it is back', async () => {
    const port = await freePort();
    await using fresh = await start({
      edit: (file) => {
        for (const tenant of tenantsOf(file)) tenant['tokenUrl'] = `http://127.0.0.1:${port}/v1/token`;
      },
    });

    const down = await ask(BOTH, { of: fresh });
    await using back = await startErpSandbox({ port, seed: sandbox.seed });
    const up = await vi.waitFor(
      async () => {
        const answer = await ask(BOTH, { of: fresh });
        expect(answer.errors).toBeUndefined();
        return answer;
      },
      { interval: 200 },
    );

    expect(down).toMatchObject({ status: 200, data: { sage200: SAGE200_DATA, xtremMasterData: null } });
    expect(down.errors).toMatchObject([
      { path: ['xtremMasterData'], extensions: { code: 'UPSTREAM_UNAVAILABLE', source: 'erp:acme' } },
    ]);
    expect(up.data).toEqual({ sage200: SAGE200_DATA, xtremMasterData: ERP_DATA });

    // And gone again, while tokens and schema are still held.
    await back.close();
    const again = await ask(BOTH, { of: fresh });

    expect(again.data).toEqual({ sage200: SAGE200_DATA, xtremMasterData: null });
    expect(again.errors).toMatchObject([{ extensions: { code: 'UPSTREAM_UNAVAILABLE', source: 'erp:acme' } }]);
  });

  test('a Sage 200 that is not there leaves the ERP as it is, and a write to it was certainly not done', async () => {
    const port = await freePort();
    await using fresh = await start({
      edit: (file) => {
        file['sage200'] = { ...file['sage200'], baseUrl: `http://127.0.0.1:${port}/v1` };
      },
    });

    const read = await ask(BOTH, { of: fresh });
    const [{ siteId, companyId } = { siteId: '', companyId: 0 }] = sandbox.companies;
    const write = await fresh.query(
      `mutation { sage200(site: "${siteId}", company: "${companyId}") { createCustomer(input: { reference: "GONE", name: "Gone" }) { customer { id } } } }`,
    );

    expect(read).toMatchObject({ status: 200, data: { sage200: { customers: null }, xtremMasterData: ERP_DATA } });
    expect(read.errors).toMatchObject([{ extensions: { code: 'UPSTREAM_UNAVAILABLE', source: 'sage200' } }]);
    expect(write.errors).toMatchObject([{ extensions: { code: 'UPSTREAM_UNAVAILABLE', source: 'sage200' } }]);
  });
});

describe('when the answer to a write is lost', () => {
  const LOST: readonly (readonly [string, Fault])[] = [
    ['cut', { kind: 'cut', cutAt: 'afterProcessing' }],
    ['cut amid its body', { kind: 'cut', cutAt: 'midBody' }],
    ['late', { kind: 'delay', delayMs: LATE_MS }],
    ['500', { kind: 'status', status: 500 }],
    ['504', { kind: 'status', status: 504 }],
    ['not JSON', { kind: 'garbage' }],
  ];
  const REFERENCES = ['LOST0', 'LOST1', 'LOST2', 'LOST3', 'LOST4', 'LOST5'];

  test.each(LOST)('because it is %s, Sage 200’s outcome is unknown, and nothing is sent again', async (name, fault) => {
    const reference = REFERENCES[LOST.findIndex((row) => row[0] === name)];
    sandbox.sage200.fault({ ...fault, match: '/customers', method: 'POST', times: 0 });
    sandbox.sage200.clearRequests();

    const { status, data, errors } = await ask(
      `mutation { sage200 { createCustomer(input: { reference: "${reference}", name: "Lost" }) { customer { id } } } }`,
      { of: gatewayFor(fault) },
    );

    expect(status).toBe(200);
    expect(data).toEqual({ sage200: { createCustomer: null } });
    expect(errors).toMatchObject([
      {
        message: expect.stringMatching(/may or may not.*[Ll]ook .* up/),
        path: ['sage200', 'createCustomer'],
        extensions: { code: 'OUTCOME_UNKNOWN', source: 'sage200' },
      },
    ]);
    expect(sandbox.sage200.requests().filter(({ method }) => method === 'POST')).toHaveLength(1);
  });

  test('the error says how to look the write up, and that finds what was saved', async () => {
    sandbox.sage200.fault({ kind: 'cut', cutAt: 'afterProcessing', match: '/customers', method: 'POST', times: 0 });

    const { errors } = await gateway.query(
      'mutation { sage200 { createCustomer(input: { reference: "SAVED", name: "Saved" }) { customer { id } } } }',
    );
    const lookUp = errors?.[0]?.extensions['lookUp'];
    const found = await gateway.query((lookUp as { readonly query: string } | undefined)?.query ?? '');

    expect(found.errors).toBeUndefined();
    expect(found.data.sage200.customers.nodes).toMatchObject([{ reference: 'SAVED' }]);
  });

  test.each(LOST)('because it is %s, the ERP’s outcome is unknown, and nothing is sent again', async (_name, fault) => {
    const path = new URL(sandbox.erp.tenants[0]?.graphqlUrl ?? '').pathname;
    sandbox.erp.fault({ ...fault, match: path, times: 0 });
    sandbox.erp.clearRequests();

    const { status, data, errors } = await ask(
      'mutation { xtremMasterData { customer { update(data: { _id: "1" }) { _id } } } }',
      { of: gatewayFor(fault) },
    );

    expect(status).toBe(200);
    expect(data).toEqual({ xtremMasterData: null });
    expect(errors).toMatchObject([{ extensions: { code: 'OUTCOME_UNKNOWN', source: 'erp:acme' } }]);
    const sent = sandbox.erp.requests().filter(({ body }) => JSON.stringify(body ?? '').includes('mutation'));
    expect(sent).toHaveLength(1);
  });
});

describe('a caller’s own Sage ID token', () => {
  let own: TestGateway;

  beforeAll(async () => {
    own = await start({
      edit: (file) => {
        file['callers'] = {
          passThrough: {
            allow: ['auth0|sandbox-alice', 'auth0|sandbox-bob'],
            companies: 'all',
            tenants: ['acme'],
            readOnly: true,
          },
        };
      },
    });
  });

  afterAll(() => own.close());

  const headersOf = async (user: string) => ({ authorization: `Bearer ${await accessTokenOf(sandbox, user)}` });

  test('reads Sage 200 and the tenants it is given', async () => {
    const { status, data, errors } = await ask(BOTH, { of: own, headers: await headersOf('alice') });

    expect(errors).toBeUndefined();
    expect(status).toBe(200);
    expect(data).toEqual({ sage200: SAGE200_DATA, xtremMasterData: ERP_DATA });
  });

  test('that Sage does not know is HTTP 401', async () => {
    const { status, data, errors } = await ask(BOTH, { of: own, headers: { authorization: 'Bearer eyJ.eyJ.x' } });

    expect(status).toBe(401);
    expect(data ?? null).toBeNull();
    expect(errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }]);
  });

  test('that dies after it was believed fails alone: UNAUTHENTICATED beside the ERP’s data', async () => {
    const headers = await headersOf('alice');
    await ask(BOTH, { of: own, headers });
    sandbox.sage200.fault({ kind: 'status', status: 401, times: 0 });

    const { status, data, errors } = await ask(BOTH, { of: own, headers });

    expect(status).toBe(200);
    expect(data).toEqual({ sage200: { customers: null }, xtremMasterData: ERP_DATA });
    expect(errors).toMatchObject([
      { path: ['sage200', 'customers'], extensions: { code: 'UNAUTHENTICATED', source: 'sage200' } },
    ]);
  });

  test('that Sage refuses for one company is FORBIDDEN there, and still good for another', async () => {
    const [first, second] = sandbox.companies;

    const { data, errors } = await ask(
      `{ no: sage200(site: "${first?.siteId}", company: "${first?.companyId}") { customers(first: 1) { nodes { name } } }
         yes: sage200(site: "${second?.siteId}", company: "${second?.companyId}") { customers(first: 1) { nodes { sopOrders(first: 1) { nodes { id } } } } } }`,
      { of: own, headers: await headersOf('bob') },
    );

    expect(data.no).toEqual({ customers: null });
    expect(data.yes.customers.nodes).toHaveLength(1);
    expect(errors).toMatchObject([{ path: ['no', 'customers'], extensions: { code: 'FORBIDDEN', source: 'sage200' } }]);
  });
});
