import { afterEach, expect, test, vi } from 'vitest';
import { Secret } from '../../src/kit/errors/index.ts';
import type { Send } from '../../src/kit/http/index.ts';
import { createSageIdClient } from '../../src/tokens/index.ts';
import { decideRenewal } from '../../src/tokens/renewal-decision.ts';
import { createRenewingTokenSource } from '../../src/tokens/renewing-token-source.ts';
import { startWorld } from './world.ts';

const HOUR_MS = 3_600_000;

afterEach(() => {
  vi.useRealTimers();
});

/** The machine's time, which may jump, and one that goes on. */
function createClocks() {
  const clocks = { wall: Date.UTC(2026, 10, 21), elapsed: 1_000 };
  return {
    now: () => clocks.wall,
    elapsed: () => clocks.elapsed,
    pass(ms: number) {
      clocks.wall += ms;
      clocks.elapsed += ms;
    },
    jump(ms: number) {
      clocks.wall += ms;
    },
  };
}

test.each([
  ['back', -HOUR_MS, ['token 1', undefined]],
  // Nobody can tell which of the clocks is right: to renew does no harm.
  ['forward', HOUR_MS, [undefined, undefined]],
])('a token is used no longer than it lives when the clock is set %s', async (_, jumpMs, expected) => {
  const clocks = createClocks();
  let count = 0;
  const tokens = createRenewingTokenSource({
    async renew() {
      count += 1;
      return { value: new Secret(`token ${count}`), issuedAt: clocks.now(), expiresAt: clocks.now() + 1_000 };
    },
    onImpatient: () => {
      throw new Error('nobody waits');
    },
    now: clocks.now,
    elapsed: clocks.elapsed,
    random: () => 0,
  });
  const peek = () => tokens.peek?.()?.value.reveal();
  expect((await tokens.get()).value.reveal()).toBe('token 1');
  clocks.pass(500);
  clocks.jump(jumpMs);
  const found = [peek()];
  clocks.pass(500);
  found.push(peek());

  expect(found).toEqual(expected);
  expect((await tokens.get()).value.reveal()).toBe('token 2');
  clocks.pass(500);
  expect(peek()).toBe('token 2');
});

test('another process’s token from before the clock was set back is not taken for a good one', async () => {
  await using world = await startWorld();
  const stale = await world.createSource().get();
  world.clock.pass(HOUR_MS);
  const newer = await world.createSource({ vault: await world.openVault() }).get();
  expect(newer.value.reveal()).toBe(stale.value.reveal());
  const row = await world.stored();
  const known = { stale: undefined, deadGeneration: undefined, waitedFor: undefined, clockToleranceMs: 30_000 };
  const state = { consent: world.consent, row, ...known };

  expect(decideRenewal(state, world.clock.now()).do).toBe('use');
  expect(decideRenewal(state, world.clock.now() - 2 * HOUR_MS).do).toBe('renew');
});

test('a lease from before the clock was set back blocks nobody', async () => {
  await using world = await startWorld();
  const { generation } = await world.stored();
  const claim = { consent: world.consent, generation, owner: 'killed', forMs: 30_000 };
  expect(await world.vault.connections.takeLease(claim)).toBe(true);
  expect(await world.vault.connections.takeLease({ ...claim, owner: 'next' })).toBe(false);
  world.clock.pass(-HOUR_MS);

  expect(await world.vault.connections.takeLease({ ...claim, owner: 'next' })).toBe(true);
});

test('the answer to a sent refresh token has ninety seconds, and to a machine’s own request fifteen', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const ended: string[] = [];
  const send: Send = ({ signal, body }) =>
    new Promise((_, reject) => {
      signal?.addEventListener('abort', () => {
        ended.push(String(new URLSearchParams(String(body)).get('grant_type')));
        reject(signal.reason);
      });
    });
  const client = createSageIdClient({
    issuer: 'https://id.sage.com/',
    tokenUrl: 'https://id.sage.com/oauth/token',
    bodyEncoding: 'form',
    clientId: 'gateway',
    send,
  });
  const asked = [client.refresh(new Secret('rt')), client.clientCredentials('client_credentials', 'network')];
  const settled = Promise.allSettled(asked);
  await vi.advanceTimersByTimeAsync(15_000);
  expect(ended).toEqual(['client_credentials']);
  await vi.advanceTimersByTimeAsync(74_999);
  expect(ended).toEqual(['client_credentials']);
  await vi.advanceTimersByTimeAsync(1);

  expect(ended).toEqual(['client_credentials', 'refresh_token']);
  await settled;
});

test('an answer that arrives long after the stop is stored, even if the database fails at first', async () => {
  await using world = await startWorld();
  const release = world.sageId.hold();
  const clocks = createClocks();
  let failures = 2;
  const connections: typeof world.vault.connections = {
    ...world.vault.connections,
    async storePair(place, pair) {
      failures -= 1;
      if (failures >= 0) throw new Error('the database is away');
      return world.vault.connections.storePair(place, pair);
    },
  };
  const tokens = world.createSource({
    vault: { ...world.vault, connections },
    elapsed: clocks.elapsed,
    lastWritesMs: 1_000,
  });
  const asked = tokens.get();
  while (world.sageId.requests.length === 0) await new Promise(setImmediate);
  const closed = tokens.close();
  clocks.pass(20_000);
  release();
  await closed;

  expect((await asked).value.reveal()).toBe('tok-at-1');
  expect((await world.stored()).refreshToken?.reveal()).toBe('tok-rt-1');
  expect(world.sageId.requests).toHaveLength(1);
});
