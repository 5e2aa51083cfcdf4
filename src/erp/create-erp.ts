import type { Logger } from 'pino';
import { GatewayError, type Secret } from '../errors/index.ts';
import { type Send, startDeadline } from '../http/index.ts';
import type { ErpAccessToken, TokenSource } from '../tokens/index.ts';
import { type ErpResult, toErpResult } from './answer.ts';
import { ErpClient, type ErpRequest } from './client.ts';
import { PLAIN_INTROSPECTION, RICH_INTROSPECTION } from './schema/read-schema.ts';
import {
  createSchemaRegistry,
  type Introspection,
  type SchemaStatus,
  type TenantSchema,
} from './schema/schema-registry.ts';
import { createSnapshotStore, type SnapshotStore } from './schema/snapshot-store.ts';

/** As much of a tenant's configuration as this folder needs. */
export interface ErpTenantOptions {
  readonly name: string;
  readonly tokenUrl: string;
  readonly tenantId: string;
  readonly clientSecret: Secret;
  readonly allowedHosts: readonly string[];
}

export interface ErpOptions {
  readonly config: {
    readonly deadlineMs: number;
    readonly schemaRefreshMs: number;
    /** A folder. Left out: schemas are kept in memory only. */
    readonly snapshots?: string | undefined;
    readonly tenants: readonly ErpTenantOptions[];
  };
  /** The token source of a tenant; asked once for each. Closed by whoever made it. */
  readonly tokensFor: (tenant: string) => TokenSource<ErpAccessToken>;
  readonly send: Send;
  readonly log: Logger;
  /** How a schema that cannot be had is tried for; for tests. */
  readonly patience?: {
    readonly patienceMs?: number;
    readonly laterPatienceMs?: number;
    readonly firstPauseMs?: number;
    readonly maxPauseMs?: number;
  };
  /** @default Date.now */
  readonly now?: () => number;
}

export interface ErpTenant {
  readonly name: string;
  readonly tenantId: string;
}

export interface ErpCall {
  /** Fires when the caller goes away. Only reads end then. */
  readonly signal: AbortSignal;
  /** Epoch ms. @default now + the configured deadline */
  readonly deadlineAt?: number | undefined;
}

/** The ERP tenants: their schemas, and operations carried to them. Knows nothing of callers. */
export interface Erp {
  /** In the order of the configuration. */
  readonly tenants: readonly ErpTenant[];
  /** ms, a whole operation's share for its tenant. */
  readonly deadlineMs: number;
  /** Sends the operation as it is. @throws GatewayError when no GraphQL answer came; its `source` is the tenant */
  execute(tenant: string, request: ErpRequest, call: ErpCall): Promise<ErpResult>;
  /** Waits a bounded time. @throws GatewayError while the schema cannot be had */
  schemaOf(tenant: string): Promise<TenantSchema>;
  /** The schema that is there now. */
  peekSchema(tenant: string): TenantSchema | undefined;
  /** Asks the tenant again. @throws GatewayError */
  refreshSchema(tenant: string): Promise<TenantSchema>;
  /** Something does not fit our copy of the schema: asks again in the background, at most every 30 s. */
  suspectSchema(tenant: string): void;
  status(tenant: string): SchemaStatus;
  close(): Promise<void>;
}

const SUSPICION_PAUSE_MS = 30_000;
/** What GraphQL servers say of a name that they do not know (any more). */
const UNKNOWN_NAME = /^(Cannot query field|Unknown (argument|type|fragment)|Field ".+" is not defined)/;

export function createErp(options: ErpOptions): Erp {
  const { config, tokensFor, send, log, now = Date.now } = options;
  const clients = new Map(
    config.tenants.map((tenant) => [
      tenant.name,
      new ErpClient({
        tenant: tenant.name,
        tokens: tokensFor(tenant.name),
        send,
        now,
        hidden: {
          secrets: [tenant.clientSecret],
          hosts: [...tenant.allowedHosts, new URL(tenant.tokenUrl).hostname],
        },
      }),
    ]),
  );
  const clientOf = (tenant: string): ErpClient => {
    const client = clients.get(tenant);
    if (client) return client;
    throw new GatewayError('FORBIDDEN', `There is no ERP tenant "${tenant}" for this caller.`);
  };
  const registry = createSchemaRegistry({
    tenants: [...clients.keys()],
    introspect: createIntrospect(clientOf, config.deadlineMs),
    refreshMs: config.schemaRefreshMs,
    ...options.patience,
    snapshots: config.snapshots === undefined ? undefined : snapshotsIn(config.snapshots, options),
    log,
    now,
  });
  const suspectedAt = new Map<string, number>();

  const suspectSchema = (tenant: string) => {
    const last = suspectedAt.get(tenant) ?? Number.NEGATIVE_INFINITY;
    if (now() - last < SUSPICION_PAUSE_MS || !registry.peek(tenant)) return;
    suspectedAt.set(tenant, now());
    // Its failure is in the log and the status; nobody waits for it.
    registry.refresh(tenant).catch(() => {});
  };

  return {
    tenants: config.tenants.map(({ name, tenantId }) => ({ name, tenantId })),
    deadlineMs: config.deadlineMs,
    async execute(tenant, request, { signal, deadlineAt }) {
      const client = clientOf(tenant);
      const leftMs = deadlineAt === undefined ? config.deadlineMs : Math.max(0, deadlineAt - now());
      const deadline = startDeadline(leftMs, request.kind === 'query' ? signal : undefined);
      const { body, sanitize } = await client.ask(request, { signal: deadline.signal }).finally(deadline.end);
      const result = toErpResult(tenant, body, sanitize);
      if (result.errors?.some(({ message }) => UNKNOWN_NAME.test(message))) suspectSchema(tenant);
      return result;
    },
    schemaOf: registry.get,
    peekSchema: registry.peek,
    refreshSchema: registry.refresh,
    suspectSchema,
    status: registry.status,
    close: registry.close,
  };
}

function snapshotsIn(folder: string, { config, log }: ErpOptions): SnapshotStore {
  const identities = new Map(config.tenants.map(({ name, tenantId, tokenUrl }) => [name, `${tenantId}\n${tokenUrl}`]));
  return createSnapshotStore({ folder, identityOf: (tenant) => identities.get(tenant) ?? '', log });
}

/** Introspection with the service identity; servers of any age. */
function createIntrospect(clientOf: (tenant: string) => ErpClient, deadlineMs: number) {
  return async (tenant: string, isKnown: (bytes: Buffer) => boolean, stop: AbortSignal): Promise<Introspection> => {
    const signal = AbortSignal.any([AbortSignal.timeout(deadlineMs), stop]);
    const ask = (query: string) =>
      clientOf(tenant).ask({ kind: 'query', query, operationName: 'IntrospectionQuery' }, { signal, isKnown });
    const rich = await ask(RICH_INTROSPECTION).catch((error: unknown) => {
      if (error instanceof GatewayError && error.code === 'UPSTREAM_REJECTED') return undefined;
      throw error;
    });
    const isRefused = rich === undefined || (rich.body['errors'] !== undefined && !rich.body['data']);
    const { bytes, body } = isRefused ? await ask(PLAIN_INTROSPECTION) : rich;
    return { bytes, data: () => body['data'] };
  };
}
