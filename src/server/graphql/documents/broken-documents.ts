import type { Logger } from 'pino';
import { Gauge, type Registry } from 'prom-client';

export interface BrokenDocumentsOptions {
  /** Texts by id, as they are listed. */
  readonly listed: ReadonlyMap<string, string>;
  /** Names of configured tenants. For tenants of clients, perhaps thousands, the metric only reports the worst. */
  readonly tenants: readonly string[];
  readonly metrics: Registry;
  readonly log: Logger;
  /** Reports documents that worked before and no longer do. @param documents their ids */
  readonly onBroken: (tenant: string, documents: readonly string[]) => void;
}

/** Called with each schema of a tenant. @param texts of listed documents that do not fit it */
export type WatchDocuments = (tenant: string, texts: ReadonlySet<string>) => void;

/** Tenants that were added while the gateway runs. */
const ADDED = 'directory';

/**
 * Watches which listed documents do not fit the schemas of tenants. The first schema of a tenant only sets the
 * metric: a document may be meant for other tenants.
 */
export function watchDocuments({ listed, tenants, metrics, log, onBroken }: BrokenDocumentsOptions): WatchDocuments {
  const brokenIn = new Map<string, ReadonlySet<string>>();
  new Gauge({
    name: 'gateway_documents_broken',
    help: "Listed documents that do not fit the tenant's schema",
    labelNames: ['tenant'],
    registers: [metrics],
    aggregator: 'max',
    collect() {
      this.reset();
      for (const tenant of tenants) this.set({ tenant }, brokenIn.get(tenant)?.size ?? 0);
      const added = [...brokenIn].filter(([tenant]) => !tenants.includes(tenant)).map(([, texts]) => texts.size);
      if (added.length > 0) this.set({ tenant: ADDED }, Math.max(...added));
    },
  });
  return (tenant, texts) => {
    const before = brokenIn.get(tenant);
    brokenIn.set(tenant, texts);
    const documents = [...listed].filter(([, text]) => texts.has(text) && !before?.has(text)).map(([id]) => id);
    if (!before || documents.length === 0) return;
    log.warn({ tenant, documents }, 'listed documents no longer work: the schema of the ERP tenant has changed');
    onBroken(tenant, documents);
  };
}
