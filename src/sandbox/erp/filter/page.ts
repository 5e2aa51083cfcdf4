import { BusinessError } from '../business-error.ts';
import type { Row } from '../data/row.ts';
import type { Predicate } from './compile-filter.ts';
import { compareTo, type OrderKey } from './order.ts';
import { parseRelaxedJson } from './relaxed-json.ts';
import type { Comparable } from './values.ts';

/** Default rows in a page, in nested collections too. Source: SDMO guides, long lists and paging. */
export const DEFAULT_PAGE_SIZE = 20;

export interface PageArguments {
  readonly first?: number | null;
  readonly after?: string | null;
  readonly last?: number | null;
  readonly before?: string | null;
}

export interface Page {
  readonly rows: readonly Row[];
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
}

/**
 * The requested slice of `ordered`, which is in the order of `keys`. Reads no more rows than it needs.
 * @throws BusinessError for a negative size and for an invalid cursor.
 */
export function takePage(
  ordered: readonly Row[],
  matches: Predicate,
  keys: readonly OrderKey[],
  { first, after, last, before }: PageArguments,
): Page {
  const start = after == null ? 0 : position(ordered, parseCursor(after), keys, true);
  const end = before == null ? ordered.length : position(ordered, parseCursor(before), keys, false);
  const backwards = last != null && first == null;
  const size = backwards ? last : (first ?? DEFAULT_PAGE_SIZE);
  if (size < 0) throw new BusinessError('Invalid page: the number of records cannot be negative.');
  const rows: Row[] = [];
  let more = false;
  for (let step = 0; step < end - start && !more; step++) {
    const row = ordered[backwards ? end - 1 - step : start + step];
    if (!row || !matches(row)) continue;
    if (rows.length < size) rows.push(row);
    else more = true;
  }
  if (!backwards)
    return { rows, hasNextPage: more || (before != null && end < ordered.length), hasPreviousPage: start > 0 };
  return { rows: rows.reverse(), hasNextPage: end < ordered.length, hasPreviousPage: more || start > 0 };
}

/**
 * `["AO005"]#40`: the row's `orderBy` values and a number. The vendor does not document the number; here it is the row's
 * `_id`, which makes every position unique. Without `orderBy` the list contains the `_id` too.
 */
export function toCursor(row: Row, keys: readonly OrderKey[]): string {
  const values = keys.length === 0 ? [String(row._id)] : keys.map((key) => key.read(row));
  return `${JSON.stringify(values)}#${row._id}`;
}

interface Cursor {
  readonly values: readonly Comparable[];
  readonly id: number;
}

const CURSOR = /^(\[.*\])#(\d+)$/s;

/** Accepts single quotes for double ones, since real clients send them. */
function parseCursor(text: string): Cursor {
  const found = CURSOR.exec(text);
  if (!found) throw new BusinessError(`Invalid cursor: ${text}`);
  return { values: parseRelaxedJson(found[1] ?? '') as Comparable[], id: Number(found[2]) };
}

/** Index of the first row at the cursor's place, or after it. */
function position(ordered: readonly Row[], cursor: Cursor, keys: readonly OrderKey[], behind: boolean): number {
  let low = 0;
  let high = ordered.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const row = ordered[middle] as Row;
    const values = keys.map((key) => key.read(row));
    const difference = compareTo(values, row._id, cursor.values, cursor.id, keys);
    if (difference < 0 || (behind && difference === 0)) low = middle + 1;
    else high = middle;
  }
  return low;
}
