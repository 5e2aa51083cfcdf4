import type { RemoteParent } from './traceparent.ts';

export interface SamplingOptions {
  /** Share of requests, from 0 to 1. */
  readonly sampling: number;
  /** Most traces in a second that callers may force with their sampled flags. */
  readonly parentsPerSecond: number;
  /** A clock in ms that only moves forward. */
  readonly now: () => number;
  readonly random: () => number;
}

/**
 * Decides whether a request is traced. It follows the caller's decision: a request that the caller does not trace is not
 * traced here either, and one that it traces is, up to a limit in a second. Chance decides all others.
 */
export function createSampler({ sampling, parentsPerSecond, now, random }: SamplingOptions) {
  let left = parentsPerSecond;
  let filledAt = now();

  const take = (): boolean => {
    const at = now();
    left = Math.min(parentsPerSecond, left + ((at - filledAt) / 1000) * parentsPerSecond);
    filledAt = at;
    if (left < 1) return false;
    left -= 1;
    return true;
  };

  return (parent: RemoteParent | undefined): boolean => {
    if (parent && !parent.isSampled) return false;
    if (parent && take()) return true;
    return sampling > 0 && random() < sampling;
  };
}
