import { Counter, collectDefaultMetrics, Histogram, type Registry } from 'prom-client';
import { STATUS_BY_CODE } from '../kit/errors/index.ts';

export interface HttpMetrics {
  /** @param route a path of ours, or `other` */
  observe(route: string, method: string, status: number, seconds: number): void;
  countError(code: string, source: string): void;
}

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'DELETE', 'OPTIONS']);
const SOURCES: ReadonlySet<string> = new Set(['gateway', 'sage200', 'network', 'erp']);

/** Requests and errors, by labels of which there are only so many: what is not known counts as `other`. */
export function createHttpMetrics(registry: Registry): HttpMetrics {
  // A registry may outlive a server, as in tests; the process's metrics can be in it only once.
  if (!registry.getSingleMetric('process_cpu_seconds_total')) collectDefaultMetrics({ register: registry });
  const duration = metricOnce(registry, 'gateway_http_request_duration_seconds', (name) => {
    return new Histogram({
      name,
      help: 'Time from the request to the end of its answer',
      labelNames: ['route', 'method', 'status'],
      buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
      registers: [registry],
    });
  });
  const errors = metricOnce(registry, 'gateway_graphql_errors_total', (name) => {
    return new Counter({
      name,
      help: 'Errors in GraphQL answers',
      labelNames: ['code', 'source'],
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
    countError(code, source) {
      const kind = source.split(':')[0] ?? '';
      errors.inc({ code: code in STATUS_BY_CODE ? code : 'other', source: SOURCES.has(kind) ? kind : 'other' });
    },
  };
}

function metricOnce<Metric extends object>(registry: Registry, name: string, create: (name: string) => Metric): Metric {
  // The registry hands back what `create` put there under this name, and nothing else uses our prefix.
  return (registry.getSingleMetric(name) as Metric | undefined) ?? create(name);
}
