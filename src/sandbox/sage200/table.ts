import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { isEmbedded, isNested, type Resource } from './catalogue.ts';
import {
  EXACT,
  isBigInteger,
  isRounded,
  type JsonRow,
  type StoredRow,
  toColumnValue,
  toDefinitions,
  toJsonRow,
} from './columns.ts';
import type { Condition } from './odata/compile-filter.ts';
import type { OrderKey } from './odata/parse-query.ts';
import type { KeepStamp } from './stamps.ts';
import type { ViewDefinition } from './view-sql.ts';

export type { JsonRow, StoredRow } from './columns.ts';

export interface PageRequest {
  readonly columns: readonly string[];
  readonly where?: Condition | undefined;
  readonly orderBy?: readonly OrderKey[];
  readonly top?: number;
  readonly skip?: number;
}

export interface Table {
  readonly resource: Resource;
  /** `id`, or the hidden row number where the resource has no id. */
  readonly keyColumn: string;
  select(page: PageRequest): StoredRow[];
  count(where: Condition | undefined): number;
  insert(row: JsonRow): void;
  /** One whole row as JSON. */
  get(key: number | bigint): JsonRow | undefined;
  update(key: number | bigint, changes: JsonRow): void;
  remove(key: number | bigint): boolean;
  /** For use after a rollback, which also removes indexes. */
  forgetIndexes(): void;
}

const NATURAL_KEYS: ReadonlySet<string> = new Set(['reference', 'code', 'document_no', 'urn', 'customer_document_no']);
/** Timestamps; the other dates are days. */
const STAMP = /^date_time_/;
/** Most prepared statements of a table: or-chains of many lengths would otherwise accumulate. */
const MAX_STATEMENTS = 200;

export interface TableOptions {
  readonly view?: ViewDefinition | undefined;
  readonly keepStamp: KeepStamp;
}

/** Creates the table of a resource, or the view that represents it. */
export function createTable(database: DatabaseSync, resource: Resource, { view, keepStamp }: TableOptions): Table {
  const columns = resource.fields.filter((field) => !isNested(field) || isEmbedded(field));
  const fieldByName = new Map(columns.map((field) => [field.name, field]));
  const keyColumn = resource.fieldByName.has('id') ? 'id' : '_row';
  const tableName = `"${resource.name}"`;
  const statements = new Map<string, StatementSync>();
  const indexed = new Set<string>();
  let hasBigIntegers = false;
  database.exec(
    view
      ? `CREATE VIEW ${tableName} AS ${view.sql}`
      : `CREATE TABLE ${tableName} (${toDefinitions(keyColumn, columns)})`,
  );

  const prepare = (sql: string): StatementSync => {
    const known = statements.get(sql);
    if (known) return known;
    if (statements.size >= MAX_STATEMENTS) statements.clear();
    const statement = database.prepare(sql);
    // Numbers are faster; only a table with one beyond 2^53 must read its integers as BigInt.
    statement.setReadBigInts(hasBigIntegers);
    statements.set(sql, statement);
    return statement;
  };

  /** Keys get their index at first use: most columns are never used. */
  const indexKeys = (where: Condition | undefined) => {
    for (const name of where?.equalTo ?? []) {
      const isKey = NATURAL_KEYS.has(name) || fieldByName.get(name)?.ref !== undefined;
      if (!isKey || indexed.has(name) || name === keyColumn) continue;
      const target = view ? view.base : resource.name;
      const column = view ? view.baseColumns.get(name) : name;
      if (column) database.exec(`CREATE INDEX IF NOT EXISTS "${target}.${column}" ON "${target}" ("${column}")`);
      indexed.add(name);
    }
  };

  const toSql = (row: JsonRow): { names: string[]; values: SQLInputValue[] } => {
    const exact: Record<string, string> = {};
    const names: string[] = [];
    const values: SQLInputValue[] = [];
    for (const [name, value] of Object.entries(row)) {
      const field = fieldByName.get(name);
      if (!field || value === undefined) continue;
      if (field.kind === 'dec' && typeof value === 'string' && isRounded(value)) exact[name] = value;
      if (isBigInteger(value) && !hasBigIntegers) {
        hasBigIntegers = true;
        statements.clear();
      }
      names.push(name);
      const kept = toColumnValue(field, value);
      values.push(STAMP.test(name) && typeof kept === 'number' ? keepStamp(kept) : kept);
    }
    if (Object.keys(exact).length > 0) {
      names.push(EXACT);
      values.push(JSON.stringify(exact));
    }
    return { names, values };
  };

  return {
    resource,
    keyColumn,
    select({ columns: names, where, orderBy = [], top, skip }) {
      indexKeys(where);
      const keys = [
        ...orderBy.map(({ field, descending }) => `"${field}"${descending ? ' DESC' : ''}`),
        ...(orderBy.some(({ field }) => field === keyColumn) ? [] : [`"${keyColumn}"`]),
      ];
      const shown = [...new Set([keyColumn, ...names, EXACT])].map((name) => `"${name}"`);
      const sql = `SELECT ${shown.join(', ')} FROM ${tableName}${where ? ` WHERE ${where.sql}` : ''} ORDER BY ${keys.join(', ')} LIMIT ? OFFSET ?`;
      const rows = prepare(sql).all(...(where?.params ?? []), top ?? -1, skip ?? 0) as StoredRow[];
      for (const row of rows) if (row[EXACT] !== null) Object.assign(row, JSON.parse(String(row[EXACT])));
      return rows;
    },
    count(where) {
      indexKeys(where);
      const sql = `SELECT count(*) AS "count" FROM ${tableName}${where ? ` WHERE ${where.sql}` : ''}`;
      return Number(prepare(sql).get(...(where?.params ?? []))?.['count']);
    },
    insert(row) {
      const { names, values } = toSql(row);
      const places = names.map(() => '?').join(', ');
      prepare(`INSERT INTO ${tableName} (${names.map((name) => `"${name}"`).join(', ')}) VALUES (${places})`).run(
        ...values,
      );
    },
    get(key) {
      // Ids come out of bodies as they were sent.
      if (typeof key !== 'number' && typeof key !== 'bigint') return undefined;
      const row = prepare(`SELECT * FROM ${tableName} WHERE "${keyColumn}" = ?`).get(key);
      return row && toJsonRow(columns, row);
    },
    update(key, changes) {
      const before = prepare(`SELECT "${EXACT}" AS "exact" FROM ${tableName} WHERE "${keyColumn}" = ?`).get(key);
      const kept = before?.['exact'] ? (JSON.parse(String(before['exact'])) as JsonRow) : {};
      const { names, values } = toSql({ ...kept, ...changes });
      if (names.length === 0) return;
      if (before?.['exact'] && !names.includes(EXACT)) {
        names.push(EXACT);
        values.push(null);
      }
      const sets = names.map((name) => `"${name}" = ?`).join(', ');
      prepare(`UPDATE ${tableName} SET ${sets} WHERE "${keyColumn}" = ?`).run(...values, key);
    },
    forgetIndexes: () => indexed.clear(),
    remove: (key) => Number(prepare(`DELETE FROM ${tableName} WHERE "${keyColumn}" = ?`).run(key).changes) > 0,
  };
}
