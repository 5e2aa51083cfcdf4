import type { ByteWriter } from './byte-writer.ts';
import { type Codec, ORDERED } from './codec.ts';
import { textOf, toDecimalText } from './decimal.ts';
import { exactScalar } from './exact-scalar.ts';
import { isDigit, MINUS, QUOTE } from './tokens.ts';

const DATE = /^\d{4}-\d{2}-\d{2}$/;
/** Midnight, mostly; the offset is that of the day, not of a moment. */
const DAY_IN_ROW = /^(\d{4}-\d{2}-\d{2})(T\d{2}:\d{2}:\d{2}(?:\.\d{1,7})?)(?:Z|[+-]\d{2}:\d{2})?$/;

/** A day that is in the calendar. */
export function isDay(text: string): boolean {
  if (!DATE.test(text)) return false;
  const day = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text);
}

/** A calendar day as Sage gave it: document dates are midnight of the local day, so nothing is shifted. */
export const date: Codec = {
  scalar: exactScalar({
    name: 'Sage200Date',
    wanted: 'a calendar day such as "2026-03-31"',
    accepts: isDay,
    print: (value) => String(value).slice(0, 10),
    toText: toDecimalText,
  }),
  read: readDated,
  isEmptyUnset: true,
  writeToken: writeDay,
  // Rows have a time where a filter takes the bare day as well.
  toLiteral(value) {
    const text = textOf(value);
    if (isDay(text)) return text;
    const [, day = '', time = ''] = DAY_IN_ROW.exec(text) ?? [];
    return isDay(day) ? `${day}${time}Z` : undefined;
  },
  // A bare date is refused in bodies, though filters take it.
  toBody: (value) => `${String(value)}T00:00:00Z`,
  compare: (first, second) => compareText(toSortable(first), toSortable(second)),
  filter: { name: 'Sage200DateFilter', description: 'Conditions on a calendar day.', operators: ORDERED },
};

/** Dates that were never set come as an empty text. */
export function readDated(value: unknown): unknown {
  return value === undefined || value === '' ? null : value;
}

export const compareText = (first: string, second: string): number => (first < second ? -1 : first > second ? 1 : 0);

/** `2026-03-31T00:00:00`, without its offset. */
const toSortable = (value: unknown): string => String(value).slice(0, 19);

/** `"2026-03-31…` */
export const DATE_LENGTH = 11;

export function isDated(source: Buffer, start: number, end: number): boolean {
  if (end - start <= DATE_LENGTH || source[start] !== QUOTE) return false;
  for (let index = 1; index < DATE_LENGTH; index += 1) {
    const byte = source[start + index];
    if (index === 5 || index === 8 ? byte !== MINUS : !isDigit(byte)) return false;
  }
  return true;
}

function writeDay(output: ByteWriter, source: Buffer, start: number, end: number): boolean {
  if (!isDated(source, start, end)) return false;
  output.copy(source, start, start + DATE_LENGTH);
  output.byte(QUOTE);
  return true;
}
