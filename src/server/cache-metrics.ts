import { Gauge, type Registry } from 'prom-client';
import { listCaches } from '../kit/cache.ts';
import { metricOnce } from '../kit/metrics/index.ts';

/** The size of each kind of cache, counted when the metrics are read. */
export function createCacheMetrics(registry: Registry): void {
  metricOnce(registry, 'gateway_cache_entries', (name) => {
    return new Gauge({
      name,
      help: 'Entries in memory caches, by cache',
      labelNames: ['cache'],
      registers: [registry],
      collect() {
        for (const { name: cache, entries } of listCaches()) this.set({ cache }, entries);
      },
    });
  });
}
