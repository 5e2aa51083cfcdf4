import type { RowType } from './model/model.ts';
import type { CompanyScope } from './session.ts';

/** A row on its way to the caller: what Sage gave, which type it is and where more of it can be read. */
export interface Row {
  readonly type: RowType;
  /** REST names. */
  readonly data: Readonly<Record<string, unknown>>;
  readonly scope: CompanyScope;
}

/** Whether a value of Sage's JSON is a row, or an object in one. */
export const isRowData = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The row's id as Sage gave it; undefined when there is none. */
export function keyOf(data: Readonly<Record<string, unknown>>, field = 'id'): string | undefined {
  const value = data[field];
  return value === undefined || value === null ? undefined : String(value);
}
