import { afterAll, afterEach, describe, expect, test } from 'vitest';
import type { Fault } from '../../src/sandbox/index.ts';
import { freePort } from '../support/free-port.ts';
import { REFUSAL_SHAPES, WHY } from '../support/refusal-shapes.ts';
import { BOTH, ERP, ERP_DATA, FAULTS, LOST, SAGE200, SAGE200_DATA, startFaultsWorld } from './faults-world.ts';

const world = await startFaultsWorld();
const { sandbox, gateway, start, gatewayFor, ask } = world;
afterEach(world.clearFaults);
afterAll(() => world[Symbol.asyncDispose]());

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

  test('a failed list does not affect other lists', async () => {
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

  test('a business rule keeps Sage’s message, and is not a failure of the operation', async () => {
    const { data, errors } = await gateway.query(
      'mutation { sage200 { createCustomer(input: { reference: "ABS001", name: "Again" }) { customer { id } userErrors { code message } } } }',
    );

    expect(errors).toBeUndefined();
    expect(data.sage200.createCustomer).toEqual({
      customer: null,
      userErrors: [{ code: 'UPSTREAM_REJECTED', message: "The reference 'ABS001' is already in use." }],
    });
  });

  test.each(REFUSAL_SHAPES)('a refusal as %s gives its reason, for a read and for a write', async (_name, body) => {
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

  test('with a persistent 401, the caller learns that the company is the cause', async () => {
    sandbox.sage200.fault({ kind: 'status', status: 401, match: '/customers', times: 0 });

    const { data, errors } = await ask(BOTH);

    expect(data.xtremMasterData).toEqual(ERP_DATA);
    expect(errors).toMatchObject([{ extensions: { code: 'FORBIDDEN', source: 'sage200' } }]);
  });

  test('with a persistent 401, repeated requests renew no more tokens', async () => {
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

  test('with 401 everywhere, even for a new token, nobody is asked to sign in, and no more tokens are renewed', async () => {
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

  test('after a single 401, a renewed token works', async () => {
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

  test('with all upstreams down, the gateway still reports the caller and the state of its upstreams', async () => {
    for (const server of [sandbox.sageId, sandbox.sage200, sandbox.erp]) server.fault({ kind: 'cut', times: 0 });

    const { data, errors } = await gateway.query('{ gateway { me { id } connections { name } tenants { name } } }');

    expect(errors).toBeUndefined();
    expect(data.gateway.me.id).toBe('anonymous');
    expect((await fetch(`${gateway.url}/readyz`)).status).toBe(200);
  });

  test('an unreachable Sage 200 does not affect the ERP, and a write to it was certainly not done', async () => {
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

  test('one lost answer costs nothing, since the same refresh token is immediately sent once more', async () => {
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

  test('an unreachable one costs no connection: nothing was sent', async () => {
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

  test('an ended consent asks its person to sign in, and says where', async () => {
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

describe('when the answer to a write is lost', () => {
  const REFERENCES = ['LOST0', 'LOST1', 'LOST2', 'LOST3', 'LOST4', 'LOST5'];

  test.each(LOST)(
    'because it is %s, the outcome in Sage 200 is unknown, and nothing is sent again',
    async (name, fault) => {
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
    },
  );

  test('the error says how to look up the write, and that finds what was saved', async () => {
    sandbox.sage200.fault({ kind: 'cut', cutAt: 'afterProcessing', match: '/customers', method: 'POST', times: 0 });

    const { errors } = await gateway.query(
      'mutation { sage200 { createCustomer(input: { reference: "SAVED", name: "Saved" }) { customer { id } } } }',
    );
    const lookUp = errors?.[0]?.extensions['lookUp'];
    const found = await gateway.query((lookUp as { readonly query: string } | undefined)?.query ?? '');

    expect(found.errors).toBeUndefined();
    expect(found.data.sage200.customers.nodes).toMatchObject([{ reference: 'SAVED' }]);
  });
});
