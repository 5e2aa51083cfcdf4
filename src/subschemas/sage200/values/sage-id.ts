import { GraphQLID } from 'graphql';
import { type Codec, ORDERED } from './codec.ts';
import { compareNumbers, rawNumber, writeQuotedNumber } from './decimal.ts';
import { textOf } from './decimal-text.ts';
import { readText } from './text.ts';
import { copied, isNull, QUOTE, ZERO } from './tokens.ts';

/** Sage's own id of a row: a number in bodies, a text in the graph. */
export const sageId: Codec = {
  scalar: GraphQLID,
  read: readText,
  isEmptyUnset: false,
  writeToken: (output, source, start, end) =>
    source[start] === QUOTE ? copied(output, source, start, end) : writeQuotedNumber(output, source, start, end),
  toLiteral(value) {
    const text = textOf(value);
    return isSageKey(text) ? text : undefined;
  },
  toBody: (value) => rawNumber(String(value)),
  compare: compareNumbers,
  filter: { name: 'Sage200IdFilter', description: "Conditions on an id, global or Sage's own.", operators: ORDERED },
};

const MAX_INT64 = '9223372036854775807';
/** Shorter ones are surely in range. */
const DIGITS = MAX_INT64.length;

/**
 * Whether the text is an id of Sage 200 in its one spelling: a whole number of 64 bits, as a row's `sageId` shows it.
 * Source: Sage 200 API reference, where each id that rows are found by is an int64.
 */
export const isSageId = (text: string): boolean => /^(?:0|[1-9]\d{0,18})$/.test(text) && fitsInt64(text);

/** The same for what stands in rows, where a reference to nothing may be a negative number. */
export const isSageKey = (text: string): boolean => isSageId(text.startsWith('-') ? text.slice(1) : text);

const fitsInt64 = (digits: string): boolean => digits.length < DIGITS || digits <= MAX_INT64;

/** Whether a key in a row leads to another one: Sage writes 0 for a reference that is not set. */
export const isReference = (key: string | undefined): key is string => key !== undefined && key !== '0';

/** The same of its bytes, where they are there. */
export const isNoReference = (source: Buffer, start: number, end: number): boolean =>
  isNull(source, start, end) || (end - start === 1 && source[start] === ZERO);

/** Longer ones might not be what a double makes of them. */
const MAX_DIGITS = 15;
const NINE = 57;

/** A whole number of no more digits than a double keeps, without a zero in front. */
export function isPlainId(source: Buffer, start: number, end: number): boolean {
  const length = end - start;
  if (length === 0 || length > MAX_DIGITS || (source[start] === ZERO && length > 1)) return false;
  for (let index = start; index < end; index += 1) {
    const byte = source[index] ?? 0;
    if (byte < ZERO || byte > NINE) return false;
  }
  return true;
}

/** The same as text. Most ids are short, and a number's text is at hand sooner than that of bytes. */
export function idText(source: Buffer, start: number, end: number): string {
  if (end - start > SHORT_DIGITS) return source.toString('latin1', start, end);
  let id = 0;
  for (let index = start; index < end; index += 1) id = 10 * id + (source[index] ?? ZERO) - ZERO;
  return String(id);
}

/** What is below a small integer of V8. */
const SHORT_DIGITS = 9;
