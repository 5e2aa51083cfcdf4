import { GatewayError } from '../../../kit/errors/index.ts';
import { parseJson } from '../../../kit/json.ts';
import type { OrderKey, RowType } from '../model/model.ts';
import { scalarByRestName } from '../model/model.ts';
import type { Codec } from '../values/codec.ts';
import { codecOf } from '../values/codecs.ts';
import { text } from '../values/text.ts';
import { and, type Expression, or } from './expression.ts';
import { literalOf, toLiteral } from './literal.ts';

/**
 * Where a page ended: after a row with these key values, or after so many rows.
 * Key values hold over moving data; a count repeats or misses rows when others come and go before it.
 */
export type Cursor = { readonly after: readonly unknown[] } | { readonly skip: number };

/** A full order of the rows: what the caller asked for, made unique by `id` where there is one. */
export interface PageOrder {
  readonly keys: readonly OrderKey[];
  /** True when every key is always filled, so that pages can go on from key values. Null keys would fall out. */
  readonly isKeyset: boolean;
}

export function toPageOrder(type: RowType, asked: readonly OrderKey[]): PageOrder {
  const keys = asked.length > 0 ? [...asked] : [...(type.resource?.defaultOrder ?? [])];
  const hasUniqueKey = keys.some(({ field }) => field === 'id');
  const id = scalarByRestName(type, 'id');
  if (!hasUniqueKey && id?.filterable) keys.push({ field: 'id', descending: false });
  const isUnique = keys.some(({ field }) => field === 'id');
  const isFilled = keys.every(({ field }) => {
    const scalar = scalarByRestName(type, field);
    // Ids and required fields are never empty; enum names are compared by Sage in an order we do not know.
    return scalar?.filled === true && scalar.enumType === undefined && scalar.filterable;
  });
  return { keys, isKeyset: isUnique && isFilled };
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
      'That is not a cursor: pass pageInfo.endCursor of the page before, unchanged.',
    );
  }
  const [found, place] = parsed as [unknown, unknown];
  if (found !== signature(type, order)) {
    throw new GatewayError(
      'BAD_USER_INPUT',
      'That cursor belongs to another list or another order: keep orderBy the same from page to page.',
    );
  }
  const cursor = toCursor(type, order, place);
  if (cursor && encodeCursor(type, order, cursor) === text) return cursor;
  throw new GatewayError(
    'BAD_USER_INPUT',
    'That cursor is damaged: pass pageInfo.endCursor of the page before, unchanged.',
  );
}

function toCursor(type: RowType, { isKeyset, keys }: PageOrder, place: unknown): Cursor | undefined {
  if (!isKeyset) return isCount(place) ? { skip: place } : undefined;
  if (!Array.isArray(place) || place.length !== keys.length) return undefined;
  return keys.every(({ field }, index) => isKeyValue(codecAt(type, field), place[index]))
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
  const compare = (field: string, op: 'eq' | 'gt' | 'lt', value: unknown): Expression => ({
    op,
    field,
    literal: write(codecAt(type, field), value),
  });
  return or(
    order.keys.map((key, index) => {
      const equal = order.keys.slice(0, index).map((before, at) => compare(before.field, 'eq', values[at]));
      return and([...equal, compare(key.field, key.descending ? 'lt' : 'gt', values[index])]);
    }),
  );
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

/** Key values go into a filter: nothing but what a row can hold in that column gets that far. */
const isKeyValue = (codec: Codec, value: unknown): boolean =>
  (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') &&
  literalOf(codec, value) !== undefined;
