/** Ticks are ten-millionths of a second: the finest that SQL Server keeps. */
const TICKS_PER_SECOND = 10_000_000n;
const PLACES = 7;
/** SQL Server keeps most stamps in steps of 1/300 s, shown to the millisecond: no two steps are as near as two of those. */
const SHOWN_PLACES = 3;
const MOMENT = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(\d{1,7}))?Z$/;

/**
 * The least and the most that the database may hold for a moment in UTC as a row shows it. `…48.663Z` may be `…48.6633333`
 * there, which is not equal to it, above it, and below the next one shown.
 * @param utc a moment in the form that filters take
 */
export function shownAlike(utc: string): readonly [string, string] {
  const [, whole = '', fraction = ''] = MOMENT.exec(utc) ?? [];
  const seconds = BigInt(Date.parse(`${whole}Z`)) / 1_000n;
  const ticks = seconds * TICKS_PER_SECOND + BigInt(fraction.padEnd(PLACES, '0'));
  const step = 10n ** BigInt(PLACES - Math.max(fraction.length, SHOWN_PLACES));
  return [toMoment(ticks - step), toMoment(ticks + step)];
}

function toMoment(ticks: bigint): string {
  const seconds = ticks / TICKS_PER_SECOND;
  const whole = new Date(Number(seconds) * 1_000).toISOString().slice(0, -5);
  return `${whole}.${String(ticks - seconds * TICKS_PER_SECOND).padStart(PLACES, '0')}Z`;
}
