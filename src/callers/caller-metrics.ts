import type { Registry } from 'prom-client';
import { type CountedSeries, SeriesCounter } from '../kit/metrics/index.ts';

/** Counts requests by the kind of their caller. @returns what `onIdentified` of the callers is */
export function createCallerMetrics(registry: Registry): (kind: string) => void {
  const counter = SeriesCounter.in(registry, {
    name: 'gateway_callers_total',
    help: 'Requests whose caller is known, by kind of caller',
    labelNames: ['kind'],
  });
  const counts = new Map<string, CountedSeries>();
  return (kind) => {
    const count = counts.get(kind) ?? counter.of({ kind });
    counts.set(kind, count);
    count.inc();
  };
}
