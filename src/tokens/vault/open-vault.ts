import { GatewayError, Secret } from '../../errors/index.ts';
import { createConnectionStore } from './create-connection-store.ts';
import type { Database } from './database.ts';
import { makeKeyFile, readKeyFile } from './key-file.ts';
import { createKeyRing, type KeyRing } from './key-ring.ts';
import { MIGRATIONS } from './migrations.ts';
import { openSqliteDatabase } from './sqlite-database.ts';
import type { Vault } from './vault.ts';

export interface VaultOptions {
  /** `sqlite:<path>`, `sqlite::memory:` or `postgres://…`. */
  readonly url: string;
  /** 32 bytes in base64. */
  readonly key?: Secret | undefined;
  /** Still read, never written. */
  readonly previousKeys?: readonly Secret[];
  /** Without a key, this file holds one, and is made at the first start; left out, a missing key is refused. */
  readonly makeKey?: string | undefined;
  /** @default Date.now */
  readonly now?: () => number;
}

const KEY_CHECK = 'key-check';
const KEY_CHECK_PLACE = { table: 'meta', row: KEY_CHECK, field: 'value' };
const KEY_CHECK_TEXT = 'this vault opens';

/** Opens the store of connections. @throws GatewayError MISCONFIGURED, saying what to do, for a missing or wrong key. */
export async function openVault(options: VaultOptions): Promise<Vault> {
  const { now = Date.now } = options;
  const database = await openDatabase(options.url);
  try {
    await database.migrate(MIGRATIONS);
    const keys = await openKeys(database, options);
    return { connections: createConnectionStore({ database, keys, now }), close: () => database.close() };
  } catch (error) {
    await database.close();
    throw error;
  }
}

async function openDatabase(url: string): Promise<Database> {
  if (/^postgres(ql)?:/.test(url))
    throw misconfigured('vault.url: PostgreSQL is not supported yet. Use sqlite:<path>.');
  if (!url.startsWith('sqlite:') || url === 'sqlite:')
    throw misconfigured('vault.url must be sqlite:<path>, such as sqlite:.data/vault.db.');
  const path = url.slice('sqlite:'.length);
  try {
    return await openSqliteDatabase(path);
  } catch (error) {
    throw misconfigured(
      `The vault file ${path} cannot be opened. Check vault.url, and that the folder and file may be written.`,
      error,
    );
  }
}

/** A wrong key is found here and not at the first renewal, when it would cost a refresh token. */
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
  const opened = keys.open((await readKeyCheck(database)) ?? '', KEY_CHECK_PLACE);
  if (opened?.reveal() === KEY_CHECK_TEXT) return keys;
  throw misconfigured(
    'The vault was written with another key. Set vault.key (or the key file) to the key it was made with, or name that one under vault.previousKeys. Nothing was changed.',
  );
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
  // A new key would open nothing: better to say that the old one is gone than to lock the vault twice.
  if (isUsed)
    throw misconfigured(
      `The vault has data, but its key file ${makeKey} is gone. Put it back, or remove the vault and connect again.`,
    );
  return makeKeyFile(makeKey);
}

const misconfigured = (message: string, cause?: unknown) => new GatewayError('MISCONFIGURED', message, { cause });
