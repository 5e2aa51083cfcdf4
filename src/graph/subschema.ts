// Longer than most, and one thing: all that the graph knows of its sources. What differs between them is a member here,
// and is never asked by name.
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
 * A source of the graph. Either its types are written here, the same for every caller (`own`), or it hosts the schemas
 * of tenants, which are known only at run time (`hosted`): one source at most does, and all root fields that are nobody
 * else's are its tenant's.
 */
export interface Subschema<Scope = unknown> {
  /** Such as `payments`: stands in errors, in metrics and in plans. */
  readonly name: string;
  /** For people: `Sage 200`; of a source with tenants, what one of them is. */
  readonly title: string;
  /** For the description of the whole schema: what its root fields are for. */
  readonly about?: string;
  readonly own?: OwnTypes;
  /** What the graph knows of root fields in `own`, by their names. */
  readonly roots?: Readonly<Record<string, OwnRoot<Scope>>>;
  readonly hosted?: HostedSchemas;
  /** Reads objects by their global ids. */
  readonly node?: NodeReader<Scope>;
  /** Finds the ends of links on its side. */
  readonly links?: LinkEnds;
  /** Left out: everybody may ask for its root fields. Those who may not are not shown them either. */
  readonly right?: Right;
  /** Header fields of requests that it reads, in lower case: pages of allowed origins may send them. */
  readonly headers?: readonly string[];
  /** What this caller may send beyond the limits of the configuration. */
  raisedFor?(principal: Principal): RaisedLimits | undefined;
  /** Its own places on the server, besides the graph. */
  readonly routes?: readonly SourceRoute[];
  /** What one operation needs of the source: made with the first field that asks for it. */
  openScope?(request: ScopeRequest): Scope;
  /** The operation is answered. */
  endScope?(scope: Scope): void;
  /** Why nothing that was read in that scope may be passed on any more. */
  lossOf?(scope: Scope, kind: OperationKind): GatewayError | undefined;
  /** What `gateway check` says of it, a line each. @throws GatewayError when it does not work */
  check?(): Promise<readonly string[]>;
}

export type OperationKind = 'query' | 'mutation';

export interface OwnTypes {
  readonly typeDefs: DocumentNode;
  readonly resolvers: IResolvers<never, GatewayContext>;
  /**
   * What a type's fields and their arguments are, where the SDL does not say: asked when a schema is shown. Undefined for types
   * it knows nothing of.
   */
  describe?(type: string): ((field: string, argument?: string) => string | undefined) | undefined;
}

export interface OwnRoot<Scope = unknown> {
  /**
   * Compiles the field into a step of a plan.
   * @param nodes all places of the document that select it under one key
   * @throws Bailout when the fallback executor has to answer it
   */
  compile?(nodes: readonly [FieldNode, ...FieldNode[]], context: CompileContext): OwnStep<Scope>;
  /**
   * How many requests a field below it takes at most, in a mutation.
   * @param below what the fields below that one take together, where it only leads to them
   */
  requestsOfWrite?(field: string, below: (count: (field: string) => number) => number): number;
  /** Whether its arguments only say where the fields below it look. */
  readonly isNamespace?: boolean;
  /** The global id of the object it reads, of any source. @param given its arguments, not coerced @param index in a list of them */
  objectAt?(given: (name: string) => unknown, index: string | number | undefined): unknown;
  /** Where links below it are looked for. @param given its arguments, not coerced */
  scopeOfLinks?(given: (name: string) => unknown): LinkScope | undefined;
}

export interface CompileContext {
  readonly schema: GraphQLSchema;
  readonly rootType: string;
  readonly fragments: GraphQLResolveInfo['fragments'];
  /** Those in `@skip` and `@include`. */
  readonly variables: Readonly<Record<string, unknown>>;
  /** Whether the operation asks nothing else of the source. */
  readonly isOnlyRoot: boolean;
}

export interface OwnStep<Scope = unknown> {
  /** What is read, in words, one line a request. */
  readonly reads: readonly string[];
  /** The value of the field as JSON. @throws Bailout and failures of the source: the fallback executor goes on from what was read */
  run(scope: Scope, variables: Readonly<Record<string, unknown>>): MaybePromise<readonly BodyPart[]>;
}

export interface NodeReader<Scope = unknown> {
  /** Whether the text is one of its global ids. */
  isOwn(id: string): boolean;
  /** Null when it is gone. @throws GatewayError */
  read(scope: Scope, id: string, info: GraphQLResolveInfo): Promise<unknown>;
  /** Where links below it are looked for. */
  scopeOfLinks?(id: unknown): LinkScope | undefined;
}

export interface Right {
  /** As a person would say it: `may read payments`. */
  readonly title: string;
  isGiven(principal: Principal, kind: OperationKind): boolean;
}

/** Limits that count where they are higher than those of the configuration. */
export interface RaisedLimits {
  readonly bodyBytes: number;
  readonly values: number;
}

/** As much of a request as a route of a source looks at. */
export interface SourceExchange {
  readonly headers: RequestHeaders;
  /** The query with its `?`, or nothing. */
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

/** Open to anybody: who may is decided inside. */
export interface SourceRoute {
  readonly path: string;
  readonly access: 'open';
  /** Whether forms on pages of any origin may be sent here, as a sign-in elsewhere does that ends with one. @default false */
  readonly takesForeignPosts?: boolean;
  readonly handlers: { readonly [Method in 'GET' | 'POST']?: (exchange: SourceExchange) => Promise<SourceAnswer> };
}

export interface ScopeRequest {
  readonly principal: Principal;
  readonly requestId: string;
  /** Fires when the client goes away or the process stops. */
  readonly signal: StopSignal;
  readonly headers: RequestHeaders;
  /** What the operation's requests upstream are counted against. */
  readonly calls: CallBudget;
}

/** The tenants of a source: their schemas, and operations carried to them. Knows nothing of callers. */
export interface HostedSchemas {
  /** In the order of the configuration. */
  readonly tenants: readonly HostedTenant[];
  /**
   * Those of the names that there are: tenants of the configuration, in its order, then others that were added while the
   * gateway runs. Found without a walk over all tenants.
   */
  among(names: readonly string[]): readonly HostedTenant[];
  /** ms, a whole operation's share for its tenant. */
  readonly deadlineMs: number;
  /** Sends the operation as it is. @throws GatewayError when no GraphQL answer came; its `source` is the tenant */
  ask(tenant: string, request: HostedRequest, call: HostedCall): Promise<HostedReply>;
  /** The same, read. @throws GatewayError */
  execute(tenant: string, request: HostedRequest, call: HostedCall): Promise<HostedResult>;
  /** Waits a bounded time. @throws GatewayError while the schema cannot be had */
  schemaOf(tenant: string): Promise<TenantSchema>;
  /** The schema that is there now. */
  peekSchema(tenant: string): TenantSchema | undefined;
  /**
   * The schema that is there now, or whether one is coming; what `schemaOf` would begin is begun. Never waits, so that an
   * operation which needs nothing of the tenant is not held up by it.
   */
  lookUpSchema(tenant: string): SchemaLook;
  /** The tenant's schema, asked for again when the last time is longer ago than a refresh. Undefined when it cannot be had. */
  confirmSchema(tenant: string): Promise<TenantSchema | undefined>;
  /** Something does not fit our copy of the schema: asks again in the background, at most every 30 s. */
  suspectSchema(tenant: string): void;
  status(tenant: string): SchemaStatus;
  /**
   * What is done with each further schema of a tenant before it is used; it may take a moment, while the one before goes on being
   * used.
   */
  prepareWith(prepare: (tenant: string, schema: TenantSchema) => Promise<void>): void;
  /** The source of a tenant's errors. */
  sourceOf(tenant: string): ErrorSource;
  /** The way out to a tenant: its source, and the waiting line in it that is the tenant's where several share one. */
  laneOf(tenant: string): { readonly source: string; readonly line?: string };
}

/** The source with tenants. */
export type Hosting = Subschema & { readonly hosted: HostedSchemas };

export interface HostedTenant {
  readonly name: string;
  readonly tenantId: string;
}

export interface HostedCall {
  /** Fires when the caller goes away. Only reads end then. */
  readonly signal: StopSignal;
  /** By the clock of `kit/clock.ts`. @default now + the configured deadline */
  readonly deadlineAt?: number | undefined;
  /** Who asks: the same query of the same caller is sent once at a time. Left out: it is shared with nobody. */
  readonly caller?: string | undefined;
  /** Whose memory the answer takes. */
  readonly holder?: Holder | undefined;
}

/** One GraphQL operation as it travels. */
export interface HostedRequest {
  readonly kind: OperationKind;
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>> | undefined;
  readonly operationName?: string | undefined;
  /** All of it but the kind as the body that is sent, where somebody has made that already. */
  readonly text?: string | undefined;
}

/** An operation as the body of a request. */
export const requestText = ({
  query,
  variables = {},
  operationName,
}: Pick<HostedRequest, 'query' | 'variables' | 'operationName'>): string =>
  JSON.stringify({ query, variables, operationName });

/** What a tenant answered, looked into no further than was needed. */
export interface HostedReply {
  readonly bytes: Buffer;
  /** Where the data is, in an answer without errors and diagnoses. */
  readonly plain: PlainData | undefined;
  /** The data as the tenant wrote it: JSON of an object, null, or nothing. */
  readonly data: () => Buffer | null | undefined;
  /** The same for every call. */
  readonly result: () => HostedResult;
}

/** Where `data` is in an answer that need not be parsed. */
export interface PlainData {
  /** Of what stands between its braces, in bytes. */
  readonly start: number;
  readonly end: number;
  /** Of its members. */
  readonly names: readonly string[];
  /** Tenants say so themselves when there are no diagnoses. */
  readonly hasDiagnoses: boolean;
}

/**
 * A tenant's answer. `data` is absent when the tenant refused the document as a whole. Numbers in it that a double would
 * change are `RawNumber`s.
 */
export interface HostedResult {
  readonly data?: Readonly<Record<string, unknown>> | null;
  readonly errors?: readonly HostedError[];
  readonly extensions?: Readonly<Record<string, unknown>>;
}

/** One entry of `errors`, read and cleaned. `extensions` always has `code` and `source`. */
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

/** What is known of a tenant's schema without waiting for anything. */
export type SchemaLook =
  | { readonly kind: 'there'; readonly current: TenantSchema }
  /** It is being read from its snapshot or asked for; `done` is what `schemaOf` answers, and may be left alone. */
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
