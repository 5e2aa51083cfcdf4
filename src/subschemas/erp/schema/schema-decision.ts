import type { SchemaStatus } from '../../../graph/subschema.ts';
import type { GatewayError } from '../../../kit/errors/index.ts';

/** What is known about a tenant's schema. Times are epoch ms. */
export interface SchemaFacts {
  readonly digest: string | undefined;
  /** From an earlier process, while this one has not read the schema yet. */
  readonly confirmedAt: number | undefined;
  readonly hasShown: boolean;
  readonly failure: { readonly error: GatewayError; readonly at: number } | undefined;
  /** Pause after the failure before the next attempt, ms. */
  readonly pauseMs: number;
  readonly loading: { readonly since: number } | undefined;
}

export interface Patience {
  /** How long callers wait for the first attempt, ms. */
  readonly patienceMs: number;
  /** How long they wait for a later one, ms. */
  readonly laterPatienceMs: number;
}

/** Without it, processes that disagree would trigger each other for ever. */
const OTHERS_NEWS_PAUSE_MS = 10_000;

/** What a caller without a schema in memory does: fail with the last attempt's error, or wait for an attempt. */
export function decideWait(
  { failure, loading, pauseMs }: SchemaFacts,
  { patienceMs, laterPatienceMs }: Patience,
  now: number,
): { readonly do: 'fail'; readonly error: GatewayError } | { readonly do: 'wait'; readonly ms: number } {
  if (!loading && failure && passedMs(failure.at, now) < pauseMs) return { do: 'fail', error: failure.error };
  // The time limit belongs to the attempt, so latecomers to a hanging attempt wait less.
  const until = (loading?.since ?? now) + (failure ? laterPatienceMs : patienceMs);
  return { do: 'wait', ms: Math.min(until - now, patienceMs) };
}

/** The facts after a failed attempt. */
export function afterFailure(
  facts: SchemaFacts,
  error: GatewayError,
  { firstPauseMs, maxPauseMs }: { readonly firstPauseMs: number; readonly maxPauseMs: number },
  now: number,
): Pick<SchemaFacts, 'failure' | 'pauseMs'> {
  const pauseMs = Math.min(maxPauseMs, facts.pauseMs === 0 ? firstPauseMs : facts.pauseMs * 2);
  return { failure: { error, at: now }, pauseMs };
}

/** The facts after the schema was read, besides its digest. */
export const afterAnswer = (now: number): Omit<SchemaFacts, 'digest' | 'loading'> => ({
  confirmedAt: now,
  hasShown: true,
  failure: undefined,
  pauseMs: 0,
});

/** Whether another process's schema is a reason to read the tenant's again: it differs, and it was not read a moment ago. */
export const isNews = ({ digest }: SchemaFacts, found: string, lookedAt: number | undefined, now: number): boolean =>
  digest !== undefined &&
  digest !== found &&
  passedMs(lookedAt ?? Number.NEGATIVE_INFINITY, now) >= OTHERS_NEWS_PAUSE_MS;

/** A clock that was set back ends a pause instead of stretching it. */
const passedMs = (since: number, now: number): number => (now < since ? Number.POSITIVE_INFINITY : now - since);

export function toStatus({ digest, confirmedAt, hasShown, failure, loading }: SchemaFacts): SchemaStatus {
  const isStale = failure !== undefined || !hasShown;
  const without = loading ? 'loading' : failure ? 'unavailable' : 'unknown';
  return {
    state: digest === undefined ? without : isStale ? 'stale' : 'ready',
    digest,
    confirmedAt,
    lastError: failure && { code: failure.error.code, at: failure.at, message: failure.error.message },
  };
}
