import { Counter, Histogram, type Registry } from 'prom-client';
import type { Graph } from '../../graph/index.ts';
import { STATUS_BY_CODE } from '../../kit/errors/index.ts';
import { metricOnce } from '../metric-once.ts';
import { codeOf } from './client-error.ts';
import type { Operation } from './graphql-request.ts';
import type { Phase } from './phase.ts';

/**
 * Counts operations and errors, and measures execution. No label holds anything a caller wrote: names of operations and
 * paths of errors (which hold aliases) would be customer data, and make as many series as callers like.
 */
export function countOperations(registry: Registry, { sources }: Pick<Graph, 'sources'>): Phase {
  const names = new Set(sources);
  const seriesOf = createSeries(registry);
  const known = new Map<Operation['kind'], ReturnType<typeof seriesOf>>();
  const errorCount = metricOnce(registry, 'gateway_graphql_errors_total', (name) => {
    const labelNames = ['code', 'source'];
    return new Counter({ name, help: 'Errors in GraphQL answers', labelNames, registers: [registry] });
  });
  return {
    onExecuted({ startedAt }, { kind }, seconds) {
      let series = known.get(kind);
      if (!series) {
        series = seriesOf(kind);
        known.set(kind, series);
      }
      series.requests.inc();
      series.durations.observe((performance.now() - startedAt) / 1000);
      series.executions.observe(seconds);
    },
    onAnswer(_, { errors }) {
      for (const error of errors) {
        const code = codeOf(error);
        const source = String(error.extensions['source']).split(':')[0] ?? '';
        errorCount.inc({
          code: Object.hasOwn(STATUS_BY_CODE, code) ? code : 'other',
          source: names.has(source) ? source : 'other',
        });
      }
    },
  };
}

/** Named like the series of envelop's plugin, which dashboards know. */
function createSeries(registry: Registry) {
  const labelNames = ['operationType'];
  const histogram = (name: string, help: string) =>
    metricOnce(registry, name, () => new Histogram({ name, help, labelNames, registers: [registry] }));
  const requests = metricOnce(registry, 'graphql_envelop_request', (name) => {
    return new Counter({ name, help: 'GraphQL operations that were executed', labelNames, registers: [registry] });
  });
  const durations = histogram(
    'graphql_envelop_request_duration',
    'Time from the body of a GraphQL request to the end of its execution',
  );
  const executions = histogram('graphql_envelop_phase_execute', 'Time spent executing GraphQL operations');
  return (operationType: Operation['kind']) => ({
    requests: requests.labels({ operationType }),
    durations: durations.labels({ operationType }),
    executions: executions.labels({ operationType }),
  });
}
