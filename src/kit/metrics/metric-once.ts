import type { Registry } from 'prom-client';

/** A metric of this name: a registry may outlive a server, as in tests, and takes each name only once. */
export function metricOnce<Metric extends object>(
  registry: Registry,
  name: string,
  create: (name: string) => Metric,
): Metric {
  // The registry hands back what `create` put there under this name, and nothing else uses our names.
  return (registry.getSingleMetric(name) as Metric | undefined) ?? create(name);
}
