import type { DocumentNode, ExecutionResult, GraphQLError, GraphQLSchema } from 'graphql';
import type { BodyPart, Holder, RequestHeaders, StopSignal } from '../kit/http/index.ts';
import type { MaybePromise } from '../kit/maybe-promise.ts';
import type { Principal } from '../kit/principal.ts';
import type { Trace } from '../kit/trace/index.ts';
import type { GatewayContext } from './operation-context.ts';
import type { Hosting, RaisedLimits, Subschema } from './subschema.ts';

export type { GatewayContext } from './operation-context.ts';

/** The sources of a graph, as their resolvers may see them. */
export interface Sources {
  readonly subschemas: readonly Subschema[];
  readonly hosting: Hosting;
  /** What this tenant's callers do without. */
  readonly leftOutOf: (tenant: string) => LeftOut;
}

export interface LeftOut {
  /** Names of the gateway that the tenant uses itself. */
  readonly collisions: readonly string[];
  /** Coordinates of what introspection cannot show of the tenant's schema. */
  readonly notShown: readonly string[];
  /** Why links of the configuration are not there. */
  readonly problems: readonly string[];
}

export interface GatewayContextInput {
  readonly principal: Principal;
  readonly requestId: string;
  readonly tenant: string | undefined;
  readonly signal: StopSignal;
  readonly headers: RequestHeaders;
  /** Whose memory the answers of sources take. Left out: nobody counts it. */
  readonly holder?: Holder | undefined;
  /** Of a request that is traced. */
  readonly trace?: Trace | undefined;
  /** The request's id, where sources are told of it. */
  readonly onwardId?: string | undefined;
}

export interface GraphOperation {
  readonly document: DocumentNode;
  /** The document as the client wrote it: an operation of the tenant's alone is forwarded as this text. */
  readonly source: string;
  readonly operationName: string | undefined;
  readonly variables: Readonly<Record<string, unknown>> | undefined;
  /** The same, for anyone who passes them on: a number that a double would change is a `RawNumber`. @default variables */
  readonly written?: Readonly<Record<string, unknown>> | undefined;
}

/** A whole body, packed by gzip. */
export interface PackedBody {
  readonly gzip: Buffer;
}

/** The body of an answer. */
export type KnownContent = readonly BodyPart[] | PackedBody;

/** An operation that was found valid for a schema and can be answered without looking at its document again. */
export interface KnownOperation {
  readonly name: string | undefined;
  /** The document that was found valid, this operation in it. */
  readonly document: DocumentNode;
  /** Whether it asks no tenant and does not depend on one. */
  readonly isOurs: boolean;
  /** Makes its plan, which is made otherwise when it is asked. */
  prepare(): void;
  /**
   * Whether so many rows may come of it that its plan should answer it already the first time: a plan writes them one after the
   * other, where the fallback executor holds all of them as objects.
   */
  isLarge(variables: Readonly<Record<string, unknown>>): boolean;
  /**
   * The body of its answer when that has no errors. Undefined when `execute` has to answer; with the same context it
   * goes on from what was read.
   */
  run(
    variables: Readonly<Record<string, unknown>>,
    asked: Pick<GraphOperation, 'written'>,
    context: GatewayContext,
  ): MaybePromise<KnownContent | undefined>;
}

/** Sources in, one schema out. What the server needs of the graph. */
export interface Graph {
  /** Names of the sources. */
  readonly sources: readonly string[];
  /** Header fields that sources read, in lower case. */
  readonly headers: readonly string[];
  /** What a caller may send beyond the limits of the configuration, for the sake of a source that it may ask. */
  raisedFor(principal: Principal): RaisedLimits | undefined;
  /**
   * Name of the tenant a request is for: `wanted` (name or tenant id, from `X-Tenant`), else the caller's default, else
   * its only one. Undefined for a caller without tenants, and for one of several who has to choose: what needs no
   * tenant is answered all the same.
   * @throws GatewayError FORBIDDEN when `wanted` is not among the caller's tenants.
   */
  tenantFor(principal: Principal, wanted: string | undefined): string | undefined;
  /** The same for what depends on the tenant as a whole. @throws GatewayError FORBIDDEN, TENANT_REQUIRED */
  requireTenant(principal: Principal, wanted: string | undefined): string | undefined;
  /**
   * The schema callers of that tenant see; ours alone while the tenant's cannot be had. Waits a bounded time, and not at
   * all for a document that asks the tenant nothing.
   * @param readSource the document to be answered, where there is one already; called at most once
   */
  schemaFor(tenant: string | undefined, readSource?: () => string | undefined): Promise<GraphQLSchema>;
  /** The same, for anyone who cannot wait; undefined while it is not certain which one it will be. */
  peekSchema(tenant: string | undefined): GraphQLSchema | undefined;
  /**
   * Another schema for an operation that does not fit this one, after the tenant was asked whether it has changed: at most
   * once in a while, and not where it has said so lately. Undefined when this one stands.
   */
  newerSchema(
    schema: GraphQLSchema,
    operation: GraphOperation,
    context: GatewayContext,
  ): Promise<GraphQLSchema | undefined>;
  /** @throws GatewayError FORBIDDEN for callers who may not see the schema */
  refuseSchema(principal: Principal): void;
  /** As much of a schema as that caller is shown: no source that it has no right to. */
  shownSchema(schema: GraphQLSchema, principal: Principal): GraphQLSchema;
  /** Undefined for what was not validated yet, is not a query, or was let go. */
  known(schema: GraphQLSchema, source: string, operationName: string | undefined): KnownOperation | undefined;
  createContext(input: GatewayContextInput): GatewayContext;
  /** What an operation changes, by the names of its fields: `xtremSales.salesOrder.create`. */
  mutationNames(operation: GraphOperation): readonly string[];
  /** Faults that stop the operation; none when it may run. The tenant itself judges documents that touch only it. */
  validate(schema: GraphQLSchema, operation: GraphOperation, context: GatewayContext): readonly GraphQLError[];
  execute(schema: GraphQLSchema, operation: GraphOperation, context: GatewayContext): Promise<ExecutionResult>;
  /** What an operation may cost at most, by the schema that its tenant's callers see now. */
  costOf(operation: GraphOperation, tenant: string | undefined): OperationBounds;
  /** Says how a valid operation is answered; undefined for values of variables that do not fit. */
  explain(schema: GraphQLSchema, operation: GraphOperation): PlanReport | undefined;
}

/** What an operation may cost, and what is allowed. */
export interface OperationBounds {
  /** That it may make, as they are counted before anything is sent. */
  readonly rows: number;
  /** That it made, counted in the same way in the data of its answer. */
  readonly rowsIn: (data: unknown) => number;
  /** `limits.rows`, `limits.upstreamRequests`, `limits.answerBytes`. */
  readonly most: { readonly rows: number; readonly upstreamRequests: number; readonly bytes: number };
}

/** What the operator wants to know of a tenant's part of the graph. */
export interface TenantReport extends LeftOut {
  readonly tenant: string;
  readonly digest: string;
  /** Types that its callers see, ours with them. */
  readonly types: number;
  /** Link fields that are there: `Customer.orders`. */
  readonly links: readonly string[];
}

/** How an operation is answered from the second time on, for a person. */
export interface PlanReport {
  readonly kind: string;
  readonly words: readonly string[];
}

export interface ReportingGraph extends Graph {
  /**
   * Validates and plans these documents for each schema before it is used, those of tenants that come later too. Settles once that
   * is done for what needs no tenant.
   * @param principal who may ask for all of them
   * @param onGraded told of each schema of a tenant, with those of the texts that name what it does not have
   */
  prepareDocuments(
    texts: readonly string[],
    principal: Principal,
    onGraded?: (tenant: string, broken: ReadonlySet<string>) => void,
  ): Promise<void>;
  /** @throws GatewayError while the tenant's schema cannot be had */
  reportOf(tenant: string): Promise<TenantReport>;
}
