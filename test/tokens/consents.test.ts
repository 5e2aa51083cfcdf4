import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Secret } from '../../src/kit/errors/index.ts';
import {
  type Consent,
  consentKey,
  createConnections,
  createConsentWatch,
  isConnectionName,
  openVault,
  type Vault,
} from '../../src/tokens/index.ts';
import { MIGRATIONS } from '../../src/tokens/vault/engine/migrations.ts';
import { openPostgresDatabase } from '../../src/tokens/vault/engine/postgres-database.ts';
import { openSqliteDatabase } from '../../src/tokens/vault/engine/sqlite-database.ts';
import { createKeyRing } from '../../src/tokens/vault/keys/key-ring.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import { consentIn, createLogBook, makeFolder, NINETY_DAYS_MS, VAULT_KEY } from './world.ts';

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres[Symbol.asyncDispose]());

const HOUR_MS = 3600_000;

const consentOf = (subject: string | undefined, name = 'finance', token = String(subject)): Consent => ({
  name,
  subject,
  scope: undefined,
  accessToken: { value: new Secret(`at-${token}`), issuedAt: Date.now(), expiresAt: Date.now() + HOUR_MS },
  refreshToken: new Secret(`rt-${token}`),
  consentedAt: Date.now(),
  refreshExpiresAt: Date.now() + NINETY_DAYS_MS,
});

const ENGINES: readonly [string, () => Promise<StoreUnderTest>][] = [
  ['SQLite', startSqlite],
  ['PostgreSQL', startPostgresStore],
];

interface StoreUnderTest extends AsyncDisposable {
  readonly url: string;
  /** As a hand would, past the gateway. */
  sql(text: string): Promise<void>;
}

async function startSqlite(): Promise<StoreUnderTest> {
  const folder = await makeFolder();
  const path = join(folder.path, 'vault.db');
  return {
    url: `sqlite:${path}`,
    async sql(text) {
      using database = new DatabaseSync(path);
      database.exec(text);
    },
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

async function startPostgresStore(): Promise<StoreUnderTest> {
  const url = await postgres.createDatabase();
  return {
    url,
    async sql(text) {
      const client = new pg.Client({ connectionString: url });
      await client.connect();
      await client.query(text);
      await client.end();
    },
    [Symbol.asyncDispose]: async () => {},
  };
}

/** A process: a vault, what it knows of consents, and its identities. */
async function startProcess(url: string, everyMs = 20) {
  const { log, lines } = createLogBook();
  const stored = await openVault({ url, key: VAULT_KEY });
  const watch = createConsentWatch({ directory: stored.directory, log, everyMs });
  await watch.refresh();
  const vault: Vault = { ...stored, connections: watch.watching(stored.connections) };
  const client = { refresh: () => Promise.reject(new Error('Nobody is asked here.')), revoke: async () => {} };
  const connections = createConnections({ vault, watch, client: client as never, log });
  const tokenOf = async () => (await (await connections.identityOf('finance'))?.tokens.get())?.value.reveal();
  return {
    vault,
    lines,
    connections,
    tokenOf,
    /** The token, or the code of the failure. */
    said: () => tokenOf().catch((error: { code?: string }) => error.code),
    async [Symbol.asyncDispose]() {
      watch.close();
      await connections.close();
      await stored.close();
    },
  };
}

describe.each(ENGINES)('consents on %s', (_, start) => {
  test('have a number that only the same person keeps, and that is never reused', async () => {
    await using store = await start();
    await using one = await startProcess(store.url);
    await using two = await startProcess(store.url);
    const { connections } = one.vault;
    const numbers: (number | undefined)[] = [];
    const save = async (subject: string | undefined, at = connections) =>
      numbers.push((await at.save(consentOf(subject)))?.number);

    await save('alice');
    await save('alice', two.vault.connections);
    await save('bob');
    await save(undefined);
    await save(undefined);
    await save('bob');
    await connections.remove('finance');
    await save('bob');

    const [first, again, other, ...rest] = numbers;
    expect(again).toBe(first);
    expect(other).toBeUndefined();
    expect(new Set(rest).size).toBe(rest.length);
    expect(Math.min(...rest.map(Number))).toBeGreaterThan(Number(first));
  });

  test('are not overwritten by a renewal of another one, even if generations coincide', async () => {
    await using store = await start();
    await using one = await startProcess(store.url);
    const { connections } = one.vault;
    await connections.save(consentOf('alice'));
    const alice = await consentIn(one.vault);
    const { generation = 0 } = (await connections.read('finance')) ?? {};
    const claim = { consent: alice, generation, owner: 'slow', forMs: 60_000 };
    await connections.takeLease(claim);
    await connections.remove('finance');
    await connections.save(consentOf('bob'));
    await store.sql(
      `UPDATE connections SET generation = ${generation}, lease_owner = 'slow', lease_until = 9999999999999`,
    );
    const pair = { accessToken: undefined, refreshToken: new Secret('rt-of-alice'), scope: undefined };
    await one.vault.pending.keep(claim, pair);

    expect(await connections.storePair(claim, pair)).toBe(false);
    expect(await connections.extendLease(claim)).toBe(false);
    expect(await connections.release(claim, { state: 'needs_consent', error: { code: 'NEEDS_CONSENT', at: 1 } })).toBe(
      false,
    );
    expect(await one.vault.pending.replay()).toBe(0);
    expect((await connections.read('finance'))?.refreshToken?.reveal()).toBe('rt-bob');
  });

  test('end and begin in every process, no matter what changed them, even an old process or a hand', async () => {
    await using store = await start();
    await using one = await startProcess(store.url);
    await using two = await startProcess(store.url);
    await one.vault.connections.save(consentOf('alice'));
    await expect.poll(two.said).toBe('at-alice');
    const identity = await two.connections.identityOf('finance');

    await one.vault.connections.remove('finance');
    expect(await one.said()).toBe('NEEDS_CONSENT');
    await expect.poll(() => identity?.ended.aborted).toBe(true);
    await one.vault.connections.save(consentOf('bob'));
    await expect.poll(two.said).toBe('at-bob');
    const bobs = await two.connections.identityOf('finance');
    await store.sql('DELETE FROM connections');

    await expect.poll(() => bobs?.ended.aborted).toBe(true);
    await expect.poll(one.said).toBe('NEEDS_CONSENT');
    await expect(identity?.tokens.get()).rejects.toMatchObject({ code: 'NEEDS_CONSENT' });
  });

  test('cannot be given to another person by hand', async () => {
    await using store = await start();
    const edits = [
      "UPDATE connections SET subject = 'mallory'",
      'UPDATE connections SET subject = NULL',
      'UPDATE connections SET consent = consent + 1',
      'UPDATE connections SET seal = NULL',
      "UPDATE connections SET seal = (SELECT seal FROM connections WHERE name = 'sales') WHERE name = 'finance'",
      "UPDATE connections SET seal = 'v1.nothing'",
      "UPDATE connections SET refresh_token = (SELECT refresh_token FROM connections WHERE name = 'sales') WHERE name = 'finance'",
    ];
    for (const edit of edits) {
      await using process = await startProcess(store.url);
      await process.vault.connections.remove('finance');
      await process.vault.connections.save(consentOf('alice'));
      await process.vault.connections.remove('sales');
      await process.vault.connections.save(consentOf('bob', 'sales'));
      expect(await process.said()).toBe('at-alice');

      await store.sql(edit);

      if (!edit.includes('refresh_token')) await expect.poll(process.said, { message: edit }).toBe('NEEDS_CONSENT');
      await using next = await startProcess(store.url);
      expect(await next.said(), edit).toBe('NEEDS_CONSENT');
      expect((await next.vault.connections.read('finance'))?.state, edit).toBe('needs_consent');
      if (!edit.includes('refresh_token'))
        expect(process.lines.join(''), edit).toContain('was changed outside of this gateway');
    }
  });

  test('that need their person cannot be restored by hand', async () => {
    await using store = await start();
    await using process = await startProcess(store.url);
    const { connections } = process.vault;
    await connections.save(consentOf('alice'));
    const { generation = 0 } = (await connections.read('finance')) ?? {};
    const claim = { consent: await consentIn(process.vault), generation, owner: 'me', forMs: 60_000 };
    await connections.takeLease(claim);
    await connections.release(claim, { state: 'needs_consent', error: { code: 'NEEDS_CONSENT', at: 1 } });

    await store.sql("UPDATE connections SET state = 'connected'");

    expect((await connections.read('finance'))?.state).toBe('needs_consent');
  });

  test('end with their sessions; a session that was changed by hand is invalid', async () => {
    await using store = await start();
    await using process = await startProcess(store.url);
    const { connections, sessions } = process.vault;
    const begin = async () => {
      const consent = (await connections.save(consentOf('alice')))?.number ?? 0;
      const person = { subject: 'alice', connection: 'finance', consent, email: undefined, name: undefined };
      return (await sessions.start(person)).token;
    };
    for (const edit of [
      "UPDATE sessions SET subject = 'bob'",
      "UPDATE sessions SET connection = 'sales'",
      'UPDATE sessions SET ends_at = ends_at + 1',
    ]) {
      const token = await begin();
      expect(await sessions.find(token)).toMatchObject({ subject: 'alice' });
      await store.sql(edit);
      expect(await sessions.find(token), edit).toBeUndefined();
    }
    const removed = await begin();
    await connections.remove('finance');
    expect(await sessions.find(removed)).toBeUndefined();
    const replaced = await begin();
    await connections.save(consentOf(undefined));
    expect(await sessions.find(replaced)).toBeUndefined();
  });

  test('of an older vault are numbered and sealed once, when it is opened, and old writers continue beside it', async () => {
    await using store = await start();
    const keys = createKeyRing(VAULT_KEY);
    const seal = (field: string, text: string) =>
      keys.seal(new Secret(text), { table: 'connections', row: 'finance', field });
    const openDatabase = store.url.startsWith('sqlite:') ? openSqliteDatabase : openPostgresDatabase;
    const old = await openDatabase(store.url.replace('sqlite:', ''));
    await old.migrate(MIGRATIONS.slice(0, 2));
    const check = keys.seal(new Secret('this vault opens'), { table: 'meta', row: 'key-check', field: 'value' });
    await old.query("INSERT INTO meta VALUES ('key-check', $1)", [check]);
    // As the version before wrote them: it names its columns here, and not for sessions.
    const insert = (name: string) =>
      old.query(
        `INSERT INTO connections (name, access_token, refresh_token, issued_at, expires_at, subject, consented_at, refresh_expires_at, generation, state)
         VALUES ($1, $2, $3, 1, $4, 'alice', 1, $4, 7, 'connected')`,
        [name, seal('access_token', 'at-old'), seal('refresh_token', 'rt-old'), Date.now() + HOUR_MS],
      );
    await insert('finance');

    await using process = await startProcess(store.url);

    expect(await process.said()).toBe('at-old');
    expect(await process.vault.connections.read('finance')).toMatchObject({ subject: 'alice', consent: 1 });
    expect((await process.connections.identityOf('finance'))?.formerly).toBe('finance');
    // The old process beside it renews the tokens, and that goes on here.
    await old.query(
      `UPDATE connections SET access_token = $1, refresh_token = $2, generation = generation + 1, state = 'connected' WHERE name = 'finance' AND generation = 7`,
      [seal('access_token', 'at-newer'), seal('refresh_token', 'rt-newer')],
    );
    expect((await process.vault.connections.read('finance'))?.refreshToken?.reveal()).toBe('rt-newer');
    await old.query("INSERT INTO sessions VALUES ('id', 'alice', 'finance', 'sealed', 1, 1, 1)");
    // What it makes itself is nobody's here, until its person has signed in to a new one.
    await insert('late');
    expect(await process.vault.connections.read('late')).toMatchObject({ state: 'needs_consent', consent: undefined });
    await store.sql("UPDATE connections SET seal = NULL WHERE name = 'finance'");
    await old.close();
    await using next = await startProcess(store.url);
    expect(await next.said()).toBe('NEEDS_CONSENT');
    expect((await next.vault.connections.save(consentOf('alice')))?.number).toBeGreaterThan(1);
    expect(await next.said()).toBe('at-alice');
  });
});

test('a write that began with the previous version is the same write when it is repeated', async () => {
  await using store = await startSqlite();
  const vault = await openVault({ url: store.url, key: VAULT_KEY });
  const scope = { caller: 'key:shop', company: '1/2', mutation: 'createCustomer' };
  const begun = await vault.idempotency.begin({ ...scope, consent: 'finance' }, 'k', 'digest');
  if (typeof begun === 'object' && 'first' in begun) await begun.first.finish('"done"');

  const adopted = { ...scope, consent: 'consent:finance#1', formerly: 'finance' };
  expect(await vault.idempotency.begin(adopted, 'k', 'digest')).toEqual({ outcome: '"done"' });
  expect(await vault.idempotency.begin({ ...adopted, formerly: undefined }, 'k', 'digest')).toHaveProperty('first');
  await vault.close();
});

test('no two consents have the same key, and no key is only a name', () => {
  const names = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,10}$/);
  const consents = fc.record({ name: names, number: fc.nat() });
  fc.assert(
    fc.property(consents, consents, (one, other) => {
      expect(consentKey(one) === consentKey(other)).toBe(one.name === other.name && one.number === other.number);
      expect(isConnectionName(consentKey(one))).toBe(false);
      expect(consentKey(one)).not.toBe(`connection:${one.name}`);
    }),
  );
});
