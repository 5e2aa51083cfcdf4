import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { type Database, isMade, type Migration, type Row, type SqlValue, type Statement } from './database.ts';
import { MIGRATIONS_TABLE, missingMigrations, statementsFor } from './migrate.ts';

export interface PostgresOptions {
  /** Connections of this process. @default 8 */
  readonly connections?: number;
  /** ms to get a connection, including the wait for a free one. @default 5_000 */
  readonly connectTimeoutMs?: number;
}

/** Any number; the same for every gateway on this database. */
const MIGRATION_LOCK = 7_216_883_401;
const INT8 = 20;
/** ms for one statement, on the server and here. */
const STATEMENT_TIMEOUT_MS = 10_000;

/**
 * A pool over `postgres://…`. Every statement is its own transaction, so nothing is locked during a wait for Sage, and no
 * connection returns to the pool with session locks.
 */
export async function openPostgresDatabase(url: string, options: PostgresOptions = {}): Promise<Database> {
  const { connections = 8, connectTimeoutMs = 5_000 } = options;
  const pool = new pg.Pool({
    connectionString: url,
    max: connections,
    connectionTimeoutMillis: connectTimeoutMs,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    // The server's own limit does not help if the server is gone.
    query_timeout: STATEMENT_TIMEOUT_MS + 1_000,
    idle_in_transaction_session_timeout: 30_000,
    keepAlive: true,
    application_name: 'sage-gateway',
    types: { getTypeParser: (oid, format) => (oid === INT8 ? Number : pg.types.getTypeParser(oid, format)) },
  });
  // An idle connection that breaks (a restart, a failover) leaves the pool. Without a listener, the error would end the process.
  pool.on('error', () => {});

  const query = async (sql: string, values: readonly SqlValue[] = []): Promise<readonly Row[]> => {
    const { rows } = await pool.query<Row>(sql, [...values]);
    return rows;
  };

  try {
    await query('SELECT 1');
  } catch (error) {
    await pool.end();
    throw error;
  }

  return {
    nowSql: 'CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)',
    async query(sql, values) {
      try {
        return await query(sql, values);
      } catch (error) {
        // After a failover the first statement finds a dead connection. Reads are simply repeated. A change may have been
        // made, so its caller decides.
        if (!/^\s*SELECT\b/i.test(sql) || !isConnectionLoss(error)) throw error;
        await pause(50);
        return query(sql, values);
      }
    },
    together: (statements) => changeTogether(pool, statements),
    migrate: (migrations) => migrate(pool, migrations),
    close: () => pool.end(),
  };
}

/** Its lock ends with the transaction, so a pooler in front of the server is safe. */
async function migrate(pool: pg.Pool, migrations: readonly Migration[]): Promise<void> {
  await inTransaction(pool, async (client) => {
    await client.query('SELECT pg_advisory_xact_lock($1)', [MIGRATION_LOCK]);
    await client.query(MIGRATIONS_TABLE);
    const { rows } = await client.query<{ version: number | null }>('SELECT max(version) AS version FROM migrations');
    for (const migration of missingMigrations(migrations, rows[0]?.version ?? 0)) {
      for (const statement of statementsFor('postgres', migration)) await client.query(statement);
      await client.query('INSERT INTO migrations VALUES ($1, $2)', [migration.version, Date.now()]);
    }
    return true;
  });
}

const changeTogether = (pool: pg.Pool, statements: readonly Statement[]): Promise<boolean> =>
  inTransaction(pool, async (client) => {
    for (const each of statements) {
      const { rows } = await client.query(each.sql, [...each.values]);
      if (!isMade(each, rows.length)) return false;
    }
    return true;
  });

/** Commits if `work` returns true. */
async function inTransaction(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<boolean>): Promise<boolean> {
  const client = await pool.connect();
  let broken: Error | undefined;
  // The pool listens only to idle connections. Without this listener, a connection that breaks in a transaction would end the process.
  const onError = (error: Error) => {
    broken = error;
  };
  client.on('error', onError);
  try {
    await client.query('BEGIN');
    const isKept = await work(client);
    await client.query(isKept ? 'COMMIT' : 'ROLLBACK');
    return isKept;
  } catch (error) {
    await client.query('ROLLBACK').catch(onError);
    throw error;
  } finally {
    client.release(broken);
    // A broken connection is not used again, and may emit another error.
    if (!broken) client.off('error', onError);
  }
}

/** Class 08 and 57P01 to 57P03 of PostgreSQL's error codes, network errors, and the driver's messages for a lost connection. */
function isConnectionLoss(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error ? String(error.code) : '';
  return /^(08...|57P0[123]|ECONN.*|EPIPE)$/.test(code) || /^Connection terminated/.test(error.message);
}
