// Bytes of Sage's JSON, looked at where they stand.
import { type ByteWriter, snippetOf } from './byte-writer.ts';

export const QUOTE = 34;
export const PLUS = 43;
export const MINUS = 45;
export const POINT = 46;
export const ZERO = 48;
const NINE = 57;
export const COLON = 58;
export const BACKSLASH = 92;
export const LATIN_T = 84;
export const LATIN_Z = 90;
const UPPER_E = 69;
const LOWER_E = 101;

const NULL = Buffer.from('null');
const TRUE = Buffer.from('true');
const FALSE = Buffer.from('false');
export const NULL_TEXT = snippetOf(NULL);

/** Absent or `null`. */
export const isNull = (source: Buffer, start: number, end: number): boolean =>
  start === end || isWord(source, start, end, NULL);

/** `true` or `false`. */
export const isTruth = (source: Buffer, start: number, end: number): boolean =>
  isWord(source, start, end, TRUE) || isWord(source, start, end, FALSE);

function isWord(source: Buffer, start: number, end: number, word: Buffer): boolean {
  if (end - start !== word.length) return false;
  for (let index = 0; index < word.length; index += 1) if (source[start + index] !== word[index]) return false;
  return true;
}

export function copied(output: ByteWriter, source: Buffer, start: number, end: number): boolean {
  output.copy(source, start, end);
  return true;
}

/** A number, `true`, `false` or `null` as JSON writes them. */
export function isPlainValue(source: Buffer, start: number, end: number): boolean {
  const first = source[start];
  if (first !== MINUS && !isDigit(first)) return isWord(source, start, end, NULL) || isTruth(source, start, end);
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

export const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= ZERO && byte <= NINE;

/** The number that so many digits make; not a number where one of them is none. */
export function digitsAt(source: Buffer, start: number, count: number): number {
  let number = 0;
  for (let index = start; index < start + count; index += 1) {
    const byte = source[index];
    number = byte !== undefined && isDigit(byte) ? 10 * number + byte - ZERO : Number.NaN;
  }
  return number;
}

/** A whole number as JSON writes it, and not -0. */
export function isWhole(source: Buffer, start: number, end: number): boolean {
  const first = source[start] === MINUS ? start + 1 : start;
  if (first === end || (source[first] === ZERO && (end - first > 1 || first > start))) return false;
  for (let index = first; index < end; index += 1) if (!isDigit(source[index])) return false;
  return true;
}
