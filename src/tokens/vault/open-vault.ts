import { createHash, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { GatewayError, Secret } from '../../kit/errors/index.ts';
import { createAuditChain } from './audit/audit-chain.ts';
import { createAuditRegister } from './audit/audit-register.ts';
import { createAuditTrail, createEndWriter } from './audit/audit-trail.ts';
import type { Database } from './engine/database.ts';
import { MIGRATIONS } from './engine/migrations.ts';
import { foundTrouble } from './engine/trouble.ts';
import { makeKeyFile, readKeyFile } from './keys/key-file.ts';
import { createKeyRing, type KeyRing } from './keys/key-ring.ts';
import { rotateKey } from './keys/rotate-key.ts';
import { createClientStore } from './stores/client-store.ts';
import { createConnectLinkStore } from './stores/connect-link-store.ts';
import { createConsentDirectory, sealAdopted } from './stores/consent-directory.ts';
import { createConsentSeals } from './stores/consent-seal.ts';
import { createConnectionStore } from './stores/create-connection-store.ts';
import { createIdempotencyStore, createOutcomeWriter } from './stores/idempotency-store.ts';
import { createLateWrites } from './stores/late-writes.ts';
import { createPendingPairs } from './stores/pending-pairs.ts';
import { createReloadRequests } from './stores/reload-requests.ts';
import { createSealedRows } from './stores/sealed-rows.ts';
import { createSessionStore } from './stores/session-store.ts';
import { createSignInAttempts } from './stores/sign-in-attempts.ts';
import { sweepEnded } from './stores/sweep.ts';
import type { Vault } from './vault.ts';

export interface VaultOptions {
  /** `sqlite:<path>`, `sqlite::memory:` or `postgres://…`. */
  readonly url: string;
  /** 32 bytes in base64. */
  readonly key?: Secret | undefined;
  /** For reading only. */
  readonly previousKeys?: readonly Secret[];
  /** File for a key, created at the first start if `key` is left out. Without both, opening fails. */
  readonly makeKey?: string | undefined;
  /**
   * Folder for pairs that could not be stored in the database, with a subfolder for each vault. Best on a disk that
   * survives a restart and is not the database's. Relative to the working directory, like SQLite's path.
   * @default beside the SQLite file; `.data/pending` with PostgreSQL
   */
  readonly pendingFolder?: string;
  /** Days for which lines of the record are kept. @default 400 */
  readonly auditDays?: number;
  /** Lifetimes of sessions; the defaults are in {@link createSessionStore}. */
  readonly sessions?: { readonly idleMs?: number; readonly absoluteMs?: number };
  /** For writes that the database did not accept. */
  readonly log?: Logger;
  /** @default Date.now */
  readonly now?: () => number;
  /** The clock for leases: the database's, which all processes share, or `now`. @default 'database', unless `now` is given */
  readonly leaseClock?: 'database' | 'now';
}

const DAY_MS = 24 * 3600_000;
const KEY_CHECK = 'key-check';
const KEY_CHECK_PLACE = { table: 'meta', row: KEY_CHECK, field: 'value' };
const KEY_CHECK_TEXT = 'this vault opens, and its consents are sealed';
/** Of a vault that an older gateway created, until its consents are sealed. */
const FORMER_KEY_CHECK_TEXT = 'this vault opens';

/** Opens the vault. @throws GatewayError MISCONFIGURED for a missing or wrong key; the message says what to do. */
export async function openVault(options: VaultOptions): Promise<Vault> {
  const database = await openDatabase(options.url);
  try {
    await database.migrate(MIGRATIONS);
    const keys = await openKeys(database, options);
    return await toVault(database, keys, options);
  } catch (error) {
    await database.close();
    throw error;
  }
}

async function toVault(database: Database, keys: KeyRing, options: VaultOptions): Promise<Vault> {
  const { now = Date.now, sessions, auditDays = 400 } = options;
  const seals = createConsentSeals(keys);
  const { leaseClock: wanted = options.now ? 'now' : 'database' } = options;
  const parts = { database, keys, now };
  const leaseClock = () => (wanted === 'now' ? `CAST(${Math.round(now())} AS BIGINT)` : database.nowSql);
  const connections = createConnectionStore({ ...parts, seals, leaseClock });
  const id = createHash('sha256')
    .update(await readVaultId(database))
    .digest('hex')
    .slice(0, 8);
  const folder = pendingFolderOf(options, id);
  const pending = createPendingPairs({ folder, seals: keys, connections });
  await pending.replay();
  const register = createAuditRegister(database, keys);
  const chain = createAuditChain(database, register, now);
  const writers = { outcome: createOutcomeWriter(parts), end: createEndWriter({ database, chain }) };
  const late = createLateWrites({ folder, seals: keys, writers, log: options.log });
  await late.replay();
  const audit = createAuditTrail({ database, late, chain, register, now });
  return {
    id,
    connections,
    directory: createConsentDirectory(database, seals),
    clients: createClientStore(parts),
    links: createConnectLinkStore(parts),
    adoptedConsent: await readAdopted(database),
    signIns: createSignInAttempts({ ...parts, vaultId: id }),
    sessions: createSessionStore({ ...parts, ...sessions }),
    idempotency: createIdempotencyStore({ ...parts, late }),
    rowsOf: (source) => createSealedRows(parts, source),
    audit,
    reloads: createReloadRequests(database),
    pending,
    rotateKey: () => rotateKey(database, keys),
    async sweep() {
      const cutoff = now() - auditDays * DAY_MS;
      await sweepEnded(database, now(), cutoff);
      await audit.sweep(cutoff);
    },
    async close() {
      await late.close();
      await database.close();
    },
  };
}

/**
 * Beside the database, or in the working directory: the next process must find it. Two vaults may have connections with
 * equal names and even the same key, and the wrong vault would consider the other's pair outdated and delete it.
 */
function pendingFolderOf({ url, pendingFolder }: VaultOptions, id: string): string | undefined {
  if (pendingFolder !== undefined) return join(pendingFolder, id);
  if (!url.startsWith('sqlite:')) return join('.data', 'pending', id);
  return url === 'sqlite::memory:' ? undefined : `${url.slice('sqlite:'.length)}.pending`;
}

/** Created once; the first of several processes wins. */
async function readVaultId(database: Database): Promise<string> {
  await database.query('INSERT INTO vault_ids (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING', [
    'vault',
    randomUUID(),
  ]);
  const [row] = await database.query("SELECT value FROM vault_ids WHERE name = 'vault'");
  return String(row?.['value']);
}

/** Engines are loaded when used: a gateway on SQLite needs no PostgreSQL driver. */
async function openDatabase(url: string): Promise<Database> {
  if (/^postgres(ql)?:/.test(url)) return openPostgres(url);
  if (!url.startsWith('sqlite:') || url === 'sqlite:')
    throw misconfigured('vault.url must be sqlite:<path>, such as sqlite:.data/vault.db, or postgres://….');
  const path = url.slice('sqlite:'.length);
  try {
    const { openSqliteDatabase } = await import('./engine/sqlite-database.ts');
    return await openSqliteDatabase(path);
  } catch (error) {
    const why = foundTrouble(error);
    throw misconfigured(
      why === undefined
        ? `The vault file ${path} cannot be opened. Check vault.url, and that the folder and file may be written.`
        : `The vault file ${path} cannot be used: ${why}.`,
      error,
    );
  }
}

async function openPostgres(url: string): Promise<Database> {
  const { openPostgresDatabase } = await import('./engine/postgres-database.ts');
  try {
    return await openPostgresDatabase(url);
  } catch (error) {
    // The driver's message contains no password, but it may contain the address.
    const code = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
    const why = foundTrouble(error);
    throw misconfigured(
      `The vault's database cannot be used${code}${why === undefined ? '' : `: ${why}`}. Check vault.url, that the server runs, and that its user may make tables.`,
    );
  }
}

/** Finds a wrong key now, and not at the first renewal, where it would cost a refresh token. */
async function openKeys(database: Database, options: VaultOptions): Promise<KeyRing> {
  const check = await readKeyCheck(database);
  const keys = createKeyRing(await findKey(options, check !== undefined), options.previousKeys);
  if (check === undefined) {
    const sealed = keys.seal(new Secret(KEY_CHECK_TEXT), KEY_CHECK_PLACE);
    await database.query('INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING', [
      KEY_CHECK,
      sealed,
    ]);
  }
  // Read again: another process may have been first, with another key.
  const stored = (await readKeyCheck(database)) ?? '';
  const opened = keys.open(stored, KEY_CHECK_PLACE)?.reveal();
  if (opened === FORMER_KEY_CHECK_TEXT) await adopt(database, keys, stored);
  if (opened === KEY_CHECK_TEXT || opened === FORMER_KEY_CHECK_TEXT) return keys;
  throw misconfigured(
    'The vault was written with another key. Set vault.key (or the key file) to the key it was made with, or name that one under vault.previousKeys. Nothing was changed.',
  );
}

/** Once in a vault's life: after that, a row without a seal was written by hand. */
async function adopt(database: Database, keys: KeyRing, keyCheck: string): Promise<void> {
  await sealAdopted(database, createConsentSeals(keys));
  await database.query('UPDATE meta SET value = $3 WHERE name = $1 AND value = $2', [
    KEY_CHECK,
    keyCheck,
    keys.seal(new Secret(KEY_CHECK_TEXT), KEY_CHECK_PLACE),
  ]);
}

async function readAdopted(database: Database): Promise<number> {
  const [row] = await database.query('SELECT adopted_consent FROM directory_revision WHERE id = 1');
  return Number(row?.['adopted_consent'] ?? 0);
}

async function readKeyCheck(database: Database): Promise<string | undefined> {
  const [row] = await database.query('SELECT value FROM meta WHERE name = $1', [KEY_CHECK]);
  return row && String(row['value']);
}

async function findKey({ key, makeKey }: VaultOptions, isUsed: boolean): Promise<Secret> {
  if (key) return key;
  if (makeKey === undefined) {
    throw misconfigured(
      'vault.key is missing, and tokens are never stored without one. Make one with: openssl rand -base64 32',
    );
  }
  const found = await readKeyFile(makeKey);
  if (found) return found;
  // A new key would open nothing: it is better to report that the old one is missing than to use a second key.
  if (isUsed)
    throw misconfigured(
      `The vault has data, but its key file ${makeKey} is gone. Put it back, or remove the vault and connect again.`,
    );
  return makeKeyFile(makeKey);
}

const misconfigured = (message: string, cause?: unknown) => new GatewayError('MISCONFIGURED', message, { cause });
