import type { Registry } from 'prom-client';
import { GatewayError } from '../kit/errors/index.ts';
import { SeriesCounter } from '../kit/metrics/index.ts';

/** Settings in `limits` that operations can be refused for, and how much of the schema one may select. */
const LIMITS = [
  'bodyBytes',
  'tokens',
  'depth',
  'aliases',
  'rootFields',
  'values',
  'rows',
  'upstreamRequests',
  'answerBytes',
  'memory',
  'introspection',
] as const;

/** Counts requests that exceeded a limit. @param limit name of the setting, as in errors */
export type CountRefused = (limit: unknown) => void;

export function createRefusedMetrics(registry: Registry): CountRefused {
  const counter = SeriesCounter.in(registry, {
    name: 'gateway_refused_total',
    help: 'Operations, and parts of them, that a limit refused',
    labelNames: ['limit'],
  });
  const series = new Map<unknown, ReturnType<typeof counter.of>>(LIMITS.map((limit) => [limit, counter.of({ limit })]));
  return (limit) => series.get(limit)?.inc();
}

/** The limit that caused the refusal, if it was one. */
export function limitOf(error: unknown): unknown {
  if (!(error instanceof GatewayError)) return undefined;
  return error.code === 'OVERLOADED' ? 'memory' : error.details?.['limit'];
}
