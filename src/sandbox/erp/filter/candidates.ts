import type { Row } from '../data/row.ts';
import type { Store } from '../data/store.ts';
import { nodeOf } from '../model/model.ts';

/**
 * The only records that can match a condition, in `_id` order, if an index knows them: by `_id`, by the natural key (`{id:
 * {_in: ['A', 'B']}}`), or by a reference to such records. Undefined: any may match.
 */
export function candidatesOf(condition: unknown, node: string, store: Store): readonly Row[] | undefined {
  if (!isObject(condition)) return undefined;
  const own = byOwnKey(condition, node, store);
  if (own) return inOrder(own);
  for (const [name, value] of Object.entries(condition)) {
    const property = nodeOf(store.model, node).properties.get(name);
    if (property?.kind !== 'reference' || property.computed || property.target === undefined) continue;
    const referred = isObject(value) ? candidatesOf(value, property.target, store) : undefined;
    if (referred) return inOrder(referred.flatMap((row) => store.byColumn(node, property.column, row._id)));
  }
  return undefined;
}

function byOwnKey(condition: Record<string, unknown>, node: string, store: Store): Row[] | undefined {
  const ids = listed(condition['_id']);
  if (ids) return ids.flatMap((id) => store.byText(node, id) ?? []);
  const { key, columns } = nodeOf(store.model, node);
  const [column = '', second] = key;
  if (second !== undefined || column === '') return undefined;
  const property = columns.get(column);
  // A customer's key is its business entity, and its `id` is that entity's own key.
  const target = property?.target === undefined ? undefined : nodeOf(store.model, property.target);
  const name = target?.key.join() === 'id' ? 'id' : property?.name;
  const keys = name === undefined ? undefined : listed(condition[name]);
  return keys?.every((each) => typeof each === 'string')
    ? keys.flatMap((each) => store.byKey(node, String(each)) ?? [])
    : undefined;
}

/** The values of an equality or an `_in`; undefined for any other condition. */
function listed(condition: unknown): (string | number)[] | undefined {
  const values = isObject(condition) ? (condition['_in'] ?? [condition['_eq']]) : [condition];
  const usable = (value: unknown) => typeof value === 'string' || typeof value === 'number';
  return Array.isArray(values) && values.every(usable) ? (values as (string | number)[]) : undefined;
}

const inOrder = (rows: readonly Row[]): Row[] => [...new Set(rows)].sort((a, b) => a._id - b._id);

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
