import { expect, test } from 'vitest';
import { Secret } from '../../src/kit/errors/index.ts';
import {
  type Consent,
  importConnection,
  type TokenPair,
  type Vault,
  type VaultOptions,
} from '../../src/tokens/index.ts';
import { describeClients } from './client-contract.ts';
import { consentIn, createClock, NINETY_DAYS_MS, VAULT_KEY } from './world.ts';

export type VaultKeys = Pick<VaultOptions, 'key' | 'previousKeys'>;

export const OTHER_KEY = new Secret(Buffer.alloc(32, 9).toString('base64'));

export interface VaultUnderTest {
  /** Opens the same store again, as another process would. */
  open(clock: { now(): number }, keys?: VaultKeys | 'ownLeaseClock'): Promise<Vault>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** What every engine of the vault promises. `start` makes an empty store. */
export function describeVault(engine: string, start: () => Promise<VaultUnderTest>): void {
  const startVault = async () => {
    const store = await start();
    const clock = createClock();
    const vaults: Vault[] = [];
    const open = async (keys?: VaultKeys) => {
      const vault = await store.open(clock, keys);
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

  describeClients(engine, startVault);

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

  test(`${engine}: one process reads what another stores, including tokens`, async () => {
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

  test(`${engine}: one of many claimants gets a lease, for one generation, for a limited time`, async () => {
    await using world = await startVault();
    const vaults = [world.vault, await world.open()];
    await world.vault.connections.save(consent(world.clock));
    const { generation } = await read(world.vault);
    const consented = await consentIn(world.vault);
    const claim = (owner: string, of = generation) => ({ consent: consented, generation: of, owner, forMs: 1_000 });

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

  test(`${engine}: a pair is stored only over the generation that it came from`, async () => {
    await using world = await startVault();
    await world.vault.connections.save(consent(world.clock));
    const { generation, refreshExpiresAt } = await read(world.vault);
    const claim = { consent: await consentIn(world.vault), generation, owner: 'me', forMs: 1_000 };
    await world.vault.connections.takeLease(claim);

    expect(await world.vault.connections.storePair(claim, pair(world.clock, 1))).toBe(true);
    expect(await world.vault.connections.storePair(claim, pair(world.clock, 2))).toBe(false);

    const row = await read(world.vault);
    expect(row).toMatchObject({ state: 'connected', generation: generation + 1, refreshExpiresAt });
    expect(row.refreshToken?.reveal()).toBe('rt-1');
    expect(await world.vault.connections.takeLease({ ...claim, generation: generation + 1 })).toBe(true);
  });

  test(`${engine}: a pair with the end of its refresh token changes that end, even one that was kept in a file`, async () => {
    await using world = await startVault();
    await world.vault.connections.save(consent(world.clock));
    const { generation } = await read(world.vault);
    const place = { consent: await consentIn(world.vault), generation };
    const [first, second] = [world.clock.now() + 86_400_000, world.clock.now() + 172_800_000];

    await world.vault.connections.storePair(place, { ...pair(world.clock, 1), refreshExpiresAt: first });
    expect((await read(world.vault)).refreshExpiresAt).toBe(first);
    await world.vault.pending.keep(
      { ...place, generation: generation + 1 },
      { ...pair(world.clock, 2), refreshExpiresAt: second },
    );
    await world.vault.pending.replay();

    expect((await read(world.vault)).refreshExpiresAt).toBe(second);
  });

  test(`${engine}: only the lease's owner notes a failure, and a new pair clears it`, async () => {
    await using world = await startVault();
    await world.vault.connections.save(consent(world.clock));
    const { generation } = await read(world.vault);
    const claim = { consent: await consentIn(world.vault), generation, owner: 'me', forMs: 1_000 };
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
    const claim = { consent: await consentIn(world.vault), generation, owner: 'me', forMs: 1_000 };
    await world.vault.connections.takeLease(claim);

    await world.vault.connections.save(consent(world.clock, pair(world.clock, 7)));

    expect(await world.vault.connections.storePair(claim, pair(world.clock, 1))).toBe(false);
    expect((await read(world.vault)).refreshToken?.reveal()).toBe('rt-7');
    expect((await read(world.vault)).state).toBe('connected');
  });

  test(`${engine}: a connection that was removed and created again has another generation`, async () => {
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

  test(`${engine}: the list is sorted by name and contains no token`, async () => {
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

  test(`${engine}: the end of an imported refresh token counts from consent, and it has no access token yet`, async () => {
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

  test(`${engine}: writers from two processes all succeed`, async () => {
    await using world = await startVault();
    const vaults = [world.vault, await world.open()];

    await Promise.all(
      Array.from({ length: 60 }, (_, index) =>
        vaults[index % 2]?.connections.save(consent(world.clock, { name: `c${index}` })),
      ),
    );

    expect(await world.vault.connections.list()).toHaveLength(60);
  });

  test(`${engine}: several processes that start at once on an empty store create one layout`, async () => {
    const store = await start();
    const clock = createClock();

    const vaults = await Promise.all(Array.from({ length: 5 }, () => store.open(clock)));

    expect(new Set(vaults.map(({ id }) => id)).size).toBe(1);
    await vaults[0]?.connections.save(consent(clock));
    expect(await vaults[4]?.connections.list()).toHaveLength(1);
    for (const vault of vaults) await vault.close();
    await store[Symbol.asyncDispose]();
  });

  const scope = { caller: 'key:shop', consent: 'consent:finance#1', company: '1/2', mutation: 'createCustomer' };

  const firstOf = async (idempotency: Vault['idempotency'], key: string) => {
    const begun = await idempotency.begin(scope, key, 'digest');
    if (typeof begun === 'object' && 'first' in begun) return begun.first;
    throw new Error(`${key} was begun before`);
  };

  test(`${engine}: of many attempts with one idempotency key one is first, and a repeat gets its outcome`, async () => {
    await using world = await startVault();
    const [one, two] = [world.vault.idempotency, (await world.open()).idempotency];

    const begun = await Promise.all(
      Array.from({ length: 10 }, (_, index) => (index % 2 ? one : two).begin(scope, 'k', 'digest')),
    );
    const attempts = begun.flatMap((result) => (typeof result === 'object' && 'first' in result ? [result.first] : []));
    await attempts[0]?.finish('{"id":1}');

    expect(attempts).toHaveLength(1);
    expect(begun.filter((result) => typeof result === 'object' && 'since' in result)).toHaveLength(9);
    expect(await one.begin(scope, 'k', 'digest')).toEqual({ outcome: '{"id":1}' });
    expect(await one.begin(scope, 'k', 'another')).toBe('otherBody');
    for (const name of ['caller', 'consent', 'company', 'mutation']) {
      expect(await one.begin({ ...scope, [name]: 'other' }, 'k', 'digest')).toHaveProperty('first');
    }
  });

  test(`${engine}: an idempotency key is free again after a week, or when its attempt changed nothing`, async () => {
    await using world = await startVault();
    const { idempotency } = world.vault;
    const [done, nothing, lost] = [
      await firstOf(idempotency, 'done'),
      await firstOf(idempotency, 'nothing'),
      await firstOf(idempotency, 'lost'),
    ];
    await done.finish('outcome');
    await lost.lose();

    await nothing.abandon();
    await done.abandon();
    await lost.abandon();

    expect(await idempotency.begin(scope, 'lost', 'digest')).toBe('lost');
    world.clock.pass(1);
    expect(await idempotency.begin(scope, 'nothing', 'other')).toHaveProperty('first');
    // What an attempt says late means no attempt but itself.
    await nothing.abandon();
    await nothing.finish('late');
    expect(await idempotency.begin(scope, 'nothing', 'other')).toHaveProperty('since');
    expect(await idempotency.begin(scope, 'done', 'digest')).toEqual({ outcome: 'outcome' });
    world.clock.pass(7 * 24 * 3600_000);
    await world.vault.sweep();
    expect(await idempotency.begin(scope, 'done', 'other')).toHaveProperty('first');
  });

  test(`${engine}: any process can read a sign-in in progress, in time, and it is used up for all of them`, async () => {
    await using world = await startVault();
    const other = await world.open();
    const attempt = {
      state: new Secret('state'),
      verifier: new Secret('verifier'),
      nonce: new Secret('nonce'),
      connection: 'finance',
      returnTo: '/',
      begunBy: { id: 'api-key:boss', admin: true },
      endsAt: world.clock.now() + 1_000,
    };
    const name = world.vault.signIns.nameOf(attempt.state);
    const sealed = world.vault.signIns.seal(attempt);

    const opened = other.signIns.open(name, sealed);
    expect(opened).toMatchObject({
      connection: 'finance',
      returnTo: '/',
      begunBy: { id: 'api-key:boss', admin: true },
    });
    expect([opened?.state, opened?.verifier, opened?.nonce].map((secret) => secret?.reveal())).toEqual([
      'state',
      'verifier',
      'nonce',
    ]);
    expect(other.signIns.open('0'.repeat(16), sealed)).toBeUndefined();
    expect(other.signIns.open(name, new Secret(`${sealed.reveal().slice(0, -2)}AA`))).toBeUndefined();
    const uses = await Promise.all([world.vault, other, other].map(({ signIns }) => signIns.use(attempt)));
    expect(uses.filter(Boolean)).toHaveLength(1);
    world.clock.pass(1_000);
    expect(other.signIns.open(name, sealed)).toBeUndefined();
    await world.vault.sweep();
    expect(await other.signIns.use(attempt)).toBe(true);
  });

  test(`${engine}: a session ends when unused, at its end, and when it is ended, in every process`, async () => {
    await using world = await startVault();
    const other = await world.open();
    const person = {
      subject: 'auth0|jane',
      connection: 'finance',
      consent: 1,
      email: 'jane@hallam.example',
      name: 'Jane',
    };
    const hour = 3600_000;
    const { token } = await world.vault.sessions.start(person);
    const { token: idle } = await world.vault.sessions.start(person);
    const { token: short } = await world.vault.sessions.start({ ...person, notAfter: world.clock.now() + hour });

    expect(await other.sessions.find(token)).toMatchObject(person);
    expect(await other.sessions.find(new Secret('guessed'))).toBeUndefined();
    world.clock.pass(hour);
    expect(await other.sessions.find(short)).toBeUndefined();
    for (let times = 0; times < 20; times += 1) {
      world.clock.pass(8 * hour);
      expect(await other.sessions.find(token)).toMatchObject(person);
    }
    expect(await other.sessions.find(idle)).toBeUndefined();
    world.clock.pass(8 * hour);
    expect(await other.sessions.find(token)).toBeUndefined();
    const { token: ended } = await world.vault.sessions.start(person);
    expect(await other.sessions.end(ended)).toMatchObject(person);
    expect(await world.vault.sessions.find(ended)).toBeUndefined();
    await world.vault.sweep();
  });

  test(`${engine}: events are listed newest first, by connection and time`, async () => {
    await using world = await startVault();
    const { audit } = world.vault;
    const at = world.clock.now();
    await audit.note({ kind: 'act', action: 'connected', at, connection: 'finance', caller: 'session:jane' });
    await audit.note({
      kind: 'connection',
      action: 'failing',
      at: at + 1,
      connection: 'finance',
      outcome: 'UPSTREAM_TIMEOUT',
    });
    await audit.note({ kind: 'act', action: 'connected', at: at + 1, connection: 'sales' });

    expect((await audit.list()).map(({ action, connection }) => [action, connection])).toEqual([
      ['connected', 'sales'],
      ['failing', 'finance'],
      ['connected', 'finance'],
    ]);
    expect(await audit.list({ connection: 'finance', since: at + 1 })).toMatchObject([
      { kind: 'connection', action: 'failing', at: at + 1, connection: 'finance', outcome: 'UPSTREAM_TIMEOUT' },
    ]);
    expect(await audit.list({ caller: 'session:jane' })).toMatchObject([{ connection: 'finance', at }]);
    expect(await audit.list({ kind: 'connection' })).toMatchObject([{ action: 'failing' }]);
    expect(await audit.list({ until: at + 1 })).toMatchObject([{ action: 'connected', at }]);
    expect(await audit.list({ limit: 1 })).toHaveLength(1);
  });

  const mutation = (action: string, at: number) =>
    ({ kind: 'mutation', action, at, caller: 'key:shop', site: 's', company: '1', requestId: action }) as const;

  test(`${engine}: a mutation is one line with its end, and without one it is unfinished`, async () => {
    await using world = await startVault();
    const { audit } = world.vault;
    const at = world.clock.now();
    const ends = await Promise.all(['first', 'second', 'third'].map((name) => audit.begin(mutation(name, at))));
    await ends[1]?.({ outcome: 'DONE', key: '7' });
    await ends[0]?.({ outcome: 'UPSTREAM_REJECTED' });

    expect((await audit.list()).map(({ action, outcome, key }) => [action, outcome, key])).toEqual([
      ['third', 'UNFINISHED', undefined],
      ['second', 'DONE', '7'],
      ['first', 'UPSTREAM_REJECTED', undefined],
    ]);
    expect(await audit.verify()).toEqual({ faults: [], chains: 1, lines: 5 });
  });

  test(`${engine}: processes that write at the same time have a chain each, and all of them verify meanwhile`, async () => {
    await using world = await startVault();
    const vaults = [world.vault, await world.open(), await world.open()];
    const at = world.clock.now();

    const write = async ({ audit }: Vault, name: string) => {
      for (let round = 0; round < 20; round += 1) {
        const ends = await Promise.all([1, 2, 3].map(() => audit.begin(mutation(`${name}-${round}`, at))));
        await Promise.all(ends.map((end) => end({ outcome: 'DONE' })));
      }
    };
    const writing = Promise.all(vaults.map((vault, index) => write(vault, `p${index}`)));
    const meanwhile = await world.vault.audit.verify();
    await writing;

    expect(meanwhile.faults).toEqual([]);
    expect(await world.vault.audit.verify()).toEqual({ faults: [], chains: 3, lines: 3 * 20 * 6 });
    const lines = await world.vault.audit.list({ limit: 1_000 });
    expect(lines.filter(({ outcome }) => outcome === 'DONE')).toHaveLength(180);
  });

  test(`${engine}: expired lines are removed from the record, which still verifies`, async () => {
    await using world = await startVault();
    const other = await world.open();
    const day = 24 * 3600_000;
    await other.audit.note(mutation('old', world.clock.now()));
    for (const action of ['one', 'two']) await world.vault.audit.note(mutation(action, world.clock.now()));
    world.clock.pass(200 * day);
    await world.vault.audit.note(mutation('three', world.clock.now()));
    world.clock.pass(201 * day);

    await Promise.all([world.vault.sweep(), other.sweep()]);
    await world.vault.sweep();

    expect((await other.audit.list()).map(({ action }) => action)).toEqual(['three']);
    // The chain with nothing left in it is gone as well.
    expect(await other.audit.verify()).toEqual({ faults: [], chains: 1, lines: 1 });
    await world.vault.audit.note(mutation('four', world.clock.now()));
    await other.audit.note(mutation('five', world.clock.now()));
    expect((await other.audit.verify()).faults).toEqual([]);
    expect((await other.audit.list()).map(({ action }) => action)).toContain('five');
  });

  test(`${engine}: the record verifies under a new key, even if the old one is gone`, async () => {
    await using world = await startVault();
    await world.vault.audit.note(mutation('before', world.clock.now()));
    const rotated = await world.open({ key: OTHER_KEY, previousKeys: [VAULT_KEY] });
    expect((await rotated.audit.verify()).faults).toEqual([]);
    expect((await rotated.rotateKey()).unreadable).toEqual({});

    const after = await world.open({ key: OTHER_KEY });
    await after.audit.note(mutation('after', world.clock.now()));

    expect(await after.audit.verify()).toEqual({ faults: [], chains: 2, lines: 2 });
  });

  test(`${engine}: thousands of lines are verified and removed page by page`, async () => {
    await using world = await startVault();
    const { audit } = world.vault;
    const at = world.clock.now();
    await Promise.all(Array.from({ length: 2_500 }, (_, index) => audit.note(mutation(`line-${index}`, at + index))));

    expect(await audit.verify()).toEqual({ faults: [], chains: 1, lines: 2_500 });
    await audit.sweep(at + 2_399);
    expect(await audit.verify()).toEqual({ faults: [], chains: 1, lines: 100 });
    await audit.sweep(at + 2_500);
    expect(await audit.verify()).toEqual({ faults: [], chains: 0, lines: 0 });
  });

  test(`${engine}: texts of any kind are recorded and verify`, async () => {
    await using world = await startVault();
    const { audit } = world.vault;
    const odd = ['\u0000nul\u0000', '\ud800half', 'x'.repeat(5_000), '😀"\\\n', ''];

    for (const caller of odd) await audit.note({ kind: 'refusal', action: caller, caller, at: world.clock.now() });

    expect(await audit.list()).toHaveLength(odd.length);
    expect((await audit.verify()).faults).toEqual([]);
  });

  test(`${engine}: every process knows a request to reload and its results, until the next one`, async () => {
    await using at = await startVault();
    const { reloads } = await at.open();
    const before = await reloads.latest();
    const request = await at.vault.reloads.ask();
    const answer = { applied: false, needsRestart: ['server.port'], faults: ['gateway.yaml:1:1: no'] };

    await reloads.note(request, 'two');
    await reloads.note(request, 'one', answer);
    await reloads.note(request, 'one');
    const heard = await at.vault.reloads.hearings(request);
    const next = await reloads.ask();

    expect([before, request, next]).toEqual([0, 1, 2]);
    expect(await at.vault.reloads.latest()).toBe(next);
    expect(heard).toEqual([
      { gateway: 'one', answer },
      { gateway: 'two', answer: undefined },
    ]);
    expect(await at.vault.reloads.hearings(request)).toEqual([]);
  });

  test(`${engine}: one process warns of an end, once`, async () => {
    await using world = await startVault();
    const other = await world.open();
    await world.vault.connections.save(consent(world.clock));
    const { refreshExpiresAt } = await read(world.vault);

    const marked = await Promise.all(
      [world.vault, other, other].map(({ connections }) => connections.markWarned('finance', refreshExpiresAt)),
    );

    expect(marked.filter(Boolean)).toHaveLength(1);
    await world.vault.connections.save(consent(world.clock, { refreshExpiresAt: refreshExpiresAt + 1 }));
    expect(await other.connections.markWarned('finance', refreshExpiresAt)).toBe(false);
    expect(await other.connections.markWarned('finance', refreshExpiresAt + 1)).toBe(true);
  });

  test(`${engine}: leases use the store's clock, so that a machine two minutes off takes none too early`, async () => {
    const store = await start();
    const vaults = await Promise.all(
      [0, 120_000, -120_000].map((skew) => store.open({ now: () => Date.now() + skew }, 'ownLeaseClock')),
    );
    const [right, ahead, behind] = vaults;
    if (!right || !ahead || !behind) throw new Error('no vault');
    await right.connections.save(consent({ now: Date.now }));
    const { generation } = await read(right);
    const claim = { consent: await consentIn(right), generation, owner: 'right', forMs: 30_000 };

    await behind.connections.takeLease(claim);

    expect(await ahead.connections.takeLease({ ...claim, owner: 'ahead' })).toBe(false);
    expect((await read(ahead)).state).toBe('renewing');
    await behind.connections.storePair(claim, pair({ now: Date.now }, 1));
    expect(await ahead.connections.takeLease({ ...claim, generation: generation + 1, forMs: -1 })).toBe(true);
    expect((await read(behind)).abandonedBy).toBe('right');
    for (const vault of vaults) await vault.close();
    await store[Symbol.asyncDispose]();
  });

  test(`${engine}: rotating the key seals everything again, can run twice, and says what it could not read`, async () => {
    await using world = await startVault();
    await world.vault.connections.save(consent(world.clock));
    const { token } = await world.vault.sessions.start({
      subject: 's',
      connection: 'finance',
      consent: 1,
      email: 'a@b',
      name: undefined,
    });
    await (await firstOf(world.vault.idempotency, 'k')).finish('outcome');
    const both = await world.open({ key: OTHER_KEY, previousKeys: [VAULT_KEY] });

    const first = await both.rotateKey();
    const second = await both.rotateKey();

    expect(first).toEqual({ resealed: 6, current: 6, unreadable: {} });
    expect(second).toEqual({ resealed: 0, current: 6, unreadable: {} });
    const alone = await world.open({ key: OTHER_KEY });
    expect((await read(alone)).refreshToken?.reveal()).toBe('rt-0');
    expect(await alone.sessions.find(token)).toMatchObject({ email: 'a@b' });
    expect(await alone.idempotency.begin(scope, 'k', 'digest')).toEqual({ outcome: 'outcome' });
    await expect(world.open()).rejects.toThrow('another key');
    const backwards = await world.open({ key: VAULT_KEY, previousKeys: [OTHER_KEY] });
    await backwards.connections.save(consent(world.clock, { name: 'old' }));
    expect(Object.values((await alone.rotateKey()).unreadable)).toEqual([3]);
    expect((await read(alone, 'old')).unreadable).toEqual(['refresh_token', 'access_token', 'seal']);
  });
}
