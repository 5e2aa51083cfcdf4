import type { Logger } from 'pino';
import type { HeldSchemas } from './held-schemas.ts';
import type { ShownSchema } from './schema-answers.ts';
import type { Snapshot, SnapshotStore } from './snapshot-store.ts';

interface KeptSchemasOptions {
  /** Left out: nothing is kept. */
  readonly snapshots: Pick<SnapshotStore, 'load' | 'save'> | undefined;
  readonly schemas: HeldSchemas;
  /** The file of a schema is gone. */
  readonly onLost: (digest: string) => void;
  readonly log: Logger;
}

export interface KeptSchemas {
  /** Nobody waits for the disk but the end of the process. */
  save(tenant: string, shown: ShownSchema, confirmedAt: number): void;
  /**
   * Takes the tenant's schema into memory, once for all tenants that have it.
   * @param wanted the only one that will do; left out: whichever the tenant had last
   * @returns undefined when it is not in memory afterwards
   */
  unpack(tenant: string, wanted?: string): Promise<Snapshot | undefined>;
  /** What was saved is on the disk. */
  settled(): Promise<unknown>;
}

/** The ways between schemas in memory and their snapshots. */
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
      // It may have been let go before it was written.
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
