import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';
import type { Database, Migration, Row, SqlValue } from './database.ts';
import { MIGRATIONS_TABLE, missingMigrations } from './migrate.ts';

/** SQLite's own waiting blocks the event loop, so it is kept this short, ms, and the rest is waited for outside. */
const BLOCKING_WAIT_MS = 5;
const MAX_WAIT_MS = 10_000;

/** `SQLITE_BUSY` and `SQLITE_LOCKED`; extended codes carry them in the low byte. */
const BUSY = new Set([5, 6]);

/** Opens or makes the file. Write-ahead log and full sync: a rotated refresh token must survive a power cut. */
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

  return {
    nowSql: "CAST(unixepoch('subsec') * 1000 AS INTEGER)",
    query: (sql, values = []) => patiently(() => database.prepare(sql).all(toNamed(values)).map(toRow)),
    migrate: (migrations) => patiently(() => migrate(database, migrations)),
    async close() {
      database.close();
    },
  };
}

/** Readable by its owner only; SQLite gives its side files the same mode. */
async function makeFile(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const file = await open(path, 'a', 0o600);
  await file.close();
}

/** Runs a short synchronous piece of work again while another process holds the file. */
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

/** One transaction for all of it, taken for writing at once, so that a second starter waits and then finds it done. */
function migrate(database: DatabaseSync, migrations: readonly Migration[]): void {
  database.exec('BEGIN IMMEDIATE');
  try {
    database.exec(MIGRATIONS_TABLE);
    const applied = Number(database.prepare('SELECT max(version) AS version FROM migrations').get()?.['version'] ?? 0);
    const done = database.prepare('INSERT INTO migrations VALUES (?, ?)');
    for (const { version, statements } of missingMigrations(migrations, applied)) {
      for (const statement of statements) database.exec(statement);
      done.run(version, Date.now());
    }
    database.exec('COMMIT');
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
