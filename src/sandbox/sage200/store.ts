import { DatabaseSync } from 'node:sqlite';
import type { Catalogue } from './catalogue.ts';
import type { KeepStamp } from './stamps.ts';
import { createTable, type JsonRow, type Table } from './table.ts';
import { toViewDefinition } from './view-sql.ts';

/** One company's data in its own database, so that equal ids of two companies never conflict. */
export interface Store {
  /** @throws Error for a name that is not a resource: a bug of the simulator. */
  table(resourceName: string): Table;
  /** Sage 200 counts ids over all tables, so they are neither small nor dense (inferred from samples). */
  nextId(): number;
  /** Runs `work` as one transaction: all of its writes or none. */
  transact<T>(work: () => T): T;
  close(): void;
}

/** Above every id of the seeded data. */
const FIRST_NEW_ID = 100_000_000;

/** Opens an empty database; a table is created and filled at its first use. */
export function createStore(
  catalogue: Catalogue,
  initialRows: (resourceName: string, store: Store) => Iterable<JsonRow>,
  keepStamp: KeepStamp,
): Store {
  const database = new DatabaseSync(':memory:');
  const tables = new Map<string, Table>();
  let lastId = FIRST_NEW_ID;
  let depth = 0;

  const transact = <T>(work: () => T): T => {
    const savepoint = `level_${depth++}`;
    const known = new Set(tables.keys());
    database.exec(`SAVEPOINT ${savepoint}`);
    try {
      const result = work();
      database.exec(`RELEASE ${savepoint}`);
      return result;
    } catch (error) {
      database.exec(`ROLLBACK TO ${savepoint}; RELEASE ${savepoint}`);
      // The rollback also removes new tables and indexes; they are created again when used.
      for (const [name, table] of tables) {
        if (known.has(name)) table.forgetIndexes();
        else tables.delete(name);
      }
      throw error;
    } finally {
      depth--;
    }
  };

  const open = (resourceName: string): Table => {
    const resource = catalogue.resources.get(resourceName);
    if (!resource) throw new Error(`No resource ${resourceName} in the catalogue.`);
    const view = toViewDefinition(catalogue, resource);
    for (const name of view?.tables ?? []) store.table(name);
    const table = createTable(database, resource, { view, keepStamp });
    // Registered before it is filled: made-up rows of one table may read another one that reads it.
    tables.set(resourceName, table);
    if (view) return table;
    transact(() => {
      for (const row of initialRows(resourceName, store)) table.insert(row);
    });
    return table;
  };

  const store: Store = {
    table: (resourceName) => tables.get(resourceName) ?? open(resourceName),
    nextId: () => ++lastId,
    transact,
    close: () => database.close(),
  };
  return store;
}
