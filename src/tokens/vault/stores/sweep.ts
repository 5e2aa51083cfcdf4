import type { Database } from '../engine/database.ts';

const DAY_MS = 24 * 3600_000;
const AUDIT_KEPT_MS = 400 * DAY_MS;

/** Removes what has ended: nothing here is needed for anything to be right, only for the tables to stay small. */
export async function sweepEnded(database: Database, now: number): Promise<void> {
  for (const table of ['sign_ins', 'sessions', 'outcomes']) {
    await database.query(`DELETE FROM ${table} WHERE ends_at <= $1`, [now]);
  }
  for (const table of ['audit_events', 'writes']) {
    await database.query(`DELETE FROM ${table} WHERE at <= $1`, [now - AUDIT_KEPT_MS]);
  }
}
