import type { Registry } from 'prom-client';
import { type ObservedSeries, SeriesCounter, SeriesHistogram } from '../../kit/metrics/index.ts';
import type { Operation } from './graphql-request.ts';

/** The phases of a GraphQL request. `request` is the whole time, from its body to the end of its execution. */
export type TimedPhase = 'parse' | 'validate' | 'execute' | 'request';

const BUCKETS = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 5, 30];

/** `partial`: data and errors. */
const RESULTS = ['ok', 'partial', 'failed'] as const;
export type OperationResult = (typeof RESULTS)[number];

/** `unknown`: the document could not be parsed, or was not looked at. */
const TYPES = ['query', 'mutation', 'subscription', 'unknown'] as const;

export interface OperationMetrics {
  /** @param seconds duration of that phase. Operations with a plan are not parsed or validated, so they do not count there */
  timed(phase: TimedPhase, type: Operation['kind'], seconds: number): void;
  answered(type: (typeof TYPES)[number] | undefined, result: OperationResult): void;
}

/** GraphQL operations in Prometheus. No label contains anything that a caller wrote. */
export function createOperationMetrics(registry: Registry): OperationMetrics {
  const durations = SeriesHistogram.in(registry, {
    name: 'gateway_graphql_duration_seconds',
    help: 'Duration of GraphQL operations by phase; request is the whole duration',
    labelNames: ['phase', 'type'],
    buckets: BUCKETS,
  });
  const requests = SeriesCounter.in(registry, {
    name: 'gateway_graphql_requests_total',
    help: 'Answered GraphQL requests',
    labelNames: ['type', 'result'],
  });
  // Created with the first one, since most gateways see no mutation for a while.
  const times = new Map<string, Partial<Record<TimedPhase, ObservedSeries>>>();
  const seriesOf = (phase: TimedPhase, type: Operation['kind']): ObservedSeries => {
    const ofType = times.get(type) ?? {};
    times.set(type, ofType);
    ofType[phase] ??= durations.of({ phase, type });
    return ofType[phase];
  };
  const results = Object.fromEntries(
    TYPES.map((type) => [type, Object.fromEntries(RESULTS.map((result) => [result, requests.of({ type, result })]))]),
  );
  return {
    timed: (phase, type, seconds) => seriesOf(phase, type).observe(seconds),
    answered: (type = 'unknown', result) => results[type]?.[result]?.inc(),
  };
}
