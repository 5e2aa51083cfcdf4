import { type Codec, ORDERED } from './codec.ts';
import { compareNumbers, rawNumber } from './decimal.ts';
import { textOf, toDecimalText } from './decimal-text.ts';
import { exactScalar } from './exact-scalar.ts';
import { isSageKey } from './sage-id.ts';
import { WHOLE_NUMBER } from './tokens.ts';

/** A 64-bit integer, which GraphQL's own `Int` cannot represent. */
export const long: Codec = {
  scalar: exactScalar({
    name: 'Sage200Long',
    wanted: 'a whole number of 64 bits, such as "1250"',
    parse: toLong,
    print: (text) => toLong(toDecimalText(text)),
  }),
  read: (value) => (value === undefined || value === '' ? null : value),
  isEmptyUnset: true,
  token: WHOLE_NUMBER,
  toLiteral: (value) => toLong(textOf(value)),
  toBody: (value) => rawNumber(String(value)),
  compare: compareNumbers,
  filter: { name: 'Sage200LongFilter', description: 'Conditions on a whole number of 64 bits.', operators: ORDERED },
};

/** Without a plus and without zeros after a point; undefined if it is not an integer, or exceeds 64 bits. */
function toLong(text: string): string | undefined {
  const [, whole = ''] = /^\+?(-?\d{1,19})(?:\.0{1,10})?$/.exec(text) ?? [];
  if (whole === '-0') return '0';
  return isSageKey(whole) ? whole : undefined;
}
