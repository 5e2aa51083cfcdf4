import type { ScalarField } from '../model/model.ts';
import { type ByteWriter, snippetOf } from './byte-writer.ts';

/**
 * Writes a value into the answer from its bytes in Sage's JSON: `27828` becomes `"27828"` for an id. False when the value
 * is not of the usual kind and has to be parsed; what was written by then is thrown away.
 * @param start where the value begins in `source`, and `end` where it ends; both 0 when the row has no such member
 */
export type WriteToken = (output: ByteWriter, source: Buffer, start: number, end: number) => boolean;

const QUOTE = 34;
const MINUS = 45;
const POINT = 46;
const ZERO = 48;
const NINE = 57;
const COLON = 58;
const BACKSLASH = 92;
const NULL = Buffer.from('null');
export const NULL_TEXT = snippetOf(NULL);
const TRUE = Buffer.from('true');
const FALSE = Buffer.from('false');

/** Digits that a double is sure to give back; what is longer is read in another way. */
const MAX_EXACT_LENGTH = 15;
/** Of 32 bits, and some of them to spare. */
const MAX_INT_LENGTH = 9;

export function tokenWriter(field: ScalarField): WriteToken {
  const write = plainWriter(field);
  return (output, source, start, end) => {
    if (!isNull(source, start, end)) return write(output, source, start, end);
    if (field.nonNull) return false;
    output.put(NULL_TEXT);
    return true;
  };
}

/** Absent, `null`, or for dates the empty text, which `plainWriter` looks after. */
export const isNull = (source: Buffer, start: number, end: number): boolean =>
  start === end || isWord(source, start, end, NULL);

function plainWriter({ scalar, enumType, nonNull }: ScalarField): WriteToken {
  if (enumType) {
    const members = new Set(enumType.members.map((member) => `"${member}"`));
    return (output, source, start, end) =>
      members.has(source.toString('latin1', start, end)) && copied(output, source, start, end);
  }
  switch (scalar) {
    case 'Int':
      return (output, source, start, end) =>
        end - start <= MAX_INT_LENGTH && isWhole(source, start, end) && copied(output, source, start, end);
    case 'Boolean':
      return (output, source, start, end) =>
        (isWord(source, start, end, TRUE) || isWord(source, start, end, FALSE)) && copied(output, source, start, end);
    case 'Sage200Decimal':
      return writeQuotedNumber;
    case 'Sage200Date':
    case 'Sage200DateTime': {
      const write = scalar === 'Sage200Date' ? writeDay : writeInstant;
      return (output, source, start, end) => {
        // Dates that were never set come as an empty text.
        const isEmpty = end - start === 2 && source[start] === QUOTE;
        if (!isEmpty) return isDated(source, start, end) && write(output, source, start, end);
        if (nonNull) return false;
        output.put(NULL_TEXT);
        return true;
      };
    }
    default:
      return (output, source, start, end) =>
        source[start] === QUOTE ? copied(output, source, start, end) : writeQuotedNumber(output, source, start, end);
  }
}

function copied(output: ByteWriter, source: Buffer, start: number, end: number): boolean {
  output.copy(source, start, end);
  return true;
}

function isWord(source: Buffer, start: number, end: number, word: Buffer): boolean {
  if (end - start !== word.length) return false;
  for (let index = 0; index < word.length; index += 1) if (source[start + index] !== word[index]) return false;
  return true;
}

const PLUS = 43;
const LOWER_E = 101;
const UPPER_E = 69;

/** A number, `true`, `false` or `null` as JSON writes them. */
export function isPlainValue(source: Buffer, start: number, end: number): boolean {
  const first = source[start];
  if (first !== MINUS && !isDigit(first))
    return isWord(source, start, end, NULL) || isWord(source, start, end, TRUE) || isWord(source, start, end, FALSE);
  let at = first === MINUS ? start + 1 : start;
  const wholeAt = at;
  while (at < end && isDigit(source[at])) at += 1;
  if (at === wholeAt || (source[wholeAt] === ZERO && at - wholeAt > 1)) return false;
  if (at < end && source[at] === POINT) {
    const fractionAt = at + 1;
    at = fractionAt;
    while (at < end && isDigit(source[at])) at += 1;
    if (at === fractionAt) return false;
  }
  if (at < end && (source[at] === LOWER_E || source[at] === UPPER_E)) {
    at += 1;
    if (source[at] === PLUS || source[at] === MINUS) at += 1;
    const exponentAt = at;
    while (at < end && isDigit(source[at])) at += 1;
    if (at === exponentAt) return false;
  }
  return at === end;
}

const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= ZERO && byte <= NINE;

/** A whole number as JSON writes it, and not -0. */
function isWhole(source: Buffer, start: number, end: number): boolean {
  const first = source[start] === MINUS ? start + 1 : start;
  if (first === end || (source[first] === ZERO && (end - first > 1 || first > start))) return false;
  for (let index = first; index < end; index += 1) if (!isDigit(source[index])) return false;
  return true;
}

/** Sage prints decimals with the zeros of their scale, which a number read from them has not. */
function writeQuotedNumber(output: ByteWriter, source: Buffer, start: number, end: number): boolean {
  if (end - start > MAX_EXACT_LENGTH) return false;
  let point = start;
  while (point < end && source[point] !== POINT) point += 1;
  let last = end;
  if (point < end) {
    for (let index = point + 1; index < end; index += 1) if (!isDigit(source[index])) return false;
    if (point + 1 === end || isTiny(source, start, point, end)) return false;
    while (source[last - 1] === ZERO) last -= 1;
    if (source[last - 1] === POINT) last -= 1;
  }
  // Before a fraction a single zero may stand, also a negative one.
  const isZero =
    source[point - 1] === ZERO && (point - start === 1 || (point - start === 2 && source[start] === MINUS));
  if (!isZero && !isWhole(source, start, point)) return false;
  if (isZero && last === point) start = point - 1;
  output.byte(QUOTE);
  output.copy(source, start, last);
  output.byte(QUOTE);
  return true;
}

/** JavaScript writes numbers below a millionth with an exponent. */
function isTiny(source: Buffer, start: number, point: number, end: number): boolean {
  for (let index = start; index < point; index += 1) {
    const byte = source[index];
    if (byte !== ZERO && byte !== MINUS) return false;
  }
  const zerosUntil = Math.min(end, point + 6);
  for (let index = point + 1; index < zerosUntil; index += 1) if (source[index] !== ZERO) return false;
  return end - point > 6;
}

/** `"2026-03-31…` */
const DATE_LENGTH = 11;

function isDated(source: Buffer, start: number, end: number): boolean {
  if (end - start <= DATE_LENGTH || source[start] !== QUOTE) return false;
  for (let index = 1; index < DATE_LENGTH; index += 1) {
    const byte = source[start + index];
    if (index === 5 || index === 8 ? byte !== MINUS : !isDigit(byte)) return false;
  }
  return true;
}

function writeDay(output: ByteWriter, source: Buffer, start: number): boolean {
  output.copy(source, start, start + DATE_LENGTH);
  output.byte(QUOTE);
  return true;
}

const LATIN_Z = 90;

/** Stamps are UTC even where Sage leaves the offset out. */
function writeInstant(output: ByteWriter, source: Buffer, start: number, end: number): boolean {
  for (let index = start + DATE_LENGTH; index < end; index += 1) if (source[index] === BACKSLASH) return false;
  if (source[end - 2] === LATIN_Z || hasOffset(source, end)) return copied(output, source, start, end);
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
