import type { Registry } from 'prom-client';
import { type CountedSeries, SeriesCounter } from '../kit/metrics/index.ts';

/** Counts requests by kind of caller. @returns the `onIdentified` function for the callers */
export function createCallerMetrics(registry: Registry): (kind: string) => void {
  const counter = SeriesCounter.in(registry, {
    name: 'gateway_callers_total',
    help: 'Authenticated requests, by kind of caller',
    labelNames: ['kind'],
  });
  const counts = new Map<string, CountedSeries>();
  return (kind) => {
    const count = counts.get(kind) ?? counter.of({ kind });
    counts.set(kind, count);
    count.inc();
  };
}
