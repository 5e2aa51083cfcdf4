import type { Logger } from 'pino';
import type { SchemaLook, SchemaStatus, TenantSchema } from '../../../graph/subschema.ts';
import { GatewayError } from '../../../kit/errors/index.ts';
import { createTurns } from '../../../kit/turns.ts';
import { unavailable } from '../errors.ts';
import { HeldSchemas } from './held-schemas.ts';
import { createKeptSchemas } from './kept-schemas.ts';
import { createSchemaAnswers } from './schema-answers.ts';
import { afterAnswer, afterFailure, decideWait, isNews, type SchemaFacts, toStatus } from './schema-decision.ts';
import { createSchemaReader, type SchemaReader } from './schema-reader.ts';
import type { SnapshotStore } from './snapshot-store.ts';

export interface SchemaRegistryOptions {
  readonly tenants: readonly string[];
  /** Whether there is a tenant with this name that was added while the gateway runs. @default none */
  readonly isAdded?: (tenant: string) => boolean;
  /** Reads a tenant's schema with the service identity. @returns the whole answer, as sent. @throws GatewayError */
  readonly introspect: (tenant: string, signal: AbortSignal) => Promise<Buffer>;
  readonly refreshMs: number;
  /** How long callers wait for the first attempt, ms. @default 5_000 */
  readonly patienceMs?: number | undefined;
  /** How long they wait for a later one, ms: callers who only need Sage 200 wait too. @default 1_000 */
  readonly laterPatienceMs?: number | undefined;
  /** Pauses after failures while there is no schema at all, doubling each time. @default 250 to 1_500 */
  readonly firstPauseMs?: number | undefined;
  readonly maxPauseMs?: number | undefined;
  readonly snapshots?: SnapshotStore | undefined;
  /** Types in memory, of all schemas. @default 40_000 */
  readonly maxTypes?: number | undefined;
  /** Closed with the registry. @default one with its own thread */
  readonly reader?: SchemaReader;
  readonly log: Logger;
  readonly now: () => number;
}

export interface SchemaRegistry {
  /** Waits for a limited time. @throws GatewayError while the tenant's schema is not available */
  get(tenant: string): Promise<TenantSchema>;
  peek(tenant: string): TenantSchema | undefined;
  /** The current schema, or why there is none; starts loading it like `get`. */
  look(tenant: string): SchemaLook;
  /** Reads the schema again, unless that is already in progress. @throws GatewayError */
  refresh(tenant: string): Promise<TenantSchema>;
  status(tenant: string): SchemaStatus;
  /** Called with each later schema of a tenant before it is used. */
  prepareWith(prepare: (tenant: string, schema: TenantSchema) => Promise<void>): void;
  /** Forgets a client's tenant that was removed, or replaced under the same name. */
  remove(tenant: string): void;
  /** Clients' tenants that were used. */
  added(): Iterable<SchemaStatus>;
  close(): Promise<void>;
}

/** A tenant's facts, and its attempts in progress. */
interface Slot extends Mutable<SchemaFacts> {
  readonly tenant: string;
  loading: { readonly since: number; readonly done: Promise<void> } | undefined;
  timer: NodeJS.Timeout | undefined;
  /** Once in a process; callers that arrive while it is read wait for it too. */
  snapshotTried: Promise<void> | undefined;
  /** When it was last used. */
  usedAt: number;
}

type Mutable<Value> = { -readonly [Key in keyof Value]: Value[Key] };

/** Answers have megabytes, so two hundred tenants at a start would need gigabytes. */
const INTROSPECTIONS_AT_ONCE = 4;
const LONGEST_TURN_MS = 2_000;
/** How long documents may be prepared before a schema is used. */
const MOST_PREPARING_MS = 2_000;
/** A client's tenant that was not used for this long, ms, is not refreshed until it is used again. */
const IN_USE_MS = 24 * 3600_000;

export function createSchemaRegistry(options: SchemaRegistryOptions): SchemaRegistry {
  const { introspect, refreshMs, snapshots, log, now, reader = createSchemaReader({ log }) } = options;
  const { patienceMs = 5_000, laterPatienceMs = 1_000, firstPauseMs = 250, maxPauseMs = 1_500 } = options;
  const { isAdded = () => false } = options;
  const configured = new Set(options.tenants);
  const slots = new Map(options.tenants.map((tenant) => [tenant, emptySlot(tenant)]));
  const schemas = new HeldSchemas(options.maxTypes);
  const isKept = (digest: string) => snapshots !== undefined || schemas.has(digest);
  const answers = createSchemaAnswers(reader, isKept);
  const kept = createKeptSchemas({ snapshots, schemas, onLost: answers.forget, log });
  const turns = createTurns(INTROSPECTIONS_AT_ONCE, LONGEST_TURN_MS);
  const stop = new AbortController();

  const slotOf = (tenant: string): Slot => {
    const slot = slots.get(tenant);
    if (slot) return slot;
    if (isAdded(tenant)) {
      const made = emptySlot(tenant);
      slots.set(tenant, made);
      return made;
    }
    throw new GatewayError('FORBIDDEN', `There is no ERP tenant "${tenant}" for this caller.`);
  };

  const held = ({ digest }: Slot): TenantSchema | undefined => {
    const schema = digest === undefined ? undefined : schemas.use(digest);
    return schema && digest !== undefined ? { digest, schema } : undefined;
  };

  /** Evicts schemas that no tenant uses; running operations keep theirs until they end. */
  const letGo = (digest: string) => {
    if ([...slots.values()].some((slot) => slot.digest === digest)) return;
    schemas.delete(digest);
    answers.forget(digest);
  };

  let prepare: ((tenant: string, schema: TenantSchema) => Promise<void>) | undefined;

  /** Waits as long as callers may be kept from an available schema; then it is used without preparation. */
  const prepared = async ({ tenant, digest: before }: Slot, digest: string): Promise<void> => {
    const schema = prepare && before !== digest && schemas.use(digest);
    if (!prepare || !schema) return;
    const done = prepare(tenant, { digest, schema }).catch((err: unknown) => {
      log.warn({ tenant, err }, 'documents could not be prepared for a new schema');
    });
    await settledWithin(done, MOST_PREPARING_MS);
  };

  const adopt = (slot: Slot, digest: string) => {
    const before = slot.digest;
    slot.digest = digest;
    if (before !== undefined && before !== digest) letGo(before);
  };

  const ask = async (slot: Slot): Promise<void> => {
    const { tenant } = slot;
    try {
      // Answers have megabytes, so their turn lasts until they are parsed.
      const found = await turns(async () => answers.read(tenant, await introspect(tenant, stop.signal)));
      if (slots.get(tenant) !== slot) return;
      const { digest, packed } = found;
      if (packed && !schemas.has(digest)) schemas.add(digest, packed);
      if (slot.digest !== digest) log.info({ tenant, digest }, 'the schema of the ERP tenant was read');
      await prepared(slot, digest);
      if (slots.get(tenant) !== slot) return letGo(digest);
      adopt(slot, digest);
      const confirmedAt = now();
      Object.assign(slot, afterAnswer(confirmedAt));
      kept.save(tenant, found, confirmedAt);
    } catch (error) {
      if (stop.signal.aborted) return;
      const failure =
        error instanceof GatewayError ? error : unavailable(tenant, 'could not be asked for its schema', error);
      Object.assign(slot, afterFailure(slot, failure, { firstPauseMs, maxPauseMs }, now()));
      log.warn(
        { tenant, err: failure, kept: slot.digest !== undefined },
        'the schema of the ERP tenant could not be read',
      );
    }
  };

  const schedule = (slot: Slot) => {
    clearTimeout(slot.timer);
    if (stop.signal.aborted || slot.digest === undefined || slots.get(slot.tenant) !== slot) return;
    // Spread out, or a hundred tenants that were read at the start would always be refreshed at the same moment.
    const dueMs = refreshMs * (0.9 + Math.random() * 0.2);
    slot.timer = setTimeout(() => {
      slot.timer = undefined;
      if (configured.has(slot.tenant) || now() - slot.usedAt <= IN_USE_MS) void load(slot);
    }, dueMs).unref();
  };

  /** Notes a use. A tenant that was not refreshed for lack of use is refreshed again. */
  const use = (slot: Slot): Slot => {
    slot.usedAt = now();
    const isLeftAlone = slot.digest !== undefined && !slot.timer && !slot.loading;
    if (isLeftAlone && !configured.has(slot.tenant)) void load(slot);
    return slot;
  };

  const load = (slot: Slot): Promise<void> => {
    slot.loading ??= {
      since: now(),
      done: ask(slot).finally(() => {
        slot.loading = undefined;
        schedule(slot);
      }),
    };
    return slot.loading.done;
  };

  /** Once in a process: without a schema, an earlier one is good enough. */
  const useSnapshot = async (slot: Slot): Promise<void> => {
    const { tenant } = slot;
    const { digest, confirmedAt, answer } = (await kept.unpack(tenant)) ?? {};
    if (digest === undefined || slot.digest !== undefined) return;
    await prepared(slot, digest);
    if (slot.digest !== undefined) return;
    adopt(slot, digest);
    // Usually the tenant has not changed at a restart: reading its answer would need a thread, which permanently costs tens of megabytes.
    if (answer !== undefined) answers.remember(answer, digest);
    slot.confirmedAt = confirmedAt;
    log.info({ tenant, digest }, 'the schema of the ERP tenant was read from its snapshot');
    void load(slot);
  };

  /** Restores an evicted schema from its snapshot; without one, the tenant's next answer is parsed completely. */
  const inMemory = async (slot: Slot): Promise<TenantSchema | undefined> => {
    const { tenant, digest } = slot;
    if (digest === undefined || schemas.has(digest)) return held(slot);
    const found = await kept.unpack(tenant, digest);
    if (found === undefined) answers.forget(digest);
    // The tenant may have another schema by now, and no other tenant this one.
    else if (slot.digest !== digest) letGo(digest);
    return held(slot);
  };

  const lookedAt = new Map<string, number>();
  // Another process found a new schema, or the operator requested a refresh.
  const unwatch = snapshots?.watch?.((digests) => {
    for (const [tenant, digest] of digests) {
      const slot = slots.get(tenant);
      if (!slot || !isNews(slot, digest, lookedAt.get(tenant), now())) continue;
      lookedAt.set(tenant, now());
      void load(slot);
    }
  });

  const get = async (tenant: string): Promise<TenantSchema> => {
    const slot = use(slotOf(tenant));
    const current = held(slot);
    if (current) return current;
    slot.snapshotTried ??= useSnapshot(slot);
    await slot.snapshotTried;
    const unpacked = await inMemory(slot);
    if (unpacked) return unpacked;
    const next = decideWait(slot, { patienceMs, laterPatienceMs }, now());
    if (next.do === 'fail') throw next.error;
    await settledWithin(load(slot), next.ms);
    const loaded = await inMemory(slot);
    if (loaded) return loaded;
    throw slot.failure?.error ?? unavailable(tenant, 'has not returned its schema yet');
  };

  return {
    get,
    peek: (tenant) => held(use(slotOf(tenant))),
    look(tenant) {
      const slot = use(slotOf(tenant));
      const current = held(slot);
      if (current) return { kind: 'there', current };
      const next = decideWait(slot, { patienceMs, laterPatienceMs }, now());
      if (slot.digest === undefined && next.do === 'fail') return { kind: 'missing', error: next.error };
      const done = get(tenant);
      // A caller that does not wait for it does not get its failure.
      done.catch(() => {});
      return { kind: 'coming', done };
    },
    async refresh(tenant) {
      const slot = slotOf(tenant);
      await load(slot);
      if (slot.failure) throw slot.failure.error;
      return get(tenant);
    },
    // Looking at a tenant's state is not a use: nothing is stored for a tenant that is only listed.
    status: (tenant) => toStatus(slots.get(tenant) ?? emptySlot(tenant)),
    remove(tenant) {
      if (configured.has(tenant)) return;
      // Also of one that nobody has asked for since this process began.
      void snapshots?.remove?.(tenant);
      const slot = slots.get(tenant);
      if (!slot) return;
      clearTimeout(slot.timer);
      slots.delete(tenant);
      lookedAt.delete(tenant);
      if (slot.digest !== undefined) letGo(slot.digest);
    },
    *added() {
      for (const slot of slots.values()) if (!configured.has(slot.tenant)) yield toStatus(slot);
    },
    prepareWith(given) {
      prepare = given;
    },
    async close() {
      stop.abort();
      unwatch?.();
      for (const slot of slots.values()) clearTimeout(slot.timer);
      await reader.close();
      await Promise.all([...slots.values()].map(({ loading }) => loading?.done));
      await kept.settled();
    },
  };
}

const emptySlot = (tenant: string): Slot => ({
  tenant,
  digest: undefined,
  confirmedAt: undefined,
  hasShown: false,
  failure: undefined,
  pauseMs: 0,
  loading: undefined,
  timer: undefined,
  snapshotTried: undefined,
  usedAt: 0,
});

/** Waits until `work` has ended, `ms` at most. `work` never rejects. */
async function settledWithin(work: Promise<void>, ms: number): Promise<void> {
  if (ms <= 0) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  await Promise.race([work, promise]).finally(() => clearTimeout(timer));
}
