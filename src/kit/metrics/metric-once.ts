import type { Registry } from 'prom-client';

/** A metric of this name: a registry may outlive a server, as in tests, and accepts each name only once. */
export function metricOnce<Metric extends object>(
  registry: Registry,
  name: string,
  create: (name: string) => Metric,
): Metric {
  // The registry returns what `create` stored under this name, and no other code uses these names.
  return (registry.getSingleMetric(name) as Metric | undefined) ?? create(name);
}
