import { randomBytes } from 'node:crypto';
import { type ErrorCode, STATUS_BY_CODE } from '../../../kit/errors/index.ts';
import type { Database, Row } from '../engine/database.ts';

export const AUDIT_TYPES = [
  'connected',
  'renewed',
  'failing',
  'needs_consent',
  'recovered',
  'revoked',
  'expiring',
  'signed_in',
  'signed_out',
  'refused',
] as const;

export type AuditType = (typeof AUDIT_TYPES)[number];

/** Something that happened to a sign-in: never a token. */
export interface AuditRecord {
  readonly type: AuditType;
  /** Epoch ms. */
  readonly at: number;
  readonly connection?: string | undefined;
  /** Id of the principal behind it, where a caller was. */
  readonly caller?: string | undefined;
  readonly errorCode?: ErrorCode | undefined;
}

export interface AuditFilter {
  readonly connection?: string;
  /** Epoch ms. */
  readonly since?: number;
  /** @default 100 */
  readonly limit?: number;
}

/** Kept a year. */
export interface AuditStore {
  record(event: AuditRecord): Promise<void>;
  /** Newest first. */
  list(filter?: AuditFilter): Promise<readonly AuditRecord[]>;
}

export function createAuditStore(database: Database): AuditStore {
  let count = 0;
  return {
    async record({ type, at, connection, caller, errorCode }) {
      count += 1;
      // In order also among those of one millisecond of one process.
      const id = `${String(at).padStart(15, '0')}-${String(count).padStart(9, '0')}-${randomBytes(6).toString('hex')}`;
      await database.query('INSERT INTO audit_events VALUES ($1, $2, $3, $4, $5, $6)', [
        id,
        at,
        type,
        connection ?? null,
        caller ?? null,
        errorCode ?? null,
      ]);
    },

    async list({ connection, since = 0, limit = 100 } = {}) {
      const rows =
        connection === undefined
          ? await database.query('SELECT * FROM audit_events WHERE at >= $1 ORDER BY id DESC LIMIT $2', [since, limit])
          : await database.query(
              'SELECT * FROM audit_events WHERE at >= $1 AND connection = $3 ORDER BY id DESC LIMIT $2',
              [since, limit, connection],
            );
      return rows.flatMap(toRecord);
    },
  };
}

/** Types of a newer gateway are left out. */
function toRecord(row: Row): AuditRecord[] {
  const type = AUDIT_TYPES.find((known) => known === row['type']);
  if (!type) return [];
  const text = (name: string) => (typeof row[name] === 'string' ? row[name] : undefined);
  const errorCode = text('error_code');
  return [
    {
      type,
      at: Number(row['at']),
      connection: text('connection'),
      caller: text('caller'),
      // Written from this very list.
      errorCode:
        errorCode !== undefined && Object.hasOwn(STATUS_BY_CODE, errorCode) ? (errorCode as ErrorCode) : undefined,
    },
  ];
}
