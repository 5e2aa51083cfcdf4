import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { BoundedCache } from '../../src/kit/cache.ts';
import { createCacheMetrics } from '../../src/server/cache-metrics.ts';

test('metrics show how full each cache is when they are read', async () => {
  const registry = new Registry();
  createCacheMetrics(registry);
  createCacheMetrics(registry);
  const cache = new BoundedCache<string, number>({ name: 'things', maxEntries: 9 });
  cache.set('a', 1);
  expect(await registry.metrics()).toContain('gateway_cache_entries{cache="things"} 1');

  cache.set('b', 2);
  expect(await registry.metrics()).toContain('gateway_cache_entries{cache="things"} 2');
});
