import type { Database, Row, SqlValue } from '../engine/database.ts';
import { type AuditKind, type AuditLine, toAuditLine, UNFINISHED } from './audit-line.ts';

export interface AuditFilter {
  readonly caller?: string | undefined;
  readonly connection?: string | undefined;
  readonly kind?: AuditKind | undefined;
  /** Epoch ms, inclusive. */
  readonly since?: number | undefined;
  /** Epoch ms, exclusive. */
  readonly until?: number | undefined;
  /** @default 100 */
  readonly limit?: number | undefined;
}

/** Lines of the record: each beginning is joined with its end. */
const LINES = `
  SELECT line.*, ended.outcome AS end_outcome, ended.sage_key AS end_key
  FROM audit_lines line
  LEFT JOIN audit_lines ended ON ended.ends = CAST(line.chain AS TEXT) || '.' || CAST(line.sequence AS TEXT)
  WHERE line.ends IS NULL`;

/** Earlier releases kept writes and events apart, and their processes still write there during an upgrade. */
const WRITES = `
  SELECT * FROM (
    SELECT id, at, 'mutation' AS kind, mutation AS action, caller, connection, site, company, sage_key,
      COALESCE(outcome, '${UNFINISHED}') AS outcome
    FROM writes
  ) line WHERE at IS NOT NULL`;

const EVENTS = `
  SELECT * FROM (
    SELECT id, at, type AS action, connection, caller, error_code AS outcome,
      CASE WHEN type IN ('connected', 'revoked') THEN 'act' WHEN type IN ('signed_in', 'signed_out') THEN 'session'
        ELSE 'connection' END AS kind
    FROM audit_events
  ) line WHERE at IS NOT NULL`;

/** Newest first. */
export async function listAudit(database: Database, filter: AuditFilter = {}): Promise<readonly AuditLine[]> {
  const parts = [
    await select(database, LINES, filter, 'line.at DESC, line.chain DESC, line.sequence DESC'),
    await select(database, WRITES, filter, 'at DESC, id DESC'),
    await select(database, EVENTS, filter, 'at DESC, id DESC'),
  ];
  // Sorting is stable, and each part is in order.
  const all = parts.flat().sort((one, other) => Number(other['at']) - Number(one['at']));
  return all.flatMap(toAuditLine).slice(0, filter.limit ?? 100);
}

async function select(
  database: Database,
  sql: string,
  { limit = 100, ...filter }: AuditFilter,
  order: string,
): Promise<readonly Row[]> {
  const values: SqlValue[] = [];
  const conditions = CONDITIONS.flatMap(([name, condition]) => {
    const value = filter[name];
    if (value === undefined) return [];
    values.push(value);
    return [` AND line.${condition} $${values.length}`];
  });
  values.push(limit);
  return database.query(`${sql}${conditions.join('')} ORDER BY ${order} LIMIT $${values.length}`, values);
}

const CONDITIONS = [
  ['caller', 'caller ='],
  ['connection', 'connection ='],
  ['kind', 'kind ='],
  ['since', 'at >='],
  ['until', 'at <'],
] as const;
