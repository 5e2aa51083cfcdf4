import { type ErrorCode, type Secret, STATUS_BY_CODE } from '../../../kit/errors/index.ts';
import type { Database, Row, SqlValue, Statement } from '../engine/database.ts';
import type { KeyRing } from '../keys/key-ring.ts';
import { isLinkGood, type LinkUse, useLink } from './connect-link-store.ts';
import type {
  ConnectionState,
  ConnectionStore,
  ConnectionSummary,
  Consent,
  SaveConditions,
  StoredConnection,
  TokenPair,
} from './connection-store.ts';
import type { ConsentRef } from './consent-ref.ts';
import type { ConsentSeals, ReadConsent } from './consent-seal.ts';

export interface ConnectionStoreOptions {
  readonly database: Database;
  readonly keys: KeyRing;
  readonly seals: ConsentSeals;
  /** The machine's clock, for ends of tokens and the numbers of new rows. */
  readonly now: () => number;
  /** SQL of the clock for leases: the database's own, so that the clocks of machines may differ. */
  readonly leaseClock: () => string;
}

type SealedField = 'access_token' | 'refresh_token';

/** Most attempts to store a consent if others store one meanwhile. */
const MOST_SAVES = 20;

/** Connections as rows, in the SQL that SQLite and PostgreSQL share. */
export function createConnectionStore(options: ConnectionStoreOptions): ConnectionStore {
  const { database, keys, seals, now, leaseClock } = options;
  const place = (name: string, field: SealedField) => ({ table: 'connections', row: name, field });

  /** Every write seals both tokens again, so that none stays under an old key. */
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
    const read = seals.read(row);
    if (!read) unreadable.push('seal');
    const issuedAt = toNumber(row['issued_at']);
    const expiresAt = toNumber(row['expires_at']);
    const usable = value && issuedAt !== undefined && expiresAt !== undefined && refreshToken;
    return {
      ...toSummary(row, unreadable.length > 0 ? undefined : read),
      accessToken: usable ? { value, issuedAt, expiresAt } : undefined,
      refreshToken,
      generation: Number(row['generation']),
      pausedMs: pausedMs(row),
      abandonedBy: isAbandoned(row) ? toText(row['lease_owner']) : undefined,
      unreadable,
    };
  };

  const toSummary = (row: Row, read: ReadConsent | undefined): ConnectionSummary => {
    const errorCode = toErrorCode(row['error_code']);
    return {
      name: String(row['name']),
      subject: read?.ref.subject,
      consent: read?.ref.number,
      scope: toText(row['scope']),
      state: read ? toState(row, read) : 'needs_consent',
      consentedAt: Number(row['consented_at']),
      refreshExpiresAt: Number(row['refresh_expires_at']),
      issuedAt: toNumber(row['issued_at']),
      expiresAt: toNumber(row['expires_at']),
      lastError: errorCode && { code: errorCode, at: Number(row['error_at']) },
    };
  };

  const nextNumber = async (): Promise<number> => {
    const [row] = await database.query(NEXT_CONSENT);
    if (!row) throw new Error('The vault has lost its count of consents.');
    return Number(row['last_consent']);
  };

  /** Writes only if the row has not changed since it was read, and otherwise reads it again. */
  const save = async (
    { name, subject, ...rest }: Consent,
    { over, by }: SaveConditions = {},
  ): Promise<ConsentRef | undefined> => {
    let given: number | undefined;
    // Last, under the locks of the statements before: a concurrent removal of the client is finished by then.
    const conditions = [unlessRemoved(name), ...(by ? [useLink(by, now())] : [])];
    for (let attempt = 0; attempt < MOST_SAVES; attempt += 1) {
      const [row] = await database.query('SELECT * FROM connections WHERE name = $1', [name]);
      const stored = row && seals.read(row)?.ref;
      if (over !== undefined && stored?.number !== over) return undefined;
      const written = toText(row?.['subject']);
      if (!mayTakeOver(by, { isStored: row !== undefined, written, subject })) return undefined;
      const isKept = stored !== undefined && subject !== undefined && stored.subject === subject;
      given = isKept ? given : (given ?? (await nextNumber()));
      const consent = { name, subject, number: isKept ? stored.number : Number(given) };
      const { consentedAt, refreshExpiresAt, ...pair } = rest;
      const values = [name, ...sealPair(name, pair), subject ?? null, consentedAt, refreshExpiresAt];
      const sealed = [consent.number, seals.seal(consent, 'connected')];
      // A new row begins at the current time, not at 1: a renewal that was suspended while its connection was removed and
      // created again must never find its old generation.
      const statement: Statement = row
        ? { sql: SAVE_OVER, values: [...values, ...sealed, row['consent'] ?? null, row['subject'] ?? null] }
        : { sql: SAVE_NEW, values: [...values, ...sealed, now()] };
      if (await database.together([statement, ...conditions])) return consent;
      if (!(await holds(unlessRemoved(name))) || (by && !(await holds(isLinkGood(by, now()))))) return undefined;
    }
    throw new Error('Others store a consent under the same name all the time.');
  };

  const holds = async ({ sql, values }: Statement) => (await database.query(sql, values)).length > 0;
  const changed = async (sql: string, values: readonly SqlValue[]) => (await database.query(sql, values)).length > 0;

  return {
    async read(name) {
      const [row] = await database.query(`${SELECT(leaseClock())} WHERE name = $1`, [name]);
      return row && toStored(row);
    },

    async list(names) {
      const places = names?.map((_, index) => `$${index + 1}`).join(', ');
      const where = names && `WHERE name IN (${places || 'NULL'})`;
      const rows = await database.query(`${SELECT(leaseClock())} ${where ?? ''} ORDER BY name`, names);
      return rows.map((row) => toSummary(row, toStored(row).unreadable.length > 0 ? undefined : seals.read(row)));
    },

    save,

    takeLease: ({ consent: { name, number }, generation, owner, forMs }) =>
      changed(TAKE_LEASE(leaseClock()), [name, generation, number, owner, forMs]),

    extendLease: ({ consent: { name, number }, generation, owner, forMs }) =>
      changed(EXTEND_LEASE(leaseClock()), [name, generation, number, owner, forMs]),

    storePair: ({ consent, generation }, pair) => {
      const { name, number } = consent;
      const sealed = [...sealPair(name, pair), generation, number, seals.seal(consent, 'connected')];
      return changed(STORE_PAIR, [name, ...sealed, pair.refreshExpiresAt ?? null]);
    },

    release: ({ consent, generation, owner }, { state, error, pauseMs = 0 }) => {
      const { name, number } = consent;
      const values = [name, generation, number, owner, state, error.code, error.at, seals.seal(consent, state)];
      return changed(RELEASE(leaseClock()), [...values, Math.min(pauseMs, LONGEST_PAUSE_MS)]);
    },

    markWarned: (name, refreshExpiresAt) => changed(MARK_WARNED, [name, refreshExpiresAt]),

    remove: (name) => changed('DELETE FROM connections WHERE name = $1 RETURNING name', [name]),
  };
}

/** Whose connection may be overwritten. One without a known subject was imported, and no link may take it over. */
function mayTakeOver(
  by: LinkUse | undefined,
  { isStored, written, subject }: { isStored: boolean; written: string | undefined; subject: string | undefined },
): boolean {
  if (by) return by.link.replace || !isStored || (written !== undefined && written === subject);
  return written === undefined || subject === undefined || written === subject;
}

/** The name of a removed client is reserved for a while: a sign-in that was in progress does not restore it. */
const unlessRemoved = (name: string): Statement => ({
  sql: `
    SELECT 1 AS free
    WHERE NOT EXISTS (SELECT 1 FROM clients WHERE name = $1 AND removed_at IS NOT NULL)`,
  values: [name],
});

const NEXT_CONSENT = `
  UPDATE directory_revision SET last_consent = last_consent + 1 WHERE id = 1
  RETURNING last_consent`;

const SAVE_NEW = `
  INSERT INTO connections
    (name, access_token, refresh_token, scope, issued_at, expires_at, subject, consented_at, refresh_expires_at,
     consent, seal, generation, state)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 'connected')
  ON CONFLICT (name) DO NOTHING
  RETURNING name`;

const SAVE_OVER = `
  UPDATE connections SET
    access_token = $2, refresh_token = $3, scope = $4, issued_at = $5, expires_at = $6,
    subject = $7, consented_at = $8, refresh_expires_at = $9, consent = $10, seal = $11,
    generation = generation + 1, state = 'connected',
    lease_owner = NULL, lease_until = NULL, error_code = NULL, error_at = NULL, not_before = NULL
  WHERE name = $1
    AND consent IS NOT DISTINCT FROM CAST($12 AS BIGINT) AND subject IS NOT DISTINCT FROM CAST($13 AS TEXT)
  RETURNING name`;

const SELECT = (clock: string) => `SELECT *, ${clock} AS read_at FROM connections`;

/** No lease is longer: one that seems to be is from before the clock was set back. */
const LONGEST_LEASE_MS = 10 * 60_000;

/** Even if Sage ID asks for more. */
const LONGEST_PAUSE_MS = 3_600_000;

const TAKE_LEASE = (clock: string) => `
  UPDATE connections SET lease_owner = $4, lease_until = ${clock} + CAST($5 AS BIGINT)
  WHERE name = $1 AND generation = $2 AND consent = $3
    AND (lease_until IS NULL OR lease_until <= ${clock} OR lease_until > ${clock} + ${LONGEST_LEASE_MS})
    AND (not_before IS NULL OR not_before <= ${clock} OR not_before > ${clock} + ${LONGEST_PAUSE_MS})
  RETURNING name`;

const EXTEND_LEASE = (clock: string) => `
  UPDATE connections SET lease_until = ${clock} + CAST($5 AS BIGINT)
  WHERE name = $1 AND generation = $2 AND consent = $3 AND lease_owner = $4
  RETURNING name`;

const MARK_WARNED = `
  UPDATE connections SET warned_for = $2
  WHERE name = $1 AND refresh_expires_at = $2 AND (warned_for IS NULL OR warned_for <> $2)
  RETURNING name`;

// The seal stays if its content is the same: a renewal changes nothing for the directory. Compares the generation and not
// the owner: a pair from Sage is the newest, even if its holder was too slow to keep the lease.
const STORE_PAIR = `
  UPDATE connections SET
    access_token = $2, refresh_token = $3, scope = $4, issued_at = $5, expires_at = $6,
    seal = CASE WHEN state = 'connected' THEN seal ELSE $9 END,
    refresh_expires_at = COALESCE(CAST($10 AS BIGINT), refresh_expires_at),
    generation = generation + 1, state = 'connected',
    lease_owner = NULL, lease_until = NULL, error_code = NULL, error_at = NULL, not_before = NULL
  WHERE name = $1 AND generation = $7 AND consent = $8
  RETURNING name`;

const RELEASE = (clock: string) => `
  UPDATE connections SET lease_owner = NULL, lease_until = NULL, state = $5, error_code = $6, error_at = $7,
    not_before = ${clock} + CAST($9 AS BIGINT),
    seal = CASE WHEN state = $5 THEN seal ELSE $8 END
  WHERE name = $1 AND generation = $2 AND consent = $3 AND lease_owner = $4
  RETURNING name`;

function toState(row: Row, { state: stored }: ReadConsent): ConnectionState {
  const leaseUntil = toNumber(row['lease_until']);
  return stored !== 'needs_consent' && leaseUntil !== undefined && leaseUntil > Number(row['read_at'])
    ? 'renewing'
    : stored;
}

/** Remaining ms of a pause; one that is longer than allowed is from before the clock was set back. */
function pausedMs(row: Row): number {
  const leftMs = (toNumber(row['not_before']) ?? 0) - Number(row['read_at']);
  return leftMs > 0 && leftMs <= LONGEST_PAUSE_MS ? leftMs : 0;
}

/** A lease that expired instead of being ended: its holder was killed, or cannot reach the database. */
function isAbandoned(row: Row): boolean {
  const leaseUntil = toNumber(row['lease_until']);
  return leaseUntil !== undefined && leaseUntil <= Number(row['read_at']);
}

const toErrorCode = (value: SqlValue | undefined): ErrorCode | undefined =>
  typeof value === 'string' && Object.hasOwn(STATUS_BY_CODE, value) ? (value as ErrorCode) : undefined;

const toText = (value: SqlValue | undefined) => (typeof value === 'string' ? value : undefined);

const toNumber = (value: SqlValue | undefined) => (value === null || value === undefined ? undefined : Number(value));
