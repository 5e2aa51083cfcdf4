import type { Database } from '../engine/database.ts';
import { RESERVED_MS } from './client-store.ts';

/**
 * Removes expired rows. Correctness does not depend on it; it only keeps the tables small.
 * @param auditCutoff epoch ms; also removes the records of earlier releases until then
 */
export async function sweepEnded(database: Database, now: number, auditCutoff: number): Promise<void> {
  for (const table of ['sign_ins', 'sessions', 'outcomes', 'connect_links']) {
    await database.query(`DELETE FROM ${table} WHERE ends_at <= $1`, [now]);
  }
  for (const table of ['clients', 'client_keys']) {
    await database.query(`DELETE FROM ${table} WHERE removed_at <= $1`, [now - RESERVED_MS]);
  }
  for (const table of ['audit_events', 'writes']) {
    await database.query(`DELETE FROM ${table} WHERE at <= $1`, [auditCutoff]);
  }
}
