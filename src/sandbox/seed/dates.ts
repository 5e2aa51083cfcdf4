import type { IsoDate, SageDate, SageStamp } from './types.ts';

const DAY_MS = 86_400_000;
/** The first day of all data; days are counted from it. */
const FIRST_DAY = Date.UTC(2024, 0, 1);
/** 30 September 2026: the seed's today, so that data never depends on the real one. */
export const LAST_DAY = 1_003;

/** Day 0 is 1 January 2024. */
export const isoDate = (day: number): IsoDate => new Date(FIRST_DAY + day * DAY_MS).toISOString().slice(0, 10);

export const sageDate = (day: number): SageDate => `${isoDate(day)}T00:00:00`;

/** A time of the working day; `spread` shifts it, so that timestamps differ and can be used for ordering. */
const sageStamp = (day: number, spread: number): SageStamp =>
  new Date(FIRST_DAY + day * DAY_MS + 8 * 3_600_000 + ((spread * 7_919) % 36_000_000)).toISOString();

export const stamps = (createdDay: number, updatedDay: number, spread: number) => ({
  date_time_created: sageStamp(createdDay, spread),
  date_time_updated: sageStamp(Math.max(createdDay, updatedDay), spread + 13),
});
