// What tokens of several codecs are made of.
import { textPattern } from '../../../kit/json-shape.ts';
import type { Token } from './codec.ts';

/** What stands in a text whose escapes are written in one way only: `\u0026` and `\/` may be written as a plain character too. */
export const PLAIN_TEXT = textPattern(String.raw`["\\bfnrt]`);

/** Characters of a number that a double is sure to give back; what is longer is read in another way. */
const MAX_EXACT_LENGTH = 15;

/** A number without an exponent as text. A minus before zero counts only where digits follow the point. */
export const quotedNumber = (taken: string): string | undefined =>
  taken.length > MAX_EXACT_LENGTH || taken === '-0' ? undefined : `"${taken}"`;

export const WHOLE_NUMBER: Token = { pattern: String.raw`(0|-?[1-9]\d*)`, write: quotedNumber };
