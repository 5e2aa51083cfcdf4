import { Counter, type Registry } from 'prom-client';

/** Counts requests by the kind of their caller. @returns what `onIdentified` of the callers is */
export function createCallerMetrics(registry: Registry): (kind: string) => void {
  const counter = new Counter({
    name: 'gateway_callers_total',
    help: 'Requests whose caller is known, by kind of caller',
    labelNames: ['kind'],
    registers: [registry],
  });
  // One for each kind: finding it by its label takes longer than counting.
  const counts = new Map<string, ReturnType<typeof counter.labels>>();
  return (kind) => {
    const count = counts.get(kind) ?? counter.labels({ kind });
    counts.set(kind, count);
    count.inc();
  };
}
