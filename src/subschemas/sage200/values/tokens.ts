// Parts shared by the tokens of several codecs.
import { textPattern } from '../../../kit/json-shape.ts';
import type { Token } from './codec.ts';

/** The content of a text whose escapes have only one spelling: `\u0026` and `\/` may also be written as a plain character. */
export const PLAIN_TEXT = textPattern(String.raw`["\\bfnrt]`);

/** Length up to which a double returns a number unchanged; longer ones are read differently. */
const MAX_EXACT_LENGTH = 15;

/** A number without an exponent as text. A minus before zero counts only if digits follow the point. */
export const quotedNumber = (taken: string): string | undefined =>
  taken.length > MAX_EXACT_LENGTH || taken === '-0' ? undefined : `"${taken}"`;

export const WHOLE_NUMBER: Token = { pattern: String.raw`(0|-?[1-9]\d*)`, write: quotedNumber };
