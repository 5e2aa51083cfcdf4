/** Exact arithmetic on decimals in text form, as amounts are kept and served. */

interface Scaled {
  readonly digits: bigint;
  /** Digits after the point. */
  readonly scale: number;
}

const DECIMAL = /^([+-]?)(\d*)\.?(\d*)$/;

function toScaled(text: string): Scaled {
  const found = DECIMAL.exec(text);
  if (!found) return toScaled(Number(text).toFixed(10));
  const fraction = found[3] ?? '';
  const digits = BigInt(`${found[2] ?? ''}${fraction}` || '0');
  return { digits: found[1] === '-' ? -digits : digits, scale: fraction.length };
}

/** Shortest text: no zeros at the end, no bare point. */
function toText({ digits, scale }: Scaled): string {
  const sign = digits < 0n ? '-' : '';
  const text = String(digits < 0n ? -digits : digits).padStart(scale + 1, '0');
  if (scale === 0) return sign + text;
  const fraction = text.slice(-scale).replace(/0+$/, '');
  return sign + text.slice(0, -scale) + (fraction && `.${fraction}`);
}

const rescale = ({ digits, scale }: Scaled, to: number): bigint =>
  to >= scale ? digits * 10n ** BigInt(to - scale) : roundedDivision(digits, 10n ** BigInt(scale - to));

/** Half away from zero. */
function roundedDivision(dividend: bigint, divisor: bigint): bigint {
  const half = divisor / 2n;
  return (dividend < 0n ? dividend - half : dividend + half) / divisor;
}

/** Total; empty values count as nothing. */
export function sum(values: readonly (string | number | null | undefined)[]): string {
  const scaled = values.flatMap((value) => (value == null ? [] : [toScaled(String(value))]));
  const scale = scaled.reduce((most, each) => Math.max(most, each.scale), 0);
  return toText({ digits: scaled.reduce((total, each) => total + rescale(each, scale), 0n), scale });
}

/** Product, rounded to `places` digits after the point. */
export function multiply(factors: readonly string[], places: number): string {
  const scaled = factors.map(toScaled);
  const exact = {
    digits: scaled.reduce((total, each) => total * each.digits, 1n),
    scale: scaled.reduce((total, each) => total + each.scale, 0),
  };
  return toText({ digits: rescale(exact, Math.min(places, exact.scale)), scale: Math.min(places, exact.scale) });
}

/** Average with up to 20 digits after the point. */
export function average(values: readonly (string | number)[]): string {
  const total = toScaled(sum(values));
  return toText({ digits: roundedDivision(rescale(total, 20), BigInt(values.length)), scale: 20 });
}
