// Longer than most, and one thing: the life of a tenant's schema, from the first request over refreshes to the end.
import { createHash } from 'node:crypto';
import type { GraphQLSchema } from 'graphql';
import type { Logger } from 'pino';
import { GatewayError } from '../../errors/index.ts';
import { unavailable } from '../errors.ts';
import { type ReadSchema, readSchema } from './read-schema.ts';
import type { Snapshot, SnapshotStore } from './snapshot-store.ts';

/** A tenant's schema; the same object for all tenants whose schemas have the same content. */
export interface TenantSchema {
  readonly digest: string;
  readonly schema: GraphQLSchema;
}

/** An introspection answer as sent. Reading megabytes takes its time and is left out when the bytes are known. */
export interface Introspection {
  readonly bytes: Buffer;
  /** `data` of the answer. @throws GatewayError when it holds none */
  readonly data: () => unknown;
}

export interface SchemaStatus {
  readonly state: 'unknown' | 'loading' | 'ready' | 'stale' | 'unavailable';
  readonly digest: string | undefined;
  /** Epoch ms at which the tenant last confirmed it. */
  readonly confirmedAt: number | undefined;
  readonly lastError: { readonly code: GatewayError['code']; readonly at: number } | undefined;
}

export interface SchemaRegistryOptions {
  readonly tenants: readonly string[];
  /** Asks a tenant with the service identity. An answer whose bytes are known is not read. @throws GatewayError */
  readonly introspect: (
    tenant: string,
    isKnown: (bytes: Buffer) => boolean,
    signal: AbortSignal,
  ) => Promise<Introspection>;
  readonly refreshMs: number;
  /** ms that callers wait for the first attempt. @default 5_000 */
  readonly patienceMs?: number | undefined;
  /** ms that they wait for a further one: whoever wants only Sage 200 waits too. @default 1_000 */
  readonly laterPatienceMs?: number | undefined;
  /** Pauses after failures while there is no schema at all; each twice the one before. @default 250 to 5_000 */
  readonly firstPauseMs?: number | undefined;
  readonly maxPauseMs?: number | undefined;
  readonly snapshots?: SnapshotStore | undefined;
  readonly log: Logger;
  readonly now: () => number;
}

export interface SchemaRegistry {
  /** Waits a bounded time. @throws GatewayError while the tenant's schema cannot be had. */
  get(tenant: string): Promise<TenantSchema>;
  /** What is there now. */
  peek(tenant: string): TenantSchema | undefined;
  /** Asks the tenant again, unless that is under way already. @throws GatewayError */
  refresh(tenant: string): Promise<TenantSchema>;
  status(tenant: string): SchemaStatus;
  close(): Promise<void>;
}

interface Slot {
  readonly tenant: string;
  digest: string | undefined;
  confirmedAt: number | undefined;
  failure: { readonly error: GatewayError; readonly at: number } | undefined;
  pauseMs: number;
  loading: { readonly since: number; readonly done: Promise<void> } | undefined;
  timer: NodeJS.Timeout | undefined;
  /** Once in a process: whoever comes while it is read waits for it too. */
  snapshotTried: Promise<void> | undefined;
}

const MAX_KNOWN_BYTES = 1_000;
const OTHERS_NEWS_PAUSE_MS = 10_000;
/** Answers are megabytes: two hundred tenants at one start would be gigabytes. */
const INTROSPECTIONS_AT_ONCE = 4;
const LONGEST_TURN_MS = 2_000;

export function createSchemaRegistry(options: SchemaRegistryOptions): SchemaRegistry {
  const { introspect, refreshMs, snapshots, log, now } = options;
  const { patienceMs = 5_000, laterPatienceMs = 1_000, firstPauseMs = 250, maxPauseMs = 5_000 } = options;
  const slots = new Map(options.tenants.map((tenant) => [tenant, emptySlot(tenant)]));
  const schemas = new Map<string, GraphQLSchema>();
  // Tenants on one release send the same bytes: then nothing is parsed, sorted or built again.
  const digestByBytes = new Map<string, string>();
  const reading = new Map<string, Promise<string | undefined>>();
  const turns = createTurns(INTROSPECTIONS_AT_ONCE);
  // Different schemas one after the other: side by side they would hold up everybody for the sum of their steps.
  const building = createTurns(1);
  let saving: Promise<unknown> = Promise.resolve();
  const stop = new AbortController();

  const slotOf = (tenant: string): Slot => {
    const slot = slots.get(tenant);
    if (slot) return slot;
    throw new GatewayError('FORBIDDEN', `There is no ERP tenant "${tenant}" for this caller.`);
  };

  const held = ({ digest }: Slot): TenantSchema | undefined => {
    const schema = digest === undefined ? undefined : schemas.get(digest);
    return schema && digest !== undefined ? { digest, schema } : undefined;
  };

  const knownDigest = (bytes: Buffer): string | undefined => {
    const known = digestByBytes.get(hashOf(bytes));
    return known !== undefined && schemas.has(known) ? known : undefined;
  };
  const isKnown = (bytes: Buffer) => knownDigest(bytes) !== undefined;

  /** @returns the digest; the schema is in `schemas` by then. @throws GatewayError */
  const keep = async (tenant: string, { bytes, data }: Introspection): Promise<string> => {
    const known = knownDigest(bytes);
    if (known !== undefined) return known;
    const hash = hashOf(bytes);
    // Tenants on one release come with the same bytes at the same moment, when a gateway starts.
    const underWay = reading.get(hash) ?? building(() => readAndBuild(data)).finally(() => reading.delete(hash));
    reading.set(hash, underWay);
    const digest = await underWay.catch((cause: unknown) => {
      if (cause instanceof GatewayError) throw cause;
      throw unavailable(tenant, 'shows a schema that cannot be read', cause);
    });
    if (digest === undefined) throw unavailable(tenant, 'does not show its schema');
    // A server may put something of its own time into each answer.
    if (digestByBytes.size >= MAX_KNOWN_BYTES) digestByBytes.clear();
    digestByBytes.set(hash, digest);
    return digest;
  };

  /** In steps: each takes its time with megabytes, and whoever waits for something else gets a turn in between. */
  const readAndBuild = async (data: () => unknown): Promise<string | undefined> => {
    await othersFirst();
    const answer = data();
    await othersFirst();
    const read: ReadSchema | undefined = readSchema(answer);
    if (!read) return undefined;
    await othersFirst();
    if (!schemas.has(read.digest)) schemas.set(read.digest, read.build());
    return read.digest;
  };

  /** Schemas no tenant has any more go; operations under way hold theirs until they end. */
  const letGo = (digest: string) => {
    if ([...slots.values()].some((slot) => slot.digest === digest)) return;
    schemas.delete(digest);
    for (const [bytes, known] of digestByBytes) if (known === digest) digestByBytes.delete(bytes);
  };

  const adopt = (slot: Slot, digest: string) => {
    const before = slot.digest;
    slot.digest = digest;
    if (before !== undefined && before !== digest) letGo(before);
  };

  const ask = async (slot: Slot): Promise<void> => {
    const { tenant } = slot;
    try {
      const introspection = await turns(() => introspect(tenant, isKnown, stop.signal));
      const digest = await keep(tenant, introspection);
      if (slot.digest !== digest) log.info({ tenant, digest }, 'the schema of the ERP tenant was read');
      adopt(slot, digest);
      slot.confirmedAt = now();
      slot.failure = undefined;
      slot.pauseMs = 0;
      // Nobody waits for the disk but the end of the process.
      if (snapshots) saving = Promise.all([saving, snapshots.save(tenant, { digest, bytes: introspection.bytes })]);
    } catch (error) {
      if (stop.signal.aborted) return;
      const failure =
        error instanceof GatewayError ? error : unavailable(tenant, 'could not be asked for its schema', error);
      slot.failure = { error: failure, at: now() };
      slot.pauseMs = Math.min(maxPauseMs, slot.pauseMs === 0 ? firstPauseMs : slot.pauseMs * 2);
      log.warn(
        { tenant, err: failure, kept: slot.digest !== undefined },
        'the schema of the ERP tenant could not be read',
      );
    }
  };

  const schedule = (slot: Slot) => {
    clearTimeout(slot.timer);
    if (stop.signal.aborted || slot.digest === undefined) return;
    // Spread, or a hundred tenants read at one start would be read again at one moment for ever.
    const dueMs = refreshMs * (0.9 + Math.random() * 0.2);
    slot.timer = setTimeout(() => void load(slot), dueMs).unref();
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

  const unpacking = new Map<string, Promise<string | undefined>>();
  /** Unpacked once for all tenants that have it. */
  const keepSnapshot = async (tenant: string, { digest, read }: Snapshot): Promise<string | undefined> => {
    if (schemas.has(digest)) return digest;
    const underWay =
      unpacking.get(digest) ??
      read()
        .then((found) => found && keep(tenant, found))
        .finally(() => unpacking.delete(digest));
    unpacking.set(digest, underWay);
    return underWay;
  };

  const useSnapshot = async (slot: Slot): Promise<void> => {
    const snapshot = await snapshots?.load(slot.tenant);
    if (!snapshot || slot.digest !== undefined) return;
    try {
      const digest = await keepSnapshot(slot.tenant, snapshot);
      if (digest === undefined || slot.digest !== undefined) return;
      adopt(slot, digest);
      log.info({ tenant: slot.tenant, digest: slot.digest }, 'the schema of the ERP tenant was read from its snapshot');
      void load(slot);
    } catch {
      log.warn({ tenant: slot.tenant }, 'the schema snapshot of the ERP tenant cannot be read and is not used');
    }
  };

  const lookedAt = new Map<string, number>();
  // Another process found a new schema, or the operator asked for it.
  const unwatch = snapshots?.watch?.((digests) => {
    for (const [tenant, digest] of digests) {
      const slot = slots.get(tenant);
      if (!slot || slot.digest === undefined || slot.digest === digest) continue;
      // Processes that disagree would otherwise wake each other for ever.
      if (now() - (lookedAt.get(tenant) ?? Number.NEGATIVE_INFINITY) < OTHERS_NEWS_PAUSE_MS) continue;
      lookedAt.set(tenant, now());
      void load(slot);
    }
  });

  return {
    async get(tenant) {
      const slot = slotOf(tenant);
      const current = held(slot);
      if (current) return current;
      slot.snapshotTried ??= useSnapshot(slot);
      await slot.snapshotTried;
      const fromSnapshot = held(slot);
      if (fromSnapshot) return fromSnapshot;
      const { failure, loading } = slot;
      const startsAt = now();
      if (!loading && failure && startsAt < failure.at + slot.pauseMs) throw failure.error;
      // The patience is that of the attempt: who comes late to one that hangs does not wait as long again.
      const waitsUntil = (loading?.since ?? startsAt) + (failure ? laterPatienceMs : patienceMs);
      await settledWithin(load(slot), waitsUntil - startsAt);
      const loaded = held(slot);
      if (loaded) return loaded;
      throw slot.failure?.error ?? unavailable(tenant, 'has not shown its schema yet');
    },
    peek: (tenant) => held(slotOf(tenant)),
    async refresh(tenant) {
      const slot = slotOf(tenant);
      await load(slot);
      const current = held(slot);
      if (slot.failure) throw slot.failure.error;
      if (current) return current;
      throw unavailable(tenant, 'has not shown its schema yet');
    },
    status(tenant) {
      const { digest, confirmedAt, failure, loading } = slotOf(tenant);
      const isStale = failure !== undefined || confirmedAt === undefined;
      const without = loading ? 'loading' : failure ? 'unavailable' : 'unknown';
      return {
        state: digest === undefined ? without : isStale ? 'stale' : 'ready',
        digest,
        confirmedAt,
        lastError: failure && { code: failure.error.code, at: failure.at },
      };
    },
    async close() {
      stop.abort();
      unwatch?.();
      for (const slot of slots.values()) clearTimeout(slot.timer);
      await Promise.all([...slots.values()].map(({ loading }) => loading?.done));
      await saving;
    },
  };
}

const hashOf = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('base64');

const emptySlot = (tenant: string): Slot => ({
  tenant,
  digest: undefined,
  confirmedAt: undefined,
  failure: undefined,
  pauseMs: 0,
  loading: undefined,
  timer: undefined,
  snapshotTried: undefined,
});

const othersFirst = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Lets so many at a time do their work. Whoever takes long lets the next one begin: a tenant that hangs holds up nobody. */
function createTurns(count: number) {
  let free = count;
  const waiting: (() => void)[] = [];
  const pass = () => {
    const next = waiting.shift();
    if (next) next();
    else free += 1;
  };
  return async <Result>(work: () => Promise<Result>): Promise<Result> => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    let isOver = false;
    const end = () => {
      if (!isOver) pass();
      isOver = true;
    };
    const timer = setTimeout(end, LONGEST_TURN_MS).unref();
    try {
      return await work();
    } finally {
      clearTimeout(timer);
      end();
    }
  };
}

/** Waits until `work` has ended, `ms` at most. `work` never rejects. */
async function settledWithin(work: Promise<void>, ms: number): Promise<void> {
  if (ms <= 0) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  await Promise.race([work, promise]).finally(() => clearTimeout(timer));
}
