import { Gauge, type Registry } from 'prom-client';
import type { MetricData } from '../kit/metrics/index.ts';

const STALE_METRIC = {
  name: 'gateway_config_stale',
  help: '1 when the configuration was faulty when it was last read, so that an older one is in use; else 0',
};

export function createStaleMetric(registry: Registry, isStale: () => boolean): void {
  if (registry.getSingleMetric(STALE_METRIC.name)) return;
  new Gauge({
    ...STALE_METRIC,
    registers: [registry],
    collect() {
      this.set(isStale() ? 1 : 0);
    },
  });
}

/** The same as data, for printing by another process. */
export const staleMetric = (isStale: boolean): MetricData => ({
  ...STALE_METRIC,
  type: 'gauge',
  aggregator: 'sum',
  values: [{ value: isStale ? 1 : 0, labels: {} }],
});
