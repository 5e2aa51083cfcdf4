import { readdir } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Secret } from '../../src/kit/errors/index.ts';
import { importConnection, openVault, type Vault } from '../../src/tokens/index.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import { failureOf } from './failure-of.ts';
import { type StubOptions, startPostgresWorld as startWorldOn } from './postgres-world.ts';
import { startWorld, VAULT_KEY } from './world.ts';

let postgres: TestPostgres;

beforeAll(async () => {
  postgres = await startPostgres();
});

afterAll(() => postgres[Symbol.asyncDispose]());

const startPostgresWorld = (options?: StubOptions) => startWorldOn(postgres, options);

const failedStores = (lines: readonly string[]) => lines.filter((line) => line.includes('could not be stored')).length;

test('a database outage during a renewal that lasts several attempts: the pair is kept and stored, Sage is asked once', async () => {
  await using world = await startPostgresWorld();
  const release = world.sageId.hold();
  const [one, two] = [world.createSource(world.vault), world.createSource(await world.open())];
  const first = one.get();
  await expect.poll(() => world.sageId.requests.length).toBe(1);
  const second = failureOf(two.get());

  await postgres.stop();
  release();
  const keptPairs = async () =>
    (await readdir(world.pending, { recursive: true })).filter((name) => /\.kept$/.test(name));
  await expect.poll(async () => (await keptPairs().catch(() => [])).length).toBe(1);
  await expect.poll(() => failedStores(world.lines)).toBeGreaterThan(3);
  // The other process could not know, and says so instead of asking Sage.
  expect((await second).code).toBe('UPSTREAM_UNAVAILABLE');
  await postgres.start();

  expect((await first).value.reveal()).toBe('tok-at-1');
  await expect.poll(() => two.get().then(({ value }) => value.reveal(), String)).toBe('tok-at-1');
  expect((await world.vault.connections.read('finance'))?.refreshToken?.reveal()).toBe('tok-rt-1');
  expect(world.sageId.requests).toHaveLength(1);
  expect(await keptPairs()).toEqual([]);
});

test('a PostgreSQL failover during a renewal costs neither the pair nor a second request', async () => {
  await using world = await startPostgresWorld();
  const release = world.sageId.hold();
  const tokens = world.createSource(world.vault);
  const waiting = tokens.get();
  await expect.poll(() => world.sageId.requests.length).toBe(1);

  await postgres.stop();
  release();
  await expect.poll(() => failedStores(world.lines)).toBeGreaterThan(0);
  await postgres.start();

  expect((await waiting).value.reveal()).toBe('tok-at-1');
  expect((await world.vault.connections.read('finance'))?.refreshToken?.reveal()).toBe('tok-rt-1');
  expect(world.sageId.requests).toHaveLength(1);
  const other = world.createSource(await world.open());
  expect((await other.get()).value.reveal()).toBe('tok-at-1');
});

test('during a database outage a valid token is served, an expired one is not renewed, and both recover automatically', async () => {
  await using world = await startPostgresWorld({ expiresIn: 2 });
  const tokens = world.createSource(world.vault);
  await tokens.get();

  await postgres.stop();
  const during = await tokens.get();
  // Until the token has expired.
  await pause(2_100);
  const failure = await failureOf(tokens.get());
  const asked = world.sageId.requests.length;
  await postgres.start();

  expect(during.value.reveal()).toBe('tok-at-1');
  expect(failure.code).toBe('UPSTREAM_UNAVAILABLE');
  expect(asked).toBe(1);
  await expect
    .poll(async () =>
      tokens.get().then(
        ({ value }) => value.reveal(),
        () => '',
      ),
    )
    .toBe('tok-at-2');
  expect(world.sageId.state.dead).toBe(false);
});

test('a process that lost the database for longer than its lease stores its pair before another sends the spent token', async () => {
  await using world = await startWorld({ realClock: true });
  const { connections } = world.vault;
  const other = await world.openVault();
  let isGone = true;
  const cutOff: Vault['connections'] = {
    ...connections,
    storePair: async (claim, pair) => {
      if (isGone) throw new Error('database is gone');
      return connections.storePair(claim, pair);
    },
    extendLease: async () => {
      throw new Error('database is gone');
    },
  };
  const one = world.createSource({ vault: { ...world.vault, connections: cutOff }, leaseMs: 200 });
  const first = one.get();
  await expect.poll(async () => (await world.stored()).abandonedBy !== undefined).toBe(true);
  const two = world.createSource({ vault: other, takeoverPauseMs: 3_000 });
  const second = two.get();
  await expect.poll(() => world.lines.some((line) => line.includes('a little more time to store'))).toBe(true);

  isGone = false;

  expect((await first).value.reveal()).toBe('tok-at-1');
  expect((await second).value.reveal()).toBe('tok-at-1');
  expect(world.sageId.requests).toHaveLength(1);
});

test('a backup of a vault in use can be restored', async () => {
  await using world = await startWorld();
  const { backup, DatabaseSync } = await import('node:sqlite');
  const path = world.vaultUrl.slice('sqlite:'.length);
  const copy = `${path}.backup`;
  const writing = Promise.all(
    Array.from({ length: 50 }, (_, index) =>
      importConnection(world.vault, {
        name: `c${index}`,
        refreshToken: new Secret('rt'),
        refreshLifetimeMs: 3_600_000,
      }),
    ),
  );
  using database = new DatabaseSync(path);
  await backup(database, copy);
  await writing;

  const restored = await openVault({ url: `sqlite:${copy}`, key: VAULT_KEY });

  expect((await restored.connections.read('finance'))?.refreshToken?.reveal()).toBe('tok-rt-0');
  await restored.close();
});
