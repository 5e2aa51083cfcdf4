import type { Database, Row } from '../engine/database.ts';
import type { KeyRing } from './key-ring.ts';

export interface KeyRotation {
  /** Values sealed again with the present key. */
  readonly resealed: number;
  /** Values under the present key, all of them. */
  readonly current: number;
  /** Values that no configured key opens, by the id of their key. They stay as they are. */
  readonly unreadable: Readonly<Record<string, number>>;
}

/** Every sealed column: values of a column that is missing here would be lost with their key. */
const SEALED = [
  { table: 'meta', id: 'name', fields: ['value'] },
  { table: 'connections', id: 'name', fields: ['access_token', 'refresh_token', 'seal'] },
  { table: 'sessions', id: 'id', fields: ['person'] },
  { table: 'clients', id: 'name', fields: ['sealed'] },
  { table: 'client_keys', id: 'id', fields: ['sealed'] },
  { table: 'connect_links', id: 'id', fields: ['sealed'] },
  { table: 'source_rows', id: 'id', fields: ['sealed'] },
  { table: 'outcomes', id: 'id', fields: ['outcome'] },
  { table: 'audit_register', id: 'name', fields: ['value'] },
  { table: 'audit_chains', id: 'chain', fields: ['chain_key', 'head', 'anchor'] },
] as const;

/**
 * Seals everything with the present key. Each value has its own compare-and-set, so it can run beside a serving gateway, be
 * stopped at any moment and run again.
 */
export async function rotateKey(database: Database, keys: KeyRing): Promise<KeyRotation> {
  const count = { resealed: 0, current: 0 };
  const unreadable: Record<string, number> = {};

  const reseal = async (table: string, idColumn: string, id: string, field: string, sealed: string) => {
    const keyId = sealed.split('.')[1] ?? '';
    const place = { table, row: id, field };
    const plain = keys.open(sealed, place);
    if (!plain) {
      unreadable[keyId] = (unreadable[keyId] ?? 0) + 1;
    } else if (keyId !== keys.keyId) {
      // A pair that was renewed meanwhile is newer, and already under the present key if that process has it too.
      const rows = await database.query(
        `UPDATE ${table} SET ${field} = $3 WHERE ${idColumn} = $1 AND ${field} = $2 RETURNING ${idColumn}`,
        [id, sealed, keys.seal(plain, place)],
      );
      count.resealed += rows.length;
      count.current += rows.length;
    } else {
      count.current += 1;
    }
  };

  for (const { table, id: idColumn, fields } of SEALED) {
    const rows: readonly Row[] = await database.query(`SELECT ${idColumn}, ${fields.join(', ')} FROM ${table}`);
    for (const row of rows) {
      for (const field of fields) {
        const sealed = row[field];
        if (typeof sealed === 'string') await reseal(table, idColumn, String(row[idColumn]), field, sealed);
      }
    }
  }
  return { ...count, unreadable };
}
