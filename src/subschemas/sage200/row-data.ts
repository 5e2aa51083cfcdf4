import type { JsonObject } from '../../kit/json.ts';

/** What Sage 200 answers for one row, by REST names. */
export type RowData = JsonObject;

/** The row's id as Sage gave it; undefined when there is none. */
export function keyOf(data: RowData, field = 'id'): string | undefined {
  const value = data[field];
  return value === undefined || value === null ? undefined : String(value);
}
