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
  /** Whether there is such a tenant beside those: one that was added while the gateway runs. @default there are none */
  readonly isAdded?: (tenant: string) => boolean;
  /** Asks a tenant with the service identity. @returns the whole answer, as sent. @throws GatewayError */
  readonly introspect: (tenant: string, signal: AbortSignal) => Promise<Buffer>;
  readonly refreshMs: number;
  /** ms that callers wait for the first attempt. @default 5_000 */
  readonly patienceMs?: number | undefined;
  /** ms that they wait for a further one: anyone who wants only Sage 200 waits too. @default 1_000 */
  readonly laterPatienceMs?: number | undefined;
  /** Pauses after failures while there is no schema at all; each twice the one before. @default 250 to 1_500 */
  readonly firstPauseMs?: number | undefined;
  readonly maxPauseMs?: number | undefined;
  readonly snapshots?: SnapshotStore | undefined;
  /** Types in memory, of all schemas. @default 40_000 */
  readonly maxTypes?: number | undefined;
  /** Closed with the registry. @default one with a thread of its own */
  readonly reader?: SchemaReader;
  readonly log: Logger;
  readonly now: () => number;
}

export interface SchemaRegistry {
  /** Waits a bounded time. @throws GatewayError while the tenant's schema cannot be had. */
  get(tenant: string): Promise<TenantSchema>;
  /** What is there now. */
  peek(tenant: string): TenantSchema | undefined;
  /** What is there now, or why not; what `get` would begin is begun. */
  look(tenant: string): SchemaLook;
  /** Asks the tenant again, unless that is under way already. @throws GatewayError */
  refresh(tenant: string): Promise<TenantSchema>;
  status(tenant: string): SchemaStatus;
  /** What is done with each further schema of a tenant before it is used. */
  prepareWith(prepare: (tenant: string, schema: TenantSchema) => Promise<void>): void;
  /** Forgets an added tenant that went, or is another one under its name. */
  remove(tenant: string): void;
  /** Added tenants that were asked for. */
  added(): Iterable<SchemaStatus>;
  close(): Promise<void>;
}

/** A tenant's facts, with what is under way for it. */
interface Slot extends Mutable<SchemaFacts> {
  readonly tenant: string;
  loading: { readonly since: number; readonly done: Promise<void> } | undefined;
  timer: NodeJS.Timeout | undefined;
  /** Once in a process: anyone who comes while it is read waits for it too. */
  snapshotTried: Promise<void> | undefined;
  /** When somebody last asked for it. */
  usedAt: number;
}

type Mutable<Value> = { -readonly [Key in keyof Value]: Value[Key] };

/** Answers are megabytes: two hundred tenants at one start would be gigabytes. */
const INTROSPECTIONS_AT_ONCE = 4;
const LONGEST_TURN_MS = 2_000;
/** Of documents, before a schema is used. */
const MOST_PREPARING_MS = 2_000;
/** An added tenant that nobody has used for so long is not asked again before somebody does, ms. */
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

  /** Schemas no tenant has any more go; operations under way hold theirs until they end. */
  const letGo = (digest: string) => {
    if ([...slots.values()].some((slot) => slot.digest === digest)) return;
    schemas.delete(digest);
    answers.forget(digest);
  };

  let prepare: ((tenant: string, schema: TenantSchema) => Promise<void>) | undefined;

  /** For as long as callers may be kept from a schema that is there; then it is used as it is. */
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
      // Answers are megabytes: their turn lasts until they are read.
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
    // Spread, or a hundred tenants read at one start would be read again at one moment for ever.
    const dueMs = refreshMs * (0.9 + Math.random() * 0.2);
    slot.timer = setTimeout(() => {
      slot.timer = undefined;
      if (configured.has(slot.tenant) || now() - slot.usedAt <= IN_USE_MS) void load(slot);
    }, dueMs).unref();
  };

  /** Somebody asks for it. One that was left alone, since nobody did, is looked at again. */
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

  /** Once in a process: with no schema at all, one of an earlier time will do. */
  const useSnapshot = async (slot: Slot): Promise<void> => {
    const { tenant } = slot;
    const { digest, confirmedAt, answer } = (await kept.unpack(tenant)) ?? {};
    if (digest === undefined || slot.digest !== undefined) return;
    await prepared(slot, digest);
    if (slot.digest !== undefined) return;
    adopt(slot, digest);
    // Most restarts find the tenant as it was: reading its answer would cost a thread, and that tens of megabytes for good.
    if (answer !== undefined) answers.remember(answer, digest);
    slot.confirmedAt = confirmedAt;
    log.info({ tenant, digest }, 'the schema of the ERP tenant was read from its snapshot');
    void load(slot);
  };

  /** A schema that was let go comes back from its snapshot; without one, the tenant's next answer is read whole. */
  const inMemory = async (slot: Slot): Promise<TenantSchema | undefined> => {
    const { tenant, digest } = slot;
    if (digest === undefined || schemas.has(digest)) return held(slot);
    const found = await kept.unpack(tenant, digest);
    if (found === undefined) answers.forget(digest);
    // The tenant may have another one by now, and nobody this one.
    else if (slot.digest !== digest) letGo(digest);
    return held(slot);
  };

  const lookedAt = new Map<string, number>();
  // Another process found a new schema, or the operator asked for it.
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
    throw slot.failure?.error ?? unavailable(tenant, 'has not shown its schema yet');
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
      // Who does not want to wait for it need not hear of its failure.
      done.catch(() => {});
      return { kind: 'coming', done };
    },
    async refresh(tenant) {
      const slot = slotOf(tenant);
      await load(slot);
      if (slot.failure) throw slot.failure.error;
      return get(tenant);
    },
    // Looking at a tenant is not using it: nothing is kept of one that only an overview shows.
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
