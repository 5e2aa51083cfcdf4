import { GraphQLInt } from 'graphql';
import { checkRange } from './check-range.ts';
import { type Codec, ORDERED } from './codec.ts';
import { compareNumbers } from './decimal.ts';
import { textOf } from './decimal-text.ts';
import { unreadable } from './unreadable.ts';

const INT = /^-?\d{1,15}$/;
/** The smallest 32-bit integer is not a valid value in Sage. */
const MAX_INT = 2_147_483_647;

/** A 32-bit integer. */
export const int: Codec = {
  scalar: GraphQLInt,
  read(value) {
    if (value === null || value === undefined || value === '') return null;
    const number = typeof value === 'boolean' ? Number.NaN : Number(value);
    if (!Number.isInteger(number) || Math.abs(number) > MAX_INT) throw unreadable('a whole number of 32 bits');
    return number;
  },
  isEmptyUnset: false,
  // Nine digits always fit into 32 bits.
  token: { pattern: String.raw`(0|-?[1-9]\d{0,8})` },
  toLiteral(value) {
    const text = textOf(value);
    return INT.test(text) ? text : undefined;
  },
  toBody(value, { range }) {
    checkRange(Number(value), range);
    return value;
  },
  compare: compareNumbers,
  filter: { name: 'Sage200IntFilter', description: 'Conditions on a whole number.', operators: ORDERED },
};
