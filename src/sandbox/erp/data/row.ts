/**
 * One record as the sandbox keeps it, by column: references as the other record's `_id`, decimals and dates as
 * text, `_customData` as an object. What is absent is null to a reader.
 */
export interface Row {
  readonly _id: number;
  [column: string]: unknown;
}

export const isRow = (value: unknown): value is Row => typeof value === 'object' && value !== null && '_id' in value;
