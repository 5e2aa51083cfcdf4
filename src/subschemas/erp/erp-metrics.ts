import { Gauge, type Registry } from 'prom-client';
import type { Erp } from './create-erp.ts';

/** One series for the worst of all clients' tenants, since thousands would be too many. */
const ADDED = { tenant: 'directory' };

/** Metrics of the copies of tenants' schemas in this process, since each process has its own. */
export function createErpMetrics(
  registry: Registry,
  { tenants, status, addedStatus }: Pick<Erp, 'tenants' | 'status' | 'addedStatus'>,
  now: () => number = Date.now,
): void {
  const registers = [registry];
  // Of several workers on a machine, the worst one is reported.
  const aggregator = 'max';
  new Gauge({
    name: 'gateway_erp_schema_age_seconds',
    help: 'Seconds since the tenant last confirmed the schema in use; absent if it never did.',
    labelNames: ['tenant'],
    registers,
    aggregator,
    collect() {
      this.reset();
      for (const { name } of tenants) {
        const { confirmedAt } = status(name);
        if (confirmedAt !== undefined) this.set({ tenant: name }, Math.max(0, (now() - confirmedAt) / 1000));
      }
      const added = [...addedStatus()].flatMap((each) => each.confirmedAt ?? []);
      if (added.length > 0) this.set(ADDED, Math.max(0, (now() - Math.min(...added)) / 1000));
    },
  });
  new Gauge({
    name: 'gateway_erp_schema_refresh_failed',
    help: "1 if the last attempt to read the tenant's schema failed, otherwise 0.",
    labelNames: ['tenant'],
    registers,
    aggregator,
    collect() {
      for (const { name } of tenants) this.set({ tenant: name }, status(name).lastError ? 1 : 0);
      const added = [...addedStatus()];
      if (added.length > 0) this.set(ADDED, added.some(({ lastError }) => lastError) ? 1 : 0);
    },
  });
}
