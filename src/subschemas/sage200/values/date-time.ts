import { type Codec, ORDERED } from './codec.ts';
import { compareText, DAY_PATTERN, isDay, isLeapDay, readDated } from './date.ts';
import { textOf } from './decimal-text.ts';
import { exactScalar } from './exact-scalar.ts';
import { shownAlike } from './shown-alike.ts';

/** Seconds may be missing; Sage also leaves the offset out. */
const MOMENT =
  /^(\d{4}-\d{2}-\d{2})T((?:[01]\d|2[0-3]):[0-5]\d)(?::([0-5]\d(?:\.\d{1,20})?))?(Z|[+-](?:0\d|1[0-4]):?[0-5]\d)?$/;

/** For `30.1234567`: Sage stores ten-millionths of a second, and refuses more digits. */
const MOST_OF_SECONDS = 10;

/** A moment (`date_time_*`): `YYYY-MM-DDTHH:MM:SS` with the fraction's digits unchanged, in UTC with a `Z`. */
export const dateTime: Codec = {
  scalar: exactScalar({
    name: 'Sage200DateTime',
    wanted: 'an instant with its offset, such as "2026-03-31T09:30:00Z"',
    parse: (text) => (MOMENT.exec(text)?.[4] === undefined ? undefined : toUtc(text, MOST_OF_SECONDS)),
    print: (text) => toUtc(text),
  }),
  read: readDated,
  isEmptyUnset: true,
  // Stamps are UTC even if Sage leaves the offset out; those with another offset are shifted elsewhere.
  token: {
    pattern: String.raw`"(${DAY_PATTERN}T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,20})?)Z?"`,
    write: (taken) => (isLeapDay(taken) && !isDay(taken.slice(0, DAY_LENGTH)) ? undefined : `"${taken}Z"`),
  },
  toLiteral: (value) => toUtc(textOf(value), MOST_OF_SECONDS),
  toBody: (value) => value,
  compare: (first, second) => compareText(toSortable(first), toSortable(second)),
  shownAlike(value) {
    const text = textOf(value);
    const utc = toUtc(text, MOST_OF_SECONDS);
    return utc === undefined ? [text, text] : shownAlike(utc);
  },
  filter: { name: 'Sage200DateTimeFilter', description: 'Conditions on an instant.', operators: ORDERED },
};

/**
 * The canonical form of a moment, which Sage also accepts; undefined if it is not a moment. Source: Sage 200 API guide,
 * query parameters.
 */
export function toUtc(text: string, mostOfSeconds?: number): string | undefined {
  const [, day = '', minutes, seconds = '00', offset = 'Z'] = MOMENT.exec(text) ?? [];
  if (!isDay(day)) return undefined;
  // Offsets are whole minutes: seconds and their fractions are unchanged, to the last digit.
  const utc = offset === 'Z' ? `${day}T${minutes}` : shifted(`${day}T${minutes}`, offset);
  return isDay(utc.slice(0, DAY_LENGTH)) ? `${utc}:${seconds.slice(0, mostOfSeconds)}Z` : undefined;
}

/** `2026-03-31T09:30` minus that offset. */
function shifted(minutes: string, offset: string): string {
  const [, hours, rest] = /(\d{2}):?(\d{2})$/.exec(offset) ?? [];
  const aheadMs = (Number(hours) * 60 + Number(rest)) * 60_000;
  const utc = Date.parse(`${minutes}Z`) + (offset.startsWith('-') ? aheadMs : -aheadMs);
  return new Date(utc).toISOString().slice(0, MINUTES_LENGTH);
}

/** `2026-03-31` and `2026-03-31T09:30` */
const DAY_LENGTH = 10;
const MINUTES_LENGTH = 16;

/** Moments in UTC sort correctly as text once their fractions have the same length. */
function toSortable(value: unknown): string {
  const [seconds = '', fraction = ''] = (toUtc(textOf(value)) ?? '').slice(0, -1).split('.');
  return `${seconds}.${fraction.padEnd(20, '0')}`;
}
