/**
 * A stored record, by column: references as the other record's `_id`, decimals and dates as text, `_customData` as an
 * object. Missing columns are read as null.
 */
export interface Row {
  readonly _id: number;
  [column: string]: unknown;
}

export const isRow = (value: unknown): value is Row => typeof value === 'object' && value !== null && '_id' in value;
