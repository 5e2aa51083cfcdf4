import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { Secret } from '../../src/kit/errors/index.ts';
import type { Vault } from '../../src/tokens/index.ts';
import { failureOf } from './failure-of.ts';
import { startWorld } from './world.ts';

/** A process that asks for one token. To it a disk is full while its files may not grow. */
function startDiskCaller(world: Awaited<ReturnType<typeof startWorld>>, whileStarting: 'full' | 'free') {
  const child = spawn('bash', [
    '-c',
    `trap "" XFSZ; ${whileStarting === 'full' ? 'ulimit -S -f 0;' : ''} exec "$0" "$@"`,
    process.execPath,
    new URL('./full-disk-caller.ts', import.meta.url).pathname,
    world.vaultUrl,
    world.sageId.tokenUrl,
  ]);
  const said = { outcome: '', log: '' };
  child.stdout.on('data', (chunk) => {
    said.outcome += String(chunk);
  });
  child.stderr.on('data', (chunk) => {
    said.log += String(chunk);
  });
  return {
    said,
    ended: once(child, 'close'),
    limit: (size: '0' | 'unlimited') =>
      once(spawn('prlimit', [`--pid=${child.pid}`, `--fsize=${size}:unlimited`]), 'close'),
  };
}

test('a full disk is noticed before the refresh token is sent, and free space fixes it', async () => {
  await using world = await startWorld();
  const caller = startDiskCaller(world, 'full');
  await caller.ended;

  expect(caller.said.outcome).toBe('UPSTREAM_UNAVAILABLE');
  expect(world.sageId.requests).toHaveLength(0);
  expect((await world.createSource().get()).value.reveal()).toBe('tok-at-1');
});

// Only Linux lets somebody else change a process's limits.
test.runIf(process.platform === 'linux')(
  'a disk that is full when the answer arrives costs no pair: it is stored before it is used, and free space fixes it',
  async () => {
    await using world = await startWorld({ realClock: true });
    const release = world.sageId.hold();
    const caller = startDiskCaller(world, 'free');
    await expect.poll(() => world.sageId.requests.length).toBe(1);
    await caller.limit('0');
    release();

    await expect.poll(() => caller.said.log).toContain('could not be stored');
    expect(caller.said.outcome).toBe('');
    expect((await world.stored()).refreshToken?.reveal()).toBe('tok-rt-0');
    await caller.limit('unlimited');
    await caller.ended;

    expect(caller.said.outcome).toBe('a token');
    expect(world.sageId.requests).toHaveLength(1);
    expect((await world.stored()).refreshToken?.reveal()).toBe('tok-rt-1');
  },
);

test('a process that ends before its database comes back leaves its pair to the next one', async () => {
  await using world = await startWorld();
  const connections: Vault['connections'] = {
    ...world.vault.connections,
    storePair: async () => {
      throw new Error('database is gone');
    },
  };
  const tokens = world.createSource({ vault: { ...world.vault, connections }, lastWritesMs: -1 });
  const waiting = failureOf(tokens.get());
  await expect.poll(() => world.lines.some((line) => line.includes('could not be stored'))).toBe(true);
  await tokens.close();
  expect((await waiting).code).toBe('UPSTREAM_UNAVAILABLE');

  const next = await world.openVault();

  expect((await next.connections.read('finance'))?.refreshToken?.reveal()).toBe('tok-rt-1');
  expect((await world.createSource({ vault: next }).get()).value.reveal()).toBe('tok-at-1');
  expect(world.sageId.requests).toHaveLength(1);
});

test('a process that is killed during a hanging write leaves its pair to the next one', async () => {
  await using world = await startWorld();
  const hangs = Promise.withResolvers<boolean>();
  const connections: Vault['connections'] = { ...world.vault.connections, storePair: () => hangs.promise };
  const tokens = world.createSource({ vault: { ...world.vault, connections }, slowWriteMs: 20 });
  void tokens.get().catch(() => {});
  // Whole: until then it has another name.
  const kept = async () => (await readdir(world.pending).catch(() => [])).filter((name) => name.endsWith('.kept'));
  await expect.poll(async () => (await kept()).length).toBe(1);

  // The next one opens the vault while the first is as good as dead.
  const next = await world.openVault();

  expect((await next.connections.read('finance'))?.refreshToken?.reveal()).toBe('tok-rt-1');
  expect((await world.createSource({ vault: next }).get()).value.reveal()).toBe('tok-at-1');
  expect(world.sageId.requests).toHaveLength(1);
  // Should it live on after all, it finds a newer generation than its own.
  hangs.resolve(false);
  expect((await tokens.get()).value.reveal()).toBe('tok-at-1');
});

test('a pair that a killed process left in a file is stored by a process that is running, not only by the next', async () => {
  await using world = await startWorld();
  const { connections, pending } = await world.openVault();
  const { generation } = await world.stored();
  const claim = { consent: world.consent, generation, owner: 'killed', forMs: 1_000 };
  await connections.takeLease(claim);
  const issuedAt = world.clock.now();
  const accessToken = { value: new Secret('kept-at'), issuedAt, expiresAt: issuedAt + 3_600_000 };
  await pending.keep(claim, { accessToken, refreshToken: new Secret('kept-rt'), scope: undefined });
  world.clock.pass(1_000);

  const token = await world.createSource().get();

  expect(token.value.reveal()).toBe('kept-at');
  expect((await world.stored()).refreshToken?.reveal()).toBe('kept-rt');
  expect(world.sageId.requests).toHaveLength(0);
});
