import type { Secret } from '../../../kit/errors/index.ts';
import type { Database } from '../engine/database.ts';
import type { Seals } from '../keys/key-ring.ts';

/** Values that a source keeps across restarts, for all processes on the vault: a few named rows, sealed with the vault's key. */
export interface SealedRows {
  /** @returns undefined for a missing row and for one that was changed by hand */
  read(name: string): Promise<Secret | undefined>;
  write(name: string, value: Secret): Promise<void>;
  remove(name: string): Promise<void>;
}

interface SealedRowsParts {
  readonly database: Database;
  readonly keys: Seals;
}

/** @param source rows of other sources are neither read nor written */
export function createSealedRows({ database, keys }: SealedRowsParts, source: string): SealedRows {
  const idOf = (name: string) => `${source}/${name}`;
  const placeOf = (row: string) => ({ table: 'source_rows', row, field: 'sealed' });
  return {
    async read(name) {
      const id = idOf(name);
      const [row] = await database.query('SELECT sealed FROM source_rows WHERE id = $1', [id]);
      return row && keys.open(String(row['sealed']), placeOf(id));
    },
    async write(name, value) {
      const id = idOf(name);
      await database.query(WRITE, [id, keys.seal(value, placeOf(id))]);
    },
    async remove(name) {
      await database.query('DELETE FROM source_rows WHERE id = $1', [idOf(name)]);
    },
  };
}

const WRITE = `INSERT INTO source_rows (id, sealed) VALUES ($1, $2)
  ON CONFLICT (id) DO UPDATE SET sealed = excluded.sealed`;
