import type { ByteWriter } from './byte-writer.ts';
import { type Codec, ORDERED } from './codec.ts';
import { compareText, DATE_LENGTH, isDated, isDay, readDated } from './date.ts';
import { textOf, toDecimalText } from './decimal.ts';
import { exactScalar } from './exact-scalar.ts';
import { shownAlike } from './shown-alike.ts';
import { BACKSLASH, COLON, copied, isDigit, LATIN_Z, MINUS, PLUS, QUOTE } from './tokens.ts';

const INSTANT = /^(\d{4}-\d{2}-\d{2})(T\d{2}:\d{2})(:\d{2}(?:\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/;
/** Of `:30.1234567`: Sage keeps ten-millionths of a second. */
const MOST_OF_SECONDS = 11;

/** A moment (`date_time_*`), in UTC with a `Z`, also where Sage leaves the offset out. */
export const dateTime: Codec = {
  scalar: exactScalar({
    name: 'Sage200DateTime',
    wanted: 'an instant with its offset, such as "2026-03-31T09:30:00Z"',
    accepts: (text) => INSTANT.test(text) && instantOf(text) !== undefined,
    print: (value) => toUtc(String(value)),
    toText: toDecimalText,
  }),
  read: readDated,
  isEmptyUnset: true,
  writeToken: writeInstant,
  toLiteral: (value) => instantOf(textOf(value)),
  toBody: (value) => instantOf(String(value)),
  compare: (first, second) => compareText(toSortable(first), toSortable(second)),
  shownAlike(value) {
    const text = textOf(value);
    const utc = instantOf(text);
    return utc === undefined ? [text, text] : shownAlike(utc);
  },
  filter: { name: 'Sage200DateTimeFilter', description: 'Conditions on an instant.', operators: ORDERED },
};

/** As Sage takes it: in UTC, with its seconds. Undefined for what is not a moment. Source: Sage 200 API guide, query parameters. */
function instantOf(text: string): string | undefined {
  const utc = toUtc(text);
  const [, day = '', minutes, seconds = ':00', offset] = INSTANT.exec(utc) ?? [];
  if (offset !== 'Z' || !isDay(day) || Number.isNaN(Date.parse(utc))) return undefined;
  return `${day}${minutes}${seconds.slice(0, MOST_OF_SECONDS)}Z`;
}

/** The same moment in UTC; a text of another form with a `Z` behind it. */
export function toUtc(text: string): string {
  if (text.endsWith('Z')) return text;
  const [, day = '', minutes = '', seconds = '', offset] = INSTANT.exec(text) ?? [];
  if (offset === undefined) return `${text}Z`;
  // Offsets are whole minutes: seconds and their fractions stay as they are, to the last digit.
  const shifted = new Date(`${day}${minutes}${offset}`);
  const utc = isDay(day) && !Number.isNaN(shifted.getTime()) ? shifted.toISOString() : '';
  return INSTANT.test(utc) ? `${utc.slice(0, MINUTES_LENGTH)}${seconds}Z` : text;
}

/** Of moments in UTC the text stands in the order of time, once their fractions are of one length. */
function toSortable(value: unknown): string {
  const [seconds = '', fraction = ''] = toUtc(String(value)).slice(0, -1).split('.');
  return `${seconds}.${fraction.padEnd(7, '0')}`;
}

/** `2026-03-31T09:30` */
const MINUTES_LENGTH = 16;

/** Stamps are UTC even where Sage leaves the offset out; what has one is left to be shifted. */
function writeInstant(output: ByteWriter, source: Buffer, start: number, end: number): boolean {
  if (!isDated(source, start, end)) return false;
  for (let index = start + DATE_LENGTH; index < end; index += 1) if (source[index] === BACKSLASH) return false;
  if (source[end - 2] === LATIN_Z) return copied(output, source, start, end);
  if (hasOffset(source, end)) return false;
  output.copy(source, start, end - 1);
  output.byte(LATIN_Z);
  output.byte(QUOTE);
  return true;
}

/** `+01:00"` */
const hasOffset = (source: Buffer, end: number): boolean =>
  (source[end - 7] === PLUS || source[end - 7] === MINUS) &&
  isDigit(source[end - 6]) &&
  isDigit(source[end - 5]) &&
  source[end - 4] === COLON &&
  isDigit(source[end - 3]) &&
  isDigit(source[end - 2]);
