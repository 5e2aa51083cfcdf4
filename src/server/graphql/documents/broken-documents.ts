import type { Logger } from 'pino';
import { Gauge, type Registry } from 'prom-client';

export interface BrokenDocumentsOptions {
  /** Texts by id, as they are listed. */
  readonly listed: ReadonlyMap<string, string>;
  /** Names of configured tenants: of those that are added meanwhile, thousands perhaps, the metric tells the worst. */
  readonly tenants: readonly string[];
  readonly metrics: Registry;
  readonly log: Logger;
  /** Documents that could be asked before, and cannot now. @param documents their ids */
  readonly onBroken: (tenant: string, documents: readonly string[]) => void;
}

/** Called with each schema of a tenant. @param texts of listed documents that cannot be asked there */
export type WatchDocuments = (tenant: string, texts: ReadonlySet<string>) => void;

/** Those added while the gateway runs. */
const ADDED = 'directory';

/**
 * Watches which listed documents the schemas of tenants leave without what they name. The first schema of a tenant only sets the
 * metric: a document may be meant for other tenants.
 */
export function watchDocuments({ listed, tenants, metrics, log, onBroken }: BrokenDocumentsOptions): WatchDocuments {
  const brokenIn = new Map<string, ReadonlySet<string>>();
  new Gauge({
    name: 'gateway_documents_broken',
    help: 'Listed documents that name what the schema of the tenant does not have',
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
    log.warn(
      { tenant, documents },
      'listed documents cannot be asked any more: the schema of the ERP tenant has changed',
    );
    onBroken(tenant, documents);
  };
}
