import { fork } from 'node:child_process';
import { once } from 'node:events';
import { expect, test, vi } from 'vitest';
import { createConnections } from '../../src/tokens/index.ts';
import { failureOf } from './failure-of.ts';
import { NINETY_DAYS_MS, startWorld } from './world.ts';

const EIGHT_HOURS_MS = 8 * 3600_000;

test('fifty parallel callers with an expired token cost one token request', async () => {
  await using world = await startWorld();
  const tokens = world.createSource();

  const got = await Promise.all(Array.from({ length: 50 }, () => tokens.get()));

  expect(new Set(got.map(({ value }) => value.reveal()))).toEqual(new Set(['tok-at-1']));
  expect(world.sageId.requests).toHaveLength(1);
});

test("two processes on one vault file renew once, and the second uses the first one's token", async () => {
  // Whoever of them comes after the renewal finds its token.
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
  // A renewal that takes no time would overlap with none.
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

test('renewing does not change the end of the refresh token', async () => {
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
  await using world = await startWorld();
  const tokens = world.createSource();
  await tokens.get();
  const release = world.sageId.hold();
  world.clock.pass(EIGHT_HOURS_MS - 60_000);

  const early = await Promise.all(Array.from({ length: 20 }, () => tokens.get()));

  expect(new Set(early.map(({ value }) => value.reveal()))).toEqual(new Set(['tok-at-1']));
  release();
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
  // Whichever comes after the renewal finds its token.
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

test('if Sage 200 rejects every token, not every request causes a renewal', async () => {
  await using world = await startWorld();
  const tokens = world.createSource();

  for (let times = 0; times < 50; times += 1) tokens.drop(await tokens.get());
  const soon = world.sageId.requests.length;
  world.clock.pass(30_000);
  for (let times = 0; times < 50; times += 1) tokens.drop(await tokens.get());

  expect(soon).toBe(11);
  expect(world.sageId.requests).toHaveLength(12);
});

test('a caller who leaves during a renewal does not affect the others', async () => {
  await using world = await startWorld();
  const release = world.sageId.hold();
  const tokens = world.createSource();
  const caller = new AbortController();
  const gone = Promise.race([
    tokens.get(),
    new Promise((_, reject) => caller.signal.addEventListener('abort', () => reject(new Error('gone')))),
  ]);
  const other = tokens.get();

  caller.abort();

  await expect(gone).rejects.toThrow('gone');
  release();
  expect((await other).value.reveal()).toBe('tok-at-1');
  expect(world.sageId.requests).toHaveLength(1);
});

test('a renewal that hangs fails its callers after a while and still completes', async () => {
  await using world = await startWorld();
  const release = world.sageId.hold();
  const tokens = world.createSource({ patienceMs: 20 });

  expect((await failureOf(tokens.get())).code).toBe('UPSTREAM_TIMEOUT');
  release();
  await expect.poll(async () => (await world.stored()).refreshToken?.reveal()).toBe('tok-rt-1');
  expect(world.sageId.requests).toHaveLength(1);
});

test('a token endpoint slower than the lease is still called once', async () => {
  // Far longer than the lease is taken for.
  await using world = await startWorld({ delayMs: 400, realClock: true });
  const vaults = [world.vault, await world.openVault()];
  const sources = vaults.map((vault) => world.createSource({ vault, leaseMs: 150 }));

  const got = await Promise.all(sources.map((tokens) => tokens.get()));

  expect(got.map(({ value }) => value.reveal())).toEqual(['tok-at-1', 'tok-at-1']);
  expect(world.sageId.requests).toHaveLength(1);
});

test('a lease whose owner was killed is taken over when it has expired', async () => {
  await using world = await startWorld();
  const { generation } = await world.stored();
  await world.vault.connections.takeLease({ consent: world.consent, generation, owner: 'killed', forMs: 30_000 });
  expect((await world.stored()).state).toBe('renewing');
  const waiting = world.createSource().get();

  world.clock.pass(30_000);

  expect((await waiting).value.reveal()).toBe('tok-at-1');
});

test("waiting for another process ends with that process's failure instead of another request", async () => {
  await using world = await startWorld();
  const release = world.sageId.hold();
  world.sageId.troubleNext({ answer: { status: 503 } });
  const one = world.createSource();
  const vault = await world.openVault();
  const two = world.createSource({ vault });
  const read = vi.spyOn(vault.connections, 'read');
  const first = failureOf(one.get());
  await expect.poll(async () => (await world.stored()).state).toBe('renewing');
  world.clock.pass(5);

  const waiting = failureOf(two.get());
  // It has seen that the other one is at it.
  await expect.poll(() => read.mock.settledResults.length).toBeGreaterThan(1);
  release();
  const second = await waiting;

  expect(second.code).toBe('UPSTREAM_UNAVAILABLE');
  expect((await first).code).toBe('UPSTREAM_UNAVAILABLE');
  expect(world.sageId.requests).toHaveLength(1);
});

test('closing waits for a running renewal, and its pair is stored', async () => {
  await using world = await startWorld();
  const release = world.sageId.hold();
  const tokens = world.createSource();
  const running = tokens.get();
  await expect.poll(() => world.sageId.requests.length).toBe(1);

  const closed = tokens.close();
  release();
  await closed;

  expect((await running).value.reveal()).toBe('tok-at-1');
  expect((await world.stored()).refreshToken?.reveal()).toBe('tok-rt-1');
  expect((await failureOf(tokens.get())).code).toBe('UPSTREAM_UNAVAILABLE');
});

test('a name has one source in a process, and an invalid name has none', async () => {
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
