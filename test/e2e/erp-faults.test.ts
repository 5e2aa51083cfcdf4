import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import { startErpSandbox } from '../../src/sandbox/erp/index.ts';
import type { Fault } from '../../src/sandbox/index.ts';
import { freePort } from '../support/free-port.ts';
import { tenantsOf } from '../support/test-gateway.ts';
import {
  BOTH,
  ERP,
  ERP_DATA,
  FAULTS,
  LATE_MS,
  LOST,
  SAGE200,
  SAGE200_DATA,
  SHORT,
  startFaultsWorld,
} from './faults-world.ts';

const world = await startFaultsWorld();
const { sandbox, impatient, start, gatewayFor, ask } = world;
afterEach(world.clearFaults);
afterAll(() => world[Symbol.asyncDispose]());

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

  test('tokens that its service forgot are replaced within the same operation', async () => {
    sandbox.erp.endTokens();

    const { data, errors } = await ask(BOTH);

    expect(errors).toBeUndefined();
    expect(data.xtremMasterData).toEqual(ERP_DATA);
  });

  test('a token service that does not answer delays nobody beyond the deadline', async () => {
    sandbox.erp.endTokens();
    sandbox.erp.fault({ kind: 'hold', match: '/v1/token', times: 0 });

    const { data, errors } = await ask(BOTH, { of: impatient });

    // Anyone who waited for the token service would never be answered.
    expect(data).toEqual({ sage200: SAGE200_DATA, xtremMasterData: null });
    expect(errors).toMatchObject([{ extensions: { code: 'UPSTREAM_TIMEOUT', source: 'erp:acme' } }]);
  });

  test('a changed address is found within the same operation', async () => {
    sandbox.erp.move('globex');

    const { errors } = await ask(`{ ${ERP} }`, { headers: { 'x-tenant': 'globex' } });

    expect(errors).toBeUndefined();
  });

  test('its own errors keep message, path and location, and get a code and a source', async () => {
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
  test('with a persistent 401, the operator learns that the setup is wrong', async () => {
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

  test('a tenant without an API user is reported with what its owner must do', async () => {
    sandbox.erp.setApiUser('acme', false);
    await using fresh = await start();

    const { data, errors } = await ask(BOTH, { of: fresh }).finally(() => sandbox.erp.setApiUser('acme', true));

    expect(data.sage200).toEqual(SAGE200_DATA);
    expect(errors).toMatchObject([
      { message: expect.stringMatching(/API user box/), extensions: { code: 'MISCONFIGURED', source: 'erp:acme' } },
    ]);
  });
});

describe('when nothing listens', () => {
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
      { timeout: 30_000, interval: 200 },
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
});

describe('when the answer to a write is lost', () => {
  test.each(LOST)(
    'because it is %s, the outcome in the ERP is unknown, and nothing is sent again',
    async (_name, fault) => {
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
    },
  );
});
