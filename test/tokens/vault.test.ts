import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { inspect } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Secret } from '../../src/kit/errors/index.ts';
import { importConnection, openVault, type Vault } from '../../src/tokens/index.ts';
import { openPostgresDatabase } from '../../src/tokens/vault/engine/postgres-database.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import { startSlowPath } from '../support/slow-path.ts';
import { describeVault, OTHER_KEY, type VaultKeys } from './vault-contract.ts';
import { consentIn, makeFolder, NINETY_DAYS_MS, startWorld, VAULT_KEY } from './world.ts';

const toOptions = ({ now }: { now(): number }, keys?: VaultKeys | 'ownLeaseClock') =>
  keys === 'ownLeaseClock'
    ? { key: VAULT_KEY, now, leaseClock: 'database' as const }
    : { key: VAULT_KEY, now, ...keys };

describeVault('SQLite', async () => {
  const folder = await makeFolder();
  return {
    open: (clock, keys) =>
      openVault({ url: `sqlite:${join(folder.path, 'deep', 'vault.db')}`, ...toOptions(clock, keys) }),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
});

let postgres: TestPostgres;

beforeAll(async () => {
  postgres = await startPostgres();
});

afterAll(() => postgres[Symbol.asyncDispose]());

describeVault('PostgreSQL', async () => {
  const url = await postgres.createDatabase();
  return {
    open: (clock, keys) => openVault({ url, ...toOptions(clock, keys) }),
    [Symbol.asyncDispose]: async () => {},
  };
});

async function makeVaultFile() {
  const folder = await makeFolder();
  const path = join(folder.path, 'vault.db');
  const url = `sqlite:${path}`;
  const store = async (names: readonly string[], key = VAULT_KEY) => {
    const vault = await openVault({ url, key });
    for (const name of names) {
      await importConnection(vault, {
        name,
        refreshToken: new Secret(`rt-of-${name}`),
        refreshLifetimeMs: NINETY_DAYS_MS,
      });
    }
    await vault.close();
  };
  return { ...folder, folder: folder.path, path, url, store };
}

const useVault = async <T>(options: Parameters<typeof openVault>[0], use: (vault: Vault) => Promise<T>): Promise<T> => {
  const vault = await openVault(options);
  try {
    return await use(vault);
  } finally {
    await vault.close();
  }
};

test('no token is readable in the file, and only its owner can read the file', async () => {
  await using file = await makeVaultFile();
  await file.store(['finance']);

  const bytes = await readFile(file.path, 'latin1');

  expect((await stat(file.path)).mode & 0o777).toBe(0o600);
  expect(bytes).toContain('finance');
  expect(bytes).not.toContain('rt-of-finance');
  expect(bytes).not.toContain(Buffer.from('rt-of-finance').toString('base64url').slice(0, 12));
});

test('a wrong key is refused at the start with an explanation, and changes nothing', async () => {
  await using file = await makeVaultFile();
  await file.store(['finance']);

  await expect(openVault({ url: file.url, key: OTHER_KEY })).rejects.toMatchObject({
    code: 'MISCONFIGURED',
    message: expect.stringContaining('written with another key'),
  });

  const row = await useVault({ url: file.url, key: VAULT_KEY }, ({ connections }) => connections.read('finance'));
  expect(row?.refreshToken?.reveal()).toBe('rt-of-finance');
});

test.each([
  ['no key', undefined, 'vault.key is missing'],
  ['a short key', new Secret('c2hvcnQ='), '32 bytes'],
  ['a key that is not base64', new Secret('!'.repeat(44)), '32 bytes'],
])('%s is refused: tokens are never stored without one', async (_, key, message) => {
  await using file = await makeVaultFile();

  await expect(openVault({ url: file.url, key })).rejects.toMatchObject({
    code: 'MISCONFIGURED',
    message: expect.stringContaining(message),
  });
});

test('with permission to create one, a key file of 0600 is created once and used by every later and parallel start', async () => {
  await using file = await makeVaultFile();
  const makeKey = join(file.folder, 'keys', 'vault.key');
  const options = { url: file.url, key: undefined, makeKey };

  const vaults = await Promise.all([openVault(options), openVault(options), openVault(options)]);
  for (const vault of vaults) await vault.close();
  const key = await readFile(makeKey, 'utf8');
  await useVault(options, async () => {});

  expect((await stat(makeKey)).mode & 0o777).toBe(0o600);
  expect(Buffer.from(key, 'base64')).toHaveLength(32);
  expect(await readFile(makeKey, 'utf8')).toBe(key);
});

test('a lost key file is not replaced by a new key, which would open nothing', async () => {
  await using file = await makeVaultFile();
  const makeKey = join(file.folder, 'vault.key');
  await useVault({ url: file.url, makeKey }, async () => {});
  await rm(makeKey);

  await expect(openVault({ url: file.url, makeKey })).rejects.toMatchObject({
    code: 'MISCONFIGURED',
    message: expect.stringContaining('is gone'),
  });
  await expect(stat(makeKey)).rejects.toThrow('ENOENT');
});

test('values under a previous key are read, and the next pair is sealed with the new one', async () => {
  await using file = await makeVaultFile();
  await file.store(['finance']);
  const options = { url: file.url, key: OTHER_KEY, previousKeys: [VAULT_KEY] };

  await useVault(options, async (vault) => {
    const { connections } = vault;
    const row = await connections.read('finance');
    expect(row?.refreshToken?.reveal()).toBe('rt-of-finance');
    const place = { consent: await consentIn(vault), generation: row?.generation ?? 0 };
    await connections.storePair(place, { accessToken: undefined, refreshToken: new Secret('new'), scope: undefined });
  });

  const sealed = query(file.path, 'SELECT refresh_token AS sealed FROM connections');
  const check = query(file.path, "SELECT value AS sealed FROM meta WHERE name = 'key-check'");
  expect(keyIdOf(sealed)).not.toBe(keyIdOf(check));
  expect(String(sealed).startsWith('v1.')).toBe(true);
});

test('a ciphertext moved to another row or field is quarantined, its bytes stay, and the rest is served', async () => {
  await using file = await makeVaultFile();
  await file.store(['finance', 'sales']);
  const before = query(file.path, "SELECT refresh_token AS sealed FROM connections WHERE name = 'finance'");
  query(file.path, `UPDATE connections SET refresh_token = '${before}' WHERE name = 'sales'`);

  await useVault({ url: file.url, key: VAULT_KEY }, async ({ connections }) => {
    expect(await connections.read('sales')).toMatchObject({
      state: 'needs_consent',
      refreshToken: undefined,
      unreadable: ['refresh_token'],
    });
    expect((await connections.list()).map(({ name, state }) => [name, state])).toEqual([
      ['finance', 'connected'],
      ['sales', 'needs_consent'],
    ]);
    expect((await connections.read('finance'))?.refreshToken?.reveal()).toBe('rt-of-finance');
  });
  expect(query(file.path, "SELECT refresh_token AS sealed FROM connections WHERE name = 'sales'")).toBe(before);
});

test('an old key that was removed too early is reported at the start; restored, nothing is lost; after rotation, it can be removed', async () => {
  await using file = await makeVaultFile();
  await file.store(['finance']);
  const both = { url: file.url, key: OTHER_KEY, previousKeys: [VAULT_KEY] };
  const refreshTokenIn = (options: Parameters<typeof openVault>[0]) =>
    useVault(options, async ({ connections }) => (await connections.read('finance'))?.refreshToken?.reveal());
  await useVault(both, async () => {});

  await expect(openVault({ url: file.url, key: OTHER_KEY })).rejects.toMatchObject({
    code: 'MISCONFIGURED',
    message: expect.stringContaining('vault.previousKeys'),
  });
  expect(await refreshTokenIn(both)).toBe('rt-of-finance');
  const sealedBefore = query(file.path, "SELECT refresh_token AS sealed FROM connections WHERE name = 'finance'");
  await useVault(both, (vault) => vault.rotateKey());
  expect(await refreshTokenIn({ url: file.url, key: OTHER_KEY })).toBe('rt-of-finance');

  // From an old copy, when the old key is gone: that row asks for its person, and its bytes wait for the key.
  query(file.path, `UPDATE connections SET refresh_token = '${sealedBefore}' WHERE name = 'finance'`);
  await useVault({ url: file.url, key: OTHER_KEY }, async ({ connections }) => {
    expect(await connections.read('finance')).toMatchObject({ state: 'needs_consent', unreadable: ['refresh_token'] });
  });
  expect(await refreshTokenIn(both)).toBe('rt-of-finance');
});

test('a pair that could not be stored waits for its own vault, even if another one has the same folder, key and name', async () => {
  await using file = await makeVaultFile();
  const now = () => 1_000;
  const own = { key: VAULT_KEY, pendingFolder: join(file.folder, 'pending'), now };
  const urls = await Promise.all([postgres.createDatabase(), postgres.createDatabase()]);
  const [one, two] = urls.map((url) => ({ ...own, url }));
  if (!one || !two) throw new Error('two vaults');
  for (const options of [one, two]) {
    await useVault(options, (vault) =>
      importConnection(vault, { name: 'finance', refreshToken: new Secret('old'), refreshLifetimeMs: 1_000, now }),
    );
  }
  const pair = { accessToken: undefined, refreshToken: new Secret('new'), scope: undefined };
  await useVault(one, async (vault) => {
    const { connections, pending } = vault;
    const generation = (await connections.read('finance'))?.generation ?? 0;
    await pending.keep({ consent: await consentIn(vault), generation }, pair);
  });
  const refreshTokenIn = (options: typeof one) =>
    useVault(options, async ({ connections }) => (await connections.read('finance'))?.refreshToken?.reveal());

  expect(await refreshTokenIn(two)).toBe('old');
  expect(await refreshTokenIn(one)).toBe('new');
  expect((await readdir(own.pendingFolder, { recursive: true })).filter((name) => name.endsWith('.kept'))).toEqual([]);
});

test('a row that cannot be opened needs its person and is never sent to Sage', async () => {
  await using world = await startWorld();
  const connections = { ...world.vault.connections };
  const broken = {
    ...(await world.stored()),
    refreshToken: undefined,
    unreadable: ['refresh_token'],
    state: 'needs_consent' as const,
  };
  const vault = { ...world.vault, connections: { ...connections, read: async () => broken } };

  await expect(world.createSource({ vault }).get()).rejects.toMatchObject({ code: 'NEEDS_CONSENT' });
  expect(world.sageId.requests).toHaveLength(0);
  expect(world.lines.some((line) => line.includes('refresh_token'))).toBe(true);
});

test('a newer layout, another kind of store and an impossible path are refused with an explanation', async () => {
  await using file = await makeVaultFile();
  await file.store([]);
  query(file.path, 'INSERT INTO migrations VALUES (99, 0)');
  const key = VAULT_KEY;
  await writeFile(join(file.folder, 'a-file'), '');

  await expect(openVault({ url: file.url, key })).rejects.toThrow('newer gateway');
  const gone = await openVault({ url: 'postgres://u:MARKER@127.0.0.1:1/db', key }).catch((error: unknown) => error);
  expect(gone).toMatchObject({
    code: 'MISCONFIGURED',
    message: expect.stringContaining('cannot be used (ECONNREFUSED)'),
  });
  expect(inspect(gone, { depth: 10 })).not.toContain('MARKER');
  await expect(openVault({ url: 'vault.db', key })).rejects.toThrow('sqlite:<path>');
  await expect(openVault({ url: `sqlite:${file.folder}/a-file/vault.db`, key })).rejects.toThrow('cannot be opened');
});

test('a lost PostgreSQL connection fails only its transaction, and neither the process nor the next one', async () => {
  const database = await openPostgresDatabase(await postgres.createDatabase());
  const change = (sql: string) => database.together([{ sql, values: [] }]);

  await expect(change('SELECT pg_terminate_backend(pg_backend_pid())')).rejects.toMatchObject({ code: '57P01' });
  // Vitest fails the run for an error that nobody handled.
  await expect(change('SELECT 1 AS done')).resolves.toBe(true);
  await database.close();
});

test('a write to a slow PostgreSQL is in a file until it is done, and once in the record', async () => {
  const url = new URL(await postgres.createDatabase());
  await using path = await startSlowPath(Number(url.port));
  await using folder = await makeFolder();
  url.port = String(path.port);
  const pending = async () => (await readdir(folder.path, { recursive: true })).filter((name) => /late/.test(name));
  const act = { at: Date.now(), kind: 'mutation', action: 'createCustomer', caller: 'key:shop' } as const;

  await useVault({ url: url.href, key: VAULT_KEY, pendingFolder: folder.path }, async ({ audit }) => {
    const ends = await Promise.all(Array.from({ length: 3 }, () => audit.begin(act)));
    // Each of the four statements of a transaction.
    path.delay(400);
    await Promise.all(ends.map((end) => end({ outcome: 'DONE' })));
    const kept = await pending();
    path.delay(0);
    await expect.poll(pending).toEqual([]);

    expect(kept.filter((name) => name.endsWith('.late'))).toHaveLength(3);
    expect((await audit.list()).map(({ outcome }) => outcome)).toEqual(['DONE', 'DONE', 'DONE']);
    expect(await audit.verify()).toMatchObject({ lines: 6, faults: [] });
  });
});

test('two processes that write at the same time both succeed, one lease is given out, and the record is complete', async () => {
  await using file = await makeVaultFile();
  await writeFromTwoProcesses(file.url);
});

test('two processes that write at the same time on PostgreSQL do so too', async () => {
  await writeFromTwoProcesses(await postgres.createDatabase());
});

async function writeFromTwoProcesses(url: string): Promise<void> {
  const options = { url, key: VAULT_KEY };
  await useVault(options, (vault) =>
    importConnection(vault, { name: 'finance', refreshToken: new Secret('rt'), refreshLifetimeMs: NINETY_DAYS_MS }),
  );
  const children = [1, 2].map(() => fork(new URL('./vault-writer.ts', import.meta.url), [url, VAULT_KEY.reveal()]));

  const results = await Promise.all(
    children.map(async (child) => {
      const [taken] = (await once(child, 'message')) as [number];
      if (child.exitCode === null) await once(child, 'exit');
      return taken;
    }),
  );

  expect(results.reduce((sum, taken) => sum + taken, 0)).toBe(1);
  const [list, verdict] = await useVault(options, ({ connections, audit }) =>
    Promise.all([connections.list(), audit.verify()]),
  );
  expect(list).toHaveLength(1 + 2 * 100);
  expect(verdict).toEqual({ faults: [], chains: 2, lines: 2 * 200 });
}

function query(path: string, sql: string): unknown {
  using database = new DatabaseSync(path);
  return database.prepare(sql).all()[0]?.['sealed'];
}

const keyIdOf = (sealed: unknown) => String(sealed).split('.')[1];
