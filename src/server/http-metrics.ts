import { Histogram, type Registry } from 'prom-client';
import { metricOnce } from './metric-once.ts';

export interface HttpMetrics {
  /** @param route a path of ours, or `other` */
  observe(route: string, method: string, status: number, seconds: number): void;
}

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'DELETE', 'OPTIONS']);

/** Requests, by labels of which there are only so many: what is not known counts as `other`. */
export function createHttpMetrics(registry: Registry): HttpMetrics {
  const duration = metricOnce(registry, 'gateway_http_request_duration_seconds', (name) => {
    return new Histogram({
      name,
      help: 'Time from the request to the end of its answer',
      labelNames: ['route', 'method', 'status'],
      buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
      registers: [registry],
    });
  });
  // One for each combination of labels, of which there are few: finding it by its labels takes longer than counting.
  const durations = new Map<string, ReturnType<typeof duration.labels>>();
  return {
    observe(route, method, status, seconds) {
      const key = `${route} ${method} ${status}`;
      const known = durations.get(key);
      if (known) return known.observe(seconds);
      const kind = METHODS.has(method) ? method : 'other';
      const found = duration.labels({ route, method: kind, status: String(status) });
      if (kind === method) durations.set(key, found);
      found.observe(seconds);
    },
  };
}
