import { Gauge, type Registry } from 'prom-client';
import { listCaches } from '../kit/cache.ts';
import { metricOnce } from '../kit/metrics/index.ts';

/** How full each kind of cache is, counted when the metrics are read. */
export function createCacheMetrics(registry: Registry): void {
  metricOnce(registry, 'gateway_cache_entries', (name) => {
    return new Gauge({
      name,
      help: 'Entries of the caches in memory, by what is kept there',
      labelNames: ['cache'],
      registers: [registry],
      collect() {
        for (const { name: cache, entries } of listCaches()) this.set({ cache }, entries);
      },
    });
  });
}
