import type { DocumentNode, ExecutionResult, GraphQLError, GraphQLSchema } from 'graphql';
import type { BodyPart, Holder, RequestHeaders, StopSignal } from '../kit/http/index.ts';
import type { MaybePromise } from '../kit/maybe-promise.ts';
import type { Principal } from '../kit/principal.ts';
import type { Trace } from '../kit/trace/index.ts';
import type { GatewayContext } from './operation-context.ts';
import type { Hosting, RaisedLimits, Subschema } from './subschema.ts';

export type { GatewayContext } from './operation-context.ts';

/** The part of a graph that resolvers may see. */
export interface Sources {
  readonly subschemas: readonly Subschema[];
  readonly hosting: Hosting;
  /** What is left out for this tenant's callers. */
  readonly leftOutOf: (tenant: string) => LeftOut;
}

export interface LeftOut {
  /** The gateway's names that the tenant uses itself. */
  readonly collisions: readonly string[];
  /** Schema coordinates that introspection cannot show for this tenant. */
  readonly notShown: readonly string[];
  /** Why configured links are left out. */
  readonly problems: readonly string[];
}

export interface GatewayContextInput {
  readonly principal: Principal;
  readonly requestId: string;
  readonly tenant: string | undefined;
  readonly signal: StopSignal;
  readonly headers: RequestHeaders;
  /** The request that the memory of sources' answers is counted for. Without it, it is not counted. */
  readonly holder?: Holder | undefined;
  /** Set if the request is traced. */
  readonly trace?: Trace | undefined;
  /** The request's id, if it is sent to sources. */
  readonly onwardId?: string | undefined;
}

export interface GraphOperation {
  readonly document: DocumentNode;
  /** The document as the client wrote it, which is forwarded if an operation only uses the tenant. */
  readonly source: string;
  readonly operationName: string | undefined;
  readonly variables: Readonly<Record<string, unknown>> | undefined;
  /** The same, for passing them on: a number that a double would change is a `RawNumber`. @default variables */
  readonly written?: Readonly<Record<string, unknown>> | undefined;
}

/** A whole body, compressed with gzip. */
export interface PackedBody {
  readonly gzip: Buffer;
}

/** The body of an answer. */
export type KnownContent = readonly BodyPart[] | PackedBody;

/** An operation that is valid for a schema and can be answered without looking at its document again. */
export interface KnownOperation {
  readonly name: string | undefined;
  /** The valid document that contains this operation. */
  readonly document: DocumentNode;
  /** Whether it does not use or depend on a tenant. */
  readonly isOurs: boolean;
  /** Compiles its plan now, instead of when it is first used. */
  prepare(): void;
  /**
   * Whether it may return so many rows that its plan should already answer the first time: a plan writes rows one after the
   * other, while the fallback executor holds all of them as objects.
   */
  isLarge(variables: Readonly<Record<string, unknown>>): boolean;
  /**
   * The body of its answer if there are no errors. Undefined if `execute` has to answer; with the same context, `execute`
   * reuses what was read.
   */
  run(
    variables: Readonly<Record<string, unknown>>,
    asked: Pick<GraphOperation, 'written'>,
    context: GatewayContext,
  ): MaybePromise<KnownContent | undefined>;
}

/** Combines the sources into one schema: what the server needs from the graph. */
export interface Graph {
  /** Names of the sources. */
  readonly sources: readonly string[];
  /** Headers that sources read, in lower case. */
  readonly headers: readonly string[];
  /**
   * Higher limits for a caller, because of a source that it may use.
   * @param operation only those for it, which uses nothing else; left out until its document has been read
   */
  raisedFor(principal: Principal, operation?: GraphOperation): RaisedLimits | undefined;
  /**
   * Name of a request's tenant: `wanted` (name or tenant id, from `X-Tenant`), otherwise the caller's default, otherwise
   * its only one. Undefined for a caller without tenants, and for one with several who has to choose: fields that need no
   * tenant are still answered.
   * @throws GatewayError FORBIDDEN if `wanted` is not one of the caller's tenants.
   */
  tenantFor(principal: Principal, wanted: string | undefined): string | undefined;
  /** The same for requests that depend on the tenant as a whole. @throws GatewayError FORBIDDEN, TENANT_REQUIRED */
  requireTenant(principal: Principal, wanted: string | undefined): string | undefined;
  /**
   * The schema that callers of a tenant see; only the gateway's own while the tenant's is not available. Waits for a limited time,
   * and not at all for a document that does not use the tenant.
   * @param readSource returns the document, if there already is one; called at most once
   */
  schemaFor(tenant: string | undefined, readSource?: () => string | undefined): Promise<GraphQLSchema>;
  /** The same without waiting; undefined while it is not certain which schema it will be. */
  peekSchema(tenant: string | undefined): GraphQLSchema | undefined;
  /**
   * A newer schema for an operation that does not fit this one, after checking whether the tenant's schema has changed. That is
   * checked only from time to time. Undefined if the schema has not changed.
   */
  newerSchema(
    schema: GraphQLSchema,
    operation: GraphOperation,
    context: GatewayContext,
  ): Promise<GraphQLSchema | undefined>;
  /** @throws GatewayError FORBIDDEN for callers who may not see the schema */
  refuseSchema(principal: Principal): void;
  /** The part of a schema that the caller may see, without sources that it has no right to. */
  shownSchema(schema: GraphQLSchema, principal: Principal): GraphQLSchema;
  /** Undefined if it was not validated yet, is not a query, or was evicted. */
  known(schema: GraphQLSchema, source: string, operationName: string | undefined): KnownOperation | undefined;
  createContext(input: GatewayContextInput): GatewayContext;
  /** The mutations in an operation, by the names of their fields: `xtremSales.salesOrder.create`. */
  mutationNames(operation: GraphOperation): readonly string[];
  /** Errors that stop the operation; empty if it may run. The tenant itself validates documents that only use the tenant. */
  validate(schema: GraphQLSchema, operation: GraphOperation, context: GatewayContext): readonly GraphQLError[];
  execute(schema: GraphQLSchema, operation: GraphOperation, context: GatewayContext): Promise<ExecutionResult>;
  /** The maximum cost of an operation with the schema that its tenant's callers see now; of no operation, only the limits. */
  costOf(operation: GraphOperation | undefined, tenant: string | undefined): OperationBounds;
  /** Explains how a valid operation is answered; undefined if the variables do not fit. */
  explain(schema: GraphQLSchema, operation: GraphOperation): PlanReport | undefined;
}

/** The cost of an operation, and the limits. */
export interface OperationBounds {
  /** Rows that it may return, counted before anything is sent. */
  readonly rows: number;
  /** Rows that it returned, counted in the same way in the data of its answer. */
  readonly rowsIn: (data: unknown) => number;
  /** `limits.rows`, `limits.upstreamRequests`, `limits.answerBytes`. */
  readonly most: { readonly rows: number; readonly upstreamRequests: number; readonly bytes: number };
}

/** Details of a tenant's part of the graph, for the operator. */
export interface TenantReport extends LeftOut {
  readonly tenant: string;
  readonly digest: string;
  /** Number of types that its callers see, including the gateway's own. */
  readonly types: number;
  /** Link fields that are there: `Customer.orders`. */
  readonly links: readonly string[];
}

/** How a repeated operation is answered, for a person. */
export interface PlanReport {
  readonly kind: string;
  readonly words: readonly string[];
}

export interface ReportingGraph extends Graph {
  /**
   * Validates and plans these documents for each schema before it is used, including those of tenants added later. Settles once that
   * is done for documents that need no tenant.
   * @param principal a caller who may use all of them
   * @param onGraded called with each schema of a tenant and the texts that do not fit it
   */
  prepareDocuments(
    texts: readonly string[],
    principal: Principal,
    onGraded?: (tenant: string, broken: ReadonlySet<string>) => void,
  ): Promise<void>;
  /** @throws GatewayError while the tenant's schema is not available */
  reportOf(tenant: string): Promise<TenantReport>;
}
