/**
 * Timestamps as Sage 200 shows them: UTC or a local day's midnight, without offset, fractions of a second only if not zero
 * (`2016-05-17T08:57:38.003`).
 */
export function formatStamp(epochMs: number): string {
  const text = new Date(Math.round(epochMs)).toISOString().slice(0, -1);
  return text.endsWith('.000') ? text.slice(0, -4) : text.replace(/0+$/, '');
}

/** How an instant is stored, from epoch ms to epoch ms. */
export type KeepStamp = (epochMs: number) => number;

const STEPS_PER_MS = 0.3;

/** As SQL Server stores a `datetime`: in steps of 1/300 s. The shown milliseconds differ slightly from the compared value. */
export const toNearestStep: KeepStamp = (epochMs) => Math.round(epochMs * STEPS_PER_MS) / STEPS_PER_MS;

/** Epoch ms of a stamp; one without offset counts as UTC, and so does a bare day. */
export function parseStamp(text: string): number {
  const hasZone = /(Z|[+-]\d{2}:\d{2})$/.test(text) || !text.includes('T');
  return Date.parse(hasZone ? text : `${text}Z`);
}
