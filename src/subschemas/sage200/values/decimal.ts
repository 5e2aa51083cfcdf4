import { GatewayError } from '../../../kit/errors/index.ts';
import { checkRange } from './check-range.ts';
import { type Codec, type ColumnLimits, ORDERED } from './codec.ts';
import { textOf, toDecimalText } from './decimal-text.ts';
import { exactScalar } from './exact-scalar.ts';
import { quotedNumber } from './tokens.ts';

/** Exact numbers: plain digits with an optional point, no exponent. */
const DECIMAL = /^([+-]?)(\d+)(?:\.(\d+))?$/;
/** No value in Sage is longer; also the limit for Sage's answers. */
const MAX_LENGTH = 40;
const MAX_PRINTED = 400;

/** An exact number: of any precision in bodies, a text in the graph. */
export const decimal: Codec = {
  scalar: exactScalar({
    name: 'Sage200Decimal',
    wanted: 'an exact number as text, such as "1250.50"',
    parse: toExact,
    print: (text) => toPrinted(toDecimalText(text)),
  }),
  read: (value) => (value === undefined || value === '' ? null : value),
  isEmptyUnset: false,
  // With the zeros of its scale, as `parseExactJson` reads it.
  token: { pattern: String.raw`(-?(?!0\d)\d+(?:\.\d+)?)`, write: quotedNumber },
  toLiteral: (value) => toExact(textOf(value)),
  toBody: (value, limits) => rawNumber(checked(String(value), limits)),
  compare: compareNumbers,
  filter: { name: 'Sage200DecimalFilter', description: 'Conditions on an exact number.', operators: ORDERED },
};

/** In JSON form: without a plus and without leading zeros. Undefined if it is not a number. */
function toExact(text: string): string | undefined {
  const [, sign = '', digits, fraction] = text.length <= MAX_LENGTH ? (DECIMAL.exec(text) ?? []) : [];
  if (digits === undefined) return undefined;
  const whole = digits.replace(/^0+(?=\d)/, '');
  const exact = fraction === undefined ? whole : `${whole}.${fraction}`;
  return sign === '-' && /[1-9]/.test(exact) ? `-${exact}` : exact;
}

/** With the digits that Sage sent. */
const toPrinted = (text: string): string | undefined =>
  text.length <= MAX_PRINTED && DECIMAL.test(text) ? text.replace('+', '') : undefined;

/** A number of any precision, unchanged. `JSON.rawJSON` is in Node 24 but not yet in TypeScript's library. */
const { rawJSON } = JSON as unknown as { rawJSON(text: string): unknown };

/** A number of any length in a body, and no other JSON. @throws Error */
export function rawNumber(text: string): unknown {
  if (!NUMBER.test(text)) throw new Error('Only a plain number may stand in a body as it is.');
  return rawJSON(text);
}

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/;

function checked(text: string, { scale, range }: ColumnLimits): string {
  checkRange(Number(text), range);
  const [whole = '', fraction = ''] = text.split('.');
  if (scale !== undefined && fraction.replace(/0+$/, '').length > scale)
    throw new GatewayError('BAD_USER_INPUT', `Sage 200 stores ${scale} decimal places here.`);
  // Sage's whole numbers accept no point, even with zeros after it.
  return scale === 0 ? whole : text;
}

/** A few more decimal places than the longest decimal in Sage's documents. */
const PLACES = 12;

export function compareNumbers(first: unknown, second: unknown): number {
  if (typeof first === 'number' && typeof second === 'number') return first - second;
  const difference = toScaled(textOf(first)) - toScaled(textOf(second));
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** Numbers too long for a double are text, perhaps with an exponent. */
function toScaled(text: string): bigint {
  const [whole = '0', fraction = ''] = toDecimalText(text).split('.');
  return BigInt(whole + fraction.padEnd(PLACES, '0').slice(0, PLACES));
}
