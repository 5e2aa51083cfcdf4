import type { Registry } from 'prom-client';
import { GatewayError } from '../kit/errors/index.ts';
import { SeriesCounter } from '../kit/metrics/index.ts';

/** Settings below `limits` that operations are refused for. */
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
] as const;

/** Counts what was refused for its size. @param limit name of the setting, as errors have it */
export type CountRefused = (limit: unknown) => void;

export function createRefusedMetrics(registry: Registry): CountRefused {
  const counter = SeriesCounter.in(registry, {
    name: 'gateway_refused_total',
    help: 'Operations, and parts of them, that a limit of the configuration refused',
    labelNames: ['limit'],
  });
  const series = new Map<unknown, ReturnType<typeof counter.of>>(LIMITS.map((limit) => [limit, counter.of({ limit })]));
  return (limit) => series.get(limit)?.inc();
}

/** The limit that somebody was refused for, where it was one. */
export function limitOf(error: unknown): unknown {
  if (!(error instanceof GatewayError)) return undefined;
  return error.code === 'OVERLOADED' ? 'memory' : error.details?.['limit'];
}
