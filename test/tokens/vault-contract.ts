import { expect, test } from 'vitest';
import { Secret } from '../../src/errors/index.ts';
import { type Consent, importConnection, type TokenPair, type Vault } from '../../src/tokens/index.ts';
import { createClock, NINETY_DAYS_MS } from './world.ts';

export interface VaultUnderTest {
  /** Opens the same store again, as another process would. */
  open(clock: { now(): number }): Promise<Vault>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** What every engine of the vault promises. `start` makes an empty store. */
export function describeVault(engine: string, start: () => Promise<VaultUnderTest>): void {
  const startVault = async () => {
    const store = await start();
    const clock = createClock();
    const vaults: Vault[] = [];
    const open = async () => {
      const vault = await store.open(clock);
      vaults.push(vault);
      return vault;
    };
    return {
      clock,
      open,
      vault: await open(),
      async [Symbol.asyncDispose]() {
        for (const vault of vaults) await vault.close();
        await store[Symbol.asyncDispose]();
      },
    };
  };

  const consent = (clock: { now(): number }, changes: Partial<Consent> = {}): Consent => ({
    name: 'finance',
    subject: 'auth0|jane',
    ...pair(clock, 0),
    consentedAt: clock.now(),
    refreshExpiresAt: clock.now() + NINETY_DAYS_MS,
    ...changes,
  });

  const pair = (clock: { now(): number }, count: number): TokenPair => ({
    accessToken: { value: new Secret(`at-${count}`), issuedAt: clock.now(), expiresAt: clock.now() + 60_000 },
    refreshToken: new Secret(`rt-${count}`),
    scope: 'openid offline_access',
  });

  const read = async (vault: Vault, name = 'finance') => {
    const row = await vault.connections.read(name);
    if (!row) throw new Error(`no connection ${name}`);
    return row;
  };

  test(`${engine}: what one process stores another reads, tokens and all`, async () => {
    await using world = await startVault();
    await world.vault.connections.save(consent(world.clock));

    const row = await read(await world.open());

    expect(row).toMatchObject({
      name: 'finance',
      subject: 'auth0|jane',
      scope: 'openid offline_access',
      state: 'connected',
      consentedAt: world.clock.now(),
      refreshExpiresAt: world.clock.now() + NINETY_DAYS_MS,
      expiresAt: world.clock.now() + 60_000,
      lastError: undefined,
      unreadable: [],
    });
    expect([row.accessToken?.value.reveal(), row.refreshToken?.reveal()]).toEqual(['at-0', 'rt-0']);
  });

  test(`${engine}: a lease goes to one claimant of many, for one generation, for a while`, async () => {
    await using world = await startVault();
    const vaults = [world.vault, await world.open()];
    await world.vault.connections.save(consent(world.clock));
    const { generation } = await read(world.vault);
    const claim = (owner: string, of = generation) => ({ name: 'finance', generation: of, owner, forMs: 1_000 });

    const taken = await Promise.all(
      Array.from({ length: 20 }, (_, index) => vaults[index % 2]?.connections.takeLease(claim(`owner-${index}`))),
    );

    expect(taken.filter(Boolean)).toHaveLength(1);
    expect((await read(world.vault)).state).toBe('renewing');
    expect(await world.vault.connections.takeLease(claim('other', generation + 1))).toBe(false);
    world.clock.pass(1_000);
    expect((await read(world.vault)).state).toBe('connected');
    expect(await world.vault.connections.takeLease(claim('late'))).toBe(true);
    expect(await world.vault.connections.extendLease(claim(`owner-${taken.indexOf(true)}`))).toBe(false);
    expect(await world.vault.connections.extendLease({ ...claim('late'), forMs: 5_000 })).toBe(true);
    world.clock.pass(4_999);
    expect((await read(world.vault)).state).toBe('renewing');
  });

  test(`${engine}: a pair is stored over the generation it came from and over no other`, async () => {
    await using world = await startVault();
    await world.vault.connections.save(consent(world.clock));
    const { generation, refreshExpiresAt } = await read(world.vault);
    const claim = { name: 'finance', generation, owner: 'me', forMs: 1_000 };
    await world.vault.connections.takeLease(claim);

    expect(await world.vault.connections.storePair(claim, pair(world.clock, 1))).toBe(true);
    expect(await world.vault.connections.storePair(claim, pair(world.clock, 2))).toBe(false);

    const row = await read(world.vault);
    expect(row).toMatchObject({ state: 'connected', generation: generation + 1, refreshExpiresAt });
    expect(row.refreshToken?.reveal()).toBe('rt-1');
    expect(await world.vault.connections.takeLease({ ...claim, generation: generation + 1 })).toBe(true);
  });

  test(`${engine}: a failure is noted by the lease's owner only, and a new pair clears it`, async () => {
    await using world = await startVault();
    await world.vault.connections.save(consent(world.clock));
    const { generation } = await read(world.vault);
    const claim = { name: 'finance', generation, owner: 'me', forMs: 1_000 };
    const error = { code: 'UPSTREAM_TIMEOUT', at: world.clock.now() } as const;
    await world.vault.connections.takeLease(claim);

    expect(await world.vault.connections.release({ ...claim, owner: 'you' }, { state: 'unavailable', error })).toBe(
      false,
    );
    expect(await world.vault.connections.release(claim, { state: 'unavailable', error })).toBe(true);

    expect(await read(world.vault)).toMatchObject({ state: 'unavailable', lastError: error });
    expect((await read(world.vault)).refreshToken?.reveal()).toBe('rt-0');
    await world.vault.connections.storePair(claim, pair(world.clock, 1));
    expect(await read(world.vault)).toMatchObject({ state: 'connected', lastError: undefined });
  });

  test(`${engine}: a new consent replaces the old one, and a renewal begun before it cannot write`, async () => {
    await using world = await startVault();
    await world.vault.connections.save(consent(world.clock));
    const { generation } = await read(world.vault);
    const claim = { name: 'finance', generation, owner: 'me', forMs: 1_000 };
    await world.vault.connections.takeLease(claim);

    await world.vault.connections.save(consent(world.clock, pair(world.clock, 7)));

    expect(await world.vault.connections.storePair(claim, pair(world.clock, 1))).toBe(false);
    expect((await read(world.vault)).refreshToken?.reveal()).toBe('rt-7');
    expect((await read(world.vault)).state).toBe('connected');
  });

  test(`${engine}: a connection removed and made again is another generation`, async () => {
    await using world = await startVault();
    await world.vault.connections.save(consent(world.clock));
    const { generation } = await read(world.vault);

    world.clock.pass(1);
    expect(await world.vault.connections.remove('finance')).toBe(true);
    expect(await world.vault.connections.remove('finance')).toBe(false);
    expect(await world.vault.connections.read('finance')).toBeUndefined();
    await world.vault.connections.save(consent(world.clock));

    expect((await read(world.vault)).generation).not.toBe(generation);
  });

  test(`${engine}: the list is by name and holds no token`, async () => {
    await using world = await startVault();
    await world.vault.connections.save(consent(world.clock, { name: 'sales' }));
    await world.vault.connections.save(consent(world.clock));

    const list = await world.vault.connections.list();

    expect(list.map(({ name, state }) => [name, state])).toEqual([
      ['finance', 'connected'],
      ['sales', 'connected'],
    ]);
    expect(Object.keys(list[0] ?? {}).filter((key) => /token/i.test(key))).toEqual([]);
  });

  test(`${engine}: an imported refresh token has its end counted from consent, and no access token yet`, async () => {
    await using world = await startVault();
    const imported = {
      name: 'finance',
      refreshToken: new Secret('rt'),
      refreshLifetimeMs: NINETY_DAYS_MS,
      now: world.clock.now,
    };

    await importConnection(world.vault, { ...imported, consentedAt: world.clock.now() - 1_000 });

    expect(await read(world.vault)).toMatchObject({
      accessToken: undefined,
      expiresAt: undefined,
      refreshExpiresAt: world.clock.now() - 1_000 + NINETY_DAYS_MS,
    });
    await expect(importConnection(world.vault, { ...imported, refreshToken: new Secret(' ') })).rejects.toThrow(
      'empty',
    );
    for (const name of ['', '../x', 'a b', `a${'b'.repeat(64)}`, '-a']) {
      await expect(importConnection(world.vault, { ...imported, name })).rejects.toMatchObject({
        code: 'BAD_USER_INPUT',
      });
    }
  });

  test(`${engine}: writers from two processes all get through`, async () => {
    await using world = await startVault();
    const vaults = [world.vault, await world.open()];

    await Promise.all(
      Array.from({ length: 60 }, (_, index) =>
        vaults[index % 2]?.connections.save(consent(world.clock, { name: `c${index}` })),
      ),
    );

    expect(await world.vault.connections.list()).toHaveLength(60);
  });
}
