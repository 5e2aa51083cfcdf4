import type { SQLInputValue } from 'node:sqlite';
import { type Field, isEmbedded } from './catalogue.ts';
import { formatStamp, parseStamp } from './stamps.ts';

/** A row in JSON form; a decimal that a double cannot hold is a text. */
export type JsonRow = Readonly<Record<string, unknown>>;
/** A row in SQLite's form: dates as epoch ms, booleans as 0 and 1, embedded children as JSON text. */
export type StoredRow = Record<string, unknown>;

/** Exact texts of decimals that a double rounds, as a JSON object; null for nearly every row. */
export const EXACT = '_exact';

/** Column definitions of a resource's table. */
export const toDefinitions = (keyColumn: string, columns: readonly Field[]) =>
  [
    `"${keyColumn}" INTEGER PRIMARY KEY`,
    ...columns.filter((field) => field.name !== 'id').map(toColumn),
    `"${EXACT}" TEXT`,
  ].join(', ');

function toColumn(field: Field): string {
  const quoted = `"${field.name}"`;
  switch (field.kind) {
    case 'int':
    case 'dt':
      return `${quoted} INTEGER`;
    case 'bool':
      return `${quoted} INTEGER DEFAULT ${field.defaultValue === 'true' ? 1 : 0}`;
    case 'dec':
      return `${quoted} REAL`;
    case 'enum':
      return `${quoted} TEXT${field.defaultValue ? ` DEFAULT '${field.defaultValue}'` : ''}`;
    default:
      return `${quoted} TEXT COLLATE NOCASE`;
  }
}

export function toColumnValue(field: Field, value: unknown): SQLInputValue {
  if (value === null) return null;
  switch (field.kind) {
    case 'int':
      return typeof value === 'bigint' ? value : typeof value === 'string' ? BigInt(value) : Number(value);
    case 'dec':
      return Number(value);
    case 'bool':
      return value ? 1 : 0;
    case 'dt':
      return parseStamp(String(value));
    case 'obj':
    case 'arr':
      return JSON.stringify(value);
    default:
      return String(value);
  }
}

export function toJsonRow(columns: readonly Field[], row: StoredRow): JsonRow {
  const exact = row[EXACT] ? (JSON.parse(String(row[EXACT])) as JsonRow) : {};
  const entries = columns.map((field) => [field.name, toJsonValue(field, exact[field.name] ?? row[field.name])]);
  return Object.fromEntries(entries) as JsonRow;
}

function toJsonValue(field: Field, value: unknown): unknown {
  if (value === null || value === undefined) return null;
  if (field.kind === 'bool') return Number(value) === 1;
  if (field.kind === 'dt') return formatStamp(Number(value));
  if (field.kind === 'int') return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  return isEmbedded(field) ? (JSON.parse(String(value)) as unknown) : value;
}

export const isBigInteger = (value: unknown) => typeof value === 'bigint' && !Number.isSafeInteger(Number(value));

/** Seventeen digits and more do not survive a double. */
export const isRounded = (decimal: string) => decimal.replace(/\D/g, '').replace(/^0+/, '').length > 15;
