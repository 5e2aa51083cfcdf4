import type { GraphQLResolveInfo, GraphQLScalarType, GraphQLScalarTypeConfig } from 'graphql';
import type { Sage200Root } from '../subschemas/sage200/index.ts';
import type { GatewayContext } from '../graph/index.ts';
export type Maybe<T> = T | null;
export type InputMaybe<T> = Maybe<T>;
export type RequireFields<T, K extends keyof T> = Omit<T, K> & { [P in K]-?: NonNullable<T[P]> };
/** All built-in and custom scalars, mapped to their actual values */
export type Scalars = {
  ID: { input: string; output: string; }
  String: { input: string; output: string; }
  Boolean: { input: boolean; output: boolean; }
  Int: { input: number; output: number; }
  Float: { input: number; output: number; }
  /** A time in UTC such as `2025-03-31T14:05:09.123Z`. */
  GatewayDateTime: { input: unknown; output: unknown; }
  /**
   * A calendar date such as `2025-03-31`. Sage stores dates as midnight of the company's own day; this is that day, never shifted
   * to another time zone.
   */
  Sage200Date: { input: unknown; output: unknown; }
  /** A time in UTC such as `2025-03-31T14:05:09.123Z`, used for the `dateTime…` timestamps. */
  Sage200DateTime: { input: unknown; output: unknown; }
  /**
   * An exact decimal number, written as text such as `"1250.50"` so that no digit is lost. Read with the digits Sage sent; as an
   * argument, text or a number is taken, at most as many places as the field says.
   */
  Sage200Decimal: { input: unknown; output: unknown; }
  /** A whole number of up to 64 bits, written as text such as `"1250"` since `Int` ends at 32. As an argument, text or a number is taken. */
  Sage200Long: { input: unknown; output: unknown; }
};

/** The gateway itself. */
export type Gateway = {
  __typename?: 'Gateway';
  /** The client with this name; null if there is none. For callers with `admin`. */
  client?: Maybe<GatewayClient>;
  /**
   * Clients that were added while the gateway runs, sorted by name; for callers with `admin`. With `name`, only those whose name or
   * title contains that text, ignoring case.
   */
  clients?: Maybe<GatewayClientConnection>;
  /** Sign-ins to Sage 200: the caller's own, or all of them for a caller with `admin`. */
  connections?: Maybe<Array<GatewaySignIn>>;
  /** Who is calling, according to the credentials of this request. */
  me: GatewayCaller;
  /** Connections in the configuration that nobody has signed in for: the caller's own, or all of them for a caller with `admin`. */
  missingConnections: Array<Scalars['String']['output']>;
  /** The sources of the graph. */
  sources: Array<GatewaySource>;
  /** ERP tenants that this caller may use, in the order of the configuration. */
  tenants: Array<GatewayTenant>;
};


/** The gateway itself. */
export type GatewayClientArgs = {
  name: Scalars['String']['input'];
};


/** The gateway itself. */
export type GatewayClientsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
  name?: InputMaybe<Scalars['String']['input']>;
};


/** The gateway itself. */
export type GatewayConnectionsArgs = {
  names?: InputMaybe<Array<Scalars['String']['input']>>;
};

/**
 * Whether calls to a source are sent. If too many of the last calls got no answer, all calls are refused at once with
 * `UPSTREAM_UNAVAILABLE` and `retryAfter`, until a test call is answered.
 */
export type GatewayBreaker =
  /** Calls are sent. */
  | 'CLOSED'
  /** The next read tests whether the source is back. */
  | 'HALF_OPEN'
  /** Calls are refused at once. */
  | 'OPEN';

/** Who is calling, and what this caller may do. */
export type GatewayCaller = {
  __typename?: 'GatewayCaller';
  /** Whether this caller may sign in for others and see all connections. */
  admin: Scalars['Boolean']['output'];
  /** The only companies that this caller may read and write; null means every company of its sign-in. */
  companies?: Maybe<Array<GatewayCompany>>;
  /** Stable name such as `key:web-shop` or `anonymous`. */
  id: Scalars['String']['output'];
  /** How the caller is authenticated. */
  kind: GatewayCallerKind;
  /** Whether mutations are refused. */
  readOnly: Scalars['Boolean']['output'];
  /** Names of its ERP tenants, for the header `X-Tenant`. */
  tenants: Array<Scalars['String']['output']>;
};

/** How a caller is authenticated. */
export type GatewayCallerKind =
  /** No credentials, on a loopback host. */
  | 'ANONYMOUS'
  /** A program with an API key of the gateway. */
  | 'API_KEY'
  /** A token of an issuer named in the configuration. */
  | 'JWT'
  /** A person's own Sage ID token. */
  | 'PASS_THROUGH'
  /** A person who signed in with Sage ID in a browser. */
  | 'SESSION';

/** A customer of the company that runs the gateway, with its own connection, tenant and keys. */
export type GatewayClient = {
  __typename?: 'GatewayClient';
  /** Companies that its callers may use; null means every company that its sign-in opens. */
  companies?: Maybe<Array<GatewayCompany>>;
  /** The default company; always together with the site. */
  company?: Maybe<Scalars['ID']['output']>;
  /** Its sign-in to Sage 200; null if nobody has signed in yet. */
  connection?: Maybe<GatewaySignIn>;
  /** Whether its keys and links work. */
  enabled: Scalars['Boolean']['output'];
  /** Its API keys, without the keys themselves. */
  keys: Array<GatewayClientKey>;
  /** Also the name of its connection and its tenant. */
  name: Scalars['String']['output'];
  /** Whether the configuration uses its name: then the client is not served. */
  shadowed: Scalars['Boolean']['output'];
  /** Site of the default company. */
  site?: Maybe<Scalars['ID']['output']>;
  /** Its state, and what is missing. */
  state: GatewayClientState;
  /** Its ERP tenant; null if it has none. */
  tenant?: Maybe<GatewayTenant>;
  /** For people. */
  title?: Maybe<Scalars['String']['output']>;
  /** Goes up by one with each change. */
  version: Scalars['Int']['output'];
};

/** A page of clients. */
export type GatewayClientConnection = {
  __typename?: 'GatewayClientConnection';
  /** The clients, each with its cursor. */
  edges: Array<GatewayClientEdge>;
  /** The clients without their cursors. */
  nodes: Array<GatewayClient>;
  /** The position of this page in the list. */
  pageInfo: GatewayPageInfo;
  /** The number of clients that match the arguments. */
  totalCount: Scalars['Int']['output'];
};

/** A client in a list, with its cursor. */
export type GatewayClientEdge = {
  __typename?: 'GatewayClientEdge';
  /** The client's position: pass it as `after` to read the clients after it. */
  cursor: Scalars['String']['output'];
  /** The client. */
  node: GatewayClient;
};

/** Credentials of an ERP tenant. The URLs for tokens and requests can only be set in the configuration (`erp.runtime`). */
export type GatewayClientErpInput = {
  /** The application's client id from Sage. */
  clientId: Scalars['String']['input'];
  /** If omitted, it keeps its value. */
  clientSecret?: InputMaybe<Scalars['String']['input']>;
  /** The tenant's id from Sage. */
  tenantId: Scalars['String']['input'];
};

/** A client to add or change. */
export type GatewayClientInput = {
  /** Makes an existing connection the client's. Without it, the name of an existing connection is taken. */
  adopt?: InputMaybe<Scalars['Boolean']['input']>;
  /** Companies that its callers may use; null means every company that its sign-in opens. */
  companies?: InputMaybe<Array<GatewayCompanyInput>>;
  /** The default company; requires `site`. */
  company?: InputMaybe<Scalars['ID']['input']>;
  /** Whether its keys and links work. True for a new client. */
  enabled?: InputMaybe<Scalars['Boolean']['input']>;
  /** Its ERP tenant; null means none. */
  erp?: InputMaybe<GatewayClientErpInput>;
  /** Letters, digits, dots, dashes and underscores, at most 64; not `person-…`. Also the name of its connection and its tenant. */
  name: Scalars['String']['input'];
  /** Site of the default company; requires `company`. */
  site?: InputMaybe<Scalars['ID']['input']>;
  /** For people. */
  title?: InputMaybe<Scalars['String']['input']>;
};

/** A key of a client. The key itself is not stored. */
export type GatewayClientKey = {
  __typename?: 'GatewayClientKey';
  /** When it expires; null means never. */
  expiresAt?: Maybe<Scalars['GatewayDateTime']['output']>;
  /** Callers with it are `key:<client>/<name>`. */
  name: Scalars['String']['output'];
  /** Whether mutations are refused. */
  readOnly: Scalars['Boolean']['output'];
};

/** The result of adding, changing or removing a client. */
export type GatewayClientPayload = {
  __typename?: 'GatewayClientPayload';
  /** Null if nothing was done. A removed client is returned as it was. */
  client?: Maybe<GatewayClient>;
  /** What is wrong with the input; empty if it succeeded. */
  userErrors: Array<GatewayUserError>;
};

/** The state of a client: the first that applies. */
export type GatewayClientState =
  /** An administrator has switched it off: its keys and links do not work. */
  | 'DISABLED'
  /** Its sign-in cannot be renewed at the moment. */
  | 'FAILING'
  /** Its person has to sign in again. */
  | 'NEEDS_CONSENT'
  /** Nobody has signed in to Sage 200 for it yet. */
  | 'NOT_CONNECTED'
  /** Its callers are served. */
  | 'READY'
  /** The configuration uses its name. */
  | 'SHADOWED';

/** One company at one site of Sage 200. */
export type GatewayCompany = {
  __typename?: 'GatewayCompany';
  /** For `sage200(company:)` or `X-Company`; always together with the site. */
  company: Scalars['ID']['output'];
  /** For `sage200(site:)` or `X-Site`. */
  site: Scalars['ID']['output'];
};

/** One company at one site of Sage 200. */
export type GatewayCompanyInput = {
  /** Unique within its site only. */
  company: Scalars['ID']['input'];
  /** As listed by `sage200 { sites }`. */
  site: Scalars['ID']['input'];
};

/** A link with which a person signs in for a client. */
export type GatewayConnectLinkInput = {
  /** Name of the client that the person signs in for. */
  client: Scalars['String']['input'];
  /** Only the person with this verified e-mail address may use it. */
  email?: InputMaybe<Scalars['String']['input']>;
  /** How long it is valid: a duration from `1m` to `30d`. */
  expiresIn?: InputMaybe<Scalars['String']['input']>;
  /** Whether another person may take over the client's connection, which ends the former sign-in. */
  replace?: InputMaybe<Scalars['Boolean']['input']>;
  /**
   * Absolute URL where the browser goes afterwards, with `connection`, `status` (`connected`, `refused` or `failed`) and
   * `state` added; its origin must be in `server.returnOrigins`. Default: a page of the gateway.
   */
  returnTo?: InputMaybe<Scalars['String']['input']>;
  /** Added to `returnTo` unchanged. */
  state?: InputMaybe<Scalars['String']['input']>;
};

/** The result of creating a link. */
export type GatewayConnectLinkPayload = {
  __typename?: 'GatewayConnectLinkPayload';
  /** When the link stops working. */
  endsAt?: Maybe<Scalars['GatewayDateTime']['output']>;
  /** The link's URL, shown only once; null if none was created. */
  url?: Maybe<Scalars['String']['output']>;
  /** What is wrong with the input; empty if it succeeded. */
  userErrors: Array<GatewayUserError>;
};

/** What went wrong, and when. */
export type GatewayFailure = {
  __typename?: 'GatewayFailure';
  /** When it happened. */
  at: Scalars['GatewayDateTime']['output'];
  /** One of the codes of `extensions.code`. */
  code: Scalars['String']['output'];
  /** What failed and what helps, if known. Only for tenants: sign-ins have their own fields for it. */
  message?: Maybe<Scalars['String']['output']>;
};

/** The result of creating or removing a key. */
export type GatewayKeyPayload = {
  __typename?: 'GatewayKeyPayload';
  /** The client as it is now. */
  client?: Maybe<GatewayClient>;
  /** The new key, shown only once; null if none was created. */
  key?: Maybe<Scalars['String']['output']>;
  /** What is wrong with the input; empty if it succeeded. */
  userErrors: Array<GatewayUserError>;
};

/** Administration, carried out one after the other in the order of the document. Each change is in the record. */
export type GatewayMutation = {
  __typename?: 'GatewayMutation';
  /** Creates a link with which a person can sign in to Sage 200 for a client, once. The link is shown only once. */
  createConnectLink: GatewayConnectLinkPayload;
  /** Creates a key for a client. The key itself is shown only once. */
  createKey: GatewayKeyPayload;
  /**
   * Adds or changes a client. Omitted fields keep their values; null removes a value. With `ifVersion`, only if the client
   * has that version; 0 means only if it does not exist.
   */
  putClient: GatewayClientPayload;
  /**
   * Reloads the configuration and applies what can be changed while the gateway runs; one with mistakes changes nothing.
   * Running operations finish with the configuration that they began with.
   */
  reloadConfig: GatewayReloadPayload;
  /**
   * Removes a client with its keys, links, sessions and connection, and ends the sign-in at Sage ID. The name stays reserved
   * for seven days.
   */
  removeClient: GatewayClientPayload;
  /** Removes a key. Every process refuses it within two seconds. */
  removeKey: GatewayKeyPayload;
};


/** Administration, carried out one after the other in the order of the document. Each change is in the record. */
export type GatewayMutationCreateConnectLinkArgs = {
  input: GatewayConnectLinkInput;
};


/** Administration, carried out one after the other in the order of the document. Each change is in the record. */
export type GatewayMutationCreateKeyArgs = {
  client: Scalars['String']['input'];
  expiresAt?: InputMaybe<Scalars['GatewayDateTime']['input']>;
  name: Scalars['String']['input'];
  readOnly?: InputMaybe<Scalars['Boolean']['input']>;
};


/** Administration, carried out one after the other in the order of the document. Each change is in the record. */
export type GatewayMutationPutClientArgs = {
  ifVersion?: InputMaybe<Scalars['Int']['input']>;
  input: GatewayClientInput;
};


/** Administration, carried out one after the other in the order of the document. Each change is in the record. */
export type GatewayMutationRemoveClientArgs = {
  name: Scalars['String']['input'];
};


/** Administration, carried out one after the other in the order of the document. Each change is in the record. */
export type GatewayMutationRemoveKeyArgs = {
  client: Scalars['String']['input'];
  name: Scalars['String']['input'];
};

/** A company that a sign-in opens, with its names. */
export type GatewayOpenCompany = {
  __typename?: 'GatewayOpenCompany';
  /** For `sage200(company:)` or `X-Company`; always together with the site. */
  company: Scalars['ID']['output'];
  /** Name of the company. */
  name: Scalars['String']['output'];
  /** For `sage200(site:)` or `X-Site`. */
  site: Scalars['ID']['output'];
  /** Name of the site. */
  siteName: Scalars['String']['output'];
};

/** The position of a page in its list. */
export type GatewayPageInfo = {
  __typename?: 'GatewayPageInfo';
  /** Pass it as `after` for the next page. */
  endCursor?: Maybe<Scalars['String']['output']>;
  /** Whether more entries follow this page. */
  hasNextPage: Scalars['Boolean']['output'];
  /** Always false: lists are read forwards. */
  hasPreviousPage: Scalars['Boolean']['output'];
  /** The cursor of the first entry. */
  startCursor?: Maybe<Scalars['String']['output']>;
};

/** The result of reloading the configuration. */
export type GatewayReloadPayload = {
  __typename?: 'GatewayReloadPayload';
  /** Whether the gateway now uses it, except for `needsRestart`. */
  applied: Scalars['Boolean']['output'];
  /** The mistakes in it, each with its file and line. Empty if it was applied. */
  faults: Array<Scalars['String']['output']>;
  /** Settings that have changed and take effect at the next restart, such as `server.port`. */
  needsRestart: Array<Scalars['String']['output']>;
};

/** One person's consent at Sage ID, kept under a name. */
export type GatewaySignIn = {
  __typename?: 'GatewaySignIn';
  /** Whether calls to Sage 200 are sent: the worst state among the sites where this sign-in has had failures. */
  breaker: GatewayBreaker;
  /**
   * Companies that its person may open and this caller may use. They are read from Sage 200 only if this field is
   * selected, and cached for a while.
   */
  companies?: Maybe<Array<GatewayOpenCompany>>;
  /** When the person agreed. */
  consentedAt?: Maybe<Scalars['GatewayDateTime']['output']>;
  /** The last failure, if nothing has succeeded since. */
  lastError?: Maybe<GatewayFailure>;
  /** The name in the configuration; for a person's own connection, a name derived from their account. */
  name: Scalars['String']['output'];
  /** When the person has to agree again. */
  refreshExpiresAt?: Maybe<Scalars['GatewayDateTime']['output']>;
  /** Its state, and who can fix it. */
  state: GatewaySignInState;
};

/** The state of a connection to Sage 200, and who can fix it. */
export type GatewaySignInState =
  /** Its token is valid, or can be renewed. */
  | 'CONNECTED'
  /** Only the operator can fix it, in the configuration. */
  | 'MISCONFIGURED'
  /** Only the person can fix it, by signing in again. */
  | 'NEEDS_CONSENT'
  /** A new token is being asked for; the old one is used while it is valid. */
  | 'RENEWING'
  /** Sage ID cannot be reached at the moment. */
  | 'UNAVAILABLE';

/** A source of the graph. */
export type GatewaySource = {
  __typename?: 'GatewaySource';
  /** Whether this caller has the right to its fields. If they need anything else, their errors say so. */
  allowed: Scalars['Boolean']['output'];
  /** As in `extensions.source` of errors. */
  name: Scalars['String']['output'];
  /** For people, such as `Sage 200`. */
  title: Scalars['String']['output'];
};

/** An ERP tenant and the cached copy of its schema. */
export type GatewayTenant = {
  __typename?: 'GatewayTenant';
  /** Whether calls to the tenant are sent. */
  breaker: GatewayBreaker;
  /** The gateway's names that the tenant uses too, such as `Query.node`: the tenant's are kept, the gateway's are left out. */
  collisions: Array<Scalars['String']['output']>;
  /** The last failure to fetch the schema, if none succeeded since. */
  lastError?: Maybe<GatewayFailure>;
  /** Links of the configuration that this tenant cannot have, each with the reason: `erpItem: the tenant has no xtremMasterData.item`. */
  linksLeftOut: Array<Scalars['String']['output']>;
  /** The name in the configuration, used in `X-Tenant`. */
  name: Scalars['String']['output'];
  /** What introspection cannot show of the tenant's schema, such as `Query.matrix`, because lists are nested too deeply. Documents that only use the tenant may still use it. */
  notShown: Array<Scalars['String']['output']>;
  /** Seconds since the schema was last confirmed by the tenant. */
  schemaAge?: Maybe<Scalars['Int']['output']>;
  /** SHA-256 of the schema's content: equal for tenants on the same release. */
  schemaDigest?: Maybe<Scalars['String']['output']>;
  /** The state of the schema's copy. */
  state: GatewayTenantState;
};

/** The state of the copy of a tenant's schema. */
export type GatewayTenantState =
  /** It is being read for the first time. */
  | 'LOADING'
  /** The tenant has confirmed it. */
  | 'READY'
  /** An earlier schema is used: the last refresh failed, or there was none since the start. */
  | 'STALE'
  /** There is no schema: only documents that use nothing but the tenant can be tried. */
  | 'UNAVAILABLE'
  /** It has not been requested yet. */
  | 'UNKNOWN';

/** Why something was not done. */
export type GatewayUserError = {
  __typename?: 'GatewayUserError';
  /** The kind of mistake. */
  code: GatewayUserErrorCode;
  /** Names of arguments and fields of the input; the place in a list as a number. */
  inputPath: Array<Scalars['String']['output']>;
  /** What is wrong, and what to do. */
  message: Scalars['String']['output'];
};

/** Kinds of mistakes. */
export type GatewayUserErrorCode =
  /** The value is not allowed. */
  | 'INVALID'
  /** The maximum number is reached. */
  | 'LIMIT'
  /** The name is used for something else, or was a short while ago. */
  | 'NAME_TAKEN'
  /** Somebody else has changed it. */
  | 'STALE_VERSION';

/** Mutations of Sage 200 and the gateway itself, together with the packages of the ERP tenant. */
export type Mutation = {
  __typename?: 'Mutation';
  /** Administration of the gateway itself, for callers with `admin` that are not `readOnly`; others get `FORBIDDEN`. */
  gateway?: Maybe<GatewayMutation>;
  /** Writes to one company of Sage 200, one after the other. The company is chosen as for reading. */
  sage200?: Maybe<Sage200Mutation>;
};


/** Mutations of Sage 200 and the gateway itself, together with the packages of the ERP tenant. */
export type MutationSage200Args = {
  company?: InputMaybe<Scalars['ID']['input']>;
  site?: InputMaybe<Scalars['ID']['input']>;
};

/** An object with a global id, which is unique across all companies and types, and the same in every answer. */
export type Node = {
  /** Identifies the object across all sources, sites and companies. */
  id: Scalars['ID']['output'];
};

/** Queries of Sage 200 and the gateway itself, together with the packages of the ERP tenant. */
export type Query = {
  __typename?: 'Query';
  /** The gateway itself: who is calling, and the state of its upstreams. Works even if every upstream is down. */
  gateway?: Maybe<Gateway>;
  /** The object with a global id, if this caller may see it; null if it no longer exists. */
  node?: Maybe<Node>;
  /** The objects with several global ids, in the same order, at most 100. Each has its own error. */
  nodes: Array<Maybe<Node>>;
  /**
   * One company of Sage 200. If omitted, site and company come from the headers `X-Site` and `X-Company`, then from the
   * configuration, then from the only company there is; if there are several, the error is `COMPANY_REQUIRED`.
   */
  sage200?: Maybe<Sage200>;
};


/** Queries of Sage 200 and the gateway itself, together with the packages of the ERP tenant. */
export type QueryNodeArgs = {
  id: Scalars['ID']['input'];
};


/** Queries of Sage 200 and the gateway itself, together with the packages of the ERP tenant. */
export type QueryNodesArgs = {
  ids: Array<Scalars['ID']['input']>;
};


/** Queries of Sage 200 and the gateway itself, together with the packages of the ERP tenant. */
export type QuerySage200Args = {
  company?: InputMaybe<Scalars['ID']['input']>;
  site?: InputMaybe<Scalars['ID']['input']>;
};

/** One company of a Sage 200 site: its ledgers, orders, stock and settings, each a field of its own. */
export type Sage200 = Node & {
  __typename?: 'Sage200';
  /** Global id of the company: its site and company id in one. */
  id: Scalars['ID']['output'];
};

/** One member of a fixed list of Sage's, the same in every site. */
export type Sage200Lookup = {
  __typename?: 'Sage200Lookup';
  /** Label as Sage shows it to people. */
  description?: Maybe<Scalars['String']['output']>;
  /** Number of the member. Some views give this instead of the value. */
  sageId: Scalars['ID']['output'];
  /** Text that Sage reads and writes for this member, as compared in filters. */
  value?: Maybe<Scalars['String']['output']>;
};

/** Writes to one company of a Sage 200 site. Fields of one operation run one after the other, in the order written. */
export type Sage200Mutation = {
  __typename?: 'Sage200Mutation';
};



export type ResolverTypeWrapper<T> = Promise<T> | T;


export type ResolverWithResolve<TResult, TParent, TContext, TArgs> = {
  resolve: ResolverFn<TResult, TParent, TContext, TArgs>;
};
export type Resolver<TResult, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> = ResolverFn<TResult, TParent, TContext, TArgs> | ResolverWithResolve<TResult, TParent, TContext, TArgs>;

export type ResolverFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => Promise<TResult> | TResult;

export type SubscriptionSubscribeFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => AsyncIterable<TResult> | Promise<AsyncIterable<TResult>>;

export type SubscriptionResolveFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => TResult | Promise<TResult>;

export interface SubscriptionSubscriberObject<TResult, TKey extends string, TParent, TContext, TArgs> {
  subscribe: SubscriptionSubscribeFn<{ [key in TKey]: TResult }, TParent, TContext, TArgs>;
  resolve?: SubscriptionResolveFn<TResult, { [key in TKey]: TResult }, TContext, TArgs>;
}

export interface SubscriptionResolverObject<TResult, TParent, TContext, TArgs> {
  subscribe: SubscriptionSubscribeFn<any, TParent, TContext, TArgs>;
  resolve: SubscriptionResolveFn<TResult, any, TContext, TArgs>;
}

export type SubscriptionObject<TResult, TKey extends string, TParent, TContext, TArgs> =
  | SubscriptionSubscriberObject<TResult, TKey, TParent, TContext, TArgs>
  | SubscriptionResolverObject<TResult, TParent, TContext, TArgs>;

export type SubscriptionResolver<TResult, TKey extends string, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> =
  | ((...args: any[]) => SubscriptionObject<TResult, TKey, TParent, TContext, TArgs>)
  | SubscriptionObject<TResult, TKey, TParent, TContext, TArgs>;

export type TypeResolveFn<TTypes, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>> = (
  parent: TParent,
  context: TContext,
  info: GraphQLResolveInfo
) => Maybe<TTypes> | Promise<Maybe<TTypes>>;

export type IsTypeOfResolverFn<T = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>> = (obj: T, context: TContext, info: GraphQLResolveInfo) => boolean | Promise<boolean>;

export type NextResolverFn<T> = () => Promise<T>;

export type DirectiveResolverFn<TResult = Record<PropertyKey, never>, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> = (
  next: NextResolverFn<TResult>,
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => TResult | Promise<TResult>;




/** Mapping of interface types */
export type ResolversInterfaceTypes<_RefType extends Record<string, unknown>> = {
  Node: ( Sage200Root );
};

/** Mapping between all available schema types and the resolvers types */
export type ResolversTypes = {
  Boolean: ResolverTypeWrapper<Scalars['Boolean']['output']>;
  Gateway: ResolverTypeWrapper<Gateway>;
  GatewayBreaker: GatewayBreaker;
  GatewayCaller: ResolverTypeWrapper<GatewayCaller>;
  GatewayCallerKind: GatewayCallerKind;
  GatewayClient: ResolverTypeWrapper<GatewayClient>;
  GatewayClientConnection: ResolverTypeWrapper<GatewayClientConnection>;
  GatewayClientEdge: ResolverTypeWrapper<GatewayClientEdge>;
  GatewayClientErpInput: GatewayClientErpInput;
  GatewayClientInput: GatewayClientInput;
  GatewayClientKey: ResolverTypeWrapper<GatewayClientKey>;
  GatewayClientPayload: ResolverTypeWrapper<GatewayClientPayload>;
  GatewayClientState: GatewayClientState;
  GatewayCompany: ResolverTypeWrapper<GatewayCompany>;
  GatewayCompanyInput: GatewayCompanyInput;
  GatewayConnectLinkInput: GatewayConnectLinkInput;
  GatewayConnectLinkPayload: ResolverTypeWrapper<GatewayConnectLinkPayload>;
  GatewayDateTime: ResolverTypeWrapper<Scalars['GatewayDateTime']['output']>;
  GatewayFailure: ResolverTypeWrapper<GatewayFailure>;
  GatewayKeyPayload: ResolverTypeWrapper<GatewayKeyPayload>;
  GatewayMutation: ResolverTypeWrapper<GatewayMutation>;
  GatewayOpenCompany: ResolverTypeWrapper<GatewayOpenCompany>;
  GatewayPageInfo: ResolverTypeWrapper<GatewayPageInfo>;
  GatewayReloadPayload: ResolverTypeWrapper<GatewayReloadPayload>;
  GatewaySignIn: ResolverTypeWrapper<GatewaySignIn>;
  GatewaySignInState: GatewaySignInState;
  GatewaySource: ResolverTypeWrapper<GatewaySource>;
  GatewayTenant: ResolverTypeWrapper<GatewayTenant>;
  GatewayTenantState: GatewayTenantState;
  GatewayUserError: ResolverTypeWrapper<GatewayUserError>;
  GatewayUserErrorCode: GatewayUserErrorCode;
  ID: ResolverTypeWrapper<Scalars['ID']['output']>;
  Int: ResolverTypeWrapper<Scalars['Int']['output']>;
  Mutation: ResolverTypeWrapper<Record<PropertyKey, never>>;
  Node: ResolverTypeWrapper<ResolversInterfaceTypes<ResolversTypes>['Node']>;
  Query: ResolverTypeWrapper<Record<PropertyKey, never>>;
  Sage200: ResolverTypeWrapper<Sage200Root>;
  Sage200Date: ResolverTypeWrapper<Scalars['Sage200Date']['output']>;
  Sage200DateTime: ResolverTypeWrapper<Scalars['Sage200DateTime']['output']>;
  Sage200Decimal: ResolverTypeWrapper<Scalars['Sage200Decimal']['output']>;
  Sage200Long: ResolverTypeWrapper<Scalars['Sage200Long']['output']>;
  Sage200Lookup: ResolverTypeWrapper<Sage200Lookup>;
  Sage200Mutation: ResolverTypeWrapper<Sage200Root>;
  String: ResolverTypeWrapper<Scalars['String']['output']>;
};

/** Mapping between all available schema types and the resolvers parents */
export type ResolversParentTypes = {
  Boolean: Scalars['Boolean']['output'];
  Gateway: Gateway;
  GatewayCaller: GatewayCaller;
  GatewayClient: GatewayClient;
  GatewayClientConnection: GatewayClientConnection;
  GatewayClientEdge: GatewayClientEdge;
  GatewayClientErpInput: GatewayClientErpInput;
  GatewayClientInput: GatewayClientInput;
  GatewayClientKey: GatewayClientKey;
  GatewayClientPayload: GatewayClientPayload;
  GatewayCompany: GatewayCompany;
  GatewayCompanyInput: GatewayCompanyInput;
  GatewayConnectLinkInput: GatewayConnectLinkInput;
  GatewayConnectLinkPayload: GatewayConnectLinkPayload;
  GatewayDateTime: Scalars['GatewayDateTime']['output'];
  GatewayFailure: GatewayFailure;
  GatewayKeyPayload: GatewayKeyPayload;
  GatewayMutation: GatewayMutation;
  GatewayOpenCompany: GatewayOpenCompany;
  GatewayPageInfo: GatewayPageInfo;
  GatewayReloadPayload: GatewayReloadPayload;
  GatewaySignIn: GatewaySignIn;
  GatewaySource: GatewaySource;
  GatewayTenant: GatewayTenant;
  GatewayUserError: GatewayUserError;
  ID: Scalars['ID']['output'];
  Int: Scalars['Int']['output'];
  Mutation: Record<PropertyKey, never>;
  Node: ResolversInterfaceTypes<ResolversParentTypes>['Node'];
  Query: Record<PropertyKey, never>;
  Sage200: Sage200Root;
  Sage200Date: Scalars['Sage200Date']['output'];
  Sage200DateTime: Scalars['Sage200DateTime']['output'];
  Sage200Decimal: Scalars['Sage200Decimal']['output'];
  Sage200Long: Scalars['Sage200Long']['output'];
  Sage200Lookup: Sage200Lookup;
  Sage200Mutation: Sage200Root;
  String: Scalars['String']['output'];
};

export type GatewayResolvers<ContextType = GatewayContext, ParentType extends ResolversParentTypes['Gateway'] = ResolversParentTypes['Gateway']> = {
  client?: Resolver<Maybe<ResolversTypes['GatewayClient']>, ParentType, ContextType, RequireFields<GatewayClientArgs, 'name'>>;
  clients?: Resolver<Maybe<ResolversTypes['GatewayClientConnection']>, ParentType, ContextType, RequireFields<GatewayClientsArgs, 'first'>>;
  connections?: Resolver<Maybe<Array<ResolversTypes['GatewaySignIn']>>, ParentType, ContextType, Partial<GatewayConnectionsArgs>>;
  me?: Resolver<ResolversTypes['GatewayCaller'], ParentType, ContextType>;
  missingConnections?: Resolver<Array<ResolversTypes['String']>, ParentType, ContextType>;
  sources?: Resolver<Array<ResolversTypes['GatewaySource']>, ParentType, ContextType>;
  tenants?: Resolver<Array<ResolversTypes['GatewayTenant']>, ParentType, ContextType>;
};

export type GatewayCallerResolvers<ContextType = GatewayContext, ParentType extends ResolversParentTypes['GatewayCaller'] = ResolversParentTypes['GatewayCaller']> = {
  admin?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  companies?: Resolver<Maybe<Array<ResolversTypes['GatewayCompany']>>, ParentType, ContextType>;
  id?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  kind?: Resolver<ResolversTypes['GatewayCallerKind'], ParentType, ContextType>;
  readOnly?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  tenants?: Resolver<Array<ResolversTypes['String']>, ParentType, ContextType>;
};

export type GatewayClientResolvers<ContextType = GatewayContext, ParentType extends ResolversParentTypes['GatewayClient'] = ResolversParentTypes['GatewayClient']> = {
  companies?: Resolver<Maybe<Array<ResolversTypes['GatewayCompany']>>, ParentType, ContextType>;
  company?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  connection?: Resolver<Maybe<ResolversTypes['GatewaySignIn']>, ParentType, ContextType>;
  enabled?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  keys?: Resolver<Array<ResolversTypes['GatewayClientKey']>, ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  shadowed?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  site?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  state?: Resolver<ResolversTypes['GatewayClientState'], ParentType, ContextType>;
  tenant?: Resolver<Maybe<ResolversTypes['GatewayTenant']>, ParentType, ContextType>;
  title?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  version?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type GatewayClientConnectionResolvers<ContextType = GatewayContext, ParentType extends ResolversParentTypes['GatewayClientConnection'] = ResolversParentTypes['GatewayClientConnection']> = {
  edges?: Resolver<Array<ResolversTypes['GatewayClientEdge']>, ParentType, ContextType>;
  nodes?: Resolver<Array<ResolversTypes['GatewayClient']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['GatewayPageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type GatewayClientEdgeResolvers<ContextType = GatewayContext, ParentType extends ResolversParentTypes['GatewayClientEdge'] = ResolversParentTypes['GatewayClientEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['GatewayClient'], ParentType, ContextType>;
};

export type GatewayClientKeyResolvers<ContextType = GatewayContext, ParentType extends ResolversParentTypes['GatewayClientKey'] = ResolversParentTypes['GatewayClientKey']> = {
  expiresAt?: Resolver<Maybe<ResolversTypes['GatewayDateTime']>, ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  readOnly?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
};

export type GatewayClientPayloadResolvers<ContextType = GatewayContext, ParentType extends ResolversParentTypes['GatewayClientPayload'] = ResolversParentTypes['GatewayClientPayload']> = {
  client?: Resolver<Maybe<ResolversTypes['GatewayClient']>, ParentType, ContextType>;
  userErrors?: Resolver<Array<ResolversTypes['GatewayUserError']>, ParentType, ContextType>;
};

export type GatewayCompanyResolvers<ContextType = GatewayContext, ParentType extends ResolversParentTypes['GatewayCompany'] = ResolversParentTypes['GatewayCompany']> = {
  company?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  site?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
};

export type GatewayConnectLinkPayloadResolvers<ContextType = GatewayContext, ParentType extends ResolversParentTypes['GatewayConnectLinkPayload'] = ResolversParentTypes['GatewayConnectLinkPayload']> = {
  endsAt?: Resolver<Maybe<ResolversTypes['GatewayDateTime']>, ParentType, ContextType>;
  url?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  userErrors?: Resolver<Array<ResolversTypes['GatewayUserError']>, ParentType, ContextType>;
};

export interface GatewayDateTimeScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['GatewayDateTime'], any> {
  name: 'GatewayDateTime';
}

export type GatewayFailureResolvers<ContextType = GatewayContext, ParentType extends ResolversParentTypes['GatewayFailure'] = ResolversParentTypes['GatewayFailure']> = {
  at?: Resolver<ResolversTypes['GatewayDateTime'], ParentType, ContextType>;
  code?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  message?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type GatewayKeyPayloadResolvers<ContextType = GatewayContext, ParentType extends ResolversParentTypes['GatewayKeyPayload'] = ResolversParentTypes['GatewayKeyPayload']> = {
  client?: Resolver<Maybe<ResolversTypes['GatewayClient']>, ParentType, ContextType>;
  key?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  userErrors?: Resolver<Array<ResolversTypes['GatewayUserError']>, ParentType, ContextType>;
};

export type GatewayMutationResolvers<ContextType = GatewayContext, ParentType extends ResolversParentTypes['GatewayMutation'] = ResolversParentTypes['GatewayMutation']> = {
  createConnectLink?: Resolver<ResolversTypes['GatewayConnectLinkPayload'], ParentType, ContextType, RequireFields<GatewayMutationCreateConnectLinkArgs, 'input'>>;
  createKey?: Resolver<ResolversTypes['GatewayKeyPayload'], ParentType, ContextType, RequireFields<GatewayMutationCreateKeyArgs, 'client' | 'name' | 'readOnly'>>;
  putClient?: Resolver<ResolversTypes['GatewayClientPayload'], ParentType, ContextType, RequireFields<GatewayMutationPutClientArgs, 'input'>>;
  reloadConfig?: Resolver<ResolversTypes['GatewayReloadPayload'], ParentType, ContextType>;
  removeClient?: Resolver<ResolversTypes['GatewayClientPayload'], ParentType, ContextType, RequireFields<GatewayMutationRemoveClientArgs, 'name'>>;
  removeKey?: Resolver<ResolversTypes['GatewayKeyPayload'], ParentType, ContextType, RequireFields<GatewayMutationRemoveKeyArgs, 'client' | 'name'>>;
};

export type GatewayOpenCompanyResolvers<ContextType = GatewayContext, ParentType extends ResolversParentTypes['GatewayOpenCompany'] = ResolversParentTypes['GatewayOpenCompany']> = {
  company?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  site?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  siteName?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type GatewayPageInfoResolvers<ContextType = GatewayContext, ParentType extends ResolversParentTypes['GatewayPageInfo'] = ResolversParentTypes['GatewayPageInfo']> = {
  endCursor?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  hasNextPage?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  hasPreviousPage?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  startCursor?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type GatewayReloadPayloadResolvers<ContextType = GatewayContext, ParentType extends ResolversParentTypes['GatewayReloadPayload'] = ResolversParentTypes['GatewayReloadPayload']> = {
  applied?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  faults?: Resolver<Array<ResolversTypes['String']>, ParentType, ContextType>;
  needsRestart?: Resolver<Array<ResolversTypes['String']>, ParentType, ContextType>;
};

export type GatewaySignInResolvers<ContextType = GatewayContext, ParentType extends ResolversParentTypes['GatewaySignIn'] = ResolversParentTypes['GatewaySignIn']> = {
  breaker?: Resolver<ResolversTypes['GatewayBreaker'], ParentType, ContextType>;
  companies?: Resolver<Maybe<Array<ResolversTypes['GatewayOpenCompany']>>, ParentType, ContextType>;
  consentedAt?: Resolver<Maybe<ResolversTypes['GatewayDateTime']>, ParentType, ContextType>;
  lastError?: Resolver<Maybe<ResolversTypes['GatewayFailure']>, ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  refreshExpiresAt?: Resolver<Maybe<ResolversTypes['GatewayDateTime']>, ParentType, ContextType>;
  state?: Resolver<ResolversTypes['GatewaySignInState'], ParentType, ContextType>;
};

export type GatewaySourceResolvers<ContextType = GatewayContext, ParentType extends ResolversParentTypes['GatewaySource'] = ResolversParentTypes['GatewaySource']> = {
  allowed?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  title?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type GatewayTenantResolvers<ContextType = GatewayContext, ParentType extends ResolversParentTypes['GatewayTenant'] = ResolversParentTypes['GatewayTenant']> = {
  breaker?: Resolver<ResolversTypes['GatewayBreaker'], ParentType, ContextType>;
  collisions?: Resolver<Array<ResolversTypes['String']>, ParentType, ContextType>;
  lastError?: Resolver<Maybe<ResolversTypes['GatewayFailure']>, ParentType, ContextType>;
  linksLeftOut?: Resolver<Array<ResolversTypes['String']>, ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  notShown?: Resolver<Array<ResolversTypes['String']>, ParentType, ContextType>;
  schemaAge?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  schemaDigest?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  state?: Resolver<ResolversTypes['GatewayTenantState'], ParentType, ContextType>;
};

export type GatewayUserErrorResolvers<ContextType = GatewayContext, ParentType extends ResolversParentTypes['GatewayUserError'] = ResolversParentTypes['GatewayUserError']> = {
  code?: Resolver<ResolversTypes['GatewayUserErrorCode'], ParentType, ContextType>;
  inputPath?: Resolver<Array<ResolversTypes['String']>, ParentType, ContextType>;
  message?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type MutationResolvers<ContextType = GatewayContext, ParentType extends ResolversParentTypes['Mutation'] = ResolversParentTypes['Mutation']> = {
  gateway?: Resolver<Maybe<ResolversTypes['GatewayMutation']>, ParentType, ContextType>;
  sage200?: Resolver<Maybe<ResolversTypes['Sage200Mutation']>, ParentType, ContextType, Partial<MutationSage200Args>>;
};

export type NodeResolvers<ContextType = GatewayContext, ParentType extends ResolversParentTypes['Node'] = ResolversParentTypes['Node']> = {
  __resolveType: TypeResolveFn<'Sage200', ParentType, ContextType>;
};

export type QueryResolvers<ContextType = GatewayContext, ParentType extends ResolversParentTypes['Query'] = ResolversParentTypes['Query']> = {
  gateway?: Resolver<Maybe<ResolversTypes['Gateway']>, ParentType, ContextType>;
  node?: Resolver<Maybe<ResolversTypes['Node']>, ParentType, ContextType, RequireFields<QueryNodeArgs, 'id'>>;
  nodes?: Resolver<Array<Maybe<ResolversTypes['Node']>>, ParentType, ContextType, RequireFields<QueryNodesArgs, 'ids'>>;
  sage200?: Resolver<Maybe<ResolversTypes['Sage200']>, ParentType, ContextType, Partial<QuerySage200Args>>;
};

export type Sage200Resolvers<ContextType = GatewayContext, ParentType extends ResolversParentTypes['Sage200'] = ResolversParentTypes['Sage200']> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export interface Sage200DateScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['Sage200Date'], any> {
  name: 'Sage200Date';
}

export interface Sage200DateTimeScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['Sage200DateTime'], any> {
  name: 'Sage200DateTime';
}

export interface Sage200DecimalScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['Sage200Decimal'], any> {
  name: 'Sage200Decimal';
}

export interface Sage200LongScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['Sage200Long'], any> {
  name: 'Sage200Long';
}

export type Sage200LookupResolvers<ContextType = GatewayContext, ParentType extends ResolversParentTypes['Sage200Lookup'] = ResolversParentTypes['Sage200Lookup']> = {
  description?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  sageId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  value?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type Resolvers<ContextType = GatewayContext> = {
  Gateway?: GatewayResolvers<ContextType>;
  GatewayCaller?: GatewayCallerResolvers<ContextType>;
  GatewayClient?: GatewayClientResolvers<ContextType>;
  GatewayClientConnection?: GatewayClientConnectionResolvers<ContextType>;
  GatewayClientEdge?: GatewayClientEdgeResolvers<ContextType>;
  GatewayClientKey?: GatewayClientKeyResolvers<ContextType>;
  GatewayClientPayload?: GatewayClientPayloadResolvers<ContextType>;
  GatewayCompany?: GatewayCompanyResolvers<ContextType>;
  GatewayConnectLinkPayload?: GatewayConnectLinkPayloadResolvers<ContextType>;
  GatewayDateTime?: GraphQLScalarType;
  GatewayFailure?: GatewayFailureResolvers<ContextType>;
  GatewayKeyPayload?: GatewayKeyPayloadResolvers<ContextType>;
  GatewayMutation?: GatewayMutationResolvers<ContextType>;
  GatewayOpenCompany?: GatewayOpenCompanyResolvers<ContextType>;
  GatewayPageInfo?: GatewayPageInfoResolvers<ContextType>;
  GatewayReloadPayload?: GatewayReloadPayloadResolvers<ContextType>;
  GatewaySignIn?: GatewaySignInResolvers<ContextType>;
  GatewaySource?: GatewaySourceResolvers<ContextType>;
  GatewayTenant?: GatewayTenantResolvers<ContextType>;
  GatewayUserError?: GatewayUserErrorResolvers<ContextType>;
  Mutation?: MutationResolvers<ContextType>;
  Node?: NodeResolvers<ContextType>;
  Query?: QueryResolvers<ContextType>;
  Sage200?: Sage200Resolvers<ContextType>;
  Sage200Date?: GraphQLScalarType;
  Sage200DateTime?: GraphQLScalarType;
  Sage200Decimal?: GraphQLScalarType;
  Sage200Long?: GraphQLScalarType;
  Sage200Lookup?: Sage200LookupResolvers<ContextType>;
};

