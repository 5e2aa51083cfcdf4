import { GraphQLID } from 'graphql';
import { type Codec, ORDERED } from './codec.ts';
import { compareNumbers, rawNumber } from './decimal.ts';
import { textOf } from './decimal-text.ts';
import { readText } from './text.ts';
import { WHOLE_NUMBER } from './tokens.ts';

/** Sage's own id of a row: a number in bodies, a text in the graph. */
export const sageId: Codec = {
  scalar: GraphQLID,
  read: readText,
  isEmptyUnset: false,
  token: WHOLE_NUMBER,
  toLiteral(value) {
    const text = textOf(value);
    return isSageKey(text) ? text : undefined;
  },
  toBody: (value) => rawNumber(String(value)),
  compare: compareNumbers,
  filter: { name: 'Sage200IdFilter', description: "Conditions on an id, global or Sage's own.", operators: ORDERED },
};

const MAX_INT64 = '9223372036854775807';
/** Shorter ones are always in range. */
const DIGITS = MAX_INT64.length;

/**
 * Whether the text is an id of Sage 200 in canonical form: a 64-bit integer, as in a row's `sageId`. Source: Sage 200
 * API reference, where each id that finds rows is an int64.
 */
export const isSageId = (text: string): boolean => /^(?:0|[1-9]\d{0,18})$/.test(text) && fitsInt64(text);

/** The same for values in rows, where an unset reference may be a negative number. */
export const isSageKey = (text: string): boolean => isSageId(text.startsWith('-') ? text.slice(1) : text);

const fitsInt64 = (digits: string): boolean => digits.length < DIGITS || digits <= MAX_INT64;

/** Whether a key in a row refers to another one: Sage writes 0 for an unset reference. */
export const isReference = (key: string | undefined): key is string => key !== undefined && key !== '0';

/** A row's id, with no more digits than a double represents exactly. */
export const ID_PATTERN = String.raw`(0|[1-9]\d{0,14})`;

/** A key that may refer to another row: other keys are outside the group. */
export const REFERENCE_PATTERN = String.raw`(?:null|0|([1-9]\d{0,14}))`;
