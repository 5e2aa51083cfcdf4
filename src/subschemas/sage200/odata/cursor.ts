import { GatewayError } from '../../../kit/errors/index.ts';
import { parseJson } from '../../../kit/json.ts';
import type { OrderKey, RowType } from '../model/model.ts';
import { scalarByRestName } from '../model/model.ts';
import type { Codec } from '../values/codec.ts';
import { codecOf } from '../values/codecs.ts';
import { text } from '../values/text.ts';
import { hasChain } from './chain.ts';
import { and, type Comparison, type Expression, excludesEmpty, NEVER, or } from './expression.ts';
import { literalOf, toLiteral } from './literal.ts';
import { rowOrder } from './merge.ts';

/**
 * Where a page ended: after a row with these key values, or after a number of rows. Key values remain valid while data
 * changes; a count repeats or misses rows if others appear or disappear before it.
 */
export type Cursor = { readonly after: readonly unknown[] } | { readonly skip: number };

/** A total order of the rows: the requested order, made unique by `id` if there is one. */
export interface PageOrder {
  readonly keys: readonly OrderKey[];
  /**
   * Whether every key has a value in all rows that match the filter, so that pages can continue from key values. Rows
   * with null keys would be skipped.
   */
  readonly isKeyset: boolean;
}

/** @param filter that the rows match: it may exclude rows with an empty key */
export function toPageOrder(type: RowType, asked: readonly OrderKey[], filter: Expression): PageOrder {
  const id: readonly OrderKey[] = scalarByRestName(type, 'id') ? [{ field: 'id', descending: false }] : [];
  const usual = usualOrder(type, filter, id);
  // Without an id, Sage's own order distinguishes rows best.
  const rest = asked.length === 0 || id.length === 0 ? [...usual, ...id] : id;
  const keys = [...asked];
  for (const key of rest) if (!keys.some(({ field }) => field === key.field)) keys.push(key);
  const isUnique = keys.some(({ field }) => field === 'id');
  return { keys, isKeyset: isUnique && keys.every(({ field }) => isFilledKey(type, field, filter)) };
}

/** Sage's own; by id for many values, since these may be read in parts, which only Sage could sort in its own order. */
function usualOrder(type: RowType, filter: Expression, id: readonly OrderKey[]): readonly OrderKey[] {
  const usual = type.resource?.defaultOrder ?? [];
  const isInParts = id.length > 0 && hasChain(filter);
  return isInParts && rowOrder(type, usual) === undefined ? id : usual;
}

/** Ids and required fields are never empty; Sage compares members of enums in an unknown order. */
function isFilledKey(type: RowType, restName: string, filter: Expression): boolean {
  const scalar = scalarByRestName(type, restName);
  if (!scalar?.filterable || scalar.lookup !== undefined) return false;
  const isOrdered = codecOf(scalar).filter.operators.includes('gt');
  return isOrdered && (scalar.filled || excludesEmpty(filter, restName));
}

function encodeCursor(type: RowType, order: PageOrder, cursor: Cursor): string {
  const place = 'after' in cursor ? cursor.after : cursor.skip;
  return Buffer.from(JSON.stringify([signature(type, order), place])).toString('base64url');
}

/** Longer than any cursor of the gateway: key values are texts of a row, about a hundred characters each. */
const MAX_LENGTH = 20_000;

/**
 * Parses a cursor, which must be byte for byte as the gateway writes it.
 * @throws GatewayError BAD_USER_INPUT if the text is not a cursor, belongs to another list or order, or its values do not
 * fit the columns
 */
export function decodeCursor(type: RowType, order: PageOrder, text: string): Cursor {
  const parsed = text.length > MAX_LENGTH ? undefined : parseJson(Buffer.from(text, 'base64url').toString());
  if (!Array.isArray(parsed) || parsed.length !== 2) {
    throw new GatewayError(
      'BAD_USER_INPUT',
      'This is not a cursor. Use pageInfo.endCursor of the previous page, unchanged.',
    );
  }
  const [found, place] = parsed as [unknown, unknown];
  if (found !== signature(type, order)) {
    throw new GatewayError(
      'BAD_USER_INPUT',
      'This cursor belongs to another list or another order. Use the same orderBy for every page.',
    );
  }
  const cursor = toCursor(type, order, place);
  if (cursor && encodeCursor(type, order, cursor) === text) return cursor;
  throw new GatewayError(
    'BAD_USER_INPUT',
    'This cursor is damaged. Use pageInfo.endCursor of the previous page, unchanged.',
  );
}

function toCursor(type: RowType, { isKeyset, keys }: PageOrder, place: unknown): Cursor | undefined {
  if (!isKeyset) return isCount(place) ? { skip: place } : undefined;
  if (!Array.isArray(place) || place.length !== keys.length) return undefined;
  return keys.every(({ field }, index) => isPlace(field, codecAt(type, field), place[index]))
    ? { after: place }
    : undefined;
}

/** The range of `$skip`. */
const isCount = (place: unknown): place is number =>
  Number.isInteger(place) && (place as number) >= 0 && (place as number) <= 2 ** 31 - 1;

/**
 * Rows after the given key values: `a gt x or (a eq x and id gt y)`.
 * @param write converts a value to text: one from a cursor, or from a row of Sage
 */
export function afterKeys(
  type: RowType,
  order: PageOrder,
  values: readonly unknown[],
  write: typeof toLiteral = toLiteral,
): Expression {
  const places = order.keys.map((key, index) => placeOf(key, codecAt(type, key.field), values[index], write));
  return or(places.map(({ behind }, index) => and([...places.slice(0, index).map(({ equal }) => equal), behind])));
}

/** The rows with this value in this key, and the rows after them. */
function placeOf(
  { field, descending }: OrderKey,
  codec: Codec,
  value: unknown,
  write: typeof toLiteral,
): { readonly equal: Expression; readonly behind: Expression } {
  const compare = (op: Comparison, of: unknown): Expression => ({ op, field, literal: write(codec, of) });
  // SQL Server sorts empty values before all others. Even a required field is empty in some rows.
  if (value === null) return { equal: compare('eq', null), behind: descending ? NEVER : compare('ne', null) };
  // The stamp that Sage shows is less precise than the one that it compares: all that are shown alike count as equal.
  const [least, most] = codec.shownAlike?.(value) ?? [value, value];
  return {
    equal: least === most ? compare('eq', value) : and([compare('ge', least), compare('le', most)]),
    behind: descending ? compare('lt', least) : compare('gt', most),
  };
}

export function cursorOf(
  type: RowType,
  order: PageOrder,
  row: Readonly<Record<string, unknown>>,
  index: number,
): string {
  const cursor: Cursor = order.isKeyset
    ? { after: order.keys.map(({ field }) => row[field] ?? null) }
    : { skip: index + 1 };
  return encodeCursor(type, order, cursor);
}

function codecAt(type: RowType, restName: string): Codec {
  const field = scalarByRestName(type, restName);
  return field ? codecOf(field) : text;
}

const signature = (type: RowType, order: PageOrder): string =>
  `${type.name}:${order.keys.map(({ field, descending }) => (descending ? `-${field}` : field)).join(',')}`;

/** Only the id is in every row, whatever Sage requires. */
const isPlace = (field: string, codec: Codec, value: unknown): boolean =>
  value === null ? field !== 'id' : isKeyValue(codec, value);

/** Key values are used in a filter: only values that a row can have in that column are accepted. */
const isKeyValue = (codec: Codec, value: unknown): boolean =>
  (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') &&
  literalOf(codec, value) !== undefined;
