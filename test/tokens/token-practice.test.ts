import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type GatewayError, Secret } from '../../src/kit/errors/index.ts';
import {
  createConnectionEvents,
  createConnectionMetrics,
  createWebhook,
  importConnection,
  openVault,
  type Vault,
} from '../../src/tokens/index.ts';
import { faultsOf, runSoak } from '../soak/soak.ts';
import { createCookieBrowser } from '../support/cookie-browser.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import { failureOf } from './failure-of.ts';
import { type StubOptions, startPostgresWorld as startWorldOn } from './postgres-world.ts';
import type { Trouble } from './sage-id-stub.ts';
import { startSignInWorld } from './sign-in-world.ts';
import { startStubServer } from './stub-server.ts';
import { createClock, makeFolder, NINETY_DAYS_MS, startWorld, VAULT_KEY } from './world.ts';

// The list of tests that keeping other services' tokens asks for, each under its name.

const HOUR_MS = 3600_000;
const OTHER_KEY = new Secret(Buffer.alloc(32, 9).toString('base64'));

let postgres: TestPostgres;

beforeAll(async () => {
  postgres = await startPostgres();
});

afterAll(() => postgres[Symbol.asyncDispose]());

const startPostgresWorld = (options?: StubOptions) => startWorldOn(postgres, options);

test('1. 50 parallel callers with an expired token: exactly one token call; the same with two processes on one database', async () => {
  await using world = await startWorld();
  const tokens = world.createSource();
  await Promise.all(Array.from({ length: 50 }, () => tokens.get()));
  expect(world.sageId.requests).toHaveLength(1);

  // Whoever of them comes after the renewal finds its token.
  await using shared = await startPostgresWorld({ delayMs: 100 });
  const children = [1, 2].map(() =>
    fork(new URL('./connection-caller.ts', import.meta.url), [shared.url, shared.sageId.tokenUrl, '1500', '50']),
  );
  const reports = await Promise.all(
    children.map(async (child) => {
      const [report] = (await once(child, 'message')) as [{ failures: string[] }];
      if (child.exitCode === null) await once(child, 'exit');
      return report;
    }),
  );

  expect(reports.flatMap(({ failures }) => failures)).toEqual([]);
  expect(shared.sageId.requests).toHaveLength(1);
});

test('2. a Sage ID that ends the family on reuse, many lifetimes, random crashes: only a crash in the gap forces a reconnect', async () => {
  await using folder = await makeFolder();

  const report = await runSoak({
    vaultUrl: `sqlite:${join(folder.path, 'vault.db')}`,
    processes: 2,
    callers: 100,
    forMs: 8_000,
    killEveryMs: 1_500,
    accessTokenSeconds: 1,
    aimedShare: 0.3,
  });

  expect(faultsOf(report)).toEqual([]);
  // How many there are is the machine's matter; after each kill in the gap a lease has to run out first.
  expect(report.renewals).toBeGreaterThan(1);
});

test('3. the store fails after the answer: no token is served, an alarm is raised, a later write succeeds', async () => {
  await using world = await startWorld();
  const { storePair } = world.vault.connections;
  let isGone = true;
  const connections: Vault['connections'] = {
    ...world.vault.connections,
    storePair: async (claim, pair) => {
      if (isGone) throw new Error('database is gone');
      return storePair(claim, pair);
    },
  };
  const tokens = world.createSource({ vault: { ...world.vault, connections } });
  let served = false;
  const waiting = tokens.get().then((token) => {
    served = true;
    return token;
  });

  const isAlarm = (line: string) => line.includes('could not be stored') && line.includes('"level":50');
  await expect.poll(() => world.lines.some(isAlarm)).toBe(true);
  expect(served).toBe(false);
  isGone = false;

  expect((await waiting).value.reveal()).toBe('tok-at-1');
  expect((await world.stored()).refreshToken?.reveal()).toBe('tok-rt-1');
  expect(world.sageId.requests).toHaveLength(1);
  expect(await world.vault.pending.replay()).toBe(0);
});

test('4. the answer is lost after Sage rotated: one prompt retry; with overlap it succeeds, without it needs consent', async () => {
  for (const overlap of [true, false]) {
    await using world = await startWorld({ overlap });
    world.sageId.troubleNext('cutAfter');
    const tokens = world.createSource();

    const outcome = await tokens.get().then(
      () => 'renewed',
      (error: GatewayError) => error.code,
    );
    world.clock.pass(HOUR_MS);
    await tokens.get().catch(() => {});

    expect(outcome).toBe(overlap ? 'renewed' : 'NEEDS_CONSENT');
    expect(world.sageId.presented().filter((token) => token === 'tok-rt-0')).toHaveLength(2);
  }
});

test('5. an answer without, with an empty refresh token, with a shorter scope, expires_in as text or missing', async () => {
  const changes = [
    [{ refresh_token: undefined }, 'tok-rt-0', 'openid offline_access', 28_800],
    [{ refresh_token: '' }, 'tok-rt-0', 'openid offline_access', 28_800],
    [{ scope: 'openid' }, 'tok-rt-1', 'openid', 28_800],
    [{ expires_in: '600' }, 'tok-rt-1', 'openid offline_access', 600],
    [{ expires_in: undefined }, 'tok-rt-1', 'openid offline_access', 3_600],
  ] as const;
  for (const [change, refreshToken, scope, seconds] of changes) {
    await using world = await startWorld();
    world.sageId.troubleNext({ change: (answer) => ({ ...answer, ...change }) });

    const token = await world.createSource().get();

    const row = await world.stored();
    expect([row.refreshToken?.reveal(), row.scope]).toEqual([refreshToken, scope]);
    expect(token.expiresAt - token.issuedAt).toBe(seconds * 1000);
  }
});

test('6. 403 invalid_grant, HTML 502, an empty 401, 429 with and without Retry-After', async () => {
  const answers: readonly [Trouble, string, string][] = [
    [{ answer: { status: 403, body: { error: 'invalid_grant' } } }, 'NEEDS_CONSENT', 'needs_consent'],
    [{ answer: { status: 502, body: '<html>Bad gateway</html>' } }, 'UPSTREAM_UNAVAILABLE', 'unavailable'],
    [{ answer: { status: 401, body: '' } }, 'UPSTREAM_UNAVAILABLE', 'unavailable'],
    [{ answer: { status: 429, headers: { 'retry-after': '7' } } }, 'RATE_LIMITED', 'unavailable'],
    [{ answer: { status: 429 } }, 'RATE_LIMITED', 'unavailable'],
  ];
  for (const [trouble, code, state] of answers) {
    await using world = await startWorld();
    world.sageId.troubleNext(trouble);
    const tokens = world.createSource();

    const failure = await failureOf(tokens.get());

    expect([failure.code, (await world.stored()).state]).toEqual([code, state]);
    expect((await world.stored()).refreshToken?.reveal()).toBe('tok-rt-0');
    if (code === 'RATE_LIMITED')
      expect(failure.retryAfter).toBe('headers' in (trouble as { answer: object }).answer ? 7 : 1);
    world.clock.pass(60_000);
    const later = tokens.get().then(() => 'connected');
    if (state === 'needs_consent') await expect(later).rejects.toMatchObject({ code });
    else expect(await later).toBe('connected');
  }
});

test('7. a token endpoint slower than the lease: still one call', async () => {
  // Far longer than the lease is taken for.
  await using world = await startWorld({ delayMs: 500, realClock: true });
  const sources = [world.vault, await world.openVault()].map((vault) => world.createSource({ vault, leaseMs: 150 }));

  const got = await Promise.all(sources.map((tokens) => tokens.get()));

  expect(got.map(({ value }) => value.reveal())).toEqual(['tok-at-1', 'tok-at-1']);
  expect(world.sageId.requests).toHaveLength(1);
});

test('8. a caller aborts during a renewal: the others get their token', async () => {
  await using world = await startWorld();
  const release = world.sageId.hold();
  const tokens = world.createSource();
  const gone = Promise.race([tokens.get(), Promise.reject(new Error('aborted'))]);
  const others = [tokens.get(), tokens.get()];

  await expect(gone).rejects.toThrow('aborted');
  release();
  expect((await Promise.all(others)).map(({ value }) => value.reveal())).toEqual(['tok-at-1', 'tok-at-1']);
});

test('9. the callback: wrong state, reused state, another browser, another issuer, missing cookie, two tabs', async () => {
  await using world = await startSignInWorld();
  const begin = async (browser = createCookieBrowser()) => {
    const begun = await browser.open(`${world.url}/connect/sage200`);
    return { browser, callback: await world.atSageId(begun, 'alice') };
  };
  const changed = (callback: string, name: string, value: string) => {
    const url = new URL(callback);
    url.searchParams.set(name, value);
    return url.href;
  };
  const wrong = await begin();
  const reused = await begin();
  const foreign = await begin();
  const issuer = await begin();
  const tabs = await begin();
  const secondTab = await begin(tabs.browser);

  expect((await wrong.browser.open(changed(wrong.callback, 'state', 'wrong'))).status).toBe(400);
  expect((await reused.browser.open(reused.callback)).status).toBe(303);
  expect((await reused.browser.open(reused.callback)).status).toBe(400);
  expect((await wrong.browser.open(foreign.callback)).status).toBe(400);
  expect((await createCookieBrowser().open(foreign.callback)).status).toBe(400);
  expect((await issuer.browser.open(changed(issuer.callback, 'iss', 'https://id.evil.example/'))).status).toBe(400);
  expect((await secondTab.browser.open(secondTab.callback)).status).toBe(303);
  expect((await tabs.browser.open(tabs.callback)).status).toBe(303);
});

test('10. interrupted key rotation, a lost old key, ciphertexts swapped between rows', async () => {
  const url = await postgres.createDatabase();
  const save = async (vault: Vault, name: string) =>
    importConnection(vault, { name, refreshToken: new Secret(`rt-of-${name}`), refreshLifetimeMs: NINETY_DAYS_MS });
  const refreshTokenOf = async (vault: Vault, name: string) =>
    (await vault.connections.read(name))?.refreshToken?.reveal();
  const old = await openVault({ url, key: VAULT_KEY });
  for (const name of ['a', 'b', 'c']) await save(old, name);
  await old.close();
  const both = await openVault({ url, key: OTHER_KEY, previousKeys: [VAULT_KEY] });

  // Half way: one renewed under the new key, the others as they were.
  await save(both, 'a');
  expect(await Promise.all(['a', 'b', 'c'].map((name) => refreshTokenOf(both, name)))).toEqual([
    'rt-of-a',
    'rt-of-b',
    'rt-of-c',
  ]);
  await both.rotateKey();
  await both.close();

  // The old key lost: nothing needs it any more.
  const alone = await openVault({ url, key: OTHER_KEY });
  expect(await refreshTokenOf(alone, 'b')).toBe('rt-of-b');
  await run(
    url,
    "UPDATE connections SET refresh_token = (SELECT refresh_token FROM connections WHERE name = 'a') WHERE name = 'b'",
  );
  expect(await alone.connections.read('b')).toMatchObject({ state: 'needs_consent', unreadable: ['refresh_token'] });
  expect(await refreshTokenOf(alone, 'c')).toBe('rt-of-c');
  await alone.close();
});

test('11. marker tokens are in no log, error, metric, audit record, event or printed object', async () => {
  const marker = 'MARKER9d2c';
  await using world = await startWorld({ marker, clientSecret: new Secret(`${marker}-secret`) });
  await using receiver = await startStubServer(() => ({}));
  const registry = new Registry();
  const webhook = createWebhook({
    url: receiver.url,
    secret: new Secret(`${marker}-webhook`),
    send: world.http.send,
    connectUrlOf: (name) => `https://gateway.example/sign-in/${name}`,
    log: world.log,
  });
  const count = createConnectionMetrics(registry, world.vault.connections);
  const events = createConnectionEvents({ audit: world.vault.audit, webhook, listeners: [count], log: world.log });
  const tokens = world.createSource({ onEvent: events.emit });
  const seen: unknown[] = [];
  const echo = { error: 'invalid_request', error_description: `${marker}-rt-0` };
  world.sageId.troubleNext(
    { answer: { status: 400, body: echo } },
    { answer: { status: 502, body: `${marker}` } },
    'cutAfter',
  );

  for (let round = 0; round < 6; round += 1) {
    const outcome = await tokens.get().catch((error: unknown) => error);
    seen.push(outcome);
    if (outcome instanceof Error) world.log.error({ err: outcome }, 'seen');
    world.clock.pass(10 * HOUR_MS);
  }
  await events.close();

  seen.push(await world.stored(), await world.vault.audit.list(), world.vault, tokens, webhook);
  const printed = [
    ...world.lines,
    ...seen.map((each) => inspect(each, { depth: 20, showHidden: true })),
    JSON.stringify(seen),
    await registry.metrics(),
    JSON.stringify(receiver.requests),
  ];
  expect(receiver.requests.length).toBeGreaterThan(0);
  expect(await registry.metrics()).toContain('gateway_connection_state{connection="finance"');
  expect(printed.filter((text) => text.includes(marker))).toEqual([]);
});

test('12. clocks two minutes wrong either way: one renewal, no token lost', async () => {
  const skewed = (ms: number) => () => Date.now() + ms;
  // Whoever of them comes after the renewal finds its token.
  await using world = await startPostgresWorld({ delayMs: 150 });
  const sources = await Promise.all(
    [0, 120_000, -120_000].map(async (ms) => world.createSource(await world.open(skewed(ms)), skewed(ms))),
  );

  const got = await Promise.all(sources.flatMap((tokens) => Array.from({ length: 10 }, () => tokens.get())));

  expect(new Set(got.map(({ value }) => value.reveal()))).toEqual(new Set(['tok-at-1']));
  expect(world.sageId.requests).toHaveLength(1);
  expect(world.sageId.state).toMatchObject({ dead: false, overlapped: false });
});

test('12b. clocks two minutes wrong either way, over several lives of tokens: no spent token is served', async () => {
  await using world = await startPostgresWorld();
  const clock = createClock();
  const lifeMs = 8 * HOUR_MS;
  const sources = await Promise.all(
    [0, 120_000, -120_000].map(async (ms) => {
      const skewed = () => clock.now() + ms;
      // Patience counts by the clock that moves by hours here, while a renewal takes its real moment.
      return world.createSource(await world.open(skewed), skewed, lifeMs);
    }),
  );
  /** By Sage's clock, which is right. */
  const endsAt = new Map<string, number>();
  /** @returns ms until the first of the served tokens ends. */
  const askAll = async () => {
    const got = await Promise.all(sources.map((tokens) => tokens.get()));
    const left = got.map(({ value }) => {
      const token = value.reveal();
      if (!endsAt.has(token)) endsAt.set(token, clock.now() + lifeMs);
      return (endsAt.get(token) ?? 0) - clock.now();
    });
    expect(Math.min(...left)).toBeGreaterThan(0);
    return Math.min(...left);
  };

  for (let life = 0; life < 3; life += 1) {
    await askAll();
    clock.pass(lifeMs - 30 * 60_000);
    for (let minute = 0; minute < 30; minute += 1) {
      // Begun ten minutes early, four of them lost to the clocks, a renewal takes a real moment; this clock waits for it.
      if ((await askAll()) <= 4 * 60_000) await expect.poll(askAll).toBeGreaterThan(4 * 60_000);
      clock.pass(60_000);
    }
  }

  const presented = world.sageId.presented();
  expect(presented.length).toBeGreaterThanOrEqual(4);
  expect(new Set(presented).size).toBe(presented.length);
  expect(world.sageId.state).toMatchObject({ dead: false, overlapped: false });
});

async function run(url: string, sql: string): Promise<void> {
  const { default: pg } = await import('pg');
  const client = new pg.Client(url);
  await client.connect();
  await client.query(sql);
  await client.end();
}
