import { GatewayError } from '../../../kit/errors/index.ts';
import type { ByteWriter } from './byte-writer.ts';
import { type Codec, type ColumnLimits, ORDERED } from './codec.ts';
import { exactScalar } from './exact-scalar.ts';
import { isDigit, isWhole, MINUS, POINT, QUOTE, ZERO } from './tokens.ts';

/** Exact numbers: plain digits with an optional point, no exponent; so many that no value of Sage's is longer. */
const DECIMAL = /^[+-]?\d+(\.\d+)?$/;
const MAX_LENGTH = 40;

const isDecimal = (text: string): boolean => text.length <= MAX_LENGTH && DECIMAL.test(text);

/** An exact number: of any precision in bodies, a text in the graph. */
export const decimal: Codec = {
  scalar: exactScalar({
    name: 'Sage200Decimal',
    wanted: 'an exact number as text, such as "1250.50"',
    accepts: isDecimal,
    print: toDecimalText,
    toText: toDecimalText,
  }),
  read: (value) => (value === undefined || value === '' ? null : value),
  isEmptyUnset: false,
  writeToken: writeQuotedNumber,
  toLiteral(value) {
    const text = textOf(value);
    return isDecimal(text) ? text.replace('+', '') : undefined;
  },
  toBody: (value, limits) => rawNumber(checked(String(value), limits)),
  compare: compareNumbers,
  filter: { name: 'Sage200DecimalFilter', description: 'Conditions on an exact number.', operators: ORDERED },
};

/** Any plain value as text, numbers without an exponent. */
export const textOf = (value: unknown): string => (typeof value === 'number' ? toDecimalText(value) : String(value));

/** Places that a number with an exponent is written out to; a double has no more than 324. */
const MAX_DIGITS = 400;

/** A number as plain digits: `1e-7` is `0.0000001`. */
export function toDecimalText(value: number | string): string {
  const text = String(value);
  if (!/e/i.test(text)) return text;
  const [mantissa = '0', exponent = '0'] = text.toLowerCase().split('e');
  const sign = mantissa.startsWith('-') ? '-' : '';
  const [whole = '0', fraction = ''] = mantissa.replace(/^[+-]/, '').split('.');
  const point = whole.length + Number(exponent);
  // Its digits would fill the memory, and nothing that Sage counts is that large or small.
  if (!(Math.abs(point) <= MAX_DIGITS)) return text;
  const digits = (whole + fraction).padEnd(point, '0');
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  return sign + digits.slice(0, point) + (digits.length > point ? `.${digits.slice(point)}` : '');
}

/** A number as it stands, of any precision. `JSON.rawJSON` is in Node 24 but not yet in TypeScript's library. */
const { rawJSON } = JSON as unknown as { rawJSON(text: string): unknown };

/** A number of any length in a body, and nothing else that JSON could say. @throws Error */
export function rawNumber(text: string): unknown {
  if (!NUMBER.test(text)) throw new Error('Only a plain number may stand in a body as it is.');
  return rawJSON(text);
}

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/;

/** As JSON writes it: without a plus and without zeros in front. */
function checked(text: string, { scale, range }: ColumnLimits): string {
  const [least = Number.NEGATIVE_INFINITY, most = Number.POSITIVE_INFINITY] = range ?? [];
  if (Number(text) < least || Number(text) > most)
    throw new GatewayError('BAD_USER_INPUT', `Sage 200 takes ${least} to ${most} here.`);
  const [, sign = '', whole = '0', fraction = ''] = /^([+-]?)0*(\d*)\.?(\d*)$/.exec(text) ?? [];
  if (scale !== undefined && fraction.replace(/0+$/, '').length > scale)
    throw new GatewayError('BAD_USER_INPUT', `Sage 200 keeps ${scale} decimal places here.`);
  return `${sign === '-' ? '-' : ''}${whole || '0'}${fraction ? `.${fraction}` : ''}`;
}

/** Decimal places of the longest decimal Sage documents, and some. */
const PLACES = 12;

export function compareNumbers(first: unknown, second: unknown): number {
  if (typeof first === 'number' && typeof second === 'number') return first - second;
  const difference = toScaled(textOf(first)) - toScaled(textOf(second));
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** Numbers too long for a double come as text, perhaps with an exponent. */
function toScaled(text: string): bigint {
  const [whole = '0', fraction = ''] = toDecimalText(text).split('.');
  return BigInt(whole + fraction.padEnd(PLACES, '0').slice(0, PLACES));
}

/** Digits that a double is sure to give back; what is longer is read in another way. */
const MAX_EXACT_LENGTH = 15;

/** Sage prints decimals with the zeros of their scale, which a number read from them has not. */
export function writeQuotedNumber(output: ByteWriter, source: Buffer, start: number, end: number): boolean {
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
