import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';
import { type Database, isMade, type Migration, type Row, type SqlValue, type Statement } from './database.ts';
import { createFileGuard } from './file-guard.ts';
import { MIGRATIONS_TABLE, missingMigrations, statementsFor } from './migrate.ts';

/** ms. SQLite's own waiting blocks the event loop, so it is this short, and the rest of the wait is outside SQLite. */
const BLOCKING_WAIT_MS = 5;
const MAX_WAIT_MS = 10_000;

/** `SQLITE_BUSY` and `SQLITE_LOCKED`; extended codes carry them in the low byte. */
const BUSY = new Set([5, 6]);

/** Opens or creates the file. Write-ahead log and full sync: a rotated refresh token must survive a power failure. */
export async function openSqliteDatabase(path: string): Promise<Database> {
  if (path !== ':memory:') await makeFile(path);
  const database = new DatabaseSync(path, { timeout: BLOCKING_WAIT_MS });
  try {
    await patiently(() =>
      database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON'),
    );
  } catch (error) {
    database.close();
    throw error;
  }

  const roots = () => {
    const rows = database.prepare('SELECT rootpage FROM sqlite_schema WHERE rootpage > 0').all();
    return rows.map(({ rootpage }) => Number(rootpage));
  };
  const guard = path === ':memory:' ? undefined : createFileGuard(path, roots);
  return {
    nowSql: "CAST(unixepoch('subsec') * 1000 AS INTEGER)",
    query: (sql, values = []) =>
      patiently(() => {
        guard?.assertWhole();
        return database.prepare(sql).all(toNamed(values)).map(toRow);
      }),
    together: (statements) =>
      patiently(() => {
        guard?.assertWhole();
        return changeTogether(database, statements);
      }),
    async migrate(migrations) {
      await patiently(() => migrate(database, migrations));
    },
    async close() {
      database.close();
      guard?.close();
    },
  };
}

/** Readable by its owner only; SQLite gives its side files the same mode. */
async function makeFile(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const file = await open(path, 'a', 0o600);
  await file.close();
}

/** Retries a short synchronous operation while another process holds the file. */
async function patiently<T>(work: () => T): Promise<T> {
  const giveUpAt = performance.now() + MAX_WAIT_MS;
  for (;;) {
    try {
      return work();
    } catch (error) {
      if (!isBusy(error) || performance.now() > giveUpAt) throw error;
      await pause(2 + Math.random() * 20);
    }
  }
}

/** One transaction for all migrations: a second process waits and then finds them applied. */
const migrate = (database: DatabaseSync, migrations: readonly Migration[]): boolean =>
  inTransaction(database, () => {
    database.exec(MIGRATIONS_TABLE);
    const applied = Number(database.prepare('SELECT max(version) AS version FROM migrations').get()?.['version'] ?? 0);
    const done = database.prepare('INSERT INTO migrations VALUES (?, ?)');
    for (const migration of missingMigrations(migrations, applied)) {
      for (const statement of statementsFor('sqlite', migration)) database.exec(statement);
      done.run(migration.version, Date.now());
    }
    return true;
  });

const changeTogether = (database: DatabaseSync, statements: readonly Statement[]): boolean =>
  inTransaction(database, () =>
    statements.every((each) => isMade(each, database.prepare(each.sql).all(toNamed(each.values)).length)),
  );

/** A write transaction from the start, so that nothing it reads is outdated when it writes. Commits if `work` returns true. */
function inTransaction(database: DatabaseSync, work: () => boolean): boolean {
  database.exec('BEGIN IMMEDIATE');
  try {
    const isKept = work();
    database.exec(isKept ? 'COMMIT' : 'ROLLBACK');
    return isKept;
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

const toNamed = (values: readonly SqlValue[]) =>
  Object.fromEntries(values.map((value, index) => [`$${index + 1}`, value]));

function toRow(row: Record<string, unknown>): Row {
  // Our tables hold text and whole numbers below 2^53 only.
  return row as Record<string, SqlValue>;
}

const isBusy = (error: unknown) =>
  error instanceof Error && 'errcode' in error && BUSY.has(Number(error.errcode) & 0xff);
