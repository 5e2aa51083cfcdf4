import { type Model, nodeOf } from '../model/model.ts';
import { createReader, type Read } from './reader.ts';
import type { Row } from './row.ts';

interface Index<Value> {
  version: number;
  readonly entries: Map<Value, Row[]>;
}

interface Table {
  /** In the order of `_id`. */
  readonly rows: Row[];
  readonly byId: Map<number, Row>;
  readonly byColumn: Map<string, Index<unknown>>;
  byKey: Index<string> | undefined;
  readonly readers: Map<string, Read>;
  version: number;
  nextId: number;
}

const MAX_ORDERS = 50;

/**
 * One tenant's records: plain arrays with indexes by `_id`, natural key and reference, built at first use and updated by
 * inserts. An update or a deletion discards the indexes of its table, and every index of natural keys, since a key may
 * include other tables.
 */
export class Store {
  readonly #tables = new Map<string, Table>();
  readonly #sequences = new Map<string, number>();
  #model: Model;
  readonly #orders = new Map<string, { readonly version: number; readonly rows: readonly Row[] }>();
  #keysVersion = 0;
  #version = 0;
  #undo: (() => void)[] | undefined;

  constructor(model: Model) {
    this.#model = model;
  }

  get model(): Model {
    return this.#model;
  }

  /** Another release of the same nodes: records stay, readers are rebuilt. */
  set model(model: Model) {
    this.#model = model;
    for (const table of this.#tables.values()) table.readers.clear();
  }

  /** All records of a node in the order of `_id`. Not to be changed by the caller. */
  rows(node: string): readonly Row[] {
    return this.#table(node).rows;
  }

  byId(node: string, id: unknown): Row | undefined {
    return this.#table(node).byId.get(Number(id));
  }

  /** By natural key, its parts joined by a vertical bar. */
  byKey(node: string, key: string): Row | undefined {
    return this.#keys(node).entries.get(key)?.[0];
  }

  /** By the text of an `_id` or reference: the natural key if ids are keys, otherwise digits, a number, or a hash sign and the natural key. */
  byText(node: string, text: string | number): Row | undefined {
    const id = String(text);
    if (this.#model.idsAreKeys) return this.byKey(node, id);
    if (id.startsWith('#')) return this.byKey(node, id.slice(1));
    return /^\d+$/.test(id) ? this.byId(node, id) : undefined;
  }

  /** The records of `node` whose `column` holds `value`, in the order of `_id`. */
  byColumn(node: string, column: string, value: unknown): readonly Row[] {
    const table = this.#table(node);
    let index = table.byColumn.get(column);
    if (!index || index.version !== table.version) {
      index = { version: table.version, entries: new Map() };
      for (const row of table.rows) addTo(index.entries, row[column], row);
      table.byColumn.set(column, index);
    }
    return index.entries.get(value) ?? [];
  }

  /** How a column is read; references come as records, collections as lists of records. */
  reader(node: string, column: string): Read {
    const readers = this.#table(node).readers;
    let read = readers.get(column);
    if (!read) {
      read = createReader(this, node, column);
      readers.set(column, read);
    }
    return read;
  }

  /** Natural key as text; undefined when the node has none or a part is missing. */
  keyOf(node: string, row: Row): string | undefined {
    const parts: string[] = [];
    const { key, columns } = nodeOf(this.#model, node);
    for (const column of key) {
      const value = this.reader(node, column)(row);
      const target = columns.get(column)?.target;
      const part = target && value ? this.keyOf(target, value as Row) : value;
      if (part === undefined || part === null) return undefined;
      parts.push(String(part));
    }
    return key.length > 0 ? parts.join('|') : undefined;
  }

  /** Adds a record; without `_id` it gets the next one of its node. */
  insert(node: string, values: Readonly<Record<string, unknown>>): Row {
    const table = this.#table(node);
    const _id = typeof values['_id'] === 'number' ? values['_id'] : table.nextId;
    table.nextId = Math.max(table.nextId, _id + 1);
    const row: Row = { ...values, _id };
    const last = table.rows.at(-1);
    table.rows.push(row);
    if (last && last._id > _id) table.rows.sort((a, b) => a._id - b._id);
    table.byId.set(_id, row);
    this.#grow(node, table, row);
    this.#version++;
    this.#undo?.push(() => this.remove(node, row));
    return row;
  }

  update(node: string, row: Row, values: Readonly<Record<string, unknown>>): void {
    const before = { ...row };
    Object.assign(row, values);
    this.#touch(node);
    this.#undo?.push(() => this.update(node, row, { ...emptied(values), ...before }));
  }

  remove(node: string, row: Row): void {
    const table = this.#table(node);
    table.rows.splice(table.rows.indexOf(row), 1);
    table.byId.delete(row._id);
    this.#touch(node);
    this.#undo?.push(() => this.insert(node, row));
  }

  /** Runs `change`; if it throws, everything that it wrote is rolled back. */
  transaction<Result>(change: () => Result): Result {
    if (this.#undo) return change();
    const undo: (() => void)[] = [];
    this.#undo = undo;
    try {
      return change();
    } catch (error) {
      this.#undo = undefined;
      for (const step of undo.reverse()) step();
      throw error;
    } finally {
      this.#undo = undefined;
    }
  }

  /** All records in an order, kept until the next write. `name` stands for the order. */
  ordered(node: string, name: string, sort: (rows: readonly Row[]) => readonly Row[]): readonly Row[] {
    const kept = this.#orders.get(`${node} ${name}`);
    if (kept?.version === this.#version) return kept.rows;
    if (this.#orders.size >= MAX_ORDERS) this.#orders.clear();
    const rows = sort(this.rows(node));
    this.#orders.set(`${node} ${name}`, { version: this.#version, rows });
    return rows;
  }

  /** The next running number, for example `SO000124`. */
  nextNumber(node: string, column: string, prefix: string): string {
    const name = `${node}.${column}`;
    let next = this.#sequences.get(name) ?? this.#table(node).rows.length;
    let text: string;
    do text = prefix + String(++next).padStart(6, '0');
    while (this.byColumn(node, column, text).length > 0);
    this.#sequences.set(name, next);
    return text;
  }

  /** Drops all records of a node; for those that are derived from the model. */
  clear(node: string): void {
    this.#tables.delete(node);
    this.#touch(node);
  }

  #touch(node: string): void {
    this.#table(node).version++;
    this.#keysVersion++;
    this.#version++;
  }

  #grow(node: string, table: Table, row: Row): void {
    const before = table.version++;
    for (const [column, index] of table.byColumn) {
      if (index.version !== before) continue;
      addTo(index.entries, row[column], row);
      index.version = table.version;
    }
    const key = table.byKey && this.keyOf(node, row);
    if (table.byKey && key !== undefined) addTo(table.byKey.entries, key, row);
  }

  #keys(node: string): Index<string> {
    const table = this.#table(node);
    if (!table.byKey || table.byKey.version !== this.#keysVersion) {
      table.byKey = { version: this.#keysVersion, entries: new Map() };
      for (const row of table.rows) {
        const key = this.keyOf(node, row);
        if (key !== undefined) addTo(table.byKey.entries, key, row);
      }
    }
    return table.byKey;
  }

  #table(node: string): Table {
    let table = this.#tables.get(node);
    if (!table) {
      table = {
        rows: [],
        byId: new Map(),
        byColumn: new Map(),
        byKey: undefined,
        readers: new Map(),
        version: 0,
        nextId: 1,
      };
      this.#tables.set(node, table);
    }
    return table;
  }
}

function addTo<Value>(entries: Map<Value, Row[]>, value: Value, row: Row): void {
  const rows = entries.get(value);
  if (rows) rows.push(row);
  else entries.set(value, [row]);
}

const emptied = (values: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(Object.keys(values).map((column) => [column, null]));
