import type { SchemaStatus } from '../../../graph/subschema.ts';
import type { GatewayError } from '../../../kit/errors/index.ts';

/** What is known of a tenant's schema. Instants are epoch ms. */
export interface SchemaFacts {
  readonly digest: string | undefined;
  /** Of an earlier process while the tenant has not shown one to this. */
  readonly confirmedAt: number | undefined;
  readonly hasShown: boolean;
  readonly failure: { readonly error: GatewayError; readonly at: number } | undefined;
  /** ms after the failure in which nobody asks again. */
  readonly pauseMs: number;
  readonly loading: { readonly since: number } | undefined;
}

export interface Patience {
  /** ms that callers wait for the first attempt. */
  readonly patienceMs: number;
  /** ms that they wait for a further one. */
  readonly laterPatienceMs: number;
}

/** Processes that disagree would otherwise wake each other for ever. */
const OTHERS_NEWS_PAUSE_MS = 10_000;

/** What a caller does whose schema is not in memory: fails with the last attempt, or waits for one. */
export function decideWait(
  { failure, loading, pauseMs }: SchemaFacts,
  { patienceMs, laterPatienceMs }: Patience,
  now: number,
): { readonly do: 'fail'; readonly error: GatewayError } | { readonly do: 'wait'; readonly ms: number } {
  if (!loading && failure && passedMs(failure.at, now) < pauseMs) return { do: 'fail', error: failure.error };
  // The patience is that of the attempt: who comes late to one that hangs does not wait as long again.
  const until = (loading?.since ?? now) + (failure ? laterPatienceMs : patienceMs);
  return { do: 'wait', ms: Math.min(until - now, patienceMs) };
}

/** The facts after an attempt that failed. */
export function afterFailure(
  facts: SchemaFacts,
  error: GatewayError,
  { firstPauseMs, maxPauseMs }: { readonly firstPauseMs: number; readonly maxPauseMs: number },
  now: number,
): Pick<SchemaFacts, 'failure' | 'pauseMs'> {
  const pauseMs = Math.min(maxPauseMs, facts.pauseMs === 0 ? firstPauseMs : facts.pauseMs * 2);
  return { failure: { error, at: now }, pauseMs };
}

/** The facts after the tenant has shown its schema, beside its digest. */
export const afterAnswer = (now: number): Omit<SchemaFacts, 'digest' | 'loading'> => ({
  confirmedAt: now,
  hasShown: true,
  failure: undefined,
  pauseMs: 0,
});

/** Whether another process's finding is worth asking the tenant: it differs, and nobody looked a moment ago. */
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
