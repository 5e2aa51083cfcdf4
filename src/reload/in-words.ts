import { toFaultLine } from '../config/index.ts';
import type { Reloaded } from './create-reloader.ts';

/** The result of a reload, for people. */
export interface ReloadedInWords extends Omit<Reloaded, 'faults'> {
  readonly faults: readonly string[];
}

export const inWords = ({ faults, ...reloaded }: Reloaded): ReloadedInWords => ({
  ...reloaded,
  faults: faults.map(toFaultLine),
});
