import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
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

test('a full disk is found out before the refresh token leaves, and free space fixes it', async () => {
  await using world = await startWorld();
  const caller = startDiskCaller(world, 'full');
  await caller.ended;

  expect(caller.said.outcome).toBe('UPSTREAM_UNAVAILABLE');
  expect(world.sageId.requests).toHaveLength(0);
  expect((await world.createSource().get()).value.reveal()).toBe('tok-at-1');
});

// Only Linux lets somebody else change a process's limits.
test.runIf(process.platform === 'linux')(
  'a disk that is full when the answer comes costs no pair: nobody is served before it is stored, and free space fixes it',
  async () => {
    await using world = await startWorld({ delayMs: 800, realClock: true });
    const caller = startDiskCaller(world, 'free');
    await expect.poll(() => world.sageId.requests.length).toBe(1);
    await caller.limit('0');

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
