import { fork } from 'node:child_process';
import { once } from 'node:events';
import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { GatewayError, Secret } from '../../src/kit/errors/index.ts';
import { createConnections, importConnection, type Vault } from '../../src/tokens/index.ts';
import { NINETY_DAYS_MS, startWorld, VAULT_KEY } from './world.ts';

const EIGHT_HOURS_MS = 8 * 3600_000;

const failureOf = async (work: Promise<unknown>): Promise<GatewayError> => {
  const failure = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (failure instanceof GatewayError) return failure;
  throw new Error(`expected a GatewayError, got ${inspect(failure)}`);
};

test('fifty parallel callers with an expired token cost one token request', async () => {
  await using world = await startWorld();
  const tokens = world.createSource();

  const got = await Promise.all(Array.from({ length: 50 }, () => tokens.get()));

  expect(new Set(got.map(({ value }) => value.reveal()))).toEqual(new Set(['tok-at-1']));
  expect(world.sageId.requests).toHaveLength(1);
});

test("two processes on one vault file renew once, and the second uses the first one's token", async () => {
  await using world = await startWorld({ delayMs: 60 });
  const sources = [world.createSource(), world.createSource({ vault: await world.openVault() })];

  for (let round = 1; round <= 4; round += 1) {
    const calls = Array.from({ length: 50 }, (_, index) => sources[index % 2]?.get());
    const got = await Promise.all(calls);

    expect(new Set(got.map((token) => token?.value.reveal()))).toEqual(new Set([`tok-at-${round}`]));
    expect(world.sageId.requests).toHaveLength(round);
    world.clock.pass(EIGHT_HOURS_MS);
  }
  expect(world.sageId.state.overlapped).toBe(false);
  expect(new Set(world.sageId.presented()).size).toBe(4);
});

test('three processes of twenty callers each, with tokens of a second: renewals never overlap, no refresh token is sent twice', async () => {
  await using world = await startWorld({ expiresIn: 1, delayMs: 20, realClock: true });
  const children = [1, 2, 3].map(() =>
    fork(new URL('./connection-caller.ts', import.meta.url), [world.vaultUrl, world.sageId.tokenUrl, '3500']),
  );

  const reports = await Promise.all(
    children.map(async (child) => {
      const [report] = (await once(child, 'message')) as [{ calls: number; spent: number; failures: string[] }];
      if (child.exitCode === null) await once(child, 'exit');
      return report;
    }),
  );

  expect(reports.flatMap(({ failures }) => failures)).toEqual([]);
  expect(reports.map(({ spent }) => spent)).toEqual([0, 0, 0]);
  expect(world.sageId.state).toMatchObject({ dead: false, overlapped: false });
  const presented = world.sageId.presented();
  expect(new Set(presented).size).toBe(presented.length);
  expect(presented.length).toBeGreaterThan(2);
});

test('the new pair is in the vault before anybody has the token, and a restart uses it without asking Sage', async () => {
  await using world = await startWorld();

  const token = await world.createSource().get();

  const row = await world.stored();
  expect(row.refreshToken?.reveal()).toBe('tok-rt-1');
  expect(row.accessToken?.value.reveal()).toBe(token.value.reveal());
  expect(row).toMatchObject({ state: 'connected', lastError: undefined, expiresAt: token.expiresAt });
  const again = await world.createSource({ vault: await world.openVault() }).get();
  expect(again.value.reveal()).toBe('tok-at-1');
  expect(world.sageId.requests).toHaveLength(1);
});

test('renewing leaves the end of the refresh token where consent put it', async () => {
  await using world = await startWorld();
  const tokens = world.createSource();
  const { refreshExpiresAt, consentedAt } = await world.stored();

  await tokens.get();
  world.clock.pass(EIGHT_HOURS_MS);
  await tokens.get();

  expect(await world.stored()).toMatchObject({ consentedAt, refreshExpiresAt });
  expect(refreshExpiresAt - consentedAt).toBe(NINETY_DAYS_MS);
});

test('a token that is nearly spent is served while its successor is fetched', async () => {
  await using world = await startWorld({ delayMs: 30 });
  const tokens = world.createSource();
  await tokens.get();
  world.clock.pass(EIGHT_HOURS_MS - 60_000);

  const early = await Promise.all(Array.from({ length: 20 }, () => tokens.get()));

  expect(new Set(early.map(({ value }) => value.reveal()))).toEqual(new Set(['tok-at-1']));
  await expect.poll(async () => (await tokens.get()).value.reveal()).toBe('tok-at-2');
  expect(world.sageId.requests).toHaveLength(2);
});

test('a rejected token is renewed once, and a late rejection of it keeps the fresh one', async () => {
  await using world = await startWorld();
  const tokens = world.createSource();
  const first = await tokens.get();

  for (let times = 0; times < 20; times += 1) tokens.drop(first);
  const second = await tokens.get();
  world.clock.pass(60_000);
  tokens.drop(first);
  const third = await tokens.get();

  expect(second.value.reveal()).toBe('tok-at-2');
  expect(third.value.reveal()).toBe('tok-at-2');
  expect(world.sageId.requests).toHaveLength(2);
});

test('a token rejected in two processes is renewed by one of them', async () => {
  await using world = await startWorld({ delayMs: 40 });
  const one = world.createSource();
  const two = world.createSource({ vault: await world.openVault() });
  const [first, same] = [await one.get(), await two.get()];

  one.drop(first);
  two.drop(same);
  const got = await Promise.all([one.get(), two.get()]);

  expect(got.map(({ value }) => value.reveal())).toEqual(['tok-at-2', 'tok-at-2']);
  expect(world.sageId.requests).toHaveLength(2);
});

test('a Sage 200 that rejects every token does not make every request a renewal', async () => {
  await using world = await startWorld();
  const tokens = world.createSource();

  for (let times = 0; times < 50; times += 1) tokens.drop(await tokens.get());
  const soon = world.sageId.requests.length;
  world.clock.pass(30_000);
  for (let times = 0; times < 50; times += 1) tokens.drop(await tokens.get());

  expect(soon).toBe(11);
  expect(world.sageId.requests).toHaveLength(12);
});

test('a caller who goes away in the middle of a renewal takes nothing from the others', async () => {
  await using world = await startWorld({ delayMs: 50 });
  const tokens = world.createSource();
  const caller = new AbortController();
  const gone = Promise.race([
    tokens.get(),
    new Promise((_, reject) => caller.signal.addEventListener('abort', () => reject(new Error('gone')))),
  ]);
  const other = tokens.get();

  caller.abort();

  await expect(gone).rejects.toThrow('gone');
  expect((await other).value.reveal()).toBe('tok-at-1');
  expect(world.sageId.requests).toHaveLength(1);
});

test('an answer lost after Sage rotated is asked for once more, and an overlap saves the connection', async () => {
  await using world = await startWorld({ overlap: true });
  world.sageId.troubleNext('cutAfter');

  const token = await world.createSource().get();

  expect(token.value.reveal()).toBe('tok-at-2');
  expect(world.sageId.presented()).toEqual(['tok-rt-0', 'tok-rt-0']);
  expect((await world.stored()).refreshToken?.reveal()).toBe('tok-rt-2');
});

test('an answer lost without an overlap ends in needs_consent, and the token is not presented a third time', async () => {
  await using world = await startWorld();
  world.sageId.troubleNext('cutAfter');
  const tokens = world.createSource();

  const failure = await failureOf(tokens.get());
  world.clock.pass(3600_000);
  const later = await failureOf(tokens.get());

  expect(failure).toMatchObject({
    code: 'NEEDS_CONSENT',
    source: 'sage200',
    connectUrl: '/connect/sage200?connection=finance',
  });
  expect(later.code).toBe('NEEDS_CONSENT');
  expect(world.sageId.requests).toHaveLength(2);
  expect(await world.stored()).toMatchObject({ state: 'needs_consent', lastError: { code: 'NEEDS_CONSENT' } });
});

test('an answer lost while the store is gone is not asked for a third time when the store is back', async () => {
  await using world = await startWorld();
  world.sageId.troubleNext('cutAfter', 'cutBefore');
  const { connections } = world.vault;
  let isGone = false;
  const failing: Vault['connections'] = {
    ...connections,
    async extendLease(claim) {
      isGone = true;
      return connections.extendLease(claim);
    },
    async read(name) {
      if (isGone) throw new Error('database is gone');
      return connections.read(name);
    },
  };
  const tokens = world.createSource({ vault: { ...world.vault, connections: failing } });

  expect((await failureOf(tokens.get())).code).toBe('UPSTREAM_UNAVAILABLE');
  isGone = false;
  world.clock.pass(3600_000);

  expect((await failureOf(tokens.get())).code).toBe('NEEDS_CONSENT');
  expect(world.sageId.requests).toHaveLength(2);
});

test('an answer lost before Sage rotated costs nobody anything', async () => {
  await using world = await startWorld();
  world.sageId.troubleNext('cutBefore');

  expect((await world.createSource().get()).value.reveal()).toBe('tok-at-1');
});

test('answers lost twice end in needs_consent', async () => {
  await using world = await startWorld();
  world.sageId.troubleNext('cutBefore', 'cutBefore');

  expect((await failureOf(world.createSource().get())).code).toBe('NEEDS_CONSENT');
});

test('403 invalid_grant asks for the person, and signing in again mends it at once', async () => {
  await using world = await startWorld();
  world.sageId.state.dead = true;
  const tokens = world.createSource();

  expect((await failureOf(tokens.get())).code).toBe('NEEDS_CONSENT');
  world.sageId.state.dead = false;
  const refreshToken = new Secret(world.sageId.state.refreshToken);
  await importConnection(world.vault, {
    name: 'finance',
    subject: 'auth0|jane',
    refreshToken,
    refreshLifetimeMs: NINETY_DAYS_MS,
    now: world.clock.now,
  });

  expect((await tokens.get()).value.reveal()).toBe('tok-at-1');
});

test('invalid_grant after somebody else has rotated uses the newer token instead of asking the person', async () => {
  await using world = await startWorld();
  const tokens = world.createSource();
  const refreshToken = new Secret('stolen-by-nobody');
  await importConnection(world.vault, {
    name: 'finance',
    subject: 'auth0|jane',
    refreshToken,
    refreshLifetimeMs: NINETY_DAYS_MS,
    now: world.clock.now,
  });
  const { connections } = world.vault;
  const readsBefore: Vault['connections'] = {
    ...connections,
    // The moment between our reading and Sage's refusal: another process stores its pair.
    async takeLease(claim) {
      const taken = await connections.takeLease(claim);
      const accessToken = {
        value: new Secret('theirs'),
        issuedAt: world.clock.now(),
        expiresAt: world.clock.now() + 60_000,
      };
      await connections.storePair(claim, { accessToken, refreshToken: new Secret('newer'), scope: undefined });
      return taken;
    },
  };
  const racing = world.createSource({ vault: { ...world.vault, connections: readsBefore } });

  expect((await racing.get()).value.reveal()).toBe('theirs');
  expect(world.sageId.presented()).toEqual(['stolen-by-nobody']);
  expect((await tokens.get()).value.reveal()).toBe('theirs');
  expect((await world.stored()).state).toBe('connected');
});

const TEMPORARY = [
  ['an HTML 502', { status: 502, body: '<html>Bad gateway</html>' }, 'UPSTREAM_UNAVAILABLE'],
  ['an HTML 200', { status: 200, body: '<html>Sign in to the hotel</html>' }, 'UPSTREAM_UNAVAILABLE'],
  ['an empty 401', { status: 401, body: '' }, 'UPSTREAM_UNAVAILABLE'],
  ['an empty 200', { status: 200, body: '' }, 'UPSTREAM_UNAVAILABLE'],
  ['a redirect', { status: 302, headers: { location: 'https://elsewhere.example/' } }, 'UPSTREAM_UNAVAILABLE'],
  ['a 503 that claims invalid_grant', { status: 503, body: { error: 'invalid_grant' } }, 'UPSTREAM_UNAVAILABLE'],
  ['a 504', { status: 504, body: '' }, 'UPSTREAM_TIMEOUT'],
] as const;

test.each(TEMPORARY)(
  '%s is temporary: everybody fails fast, the tokens stay, and it works again later',
  async (_, answer, code) => {
    await using world = await startWorld();
    world.sageId.troubleNext({ answer });
    const tokens = world.createSource();

    const failures = await Promise.all(Array.from({ length: 10 }, () => failureOf(tokens.get())));
    const during = await failureOf(tokens.get());

    expect(new Set([...failures, during].map((failure) => failure.code))).toEqual(new Set([code]));
    expect(world.sageId.requests).toHaveLength(1);
    expect(await world.stored()).toMatchObject({ state: 'unavailable', lastError: { code } });
    expect((await world.stored()).refreshToken?.reveal()).toBe('tok-rt-0');
    world.clock.pass(1_000);
    expect((await tokens.get()).value.reveal()).toBe('tok-at-1');
    expect(await world.stored()).toMatchObject({ state: 'connected', lastError: undefined });
  },
);

test('429 is waited out as long as it asks', async () => {
  await using world = await startWorld();
  world.sageId.troubleNext({ answer: { status: 429, headers: { 'retry-after': '40' } } });
  const tokens = world.createSource();

  const failure = await failureOf(tokens.get());
  world.clock.pass(15_000);
  const later = await failureOf(tokens.get());

  expect(failure).toMatchObject({ code: 'RATE_LIMITED', retryAfter: 40 });
  expect(later).toMatchObject({ code: 'RATE_LIMITED', retryAfter: 25 });
  expect(world.sageId.requests).toHaveLength(1);
  world.clock.pass(26_000);
  expect((await tokens.get()).value.reveal()).toBe('tok-at-1');
});

test('a pause that Sage ID asked of one process is kept by all', async () => {
  await using world = await startWorld();
  world.sageId.troubleNext({ answer: { status: 429, headers: { 'retry-after': '8' } } });
  expect((await failureOf(world.createSource().get())).code).toBe('RATE_LIMITED');
  const others = await Promise.all([1, 2, 3].map(async () => world.createSource({ vault: await world.openVault() })));
  world.clock.pass(3_000);

  for (const tokens of others)
    expect(await failureOf(tokens.get())).toMatchObject({ code: 'RATE_LIMITED', source: 'sage200', retryAfter: 5 });
  expect(world.sageId.requests).toHaveLength(1);
  world.clock.pass(5_000);
  expect((await others[0]?.get())?.value.reveal()).toBe('tok-at-1');
});

test('pauses between failing renewals grow', async () => {
  await using world = await startWorld();
  world.sageId.troubleNext(...Array.from({ length: 40 }, () => ({ answer: { status: 503 } })));
  const tokens = world.createSource();

  for (let second = 0; second < 60; second += 1) {
    await failureOf(tokens.get());
    world.clock.pass(1_000);
  }

  expect(world.sageId.requests.length).toBeLessThan(10);
});

test("a wrong client secret is the operator's: misconfigured, tokens kept", async () => {
  await using world = await startWorld({ clientSecret: new Secret('wrong') });
  world.sageId.troubleNext({
    answer: { status: 401, body: { error: 'access_denied', error_description: 'Unauthorized' } },
  });

  const failure = await failureOf(world.createSource().get());

  expect(failure.code).toBe('MISCONFIGURED');
  expect(failure.message).toContain('clientSecret');
  expect(await world.stored()).toMatchObject({ state: 'misconfigured', lastError: { code: 'MISCONFIGURED' } });
  expect((await world.createSource().get()).value.reveal()).toBe('tok-at-1');
});

const ODD_ANSWERS = [
  ['no refresh token', { refresh_token: undefined }, 'tok-rt-0', 28_800],
  ['an empty refresh token', { refresh_token: '' }, 'tok-rt-0', 28_800],
  ['expires_in as text', { expires_in: '7200' }, 'tok-rt-1', 7_200],
  ['no expires_in', { expires_in: undefined }, 'tok-rt-1', 3_600],
  ['a senseless expires_in', { expires_in: 'soon' }, 'tok-rt-1', 3_600],
  ['no token_type', { token_type: undefined }, 'tok-rt-1', 28_800],
  ['an id_token nobody can read', { id_token: 'a.b.c' }, 'tok-rt-1', 28_800],
] as const;

test.each(ODD_ANSWERS)('an answer with %s is taken', async (_, changes, refreshToken, lifetimeS) => {
  await using world = await startWorld();
  world.sageId.troubleNext({ change: (answer) => ({ ...answer, ...changes }) });

  const token = await world.createSource().get();

  expect(token).toMatchObject({ issuedAt: world.clock.now(), expiresAt: world.clock.now() + lifetimeS * 1000 });
  expect((await world.stored()).refreshToken?.reveal()).toBe(refreshToken);
});

test('a shorter scope is stored as it was granted', async () => {
  await using world = await startWorld();
  world.sageId.troubleNext({ change: (answer) => ({ ...answer, scope: 'openid' }) });

  await world.createSource().get();

  expect((await world.stored()).scope).toBe('openid');
});

test('a store that cannot be written is found out before the refresh token leaves', async () => {
  await using world = await startWorld();
  const full = async () => {
    throw new Error('disk full');
  };
  const vault = { ...world.vault, connections: { ...world.vault.connections, takeLease: full } };

  const failure = await failureOf(world.createSource({ vault }).get());

  expect(failure).toMatchObject({ code: 'UPSTREAM_UNAVAILABLE', source: 'gateway' });
  expect(world.sageId.requests).toHaveLength(0);
});

test('a pair that cannot be stored is tried again from memory, and until then nobody has its token', async () => {
  await using world = await startWorld();
  let failures = 3;
  const events: string[] = [];
  const { storePair } = world.vault.connections;
  const connections: Vault['connections'] = {
    ...world.vault.connections,
    async storePair(claim, pair) {
      failures -= 1;
      events.push(failures < 0 ? 'stored' : 'failed');
      if (failures >= 0) throw new Error('database is gone');
      return storePair(claim, pair);
    },
  };
  const tokens = world.createSource({ vault: { ...world.vault, connections } });

  const token = await tokens.get().then((got) => {
    events.push('served');
    return got;
  });

  expect(events).toEqual(['failed', 'failed', 'failed', 'stored', 'served']);
  expect(token.value.reveal()).toBe('tok-at-1');
  expect(world.sageId.requests).toHaveLength(1);
  expect(world.lines.filter((line) => line.includes('could not be stored'))).toHaveLength(3);
});

test('a renewal that hangs fails its callers after a while and still comes to its end', async () => {
  await using world = await startWorld({ delayMs: 150 });
  const tokens = world.createSource({ patienceMs: 20 });

  expect((await failureOf(tokens.get())).code).toBe('UPSTREAM_TIMEOUT');
  await expect.poll(async () => (await world.stored()).refreshToken?.reveal()).toBe('tok-rt-1');
  expect(world.sageId.requests).toHaveLength(1);
});

test('a token endpoint slower than the lease is still called once', async () => {
  await using world = await startWorld({ delayMs: 400, realClock: true });
  const vaults = [world.vault, await world.openVault()];
  const sources = vaults.map((vault) => world.createSource({ vault, leaseMs: 150 }));

  const got = await Promise.all(sources.map((tokens) => tokens.get()));

  expect(got.map(({ value }) => value.reveal())).toEqual(['tok-at-1', 'tok-at-1']);
  expect(world.sageId.requests).toHaveLength(1);
});

test('a lease whose owner was killed is taken over when it has run out', async () => {
  await using world = await startWorld();
  const { generation } = await world.stored();
  await world.vault.connections.takeLease({ consent: world.consent, generation, owner: 'killed', forMs: 30_000 });
  expect((await world.stored()).state).toBe('renewing');
  const waiting = world.createSource().get();

  world.clock.pass(30_000);

  expect((await waiting).value.reveal()).toBe('tok-at-1');
});

test("waiting for another process ends with that process's failure instead of a request of one's own", async () => {
  await using world = await startWorld({ delayMs: 80 });
  world.sageId.troubleNext({ answer: { status: 503 } });
  const one = world.createSource();
  const two = world.createSource({ vault: await world.openVault() });
  const first = failureOf(one.get());
  await expect.poll(async () => (await world.stored()).state).toBe('renewing');
  world.clock.pass(5);

  const second = await failureOf(two.get());

  expect(second.code).toBe('UPSTREAM_UNAVAILABLE');
  expect((await first).code).toBe('UPSTREAM_UNAVAILABLE');
  expect(world.sageId.requests).toHaveLength(1);
});

test('closing waits for a running renewal, and its pair is stored', async () => {
  await using world = await startWorld({ delayMs: 60 });
  const tokens = world.createSource();
  const running = tokens.get();
  await expect.poll(() => world.sageId.requests.length).toBe(1);

  await tokens.close();

  expect((await running).value.reveal()).toBe('tok-at-1');
  expect((await world.stored()).refreshToken?.reveal()).toBe('tok-rt-1');
  expect((await failureOf(tokens.get())).code).toBe('UPSTREAM_UNAVAILABLE');
});

test('a name has one source in a process, and what is no name has none', async () => {
  await using world = await startWorld();
  const { vault, client, log } = world;
  const connections = createConnections({ vault, watch: world.createWatch(), client, log, now: world.clock.now });

  const identity = await connections.identityOf('finance');

  expect(connections.identityOf('finance')).toBe(identity);
  expect((await identity?.tokens.get())?.value.reveal()).toBe('tok-at-1');
  expect(connections.identityOf('../x')).toBeUndefined();
  await connections.close();
});

test('an unknown connection says where to sign in', async () => {
  await using world = await startWorld();

  const consent = { name: 'nobody & co', number: 99, subject: undefined };
  const failure = await failureOf(world.createSource({ consent }).get());

  expect(failure).toMatchObject({ code: 'NEEDS_CONSENT', connectUrl: '/connect/sage200?connection=nobody%20%26%20co' });
});

test.each(['form', 'json'] as const)(
  'a refresh is sent as %s, with the secret in the body and the redirect address',
  async (bodyEncoding) => {
    const redirectUri = 'http://localhost:4000/connect/sage200/callback';
    await using world = await startWorld({ bodyEncoding, redirectUri, clientSecret: new Secret('shh') });

    await world.createSource().get();

    const [request] = world.sageId.requests;
    const body = request?.body ?? '';
    const fields: Record<string, string> =
      bodyEncoding === 'json' ? JSON.parse(body) : Object.fromEntries(new URLSearchParams(body));
    expect(fields).toEqual({
      grant_type: 'refresh_token',
      refresh_token: 'tok-rt-0',
      redirect_uri: redirectUri,
      client_id: 'gateway',
      client_secret: 'shh',
    });
    expect(request?.headers['authorization']).toBeUndefined();
  },
);

test('a public client sends its id and no secret', async () => {
  await using world = await startWorld();

  await world.createSource().get();

  const fields = new URLSearchParams(world.sageId.requests[0]?.body);
  expect([...fields.keys()].sort()).toEqual(['client_id', 'grant_type', 'refresh_token']);
});

test('no secret shows in an error, a log line or a printed object, whatever goes wrong', async () => {
  const marker = 'MARKER7f3a';
  await using world = await startWorld({ marker, clientSecret: new Secret(`${marker}-client-secret`) });
  const echo = {
    error: 'access_denied',
    error_description: `${marker}-client-secret`,
    refresh_token: `${marker}-rt-9`,
  };
  world.sageId.troubleNext(
    { answer: { status: 401, body: echo } },
    { answer: { status: 502, body: `<html>${marker}-rt-0</html>` } },
    { answer: { status: 200, body: `{"access_token": "${marker}-broken` } },
    { answer: { status: 200, body: { refresh_token: `${marker}-rt-8` } } },
    { change: (answer) => ({ ...answer, id_token: `${marker}.e30.x` }) },
    'cutAfter',
  );
  const tokens = world.createSource();
  const seen: unknown[] = [];

  for (let round = 0; round < 7; round += 1) {
    const outcome = await tokens.get().catch((error: unknown) => error);
    seen.push(outcome);
    if (outcome instanceof GatewayError) world.log.error({ err: outcome, cause: outcome.cause }, 'seen');
    world.clock.pass(EIGHT_HOURS_MS);
  }
  seen.push(await world.stored(), await world.vault.connections.list(), tokens, world.vault, world.client, VAULT_KEY);

  expect(seen.filter((each) => each instanceof GatewayError).length).toBeGreaterThan(3);
  const printed = [
    ...seen.map((each) => inspect(each, { depth: 20, showHidden: true })),
    JSON.stringify(seen),
    ...world.lines,
  ];
  expect(printed.filter((text) => text.includes(marker))).toEqual([]);
});
