import { type Codec, ORDERED } from './codec.ts';
import { textOf } from './decimal-text.ts';
import { exactScalar } from './exact-scalar.ts';

/** A day, and what may follow it in rows: usually midnight; its offset belongs to the day, not to a moment. */
const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
const DAY_IN_ROW = /^(\d{4}-\d{2}-\d{2})(T\d{2}:\d{2}:\d{2}(?:\.\d{1,7})?)?(?:Z|[+-]\d{2}:\d{2})?$/;

/** A day that exists in the calendar. */
export function isDay(text: string): boolean {
  const [, year, month, day] = DATE.exec(text) ?? [];
  return isInCalendar(Number(year), Number(month), Number(day));
}

const DAYS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Also false if one of them is not a number. */
function isInCalendar(year: number, month: number, day: number): boolean {
  if (!(year > 0 && day > 0 && day <= (DAYS[month - 1] ?? 0))) return false;
  return month !== 2 || day < 29 || (year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0));
}

/** Matches days in the calendar, and 29 February in any year. */
export const DAY_PATTERN = String.raw`(?!0000|.{5}(?:02-3|(?:0[469]|11)-31|00|1[3-9]|[2-9]|..-(?:00|3[2-9]|[4-9])))\d{4}-\d\d-\d\d`;

export const isLeapDay = (text: string): boolean => text.startsWith('02-29', 5);

/** A calendar day as Sage sent it: document dates are midnight of the local day, so nothing is shifted. */
export const date: Codec = {
  scalar: exactScalar({
    name: 'Sage200Date',
    wanted: 'a calendar day such as "2026-03-31"',
    parse: (text) => (isDay(text) ? text : undefined),
    print: dayIn,
  }),
  read: readDated,
  isEmptyUnset: true,
  token: {
    pattern: String.raw`"(${DAY_PATTERN})(?:T[^"\\\x00-\x1f]*)?"`,
    write: (taken) => (isLeapDay(taken) && !isDay(taken) ? undefined : `"${taken}"`),
  },
  // Rows have a time, but a filter also accepts the plain day.
  toLiteral(value) {
    const text = textOf(value);
    const [, day = '', time] = DAY_IN_ROW.exec(text) ?? [];
    if (!isDay(day)) return undefined;
    return time === undefined ? day : `${day}${time}Z`;
  },
  // A plain date is refused in bodies, though filters accept it.
  toBody: (value) => `${String(value)}T00:00:00Z`,
  compare: (first, second) => compareText(toSortable(first), toSortable(second)),
  filter: { name: 'Sage200DateFilter', description: 'Conditions on a calendar day.', operators: ORDERED },
};

/** Unset dates are an empty text. */
export function readDated(value: unknown): unknown {
  return value === undefined || value === '' ? null : value;
}

export const compareText = (first: string, second: string): number => (first < second ? -1 : first > second ? 1 : 0);

/** The day in a row's value; undefined if it does not begin with one. */
function dayIn(text: string): string | undefined {
  const day = text.slice(0, DAY_LENGTH);
  return isDay(day) && (text.length === DAY_LENGTH || /[T ]/.test(text.charAt(DAY_LENGTH))) ? day : undefined;
}

const DAY_LENGTH = 10;

/** `2026-03-31T00:00:00`, without its offset. */
const toSortable = (value: unknown): string => String(value).slice(0, 19);
