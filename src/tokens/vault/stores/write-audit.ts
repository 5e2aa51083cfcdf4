import { randomUUID } from 'node:crypto';
import type { Database, Row } from '../engine/database.ts';

/** A write to Sage on its way: who, where and what, but never a token nor what was in it. */
export interface AuditedWrite {
  /** Epoch ms. */
  readonly at: number;
  /** The principal's id. */
  readonly caller: string;
  /** Undefined for a caller's own token. */
  readonly connection: string | undefined;
  readonly site: string;
  readonly company: string;
  /** Name of the mutation field. */
  readonly mutation: string;
  /** Sage's key of the row, when it is known beforehand. */
  readonly key: string | undefined;
}

export interface WriteEnd {
  readonly outcome: string;
  readonly key: string | undefined;
}

export interface NotedWrite extends AuditedWrite {
  /** Undefined: it never said; the process died over it, or it is still on its way. */
  readonly outcome: string | undefined;
}

/** Where writes are noted, a year long. */
export interface WriteAudit {
  /** Notes a write before it goes out, so that a crash leaves a trace; what it returns notes the end. */
  begin(write: AuditedWrite): Promise<(end: WriteEnd) => Promise<void>>;
  /** Newest first. @param limit @default 100 */
  list(limit?: number): Promise<readonly NotedWrite[]>;
}

export function createWriteAudit(database: Database): WriteAudit {
  return {
    async begin({ at, caller, connection, site, company, mutation, key }) {
      const id = randomUUID();
      await database.query('INSERT INTO writes VALUES ($1, $2, $3, $4, $5, $6, $7, $8, NULL)', [
        id,
        at,
        caller,
        connection ?? null,
        site,
        company,
        mutation,
        key ?? null,
      ]);
      return async ({ outcome, key: known }) => {
        await database.query('UPDATE writes SET outcome = $2, sage_key = $3 WHERE id = $1', [
          id,
          outcome,
          known ?? key ?? null,
        ]);
      };
    },
    async list(limit = 100) {
      return (await database.query('SELECT * FROM writes ORDER BY at DESC, id LIMIT $1', [limit])).map(toWrite);
    },
  };
}

function toWrite(row: Row): NotedWrite {
  const text = (name: string) => (typeof row[name] === 'string' ? row[name] : undefined);
  return {
    at: Number(row['at']),
    caller: String(row['caller']),
    connection: text('connection'),
    site: String(row['site']),
    company: String(row['company']),
    mutation: String(row['mutation']),
    key: text('sage_key'),
    outcome: text('outcome'),
  };
}
