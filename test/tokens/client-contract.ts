import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { Secret } from '../../src/kit/errors/index.ts';
import {
  type ClientKey,
  type Consent,
  createClientAdmin,
  type NewConnectLink,
  RESERVED_MS,
  type StoredClient,
  type Vault,
} from '../../src/tokens/index.ts';
import type { VaultKeys } from './vault-contract.ts';
import { type createClock, NINETY_DAYS_MS, VAULT_KEY } from './world.ts';

export interface OpenedVault extends AsyncDisposable {
  readonly clock: ReturnType<typeof createClock>;
  readonly vault: Vault;
  open(keys?: VaultKeys): Promise<Vault>;
}

const OTHER_KEY = new Secret(Buffer.alloc(32, 9).toString('base64'));

const client = (name = 'acme', changes: Partial<StoredClient> = {}): Omit<StoredClient, 'version'> => ({
  name,
  title: undefined,
  enabled: true,
  site: undefined,
  company: undefined,
  companies: 'all',
  erp: { tenantId: 'T-1', clientId: 'C-1', clientSecret: new Secret('erp-secret') },
  ...changes,
});

const key = (name = 'web', owner = 'acme'): ClientKey => ({
  client: owner,
  name,
  sha256: createHash('sha256').update(`${owner}/${name}`).digest('hex'),
  readOnly: true,
  expiresAt: undefined,
});

const consentOf = (clock: { now(): number }, changes: Partial<Consent> = {}): Consent => ({
  name: 'acme',
  subject: 'auth0|jane',
  scope: undefined,
  accessToken: undefined,
  refreshToken: new Secret('rt'),
  consentedAt: clock.now(),
  refreshExpiresAt: clock.now() + NINETY_DAYS_MS,
  ...changes,
});

const link = (clock: { now(): number }, changes: Partial<NewConnectLink> = {}): NewConnectLink => ({
  client: 'acme',
  email: undefined,
  returnTo: undefined,
  state: undefined,
  replace: false,
  madeBy: 'key:portal',
  endsAt: clock.now() + 60_000,
  ...changes,
});

async function makeLink({ vault, clock }: OpenedVault, changes: Partial<NewConnectLink> = {}) {
  const token = await vault.links.make(link(clock, changes));
  const made = token && (await vault.links.find(token));
  if (!made) throw new Error('no link');
  return made;
}

/** All that a reader gets who knows everything up to that revision. */
async function changesAfter(vault: Vault, revision: number) {
  const all: string[] = [];
  for await (const each of vault.clients.changesAfter(revision)) {
    all.push(...each.clients.map(({ name, version }) => `${name} ${version}`));
    all.push(...each.removedClients.map((name) => `-${name}`));
    all.push(...each.keys.map(({ client: owner, name }) => `${owner}/${name}`));
    all.push(...each.removedKeys.map(({ client: owner, name }) => `-${owner}/${name}`));
  }
  return all;
}

/** What every engine of the vault promises of clients, keys and links. */
export function describeClients(engine: string, start: () => Promise<OpenedVault>): void {
  test(`${engine}: a reader gets every change of clients and keys once, in any process, including removals`, async () => {
    await using world = await start();
    const [writer, reader] = [world.vault.clients, await world.open()];
    await writer.write(client('acme'), 0);
    await writer.write(client('bolt'), 0);
    await writer.addKey(key('web', 'acme'));
    await writer.addKey(key('web', 'bolt'));
    const seen = await reader.clients.revision();

    await writer.write(client('acme', { enabled: false }), 1);
    await writer.removeKey('acme', 'web');
    await writer.remove('bolt');

    expect(await changesAfter(reader, -1)).toStrictEqual(['acme 2', '-bolt', '-acme/web']);
    expect(await changesAfter(reader, seen)).toStrictEqual(['acme 2', '-bolt', '-acme/web']);
    expect(await changesAfter(reader, await reader.clients.revision())).toStrictEqual([]);
    expect(await reader.clients.read('acme')).toMatchObject({ client: { enabled: false, version: 2 } });
  });

  test(`${engine}: texts that are no names are refused as names that nobody has`, async () => {
    await using world = await start();
    await world.vault.clients.write(client(), 0);
    const admin = createClientAdmin({
      vault: world.vault,
      isOwnName: () => false,
      returnOrigins: [],
      connectUrl: () => 'http://localhost/connect/sage200',
    });
    const by = { caller: 'key:portal' };

    const outcomes = [
      await admin.remove('a\0b', by),
      await admin.removeKey('a\0b', 'web', by),
      await admin.removeKey('acme', 'a\0b', by),
      await admin.createLink({ client: 'a\0b' }, by),
    ];

    expect(outcomes.map((each) => 'userErrors' in each && each.userErrors.map(({ code }) => code))).toEqual(
      outcomes.map(() => ['INVALID']),
    );
  });

  test(`${engine}: more clients than fit a page are read in pages, each once`, async () => {
    await using world = await start();
    const names = Array.from({ length: 260 }, (_, index) => `c${index}`);
    for (const name of names) await world.vault.clients.write(client(name), 0);

    const pages: number[] = [];
    const found: string[] = [];
    for await (const page of world.vault.clients.changesAfter(-1)) {
      pages.push(page.clients.length);
      found.push(...page.clients.map(({ name }) => name));
    }

    expect(new Set(found)).toStrictEqual(new Set(names));
    expect(found).toHaveLength(names.length);
    expect(Math.max(...pages)).toBeLessThan(260);
  });

  test(`${engine}: of two who change the same version of a client, one learns that it is stale`, async () => {
    await using world = await start();
    await world.vault.clients.write(client(), 0);

    const done = await Promise.all([
      world.vault.clients.write(client('acme', { title: 'One' }), 1),
      (await world.open()).clients.write(client('acme', { title: 'Two' }), 1),
    ]);

    expect(done.filter(Boolean)).toHaveLength(1);
    expect(await world.vault.clients.write(client(), 0)).toBe(false);
  });

  test(`${engine}: removing a client removes its keys, links, connection and sessions, and reserves its name for a week`, async () => {
    await using world = await start();
    const { vault, clock } = world;
    await vault.clients.write(client(), 0);
    await vault.clients.addKey(key());
    const made = await makeLink(world);
    const consent = await vault.connections.save(consentOf(clock));
    const session = { subject: 'auth0|jane', connection: 'acme', consent: consent?.number ?? 0 };
    const { token } = await vault.sessions.start({ ...session, email: undefined, name: undefined });

    expect(await vault.clients.remove('acme')).toBe(true);

    expect(await vault.clients.keysOf('acme')).toStrictEqual([]);
    expect(await vault.links.findById(made.id)).toBeUndefined();
    expect(await vault.connections.read('acme')).toBeUndefined();
    expect(await vault.sessions.find(token)).toBeUndefined();
    expect(await vault.clients.addKey(key())).toBe(false);
    // A sign-in that was under way does not bring it back, nor does anybody take the name.
    expect(await vault.connections.save(consentOf(clock))).toBeUndefined();
    expect(await vault.clients.write(client(), 0)).toBe(false);
    clock.pass(RESERVED_MS);
    expect(await vault.clients.write(client(), 0)).toBe(true);
    expect(await changesAfter(vault, -1)).toStrictEqual(['acme 1']);
  });

  test(`${engine}: a link is used up with its stored pair, once, in time, and only if the client has not changed`, async () => {
    await using world = await start();
    const { vault, clock } = world;
    await vault.clients.write(client(), 0);
    const [good, late, changed] = [await makeLink(world), await makeLink(world), await makeLink(world)];
    const save = (by: typeof good, clientVersion = 1) =>
      vault.connections.save(consentOf(clock), { by: { link: by, clientVersion } });

    const both = await Promise.all([save(good), save(good)]);
    expect(both.filter(Boolean)).toHaveLength(1);
    expect(await vault.links.findById(good.id)).toMatchObject({ isUsed: true });
    await vault.clients.write(client('acme', { enabled: false }), 1);
    expect(await save(changed)).toBeUndefined();
    expect(await save(changed, 2)).toMatchObject({ name: 'acme' });
    clock.pass(60_000);
    expect(await save(late, 2)).toBeUndefined();
    expect((await vault.connections.read('acme'))?.refreshToken?.reveal()).toBe('rt');
  });

  test(`${engine}: a link takes over no connection, not even one of an unknown person, unless it says so`, async () => {
    await using world = await start();
    const { vault, clock } = world;
    await vault.clients.write(client(), 0);
    const usual = await makeLink(world);
    const replacing = await makeLink(world, { replace: true });
    const save = (by: typeof usual, subject: string) =>
      vault.connections.save(consentOf(clock, { subject }), { by: { link: by, clientVersion: 1 } });

    await vault.connections.save(consentOf(clock, { subject: undefined }));
    expect(await save(usual, 'auth0|mallory')).toBeUndefined();
    const own = await save(replacing, 'auth0|jane');
    expect(own).toMatchObject({ subject: 'auth0|jane' });
    expect(await save(usual, 'auth0|mallory')).toBeUndefined();
    expect(await save(usual, 'auth0|jane')).toStrictEqual(own);
  });

  test(`${engine}: secrets and keys of clients survive a change of the vault's key, and rows written by hand are ignored`, async () => {
    await using world = await start();
    await world.vault.clients.write(client(), 0);
    await world.vault.clients.addKey(key());
    const made = await makeLink(world, { email: 'jane@acme.example' });

    const rotating = await world.open({ key: OTHER_KEY, previousKeys: [VAULT_KEY] });
    await rotating.rotateKey();
    const later = await world.open({ key: OTHER_KEY });

    const read = await later.clients.read('acme');
    expect(read && 'client' in read ? read.client.erp?.clientSecret.reveal() : undefined).toBe('erp-secret');
    expect(await later.clients.keysOf('acme')).toStrictEqual([key()]);
    expect(await later.links.findById(made.id)).toMatchObject({ email: 'jane@acme.example' });
    // The former key opens none of it any more.
    await expect(world.open()).rejects.toThrow('another key');
    const broken: string[] = [];
    for await (const page of world.vault.clients.changesAfter(-1)) broken.push(...page.broken);
    expect(broken).toStrictEqual(['clients acme', 'client_keys acme/web']);
  });
}
