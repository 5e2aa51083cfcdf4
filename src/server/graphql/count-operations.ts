import type { Registry } from 'prom-client';
import type { Graph } from '../../graph/index.ts';
import { type ErrorCode, STATUS_BY_CODE } from '../../kit/errors/index.ts';
import { SeriesCounter, SeriesHistogram } from '../../kit/metrics/index.ts';
import { createRefusedMetrics } from '../refused-metrics.ts';
import { codeOf } from './client-error.ts';
import { createOperationMetrics } from './operation-metrics.ts';
import type { Phase } from './phase.ts';

/**
 * Counts operations and errors, and measures execution. No label contains anything that a caller wrote: operation names and
 * error paths (which contain aliases) could be customer data, and would create any number of series.
 */
export function countOperations(registry: Registry, { sources }: Pick<Graph, 'sources'>): Phase {
  const operations = createOperationMetrics(registry);
  const countErrors = createErrorMetrics(registry, sources);
  const countRefused = createRefusedMetrics(registry);
  const requests = SeriesHistogram.in(registry, {
    name: 'gateway_operation_upstream_requests',
    help: 'Requests to Sage for one operation',
    labelNames: [],
    buckets: [0, 1, 2, 5, 10, 50, 100, 250],
  }).of({});
  const rows = SeriesHistogram.in(registry, {
    name: 'gateway_operation_rows',
    help: 'Sage 200 rows read by one operation',
    labelNames: [],
    buckets: [0, 1, 10, 100, 1_000, 10_000, 50_000],
  }).of({});
  return {
    onExecuted({ startedAt, gateway }, { kind }, seconds) {
      operations.timed('request', kind, (performance.now() - startedAt) / 1000);
      operations.timed('execute', kind, seconds);
      requests.observe(gateway.calls.made);
      rows.observe(gateway.calls.rows);
    },
    onAnswer({ operation }, { errors, hasData, failure }) {
      operations.answered(operation?.kind, resultOf(errors.length > 0 || failure !== undefined, hasData));
      for (const error of errors) {
        countErrors(codeOf(error), error.extensions['source']);
        countRefused(error.extensions['limit']);
      }
    },
  };
}

function resultOf(hasErrors: boolean, hasData: boolean) {
  if (!hasErrors) return 'ok';
  return hasData ? 'partial' : 'failed';
}

/** Codes that a source can cause; all others come from the gateway itself. */
const OF_SOURCES: readonly ErrorCode[] = [
  'NEEDS_CONSENT',
  'FORBIDDEN',
  'RATE_LIMITED',
  'UPSTREAM_REJECTED',
  'UPSTREAM_UNAVAILABLE',
  'UPSTREAM_TIMEOUT',
  'OUTCOME_UNKNOWN',
  'MISCONFIGURED',
];

const GATEWAY = 'gateway';

function createErrorMetrics(registry: Registry, sources: readonly string[]) {
  const counter = SeriesCounter.in(registry, {
    name: 'gateway_graphql_errors_total',
    help: 'Errors in GraphQL answers',
    labelNames: ['code', 'source'],
  });
  const names = new Set([GATEWAY, ...sources]);
  // These exist from the start, so that the first error shows as an increase.
  for (const code of Object.keys(STATUS_BY_CODE)) counter.of({ code, source: GATEWAY });
  for (const code of OF_SOURCES) for (const source of names) counter.of({ code, source });
  return (code: string, given: unknown): void => {
    const source = String(given).split(':')[0] ?? '';
    counter
      .of({
        code: Object.hasOwn(STATUS_BY_CODE, code) ? code : 'other',
        source: names.has(source) ? source : 'other',
      })
      .inc();
  };
}
