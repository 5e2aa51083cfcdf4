import { GraphQLInt } from 'graphql';
import { type Codec, ORDERED } from './codec.ts';
import { compareNumbers, textOf } from './decimal.ts';
import { copied, isWhole } from './tokens.ts';

const INT = /^-?\d{1,15}$/;
/** Of 32 bits, and some of them to spare. */
const MAX_TOKEN_LENGTH = 9;

/** A whole number of 32 bits. */
export const int: Codec = {
  scalar: GraphQLInt,
  read: (value) => (value === null || value === undefined || value === '' ? null : Number(value)),
  isEmptyUnset: false,
  writeToken: (output, source, start, end) =>
    end - start <= MAX_TOKEN_LENGTH && isWhole(source, start, end) && copied(output, source, start, end),
  toLiteral(value) {
    const text = textOf(value);
    return INT.test(text) ? text : undefined;
  },
  toBody: (value) => value,
  compare: compareNumbers,
  filter: { name: 'Sage200IntFilter', description: 'Conditions on a whole number.', operators: ORDERED },
};
