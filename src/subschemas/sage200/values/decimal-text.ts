/** Any plain value as text, numbers without an exponent. */
export const textOf = (value: unknown): string => (typeof value === 'number' ? toDecimalText(value) : String(value));

/** Maximum digits that a number with an exponent is expanded to; a double has at most 324. */
const MAX_DIGITS = 400;

/** A number as plain digits: `1e-7` is `0.0000001`. */
export function toDecimalText(value: number | string): string {
  const text = String(value);
  if (!/e/i.test(text)) return text;
  const [mantissa = '0', exponent = '0'] = text.toLowerCase().split('e');
  const sign = mantissa.startsWith('-') ? '-' : '';
  const [whole = '0', fraction = ''] = mantissa.replace(/^[+-]/, '').split('.');
  const point = whole.length + Number(exponent);
  // Its digits would fill the memory, and no value in Sage is that large or small.
  if (!(Math.abs(point) <= MAX_DIGITS)) return text;
  const digits = (whole + fraction).padEnd(point, '0');
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  return sign + digits.slice(0, point) + (digits.length > point ? `.${digits.slice(point)}` : '');
}
