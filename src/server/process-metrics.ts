import { collectDefaultMetrics, Registry } from 'prom-client';
import { createCacheMetrics } from './cache-metrics.ts';
import { createLogMetrics } from './log-metrics.ts';

/** The spaces of V8's heap: forty series that do not help an operator. */
const OF_NO_USE = ['size_total', 'size_used', 'size_available'].map((name) => `nodejs_heap_space_${name}_bytes`);

/** Seconds: nobody notices less than the first, and everybody more than the last. There are four kinds of collections, with a series for each. */
const GC_BUCKETS = [0.01, 0.1, 1];

let ofProcess: Registry | undefined;

/**
 * Metrics of this process as a whole. Created once for all gateways in it: prom-client never disconnects its observer
 * of garbage collections, so each further one would stay in memory with everything that it refers to.
 */
export function showProcessMetrics(registry: Registry): void {
  ofProcess ??= measureProcess();
  for (const { name } of ofProcess.getMetricsAsArray()) {
    const metric = ofProcess.getSingleMetric(name);
    if (metric && !registry.getSingleMetric(name)) registry.registerMetric(metric);
  }
}

function measureProcess(): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, gcDurationBuckets: GC_BUCKETS });
  for (const name of OF_NO_USE) registry.removeSingleMetric(name);
  createCacheMetrics(registry);
  createLogMetrics(registry);
  return registry;
}
