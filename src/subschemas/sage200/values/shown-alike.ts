/** Ticks are ten-millionths of a second: SQL Server's finest precision. */
const TICKS_PER_SECOND = 10_000_000n;
const PLACES = 7;
/** SQL Server stores most stamps in steps of 1/300 s, shown to the millisecond, which is shorter than a step. */
const SHOWN_PLACES = 3;
const MOMENT = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(\d+))?Z$/;

/**
 * The smallest and largest value that the database may have for a moment in UTC shown in a row. `…48.663Z` may be
 * `…48.6633333` there, which is not equal to it, above it, and below the next one shown.
 * @param utc a moment in the form that filters accept
 */
export function shownAlike(utc: string): readonly [string, string] {
  const [, whole = '', digits = ''] = MOMENT.exec(utc) ?? [];
  const fraction = digits.slice(0, PLACES);
  const seconds = BigInt(Date.parse(`${whole}Z`)) / 1_000n;
  const ticks = seconds * TICKS_PER_SECOND + BigInt(fraction.padEnd(PLACES, '0'));
  const step = 10n ** BigInt(PLACES - Math.max(fraction.length, SHOWN_PLACES));
  return [toMoment(ticks - step) ?? utc, toMoment(ticks + step) ?? utc];
}

/** Undefined outside SQL Server's range of years. */
function toMoment(ticks: bigint): string | undefined {
  const fraction = ((ticks % TICKS_PER_SECOND) + TICKS_PER_SECOND) % TICKS_PER_SECOND;
  const whole = new Date(Number((ticks - fraction) / TICKS_PER_SECOND) * 1_000);
  const year = whole.getUTCFullYear();
  if (year < 1 || year > 9_999) return undefined;
  return `${whole.toISOString().slice(0, -5)}.${String(fraction).padStart(PLACES, '0')}Z`;
}
