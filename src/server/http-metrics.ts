import type { Registry } from 'prom-client';
import { type ObservedSeries, SeriesHistogram } from '../kit/metrics/index.ts';

export interface HttpMetrics {
  /** @param route a path of the gateway, or `other` */
  observe(route: string, method: string, status: number, seconds: number): void;
}

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'DELETE', 'OPTIONS']);

/** Requests, by a limited set of labels: unknown values count as `other`. */
export function createHttpMetrics(registry: Registry): HttpMetrics {
  const duration = SeriesHistogram.in(registry, {
    name: 'gateway_http_request_duration_seconds',
    help: 'Time from the request to the end of its answer',
    labelNames: ['route', 'method', 'status'],
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
  });
  const durations = new Map<string, ObservedSeries>();
  return {
    observe(route, method, status, seconds) {
      const key = `${route} ${method} ${status}`;
      const known = durations.get(key);
      if (known) return known.observe(seconds);
      const kind = METHODS.has(method) ? method : 'other';
      const found = duration.of({ route, method: kind, status: String(status) });
      if (kind === method) durations.set(key, found);
      found.observe(seconds);
    },
  };
}
