import type { GraphQLSchema } from 'graphql';
import type { Logger } from 'pino';
import {
  type HostedReply,
  type HostedResult,
  type HostedSchemas,
  type HostedTenant,
  type PlainData,
  requestText,
  type SchemaStatus,
  type TenantSchema,
} from '../../graph/subschema.ts';
import { elapsed as ofProcess } from '../../kit/clock.ts';
import { GatewayError } from '../../kit/errors/index.ts';
import {
  createSharedCalls,
  endOfWrites,
  HttpFailure,
  type Send,
  type StopSignal,
  startDeadline,
} from '../../kit/http/index.ts';
import { toObject } from '../../kit/json.ts';
import { parseAsWritten } from '../../kit/written-json.ts';
import type { ErpAccessToken, TokenSource } from '../../tokens/index.ts';
import { type GraphqlBody, toErpResult } from './answer.ts';
import { createAnswerShapes } from './answer-shape.ts';
import type { ErpAnswer } from './client.ts';
import { toFailureError } from './errors.ts';
import { buildSchema } from './schema/build-schema.ts';
import { INTROSPECTIONS } from './schema/introspection-query.ts';
import { PackedSchema } from './schema/packed-schema.ts';
import { createSchemaRegistry } from './schema/schema-registry.ts';
import type { SeenSchema } from './schema/seen-schemas.ts';
import { createSnapshotStore, type SnapshotStore } from './schema/snapshot-store.ts';
import { type AddedTenants, createTenantClients, type ErpTenantOptions, type TenantClients } from './tenant-clients.ts';

export type { ErpTenantOptions } from './tenant-clients.ts';

export interface ErpOptions {
  readonly config: {
    readonly deadlineMs: number;
    readonly schemaRefreshMs: number;
    /** A folder. Without it, schemas are kept only in memory. */
    readonly snapshots?: string | undefined;
    readonly tenants: readonly ErpTenantOptions[];
  };
  /** The token source of a tenant; called once for each. Closed by its creator. */
  readonly tokensFor: (tenant: string) => TokenSource<ErpAccessToken>;
  /** The connections to a tenant; called once for each. */
  readonly sendTo: (tenant: string) => Send;
  /** Without it, there are only the tenants in the configuration. */
  readonly added?: AddedTenants | undefined;
  readonly log: Logger;
  /** How an unavailable schema is retried; for tests. */
  readonly patience?: {
    readonly patienceMs?: number;
    readonly laterPatienceMs?: number;
    readonly firstPauseMs?: number;
    readonly maxPauseMs?: number;
  };
  /** @default Date.now */
  readonly now?: () => number;
}

/** The ERP tenants, independent of callers. */
export interface Erp extends HostedSchemas {
  /** Reads the tenant's schema again. @throws GatewayError */
  refreshSchema(tenant: string): Promise<TenantSchema>;
  /** The schemas that a tenant has had, as far as they are kept, by the time they were first seen. Asks the tenant nothing. */
  schemaHistory(tenant: string): Promise<readonly PastSchema[]>;
  /** The state of the schemas of clients' tenants that were used. */
  addedStatus(): Iterable<SchemaStatus>;
  close(): Promise<void>;
}

/** A schema that a tenant has or had. */
export interface PastSchema extends SeenSchema {
  readonly isCurrent: boolean;
  /** Undefined when it is not kept any more. */
  readonly read: () => Promise<GraphQLSchema | undefined>;
}

/** The connections that clients' tenants share, each with its own queue: in metrics, thousands of them are one series. */
export const ADDED_LANE = 'erp:directory';

const SUSPICION_PAUSE_MS = 30_000;
/** How long callers wait for the first attempt to read a schema. */
const PATIENCE_MS = 5_000;
/** Messages of GraphQL servers about a name that they do not have (any more). */
const UNKNOWN_NAME = /^(Cannot query field|Unknown (argument|type|fragment)|Field ".+" is not defined)/;

export function createErp(options: ErpOptions): Erp {
  const { config, log, now = Date.now } = options;
  const elapsed = options.now ?? ofProcess;
  const clients = createTenantClients({ ...options, tenants: config.tenants, now, elapsed });
  const positions = new Map(config.tenants.map(({ name }, index) => [name, index]));
  const positionOf = ({ name }: HostedTenant) => positions.get(name) ?? positions.size;
  const shapes = new Map<string, ReturnType<typeof createAnswerShapes>>();
  const shapesOf = (tenant: string) => {
    const known = shapes.get(tenant) ?? createAnswerShapes();
    shapes.set(tenant, known);
    return known;
  };
  const snapshots = config.snapshots === undefined ? undefined : snapshotsIn(config.snapshots, clients, log);
  const registry = createSchemaRegistry({
    tenants: [...positions.keys()],
    isAdded: (tenant) => clients.isAdded(tenant) && clients.optionsOf(tenant) !== undefined,
    introspect: createIntrospect(clients, config.deadlineMs),
    refreshMs: config.schemaRefreshMs,
    ...options.patience,
    // Waiting for the schema counts towards the operation's deadline.
    patienceMs: Math.min(options.patience?.patienceMs ?? PATIENCE_MS, config.deadlineMs),
    snapshots,
    log,
    now,
  });
  const asked = new Map<string, { readonly at: number; readonly done: Promise<unknown> }>();
  const queries = createSharedCalls<HostedReply>();

  /** Reads the schema again, unless that was done a moment ago. Failures are in the log and the status. */
  const askAgain = async (tenant: string): Promise<void> => {
    const last = asked.get(tenant);
    if (last && elapsed() - last.at < SUSPICION_PAUSE_MS) return void (await last.done);
    if (registry.status(tenant).digest === undefined) return;
    const done = registry.refresh(tenant).catch(() => {});
    asked.set(tenant, { at: elapsed(), done });
    await done;
  };
  const suspectSchema = (tenant: string) => void askAgain(tenant);

  clients.onGone((tenant, was) => {
    asked.delete(tenant);
    shapes.delete(tenant);
    queries.forget(tenant);
    const now = clients.optionsOf(tenant);
    if (!now || identityOf(now) !== identityOf(was)) registry.remove(tenant);
  });

  /** Several callers may share one answer, so it is parsed only once. */
  const toReply = (tenant: string, answer: ErpAnswer): HostedReply => {
    let read: HostedResult | undefined;
    let known: GraphqlBody | undefined;
    const body = () => (known ??= bodyOf(answer));
    return {
      bytes: answer.bytes,
      plain: typeof answer.unread === 'object' ? answer.unread : undefined,
      data: () => body().data,
      result() {
        if (read) return read;
        read = withData(body().data, toErpResult(tenant, body(), answer.redact, answer.defaults));
        if (read.errors?.some(({ message }) => UNKNOWN_NAME.test(message))) suspectSchema(tenant);
        return read;
      },
    };
  };

  const erp: Erp = {
    tenants: config.tenants.flatMap(toHosted),
    deadlineMs: config.deadlineMs,
    among(names) {
      const found = names.flatMap((name) => toHosted(clients.optionsOf(name)));
      return found.length > 1 ? found.sort((one, other) => positionOf(one) - positionOf(other)) : found;
    },
    laneOf: (tenant) => (clients.isAdded(tenant) ? { source: ADDED_LANE, line: tenant } : { source: `erp:${tenant}` }),
    async ask(tenant, request, { signal, deadlineAt, caller, holder }) {
      const leftMs = deadlineAt === undefined ? config.deadlineMs : Math.max(0, deadlineAt - ofProcess());
      const isQuery = request.kind === 'query';
      const deadline = startDeadline(leftMs, isQuery ? signal : endOfWrites(signal));
      // Mutations are always read to the end, since a lost answer has another meaning.
      const leaveUnread = (bytes: Buffer) => shapesOf(tenant)(request.query).plainDataIn(bytes);
      const unread = isQuery ? { leaveUnread } : {};
      const send = (until: StopSignal) =>
        clients
          .use(tenant, (client) => client.ask(request, { signal: until, holder, ...unread }))
          .then((answer) => toReply(tenant, answer));
      try {
        if (!isQuery || caller === undefined) return await send(deadline.signal);
        const waiting = { signal: deadline.signal, onAbort: (reason: unknown) => toAborted(tenant, reason), holder };
        const key = [caller, request.text ?? requestText(request)];
        return await queries.join(tenant, key, waiting, send);
      } finally {
        deadline.end();
        // A query sent before a mutation ended may return earlier data.
        if (!isQuery) queries.forget(tenant);
      }
    },
    schemaOf: registry.get,
    peekSchema: registry.peek,
    execute: async (tenant, request, call) => (await erp.ask(tenant, request, call)).result(),
    lookUpSchema: registry.look,
    refreshSchema: registry.refresh,
    async schemaHistory(tenant) {
      const history = (await snapshots?.history?.(tenant)) ?? [];
      return history.map((kept) => ({ ...kept, read: async () => toSchema(await kept.read()) }));
    },
    async confirmSchema(tenant) {
      const { confirmedAt = Number.NEGATIVE_INFINITY } = registry.status(tenant);
      if (now() - confirmedAt > config.schemaRefreshMs) await askAgain(tenant);
      return registry.peek(tenant);
    },
    suspectSchema,
    prepareWith: registry.prepareWith,
    status: registry.status,
    addedStatus: registry.added,
    sourceOf: (tenant) => `erp:${tenant}`,
    async close() {
      await registry.close();
      await clients.close();
    },
  };
  return erp;
}

const toAborted = (tenant: string, reason: unknown): GatewayError =>
  toFailureError(tenant, new HttpFailure('aborted', true, { cause: reason }), 'query');

/** A plain answer has only data, and possibly an empty list of diagnoses. */
function bodyOf({ body, bytes, unread }: ErpAnswer): GraphqlBody {
  if (body) return body;
  const { start, end, hasDiagnoses } = typeof unread === 'object' ? unread : NOTHING;
  const data = bytes.subarray(start - 1, end + 1);
  return { data, errors: undefined, extensions: hasDiagnoses ? { diagnoses: [] } : undefined };
}

const NOTHING: PlainData = { start: 1, end: -1, names: [], hasDiagnoses: false };

/** Its data is parsed on first use. */
function withData(data: Buffer | null | undefined, rest: Omit<HostedResult, 'data'>): HostedResult {
  if (!data) return data === null ? { data, ...rest } : rest;
  let parsed: HostedResult['data'];
  return {
    get data() {
      parsed ??= toObject(parseAsWritten(data)) ?? null;
      return parsed;
    },
    ...rest,
  };
}

const toSchema = (packed: Buffer | undefined) => packed && buildSchema(new PackedSchema(packed));

function snapshotsIn(folder: string, clients: TenantClients, log: Logger): SnapshotStore {
  const identityOfName = (tenant: string) => {
    const options = clients.optionsOf(tenant);
    return options && identityOf(options);
  };
  return createSnapshotStore({ folder, identityOf: identityOfName, log });
}

const toHosted = (tenant: ErpTenantOptions | undefined): HostedTenant[] =>
  tenant ? [{ name: tenant.name, tenantId: tenant.tenantId }] : [];

/** What identifies a tenant besides its name: in X3, each folder has its own add-ons and therefore its own schema. */
function identityOf({ tenantId, tokenUrl, url, endpoint, customer, folder }: ErpTenantOptions): string {
  if (url !== undefined) return `${url}\n${endpoint ?? ''}`;
  if (customer !== undefined) return `${customer}\n${tokenUrl}\n${folder ?? ''}`;
  return `${tenantId}\n${tokenUrl}`;
}

/** Larger answers are not parsed here: that takes long, and a refusal is never that large. */
const UNREAD_BYTES = 64 * 1024;

/** A schema is the largest answer of a tenant. */
const INTROSPECTION_FACTOR = 4;

/** Introspection with the service identity; servers of any age. */
function createIntrospect({ use }: TenantClients, deadlineMs: number) {
  const isLarge = ({ length }: Buffer) => length > UNREAD_BYTES;
  const newer = INTROSPECTIONS.slice(0, -1);
  const oldest = INTROSPECTIONS.at(-1) ?? '';
  return async (tenant: string, stop: AbortSignal): Promise<Buffer> => {
    const signal = AbortSignal.any([AbortSignal.timeout(deadlineMs), stop]);
    const ask = (query: string) =>
      use(tenant, (client) =>
        client.ask(
          { kind: 'query', query, operationName: 'IntrospectionQuery' },
          { signal, leaveUnread: isLarge, answerFactor: INTROSPECTION_FACTOR },
        ),
      );
    const refused = (error: unknown) => {
      if (error instanceof GatewayError && error.code === 'UPSTREAM_REJECTED') return undefined;
      throw error;
    };
    for (const query of newer) {
      const answer = await ask(query).catch(refused);
      if (answer && (answer.body?.data || !answer.body?.errors)) return answer.bytes;
    }
    return (await ask(oldest)).bytes;
  };
}
