// Longer than most, since it is one thing: all that the graph knows of its sources. Differences between them are
// members here; no code checks which source it has.
import type { IResolvers } from '@graphql-tools/utils';
import type { DocumentNode, FieldNode, GraphQLResolveInfo, GraphQLSchema } from 'graphql';
import type { ErrorCode, ErrorSource, GatewayError } from '../kit/errors/index.ts';
import type { BodyPart, CallBudget, Holder, RequestHeaders, StopSignal } from '../kit/http/index.ts';
import type { MaybePromise } from '../kit/maybe-promise.ts';
import type { Principal } from '../kit/principal.ts';
import type { GatewayContext } from './graph.ts';
import type { LinkEnds, LinkScope } from './stitch/link.ts';

export type { GatewayContext } from './graph.ts';
export { canAsk, type LinkKey, spellingsOf, toKey } from './stitch/keys.ts';
export type {
  FoundEnd,
  KeyKind,
  KeyMatch,
  LinkEnds,
  LinkedRow,
  LinkedRows,
  LinkQuery,
  LinkQuestion,
  LinkScope,
  LinkTarget,
  MadeQuery,
  WantedEnd,
} from './stitch/link.ts';

/**
 * A source of the graph. Either its types are written here and the same for every caller (`own`), or it hosts the
 * schemas of tenants, which are known only at run time (`hosted`): at most one source does, and all root fields of no
 * other source are its tenant's.
 */
export interface Subschema<Scope = unknown> {
  /** Such as `payments`: used in errors, metrics and plans. */
  readonly name: string;
  /** For people: `Sage 200`; for a source with tenants, what a tenant is. */
  readonly title: string;
  /** For the description of the whole schema: the purpose of its root fields. */
  readonly about?: string;
  readonly own?: OwnTypes;
  /** Details of the root fields in `own`, by name. */
  readonly roots?: Readonly<Record<string, OwnRoot<Scope>>>;
  readonly hosted?: HostedSchemas;
  /** Reads objects by their global ids. */
  readonly node?: NodeReader<Scope>;
  /** Finds the ends of links on its side. */
  readonly links?: LinkEnds;
  /** Without it, everybody may use its root fields. Callers without the right do not see them either. */
  readonly right?: Right;
  /** Request headers that it reads, in lower case: pages of allowed origins may send them. */
  readonly headers?: readonly string[];
  /** Limits of this caller above those of the configuration. */
  raisedFor?(principal: Principal): RaisedLimits | undefined;
  /** Its own routes on the server, besides the graph. */
  readonly routes?: readonly SourceRoute[];
  /** The source's state for one operation: created with the first field that needs it. */
  openScope?(request: ScopeRequest): Scope;
  /** The operation has ended. */
  endScope?(scope: Scope): void;
  /** Why data that was read in that scope may no longer be returned. */
  lossOf?(scope: Scope, kind: OperationKind): GatewayError | undefined;
}

export type OperationKind = 'query' | 'mutation';

export interface OwnTypes {
  readonly typeDefs: DocumentNode;
  readonly resolvers: IResolvers<never, GatewayContext>;
  /**
   * Describes a type's fields and their arguments where the SDL does not: called when a schema is shown. Undefined for types
   * that it does not have.
   */
  describe?(type: string): ((field: string, argument?: string) => string | undefined) | undefined;
}

export interface OwnRoot<Scope = unknown> {
  /**
   * Compiles the field into a step of a plan.
   * @param nodes all places of the document that select it under one key
   * @throws Bailout if the fallback executor has to answer it
   */
  compile?(nodes: readonly [FieldNode, ...FieldNode[]], context: CompileContext): OwnStep<Scope>;
  /**
   * Maximum number of requests for a field below it, in a mutation.
   * @param below requests for the fields below that one, if it only leads to them
   */
  requestsOfWrite?(field: string, below: (count: (field: string) => number) => number): number;
  /** Whether its arguments only say where the fields below it look. */
  readonly isNamespace?: boolean;
  /**
   * The global id of the object that it reads, of any source.
   * @param given not coerced
   * @param index in a list of them
   */
  objectAt?(given: (name: string) => unknown, index: string | number | undefined): unknown;
  /** Where links below it are resolved. @param given its arguments, not coerced */
  scopeOfLinks?(given: (name: string) => unknown): LinkScope | undefined;
}

export interface CompileContext {
  readonly schema: GraphQLSchema;
  readonly rootType: string;
  readonly fragments: GraphQLResolveInfo['fragments'];
  /** The variables in `@skip` and `@include`. */
  readonly variables: Readonly<Record<string, unknown>>;
  /** Whether the operation uses no other field of the source. */
  readonly isOnlyRoot: boolean;
}

export interface OwnStep<Scope = unknown> {
  /** Describes what is read, one line for each request. */
  readonly reads: readonly string[];
  /** The field's value as JSON. @throws Bailout and failures of the source: the fallback executor continues from what was read */
  run(scope: Scope, variables: Readonly<Record<string, unknown>>): MaybePromise<readonly BodyPart[]>;
}

export interface NodeReader<Scope = unknown> {
  /** Whether the text is one of its global ids. */
  isOwn(id: string): boolean;
  /** Null if it no longer exists. @throws GatewayError */
  read(scope: Scope, id: string, info: GraphQLResolveInfo): Promise<unknown>;
  /** Where links below it are resolved. */
  scopeOfLinks?(id: unknown): LinkScope | undefined;
}

export interface Right {
  /** For people: `may read payments`. */
  readonly title: string;
  isGiven(principal: Principal, kind: OperationKind): boolean;
}

/** Limits that apply if they are higher than those of the configuration. */
export interface RaisedLimits {
  readonly bodyBytes: number;
  readonly values: number;
}

/** The parts of a request that a source's route reads. */
export interface SourceExchange {
  readonly headers: RequestHeaders;
  /** The query with its `?`, or an empty string. */
  readonly search: string;
  readonly requestId: string;
  readonly remoteAddress: string | undefined;
  /** @throws GatewayError COST_EXCEEDED */
  readBody(): Promise<Buffer>;
}

export interface SourceAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** `Set-Cookie` values. */
  readonly cookies?: readonly string[];
  readonly body?: string;
}

/** Open to everybody: the handler checks rights. */
export interface SourceRoute {
  readonly path: string;
  readonly access: 'open';
  /** Whether forms on pages of any origin may be sent here, as at the end of a sign-in elsewhere. @default false */
  readonly takesForeignPosts?: boolean;
  readonly handlers: { readonly [Method in 'GET' | 'POST']?: (exchange: SourceExchange) => Promise<SourceAnswer> };
}

export interface ScopeRequest {
  readonly principal: Principal;
  readonly requestId: string;
  /** Fires when the client disconnects or the process stops. */
  readonly signal: StopSignal;
  readonly headers: RequestHeaders;
  /** Counts the operation's upstream requests. */
  readonly calls: CallBudget;
}

/** The tenants of a source: their schemas, and the operations sent to them. Independent of callers. */
export interface HostedSchemas {
  /** In the order of the configuration. */
  readonly tenants: readonly HostedTenant[];
  /**
   * The existing tenants among the names: tenants of the configuration, in its order, then others that were added while
   * the gateway runs. Found without a walk over all tenants.
   */
  among(names: readonly string[]): readonly HostedTenant[];
  /** ms, the time that a whole operation may take at its tenant. */
  readonly deadlineMs: number;
  /** Sends the operation unchanged. @throws GatewayError if no GraphQL answer came; its `source` is the tenant */
  ask(tenant: string, request: HostedRequest, call: HostedCall): Promise<HostedReply>;
  /** The same, parsed. @throws GatewayError */
  execute(tenant: string, request: HostedRequest, call: HostedCall): Promise<HostedResult>;
  /** Waits for a limited time. @throws GatewayError while the schema is not available */
  schemaOf(tenant: string): Promise<TenantSchema>;
  /** The current schema. */
  peekSchema(tenant: string): TenantSchema | undefined;
  /**
   * The current schema, or whether one is coming; starts whatever `schemaOf` would start. Never waits, so that an
   * operation that does not need the tenant is not delayed by it.
   */
  lookUpSchema(tenant: string): SchemaLook;
  /** The tenant's schema, requested again if the last time is longer ago than a refresh. Undefined if it is not available. */
  confirmSchema(tenant: string): Promise<TenantSchema | undefined>;
  /** Something does not fit the cached schema: requests it again in the background, at most every 30 s. */
  suspectSchema(tenant: string): void;
  status(tenant: string): SchemaStatus;
  /**
   * Runs for each further schema of a tenant before it is used; it may take a moment, during which the previous one remains in
   * use.
   */
  prepareWith(prepare: (tenant: string, schema: TenantSchema) => Promise<void>): void;
  /** The source of a tenant's errors. */
  sourceOf(tenant: string): ErrorSource;
  /** The lane to a tenant: its source, and the tenant's waiting line if several tenants share a lane. */
  laneOf(tenant: string): { readonly source: string; readonly line?: string };
}

/** The source with tenants. */
export type Hosting = Subschema & { readonly hosted: HostedSchemas };

export interface HostedTenant {
  readonly name: string;
  readonly tenantId: string;
}

export interface HostedCall {
  /** Fires when the caller disconnects. Only reads end then. */
  readonly signal: StopSignal;
  /** By the clock of `kit/clock.ts`. @default now + the configured deadline */
  readonly deadlineAt?: number | undefined;
  /** The caller: equal queries of one caller are sent once at a time. Without it, they are not shared. */
  readonly caller?: string | undefined;
  /** The request that holds the answer's memory. */
  readonly holder?: Holder | undefined;
}

/** One GraphQL operation as it is sent. */
export interface HostedRequest {
  readonly kind: OperationKind;
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>> | undefined;
  readonly operationName?: string | undefined;
  /** The body to send, without the kind, if it already exists. */
  readonly text?: string | undefined;
}

/** An operation as the body of a request. */
export const requestText = ({
  query,
  variables = {},
  operationName,
}: Pick<HostedRequest, 'query' | 'variables' | 'operationName'>): string =>
  JSON.stringify({ query, variables, operationName });

/** A tenant's answer, parsed only as far as needed. */
export interface HostedReply {
  readonly bytes: Buffer;
  /** The position of the data, in an answer without errors and diagnoses. */
  readonly plain: PlainData | undefined;
  /** The data as the tenant wrote it: JSON of an object, null, or missing. */
  readonly data: () => Buffer | null | undefined;
  /** Always the same object. */
  readonly result: () => HostedResult;
}

/** Position of `data` in an answer that need not be parsed. */
export interface PlainData {
  /** Of the text between its braces, in bytes. */
  readonly start: number;
  readonly end: number;
  /** Names of its members. */
  readonly names: readonly string[];
  /** Tenants themselves say if there are no diagnoses. */
  readonly hasDiagnoses: boolean;
}

/**
 * A tenant's answer. `data` is absent if the tenant refused the whole document. Numbers that a double would change are
 * `RawNumber`s.
 */
export interface HostedResult {
  readonly data?: Readonly<Record<string, unknown>> | null;
  readonly errors?: readonly HostedError[];
  readonly extensions?: Readonly<Record<string, unknown>>;
}

/** One entry of `errors`, parsed and cleaned. `extensions` always has `code` and `source`. */
export interface HostedError {
  readonly message: string;
  readonly path: readonly (string | number)[] | undefined;
  readonly locations: readonly { readonly line: number; readonly column: number }[] | undefined;
  readonly extensions: Readonly<Record<string, unknown>>;
}

export interface TenantSchema {
  readonly digest: string;
  readonly schema: GraphQLSchema;
}

/** The state of a tenant's schema, without waiting. */
export type SchemaLook =
  | { readonly kind: 'there'; readonly current: TenantSchema }
  /** It is being read from its snapshot or requested; `done` is the result of `schemaOf`, and may be ignored. */
  | { readonly kind: 'coming'; readonly done: Promise<TenantSchema> }
  /** The last attempt failed a moment ago, and the next is not due yet. */
  | { readonly kind: 'missing'; readonly error: GatewayError };

export interface SchemaStatus {
  readonly state: 'unknown' | 'loading' | 'ready' | 'stale' | 'unavailable';
  readonly digest: string | undefined;
  /** Epoch ms at which the tenant last confirmed it. */
  readonly confirmedAt: number | undefined;
  readonly lastError: { readonly code: ErrorCode; readonly at: number; readonly message: string } | undefined;
}
