import { type Codec, ORDERED } from './codec.ts';
import { compareNumbers, rawNumber, textOf, toDecimalText, writeQuotedNumber } from './decimal.ts';
import { exactScalar } from './exact-scalar.ts';
import { isSageKey } from './sage-id.ts';

/** A whole number of 64 bits, which GraphQL's own `Int` does not hold. */
export const long: Codec = {
  scalar: exactScalar({
    name: 'Sage200Long',
    wanted: 'a whole number of 64 bits, such as "1250"',
    accepts: isSageKey,
    print: toDecimalText,
    toText: toDecimalText,
  }),
  read: (value) => (value === undefined || value === '' ? null : value),
  isEmptyUnset: true,
  writeToken: writeQuotedNumber,
  toLiteral(value) {
    const text = textOf(value);
    return isSageKey(text) ? text : undefined;
  },
  toBody: (value) => rawNumber(String(value)),
  compare: compareNumbers,
  filter: { name: 'Sage200LongFilter', description: 'Conditions on a whole number of 64 bits.', operators: ORDERED },
};
