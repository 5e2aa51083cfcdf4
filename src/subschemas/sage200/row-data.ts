import type { JsonObject } from '../../kit/json.ts';

/** Sage 200's data for one row, by REST names. */
export type RowData = JsonObject;

/** The row's id as Sage sent it; undefined if there is none. */
export function keyOf(data: RowData, field = 'id'): string | undefined {
  const value = data[field];
  return value === undefined || value === null ? undefined : String(value);
}
