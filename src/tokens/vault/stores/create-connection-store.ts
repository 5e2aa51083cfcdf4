import { type ErrorCode, type Secret, STATUS_BY_CODE } from '../../../kit/errors/index.ts';
import type { Database, Row, SqlValue } from '../engine/database.ts';
import type { KeyRing } from '../keys/key-ring.ts';
import type {
  ConnectionState,
  ConnectionStore,
  ConnectionSummary,
  StoredConnection,
  TokenPair,
} from './connection-store.ts';

export interface ConnectionStoreOptions {
  readonly database: Database;
  readonly keys: KeyRing;
  /** The machine's clock: ends of tokens, and the numbers of new rows. */
  readonly now: () => number;
  /** SQL of the clock that leases are measured by: the database's own, so that machines need not agree on the time. */
  readonly leaseClock: () => string;
}

type SealedField = 'access_token' | 'refresh_token';

/** Connections as rows, in the SQL that SQLite and PostgreSQL share. */
export function createConnectionStore({ database, keys, now, leaseClock }: ConnectionStoreOptions): ConnectionStore {
  const place = (name: string, field: SealedField) => ({ table: 'connections', row: name, field });

  /** Both tokens are sealed anew on every write, so that none stays under an old key. */
  const sealPair = (name: string, { accessToken, refreshToken, scope }: TokenPair): readonly SqlValue[] => [
    accessToken ? keys.seal(accessToken.value, place(name, 'access_token')) : null,
    keys.seal(refreshToken, place(name, 'refresh_token')),
    scope ?? null,
    accessToken?.issuedAt ?? null,
    accessToken?.expiresAt ?? null,
  ];

  const toStored = (row: Row): StoredConnection => {
    const name = String(row['name']);
    const unreadable: string[] = [];
    const open = (field: SealedField): Secret | undefined => {
      const sealed = row[field];
      if (typeof sealed !== 'string') return undefined;
      const plain = keys.open(sealed, place(name, field));
      if (!plain) unreadable.push(field);
      return plain;
    };
    const refreshToken = open('refresh_token');
    const value = open('access_token');
    const issuedAt = toNumber(row['issued_at']);
    const expiresAt = toNumber(row['expires_at']);
    const usable = value && issuedAt !== undefined && expiresAt !== undefined && refreshToken;
    return {
      ...toSummary(row, unreadable.length > 0),
      accessToken: usable ? { value, issuedAt, expiresAt } : undefined,
      refreshToken,
      generation: Number(row['generation']),
      abandonedBy: isAbandoned(row) ? toText(row['lease_owner']) : undefined,
      unreadable,
    };
  };

  const toSummary = (row: Row, unreadable: boolean): ConnectionSummary => {
    const errorCode = toErrorCode(row['error_code']);
    return {
      name: String(row['name']),
      subject: toText(row['subject']),
      scope: toText(row['scope']),
      state: unreadable ? 'needs_consent' : toState(row),
      consentedAt: Number(row['consented_at']),
      refreshExpiresAt: Number(row['refresh_expires_at']),
      issuedAt: toNumber(row['issued_at']),
      expiresAt: toNumber(row['expires_at']),
      lastError: errorCode && { code: errorCode, at: Number(row['error_at']) },
    };
  };

  const changed = async (sql: string, values: readonly SqlValue[]) => (await database.query(sql, values)).length > 0;

  return {
    async read(name) {
      const [row] = await database.query(`${SELECT(leaseClock())} WHERE name = $1`, [name]);
      return row && toStored(row);
    },

    async list() {
      const rows = await database.query(`${SELECT(leaseClock())} ORDER BY name`);
      return rows.map((row) => toSummary(row, toStored(row).unreadable.length > 0));
    },

    async save({ name, subject, consentedAt, refreshExpiresAt, ...pair }) {
      // A new row begins at the present time, not at 1: a renewal that slept while its connection was
      // removed and made again must never find its old generation.
      return changed(SAVE, [name, ...sealPair(name, pair), subject ?? null, consentedAt, refreshExpiresAt, now()]);
    },

    takeLease: ({ name, generation, owner, forMs }) =>
      changed(TAKE_LEASE(leaseClock()), [name, generation, owner, forMs]),

    extendLease: ({ name, generation, owner, forMs }) =>
      changed(EXTEND_LEASE(leaseClock()), [name, generation, owner, forMs]),

    storePair: ({ name, generation }, pair) => changed(STORE_PAIR, [name, ...sealPair(name, pair), generation]),

    release: ({ name, generation, owner }, { state, error }) =>
      changed(RELEASE, [name, generation, owner, state, error.code, error.at]),

    markWarned: (name, refreshExpiresAt) => changed(MARK_WARNED, [name, refreshExpiresAt]),

    remove: (name) => changed('DELETE FROM connections WHERE name = $1 RETURNING name', [name]),
  };
}

const SAVE = `
  INSERT INTO connections
    (name, access_token, refresh_token, scope, issued_at, expires_at, subject, consented_at, refresh_expires_at, generation, state)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'connected')
  ON CONFLICT (name) DO UPDATE SET
    access_token = excluded.access_token, refresh_token = excluded.refresh_token, scope = excluded.scope,
    issued_at = excluded.issued_at, expires_at = excluded.expires_at, subject = excluded.subject,
    consented_at = excluded.consented_at, refresh_expires_at = excluded.refresh_expires_at,
    generation = connections.generation + 1, state = 'connected',
    lease_owner = NULL, lease_until = NULL, error_code = NULL, error_at = NULL
  WHERE connections.subject IS NULL OR excluded.subject IS NULL OR connections.subject = excluded.subject
  RETURNING name`;

const SELECT = (clock: string) => `SELECT *, ${clock} AS read_at FROM connections`;

const TAKE_LEASE = (clock: string) => `
  UPDATE connections SET lease_owner = $3, lease_until = ${clock} + CAST($4 AS BIGINT)
  WHERE name = $1 AND generation = $2 AND (lease_until IS NULL OR lease_until <= ${clock})
  RETURNING name`;

const EXTEND_LEASE = (clock: string) => `
  UPDATE connections SET lease_until = ${clock} + CAST($4 AS BIGINT)
  WHERE name = $1 AND generation = $2 AND lease_owner = $3
  RETURNING name`;

const MARK_WARNED = `
  UPDATE connections SET warned_for = $2
  WHERE name = $1 AND refresh_expires_at = $2 AND (warned_for IS NULL OR warned_for <> $2)
  RETURNING name`;

// Compares the generation and not the owner: a pair that Sage gave is the newest there is,
// even if its holder was too slow to keep the lease.
const STORE_PAIR = `
  UPDATE connections SET
    access_token = $2, refresh_token = $3, scope = $4, issued_at = $5, expires_at = $6,
    generation = generation + 1, state = 'connected',
    lease_owner = NULL, lease_until = NULL, error_code = NULL, error_at = NULL
  WHERE name = $1 AND generation = $7
  RETURNING name`;

const RELEASE = `
  UPDATE connections SET lease_owner = NULL, lease_until = NULL, state = $4, error_code = $5, error_at = $6
  WHERE name = $1 AND generation = $2 AND lease_owner = $3
  RETURNING name`;

const STORED_STATES = ['connected', 'needs_consent', 'misconfigured', 'unavailable'] as const;

function toState(row: Row): ConnectionState {
  const stored = STORED_STATES.find((state) => state === row['state']) ?? 'unavailable';
  const leaseUntil = toNumber(row['lease_until']);
  return stored !== 'needs_consent' && leaseUntil !== undefined && leaseUntil > Number(row['read_at'])
    ? 'renewing'
    : stored;
}

/** A lease that ran out instead of being ended: its holder was killed, or cannot reach the database. */
function isAbandoned(row: Row): boolean {
  const leaseUntil = toNumber(row['lease_until']);
  return leaseUntil !== undefined && leaseUntil <= Number(row['read_at']);
}

const toErrorCode = (value: SqlValue | undefined): ErrorCode | undefined =>
  typeof value === 'string' && Object.hasOwn(STATUS_BY_CODE, value) ? (value as ErrorCode) : undefined;

const toText = (value: SqlValue | undefined) => (typeof value === 'string' ? value : undefined);

const toNumber = (value: SqlValue | undefined) => (value === null || value === undefined ? undefined : Number(value));
