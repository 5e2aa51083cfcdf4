import { expect, test } from 'vitest';
import { Secret } from '../../src/kit/errors/index.ts';
import { importConnection, type Vault } from '../../src/tokens/index.ts';
import { failureOf } from './failure-of.ts';
import { NINETY_DAYS_MS, startWorld } from './world.ts';

test('an answer lost after Sage rotated is requested once more, and an overlap saves the connection', async () => {
  await using world = await startWorld({ overlap: true });
  world.sageId.troubleNext('cutAfter');

  const token = await world.createSource().get();

  expect(token.value.reveal()).toBe('tok-at-2');
  expect(world.sageId.presented()).toEqual(['tok-rt-0', 'tok-rt-0']);
  expect((await world.stored()).refreshToken?.reveal()).toBe('tok-rt-2');
});

test('an answer lost without an overlap ends in needs_consent, and the token is not sent a third time', async () => {
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

test('an answer lost during an outage of the store is not requested a third time when the store is back', async () => {
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

test('403 invalid_grant needs the person, and signing in again fixes it at once', async () => {
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

test('a store that cannot be written is noticed before the refresh token is sent', async () => {
  await using world = await startWorld();
  const full = async () => {
    throw new Error('disk full');
  };
  const vault = { ...world.vault, connections: { ...world.vault.connections, takeLease: full } };

  const failure = await failureOf(world.createSource({ vault }).get());

  expect(failure).toMatchObject({ code: 'UPSTREAM_UNAVAILABLE', source: 'gateway' });
  expect(world.sageId.requests).toHaveLength(0);
});

test('a pair that cannot be stored is tried again from memory, and until then nobody gets its token', async () => {
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
