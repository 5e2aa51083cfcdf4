import type { ByteWriter } from './byte-writer.ts';
import { type Codec, ORDERED } from './codec.ts';
import { textOf } from './decimal-text.ts';
import { exactScalar } from './exact-scalar.ts';
import { digitsAt, LATIN_T, MINUS, QUOTE } from './tokens.ts';

/** A day, and what may stand behind it in rows: midnight, mostly; its offset is that of the day, not of a moment. */
const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
const DAY_IN_ROW = /^(\d{4}-\d{2}-\d{2})(T\d{2}:\d{2}:\d{2}(?:\.\d{1,7})?)?(?:Z|[+-]\d{2}:\d{2})?$/;

/** A day that is in the calendar. */
export function isDay(text: string): boolean {
  const [, year, month, day] = DATE.exec(text) ?? [];
  return isInCalendar(Number(year), Number(month), Number(day));
}

const DAYS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** False where one of them is not a number, too. */
function isInCalendar(year: number, month: number, day: number): boolean {
  if (!(year > 0 && day > 0 && day <= (DAYS[month - 1] ?? 0))) return false;
  return month !== 2 || day < 29 || (year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0));
}

/** A calendar day as Sage gave it: document dates are midnight of the local day, so nothing is shifted. */
export const date: Codec = {
  scalar: exactScalar({
    name: 'Sage200Date',
    wanted: 'a calendar day such as "2026-03-31"',
    parse: (text) => (isDay(text) ? text : undefined),
    print: dayIn,
  }),
  read: readDated,
  isEmptyUnset: true,
  writeToken: writeDay,
  // Rows have a time where a filter takes the bare day as well.
  toLiteral(value) {
    const text = textOf(value);
    const [, day = '', time] = DAY_IN_ROW.exec(text) ?? [];
    if (!isDay(day)) return undefined;
    return time === undefined ? day : `${day}${time}Z`;
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

/** The day of what a row has; undefined for what does not begin with one. */
function dayIn(text: string): string | undefined {
  const day = text.slice(0, DAY_LENGTH);
  return isDay(day) && (text.length === DAY_LENGTH || /[T ]/.test(text.charAt(DAY_LENGTH))) ? day : undefined;
}

const DAY_LENGTH = 10;

/** `2026-03-31T00:00:00`, without its offset. */
const toSortable = (value: unknown): string => String(value).slice(0, 19);

/** `"2026-03-31…` */
export const DATE_LENGTH = 11;

/** Whether a text begins with a day that is in the calendar. */
export function isDated(source: Buffer, start: number, end: number): boolean {
  if (end - start <= DATE_LENGTH || source[start] !== QUOTE) return false;
  if (source[start + 5] !== MINUS || source[start + 8] !== MINUS) return false;
  return isInCalendar(digitsAt(source, start + 1, 4), digitsAt(source, start + 6, 2), digitsAt(source, start + 9, 2));
}

function writeDay(output: ByteWriter, source: Buffer, start: number, end: number): boolean {
  const behind = source[start + DATE_LENGTH];
  if (!isDated(source, start, end) || (behind !== LATIN_T && behind !== QUOTE)) return false;
  output.copy(source, start, start + DATE_LENGTH);
  output.byte(QUOTE);
  return true;
}
