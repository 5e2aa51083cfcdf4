import { type Columns, type Contract, type Kind, kindsOf } from './contract.ts';
import type { Row } from './filter.ts';

/** Of the values that are not keys, one in so many is empty. */
const EMPTY_ONE_IN = 4;
const FIRST_DAY = Date.UTC(2026, 0, 5);
const DAY_MS = 86_400_000;
/** Ten-thousandths of a second in a step of SQL Server's, 1/300 s. */
const TICKS_PER_STEP = 100 / 3;

/** Rows of one resource as its database holds them: moments in steps of 1/300 s, in ticks of 1/10,000 s. */
export function makeRows(contract: Contract, count: number): Row[] {
  const kinds = kindsOf(contract.columns);
  return Array.from({ length: count }, (_, index) => {
    const row: Record<string, unknown> = {};
    for (const [name, kind] of kinds) {
      const isKey = name === 'id' || name.endsWith('_id') || contract.required?.includes(name);
      const seed = hash(`${contract.name}.${name}`) + index;
      row[name] = !isKey && seed % EMPTY_ONE_IN === 0 ? null : madeValue(name, kind, index, count, seed);
    }
    return row;
  });
}

function madeValue(name: string, kind: Kind, index: number, count: number, seed: number): unknown {
  switch (kind) {
    case 'int':
      // Ids lead to rows, in another order than the rows themselves; other numbers repeat.
      return name === 'id' ? idAt(index) : name.endsWith('_id') ? idAt((index * 7 + seed) % count) : seed % 5;
    case 'dec':
      return (seed % 40) / 4;
    case 'text':
      return `T${String(seed % 13).padStart(2, '0')}`;
    case 'bool':
      return seed % 2 === 0;
    case 'enum':
      return `Enum${seed % 3}`;
    case 'date':
      return isStamp(name)
        ? (FIRST_DAY + (seed % 3) * 1_000) * 10 + Math.round(1 + (seed % 4)) * TICKS_PER_STEP
        : (FIRST_DAY + (seed % 6) * DAY_MS) * 10;
  }
}

export const idAt = (index: number): number => 27_000 + index * 3;

const isStamp = (name: string) => name.startsWith('date_time_');

/** A row of an object inside another row. */
export const embeddedRow = (name: string, columns: Columns): Row =>
  makeRows({ name, operations: [], columns }, 1)[0] ?? {};

/** As a body shows it: moments to the millisecond. */
export function shown(name: string, kind: Kind, value: unknown): unknown {
  if (kind !== 'date' || typeof value !== 'number') return value;
  const text = new Date(Math.round(value / 10)).toISOString().slice(0, -1);
  return isStamp(name) ? text.replace(/0+$/, '').replace(/\.$/, '') : text.slice(0, 19);
}

/** FNV-1a. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) value = Math.imul(value ^ text.charCodeAt(index), 0x01000193) >>> 0;
  return value % 1_000_000;
}
