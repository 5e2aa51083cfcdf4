import { BusinessError } from '../business-error.ts';
import type { Row } from '../data/row.ts';
import type { Store } from '../data/store.ts';
import { nodeOf } from '../model/model.ts';
import { parseRelaxedJson } from './relaxed-json.ts';
import { type Comparable, comparableReader } from './values.ts';

export interface OrderKey {
  readonly read: (row: Row) => Comparable;
  readonly direction: 1 | -1;
}

/**
 * Compiles the text of an `orderBy` argument: `{name: 1}`, `{name: -1}`, several keys in order, nested along references.
 * @throws BusinessError for an unknown property, a collection, and a direction other than 1 and -1.
 */
export function compileOrder(text: string | null | undefined, node: string, store: Store): OrderKey[] {
  if (text === null || text === undefined || text.trim() === '') return [];
  const order = parseRelaxedJson(text);
  const parts = Array.isArray(order) ? order : [order];
  return parts.flatMap((part) => keysOf(part, node, store, [], (row) => row));
}

type Walk = (row: Row) => Row | null;

function keysOf(order: unknown, node: string, store: Store, path: readonly string[], walk: Walk): OrderKey[] {
  if (order === null) return [];
  if (typeof order !== 'object') throw new BusinessError('Invalid order: an object is expected.');
  return Object.entries(order).flatMap(([name, value]) => {
    const here = [...path, name];
    const property = nodeOf(store.model, node).properties.get(name);
    if (!property) throw new BusinessError(`Invalid order: unknown property "${here.join('.')}" of ${node}.`);
    if (property.column === '_customData') return customKeys(value, here, walk);
    const read = store.reader(node, property.column);
    if (property.target && property.kind === 'reference' && typeof value === 'object') {
      const next: Walk = (row) => {
        const at = walk(row);
        return at && (read(at) as Row | null);
      };
      return keysOf(value, property.target, store, here, next);
    }
    if (property.kind === 'collection') throw new BusinessError(`Invalid order: "${here.join('.')}" is a collection.`);
    const compare = property.target
      ? (row: Row) => (read(row) as Row | null)?._id ?? null
      : comparableReader(property, read);
    return [{ read: (row: Row) => along(walk(row), compare), direction: toDirection(value, here) }];
  });
}

function customKeys(order: unknown, path: readonly string[], walk: Walk): OrderKey[] {
  return Object.entries(order ?? {}).map(([field, value]) => ({
    read: (row: Row) =>
      along(walk(row), (at) => (at['_customData'] as Record<string, Comparable> | undefined)?.[field] ?? null),
    direction: toDirection(value, [...path, field]),
  }));
}

const along = (row: Row | null, read: (row: Row) => Comparable): Comparable => (row === null ? null : read(row));

function toDirection(value: unknown, path: readonly string[]): 1 | -1 {
  if (value === 1 || value === -1) return value;
  throw new BusinessError(`Invalid order: "${path.join('.')}" takes 1 (ascending) or -1 (descending).`);
}

/** Empty values first, texts by code point. */
export function compareValues(a: Comparable, b: Comparable): number {
  if (a === b) return 0;
  if (a === null) return -1;
  if (b === null) return 1;
  return a < b ? -1 : 1;
}

/** The rows in order; ties, and all rows when there is no key, by `_id`. */
export function sortRows(rows: readonly Row[], keys: readonly OrderKey[]): readonly Row[] {
  if (keys.length === 0) return rows;
  return rows
    .map((row) => ({ row, values: keys.map((key) => key.read(row)) }))
    .sort((a, b) => compareTo(a.values, a.row._id, b.values, b.row._id, keys))
    .map(({ row }) => row);
}

export function compareTo(
  a: readonly Comparable[],
  aId: number,
  b: readonly Comparable[],
  bId: number,
  keys: readonly OrderKey[],
): number {
  for (let at = 0; at < keys.length; at++) {
    const difference = compareValues(a[at] ?? null, b[at] ?? null);
    if (difference !== 0) return difference * (keys[at]?.direction ?? 1);
  }
  return aId - bId;
}
