import { GatewayError } from '../../../kit/errors/index.ts';
import { parseJson } from '../../../kit/json.ts';
import type { OrderKey, RowType } from '../model/model.ts';
import { scalarByRestName } from '../model/model.ts';
import type { Codec } from '../values/codec.ts';
import { codecOf } from '../values/codecs.ts';
import { text } from '../values/text.ts';
import { chainOf } from './chain.ts';
import { and, type Comparison, type Expression, excludesEmpty, NEVER, or } from './expression.ts';
import { literalOf, toLiteral } from './literal.ts';
import { rowOrder } from './merge.ts';

/**
 * Where a page ended: after a row with these key values, or after so many rows.
 * Key values hold over moving data; a count repeats or misses rows when others come and go before it.
 */
export type Cursor = { readonly after: readonly unknown[] } | { readonly skip: number };

/** A full order of the rows: what the caller asked for, made unique by `id` where there is one. */
export interface PageOrder {
  readonly keys: readonly OrderKey[];
  /**
   * True when every key is filled in all rows that meet the filter, so that pages can go on from key values. Null keys
   * would fall out.
   */
  readonly isKeyset: boolean;
}

/** @param filter what the rows meet: it may leave out those whose key is empty */
export function toPageOrder(type: RowType, asked: readonly OrderKey[], filter: Expression): PageOrder {
  const id: readonly OrderKey[] = scalarByRestName(type, 'id') ? [{ field: 'id', descending: false }] : [];
  const usual = usualOrder(type, filter, id);
  // Without an id, what Sage itself orders by tells rows apart best.
  const rest = asked.length === 0 || id.length === 0 ? [...usual, ...id] : id;
  const keys = [...asked];
  for (const key of rest) if (!keys.some(({ field }) => field === key.field)) keys.push(key);
  const isUnique = keys.some(({ field }) => field === 'id');
  return { keys, isKeyset: isUnique && keys.every(({ field }) => isFilledKey(type, field, filter)) };
}

/** Sage's own; by id for many values, which may have to be asked for in parts that only Sage could put in its own order. */
function usualOrder(type: RowType, filter: Expression, id: readonly OrderKey[]): readonly OrderKey[] {
  const usual = type.resource?.defaultOrder ?? [];
  const isInParts = id.length > 0 && chainOf(filter) !== undefined;
  return isInParts && rowOrder(type, usual) === undefined ? id : usual;
}

/** Ids and required fields are never empty; what is one of a list of names is compared by Sage in an order we do not know. */
function isFilledKey(type: RowType, restName: string, filter: Expression): boolean {
  const scalar = scalarByRestName(type, restName);
  if (!scalar?.filterable || scalar.lookup !== undefined) return false;
  const isOrdered = codecOf(scalar).filter.operators.includes('gt');
  return isOrdered && (scalar.filled || excludesEmpty(filter, restName));
}

export function encodeCursor(type: RowType, order: PageOrder, cursor: Cursor): string {
  const place = 'after' in cursor ? cursor.after : cursor.skip;
  return Buffer.from(JSON.stringify([signature(type, order), place])).toString('base64url');
}

/** Longer than any cursor the gateway writes: key values are texts of a row, of some hundred characters each. */
const MAX_LENGTH = 20_000;

/**
 * Reads a cursor as the gateway writes it, to the byte.
 * @throws GatewayError BAD_USER_INPUT when the text is not a cursor, or one of another list or order, or its values are not
 * those of the columns
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

/** What `$skip` takes. */
const isCount = (place: unknown): place is number =>
  Number.isInteger(place) && (place as number) >= 0 && (place as number) <= 2 ** 31 - 1;

/**
 * Rows behind the given key values: `a gt x or (a eq x and id gt y)`.
 * @param write how a value becomes text: one out of a cursor, or out of a row of Sage's
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

/** The rows that have this value in this key, and those behind them. */
function placeOf(
  { field, descending }: OrderKey,
  codec: Codec,
  value: unknown,
  write: typeof toLiteral,
): { readonly equal: Expression; readonly behind: Expression } {
  const compare = (op: Comparison, of: unknown): Expression => ({ op, field, literal: write(codec, of) });
  // SQL Server puts what is empty before everything else. A required field is empty in some rows all the same.
  if (value === null) return { equal: compare('eq', null), behind: descending ? NEVER : compare('ne', null) };
  // A stamp that Sage shows is not quite the one that it compares with: all that are shown alike count as equal.
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

/** Key values go into a filter: nothing but what a row can hold in that column gets that far. */
const isKeyValue = (codec: Codec, value: unknown): boolean =>
  (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') &&
  literalOf(codec, value) !== undefined;
