import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startGateway } from '../../src/gateway.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { startTestGateway, type TestGateway, tenantsOf, toClient, writeTestConfig } from '../support/test-gateway.ts';

const SOAK_MS = 10_000;
const CALLERS = 20;
/** Between two questions of one caller: the machine should be busy with renewals, not out of breath. */
const PAUSE_MS = 20;

let sandbox: Sandbox;
let gateway: TestGateway;

beforeAll(async () => {
  sandbox = await startSandbox({ customers: 10, accessTokenSeconds: 2 });
  gateway = await startTestGateway({
    sandbox,
    edit: (file) => {
      const [acme, globex] = tenantsOf(file);
      file['erp'] = {
        ...file['erp'],
        tenants: [
          { ...acme, grant: 'tenant' },
          { ...globex, grant: 'client_credentials' },
        ],
      };
    },
  });
});

afterAll(async () => {
  await gateway.close();
  await sandbox.close();
});

const BOTH =
  '{ sage200 { customers(first: 1) { nodes { reference } } } xtremMasterData { customer { query(first: 1) { edges { node { id } } } } } }';

test('ERP tokens are requested in both documented ways', async () => {
  await gateway.query(BOTH, { headers: { 'x-tenant': 'acme' } });
  await gateway.query(BOTH, { headers: { 'x-tenant': 'globex' } });

  const requests = sandbox.erp.requests().filter(({ path }) => path === '/v1/token');
  const bodyOf = (type: string) => requests.find(({ headers }) => headers['content-type']?.startsWith(type))?.body;
  const [acme, globex] = sandbox.credentials.erp;
  expect(bodyOf('application/json')).toMatchObject({ clientId: acme?.clientId, tenantId: acme?.tenantId });
  expect(bodyOf('application/x-www-form-urlencoded')).toMatchObject({
    grant_type: 'client_credentials',
    client_id: globex?.clientId,
    scope: `tenantid:${globex?.tenantId}`,
  });
});

describe('access tokens that live for 2 s', () => {
  test(`serve ${CALLERS} callers for ${SOAK_MS / 1_000} s without a failed answer, and renewals never overlap`, {
    timeout: SOAK_MS + 30_000,
  }, async () => {
    const endsAt = Date.now() + SOAK_MS;
    const failed: unknown[] = [];
    let answered = 0;

    await Promise.all(
      Array.from({ length: CALLERS }, async (_, number) => {
        const headers = { 'x-tenant': number % 2 === 0 ? 'acme' : 'globex' };
        while (Date.now() < endsAt) {
          const { data, errors } = await gateway.query(BOTH, { headers });
          const isWhole =
            data?.sage200?.customers?.nodes?.length === 1 && data.xtremMasterData?.customer?.query?.edges?.length === 1;
          if (errors || !isWhole) failed.push(errors);
          answered += 1;
          await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
        }
      }),
    );

    expect(failed).toEqual([]);
    expect(answered).toBeGreaterThan(CALLERS * 10);

    const renewals = sandbox.sageId.renewals();
    // A token of 2 s has to be renewed at least every 2 s.
    expect(renewals.length).toBeGreaterThanOrEqual(SOAK_MS / 2_000 - 1);
    expect(renewals.filter(({ overlapping }) => overlapping)).toEqual([]);
    expect(renewals.filter(({ reused }) => reused)).toEqual([]);
    expect(renewals.filter(({ status }) => status !== 200)).toEqual([]);

    const erp = sandbox.erp.renewals();
    expect(erp.filter(({ spent, status }) => spent || status !== 200)).toEqual([]);
    for (const tenant of ['acme', 'globex']) {
      const own = erp.filter((renewal) => renewal.tenant === tenant);
      expect(own.length).toBeGreaterThanOrEqual(SOAK_MS / 2_000 - 1);
      own.slice(1).forEach(({ startedAt }, index) => {
        expect(startedAt).toBeGreaterThanOrEqual(own[index]?.endedAt ?? Number.POSITIVE_INFINITY);
      });
    }
    // Each grant in its own way: a refresh token where there is one, the first request again where there is none.
    expect(erp.filter(({ kind, tenant }) => kind === 'obtain' && tenant === 'acme')).toHaveLength(1);
    expect(erp.filter(({ kind, tenant }) => kind === 'renew' && tenant === 'globex')).toHaveLength(0);
    expect(gateway.log()).not.toMatch(/"level":[456]0/);
  });
});

describe('tokens that end before their time', () => {
  const askAtOnce = (of: TestGateway) => Promise.all(Array.from({ length: CALLERS }, () => of.query(BOTH)));

  test('are renewed once for all callers at once, at Sage ID', async () => {
    sandbox.sageId.clock.set({ accessTokenSeconds: null });
    await using fresh = await startTestGateway({ sandbox });
    await fresh.query(BOTH);
    // For Sage's clock, ten hours are gone; for the gateway's, the token is as good as new.
    sandbox.sageId.clock.set({ skewMs: 10 * 3_600_000 });
    sandbox.sageId.clearRenewals();

    const answers = await askAtOnce(fresh);

    expect(answers.flatMap(({ errors = [] }) => errors)).toEqual([]);
    expect(sandbox.sageId.renewals().map(({ status }) => status)).toEqual([200]);
  });

  test('are obtained once for all callers at once, at the ERP', async () => {
    sandbox.erp.clock.set({ accessTokenSeconds: null });
    await expect.poll(async () => (await gateway.query(BOTH)).errors).toBeUndefined();
    sandbox.erp.endTokens();
    await gateway.query(BOTH);
    sandbox.erp.endTokens();
    sandbox.erp.clearRenewals();

    const answers = await askAtOnce(gateway);

    expect(answers.flatMap(({ errors = [] }) => errors)).toEqual([]);
    // Its refresh token was ended too.
    expect(sandbox.erp.renewals().map(({ kind, status }) => [kind, status])).toEqual([
      ['renew', 401],
      ['obtain', 200],
    ]);
  });
});

test('a connection survives a restart of the gateway, with its tokens', async () => {
  sandbox.sageId.clock.set({ accessTokenSeconds: null });
  await using file = await writeTestConfig({ sandbox });
  const log = pino({ level: 'silent' });
  const run = async () => {
    const { url, close } = await startGateway(file.config, { log, env: {} });
    const answer = await toClient(url).query(BOTH);
    await close();
    return answer;
  };
  sandbox.sageId.clearRenewals();

  const first = await run();
  const second = await run();
  // For Sage the access token is over: only the refresh token that the first run stored helps.
  sandbox.sageId.clock.set({ skewMs: 40 * 3_600_000 });
  const third = await run();

  for (const { errors, data } of [first, second, third]) {
    expect(errors).toBeUndefined();
    expect(data.sage200.customers.nodes).toHaveLength(1);
  }
  expect(sandbox.sageId.renewals().map(({ status, reused }) => [status, reused])).toEqual([
    [200, false],
    [200, false],
  ]);
});
