import type { Logger } from 'pino';
import type { HeldSchemas } from './held-schemas.ts';
import type { ShownSchema } from './schema-answers.ts';
import type { Snapshot, SnapshotStore } from './snapshot-store.ts';

interface KeptSchemasOptions {
  /** Undefined: nothing is stored. */
  readonly snapshots: Pick<SnapshotStore, 'load' | 'save'> | undefined;
  readonly schemas: HeldSchemas;
  /** Called if the file of a schema is missing. */
  readonly onLost: (digest: string) => void;
  readonly log: Logger;
}

export interface KeptSchemas {
  /** Writes in the background; only the end of the process waits for it. */
  save(tenant: string, shown: ShownSchema, confirmedAt: number): void;
  /**
   * Loads the tenant's schema into memory, once for all tenants that have it.
   * @param wanted the digest it must have; left out: the last schema of the tenant
   * @returns undefined if it could not be loaded
   */
  unpack(tenant: string, wanted?: string): Promise<Snapshot | undefined>;
  /** Settles when everything has been written. */
  settled(): Promise<unknown>;
}

/** Moves schemas between memory and their snapshots. */
export function createKeptSchemas({ snapshots, schemas, onLost, log }: KeptSchemasOptions): KeptSchemas {
  let saving: Promise<unknown> = Promise.resolve();
  const unpacking = new Map<string, Promise<boolean>>();

  const save = async (tenant: string, shown: ShownSchema, confirmedAt: number): Promise<void> => {
    const isThere = await snapshots?.save(tenant, { ...shown, confirmedAt });
    if (isThere === false) onLost(shown.digest);
  };

  const read = async (tenant: string, snapshot: Snapshot): Promise<boolean> => {
    try {
      const packed = await snapshot.read();
      if (packed && !schemas.has(snapshot.digest)) schemas.add(snapshot.digest, packed);
      return packed !== undefined;
    } catch (err) {
      log.warn({ tenant, err }, 'the schema snapshot of the ERP tenant cannot be used');
      return false;
    }
  };

  return {
    save(tenant, shown, confirmedAt) {
      if (snapshots) saving = Promise.all([saving, save(tenant, shown, confirmedAt)]);
    },
    async unpack(tenant, wanted) {
      // It may have been evicted before it was written.
      if (wanted !== undefined) await saving;
      const snapshot = await snapshots?.load(tenant);
      if (!snapshot || (wanted !== undefined && wanted !== snapshot.digest)) return undefined;
      const { digest } = snapshot;
      if (schemas.has(digest)) return snapshot;
      const underWay = unpacking.get(digest) ?? read(tenant, snapshot).finally(() => unpacking.delete(digest));
      unpacking.set(digest, underWay);
      return (await underWay) ? snapshot : undefined;
    },
    settled: () => saving,
  };
}
