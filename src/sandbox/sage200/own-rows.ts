import { type Field, isEmbedded, isNested, type Resource } from './catalogue.ts';
import type { JsonRow } from './columns.ts';
import { parseStamp } from './stamps.ts';

/** The user's own rows of the first company, by resource, in place of the seeded ones. */
export type OwnRows = Readonly<Record<string, readonly JsonRow[]>>;

/** Where a row, or one of its columns, was written: `customers.json:12`. */
export type PlaceOf = (resource: string, row: number, column?: string) => string;

export const inProgram: PlaceOf = (resource, row, column) =>
  `rows.${resource}[${row}]${column === undefined ? '' : `.${column}`}`;

/** Most faults shown at once, since others often follow from them. */
const MOST_SHOWN = 20;

export interface OwnRowsCheck {
  readonly resources: ReadonlyMap<string, Resource>;
  readonly rows: OwnRows;
  readonly placeOf: PlaceOf;
  /** Whether a resource without the user's own rows has a row with that id. */
  readonly isSeeded: (resource: string, id: number | bigint) => boolean;
}

/** @throws Error with everything that is wrong, a line each */
export function checkOwnRows({ resources, rows, placeOf, isSeeded }: OwnRowsCheck): void {
  const faults: string[] = [];
  const idsOf = new Map(Object.entries(rows).map(([name, list]) => [name, new Set(list.map((row) => row['id']))]));
  for (const [name, list] of Object.entries(rows)) {
    const resource = resources.get(name);
    if (resource?.kind !== 'entity') {
      faults.push(`${placeOf(name, 0)}: ${name} is not a resource that has rows of its own`);
      continue;
    }
    const seen = new Set<unknown>();
    for (const [index, row] of list.entries()) {
      const say = (column: string | undefined, message: string) =>
        faults.push(`${placeOf(name, index, column)}: ${message}`);
      const id = row['id'];
      if (resource.fieldByName.has('id') && (!Number.isSafeInteger(id) || seen.has(id)))
        say('id' in row ? 'id' : undefined, 'every row needs a whole number of its own as id');
      seen.add(id);
      for (const [column, value] of Object.entries(row)) {
        const field = resource.fieldByName.get(column);
        const fault = field ? faultOf(field, value) : `${name} has no column ${column}`;
        if (fault !== undefined) say(column, fault);
        else if (field?.ref !== undefined && field.kind === 'int' && typeof value === 'number') {
          const own = idsOf.get(field.ref);
          if (!(own ? own.has(value) : isSeeded(field.ref, value)))
            say(column, `no row of ${field.ref} has the id ${value}`);
        }
      }
    }
  }
  if (faults.length === 0) return;
  const more = faults.length > MOST_SHOWN ? [`and ${faults.length - MOST_SHOWN} more`] : [];
  throw new Error(`The sandbox cannot take these rows:\n${[...faults.slice(0, MOST_SHOWN), ...more].join('\n')}`);
}

function faultOf(field: Field, value: unknown): string | undefined {
  if (value === null) return undefined;
  if (isNested(field)) {
    if (isEmbedded(field)) return typeof value === 'object' ? undefined : `${field.name} holds an object or a list`;
    return `${field.name} is made of other rows: write those of ${field.rowsOf ?? field.ref} in a file of their own`;
  }
  switch (field.kind) {
    case 'int':
      return Number.isSafeInteger(value) ? undefined : `${field.name} is a whole number`;
    case 'dec':
      return /^-?\d+(\.\d+)?$/.test(String(value)) ? undefined : `${field.name} is a number`;
    case 'bool':
      return typeof value === 'boolean' ? undefined : `${field.name} is true or false`;
    case 'dt':
      return typeof value === 'string' && Number.isFinite(parseStamp(value))
        ? undefined
        : `${field.name} is a moment, such as 2026-01-31T00:00:00`;
    default:
      if (typeof value !== 'string') return `${field.name} is a text`;
      return field.maxLength !== undefined && field.kind === 'str' && value.length > field.maxLength
        ? `${field.name} has at most ${field.maxLength} characters`
        : undefined;
  }
}
