import { GatewayError } from '../../../kit/errors/index.ts';
import type { OrderKey, RowType } from '../model/model.ts';
import { scalarByRestName } from '../model/model.ts';
import { and, type Expression, or } from './expression.ts';
import { toLiteral } from './literal.ts';

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
    return scalar?.nonNull === true && scalar.enumType === undefined && scalar.filterable;
  });
  return { keys, isKeyset: isUnique && isFilled };
}

export function encodeCursor(type: RowType, order: PageOrder, cursor: Cursor): string {
  const place = 'after' in cursor ? cursor.after : cursor.skip;
  return Buffer.from(JSON.stringify([signature(type, order), place])).toString('base64url');
}

/** @throws GatewayError BAD_USER_INPUT when the text is no cursor, or one of another list or order. */
export function decodeCursor(type: RowType, order: PageOrder, text: string): Cursor {
  const parsed = parseJson(Buffer.from(text, 'base64url').toString());
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
  if (order.isKeyset && Array.isArray(place) && place.length === order.keys.length && place.every(isKeyValue))
    return { after: place };
  if (!order.isKeyset && Number.isSafeInteger(place) && (place as number) >= 0) return { skip: place as number };
  throw new GatewayError(
    'BAD_USER_INPUT',
    'That cursor is damaged: pass pageInfo.endCursor of the page before, unchanged.',
  );
}

/** Rows behind the given key values: `a gt x or (a eq x and id gt y)`. */
export function afterKeys(type: RowType, order: PageOrder, values: readonly unknown[]): Expression {
  return or(
    order.keys.map((key, index) => {
      const equal = order.keys.slice(0, index).map((before, at) => compare(type, before.field, 'eq', values[at]));
      return and([...equal, compare(type, key.field, key.descending ? 'lt' : 'gt', values[index])]);
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

function compare(type: RowType, field: string, op: 'eq' | 'gt' | 'lt', value: unknown): Expression {
  return { op, field, literal: toLiteral(scalarByRestName(type, field)?.scalar ?? 'String', value) };
}

const signature = (type: RowType, order: PageOrder): string =>
  `${type.name}:${order.keys.map(({ field, descending }) => (descending ? `-${field}` : field)).join(',')}`;

/** Key values go into a filter: nothing but the kinds a row can hold gets that far, and numbers only whole. */
const isKeyValue = (value: unknown): boolean =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
