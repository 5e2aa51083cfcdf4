import type { Database } from '../engine/database.ts';
import type { AuditRegister, ChainRow } from './audit-register.ts';
import { followChain } from './verify-audit.ts';

/** Most lines in one transaction, so that nothing waits long for the file. */
const MAX_LINES = 1_000;

/**
 * Removes expired lines and notes that in each chain's sealed anchor. Tampered lines are kept: they must not disappear by
 * expiring.
 */
export async function sweepAudit(database: Database, register: AuditRegister, cutoff: number): Promise<void> {
  const old = await database.query('SELECT DISTINCT chain FROM audit_lines WHERE at <= $1', [cutoff]);
  for (const row of old) {
    const chain = Number(row['chain']);
    while (await removeSome(database, register, await register.chain(chain), cutoff));
  }
  await register.dropEmptied(cutoff);
}

/** @returns whether there may be more */
async function removeSome(
  database: Database,
  register: AuditRegister,
  row: ChainRow | undefined,
  cutoff: number,
): Promise<boolean> {
  if (!row?.key || !row.anchor) return false;
  const { chain, key, anchor, stored } = row;
  const [found] = await database.query(
    `SELECT (SELECT min(sequence) FROM audit_lines WHERE chain = $1 AND at > $2) AS kept,
            (SELECT max(sequence) FROM audit_lines WHERE chain = $1) AS last`,
    [chain, cutoff],
  );
  // Lines are removed in their order, because clocks are sometimes set back.
  const kept = found?.['kept'] ?? null;
  const upTo = kept === null ? Number(found?.['last'] ?? 0) : Number(kept) - 1;
  const last = Math.min(upTo, anchor.sequence + MAX_LINES);
  if (last <= anchor.sequence) return false;
  const { end, fault } = await followChain(database, { chain, key, after: anchor, last });
  if (fault) return false;
  const isRemoved = await database.together([
    {
      sql: `UPDATE audit_chains SET anchor = $2 WHERE chain = $1 AND ${stored.anchor === null ? 'anchor IS NULL' : 'anchor = $3'} RETURNING chain`,
      values: [chain, register.sealMark(chain, 'anchor', end), ...(stored.anchor === null ? [] : [stored.anchor])],
    },
    {
      sql: 'DELETE FROM audit_lines WHERE chain = $1 AND sequence <= $2 RETURNING sequence',
      values: [chain, last],
      rows: last - anchor.sequence,
    },
  ]);
  return isRemoved && last < upTo;
}
