import { buildSchema, execute, GraphQLError, type GraphQLSchema, validate } from 'graphql';
import { type DestinationStream, pino } from 'pino';
import { Registry } from 'prom-client';
import type { CallerRequest } from '../../src/callers/index.ts';
import type { GatewayContext, Graph } from '../../src/graph/index.ts';
import { GatewayError } from '../../src/kit/errors/index.ts';
import { CallBudget, single } from '../../src/kit/http/index.ts';
import type { Principal } from '../../src/kit/principal.ts';
import { type RunningServer, type ServerOptions, startServer } from '../../src/server/index.ts';

/** Stands in every place that callers must not see. */
export const MARKER = 'marker-7f3a';

export const KEY = 'sgk_the-right-one';
export const ADMIN_KEY = 'sgk_the-admin';

const SDL = `
  type Query {
    hello(name: String = "world"): String
    required(n: Int!): Int
    deep: Deep
    big(bytes: Int!): String
    wait: String
    who: Who
    fail(how: String!): String
    fine: String!
    gateway: Gateway
    sage200: Sage200
    xtremMasterData: Package
  }
  type Who { id: String tenant: String site: String company: String requestId: String }
  type Deep { deep: Deep name: String again: Deep }
  type Gateway { me: Caller! connections: [Connection!] tenants: [Tenant!]! }
  type Caller { id: String! kind: String! readOnly: Boolean! admin: Boolean! tenants: [String!]! }
  type Connection { name: String! state: String! refreshExpiresAt: String }
  type Tenant { name: String! state: String! schemaAge: Int }
  type Sage200 { customers(first: Int, filter: Filter, orderBy: [Order!]): Customers }
  input Filter { balance: Comparison }
  input Comparison { gt: String }
  input Order { balance: Direction }
  enum Direction { ASC DESC }
  type Customers { nodes: [Customer!]! pageInfo: PageInfo }
  type Customer { reference: String name: String balance: String currency: Currency sopOrders(first: Int): SopOrders }
  type Currency { id: String symbol: String name: String }
  type SopOrders { nodes: [SopOrder!]! }
  type SopOrder { documentNo: String totalGrossValue: String }
  type PageInfo { hasNextPage: Boolean! endCursor: String }
  type Package { customer: CustomerNode }
  type CustomerNode { query(first: Int): CustomerConnection }
  type CustomerConnection { totalCount: Int edges: [CustomerEdge] }
  type CustomerEdge { node: ErpCustomer }
  type ErpCustomer { _id: ID id: String name: String currency: Currency }
  type Mutation { add(n: Int!): Int }
  type Subscription { ticks: Int }
`;

export interface World extends RunningServer, AsyncDisposable {
  readonly schema: GraphQLSchema;
  readonly metrics: Registry;
  /** Each line of the log so far. */
  readonly logLines: () => Record<string, unknown>[];
  readonly logText: () => string;
  /** How often the mutation ran. */
  readonly added: () => number;
  /** Ends all waiting fields with this text. */
  readonly release: (text: string) => void;
  /** Resolves once a field waits. */
  readonly waiting: () => Promise<void>;
  readonly contexts: GatewayContext[];
  readonly query: (
    query: string,
    extra?: { variables?: object; headers?: Record<string, string> },
  ) => Promise<{ status: number; headers: Headers; body: GraphqlBody }>;
}

export interface GraphqlBody {
  readonly data?: Record<string, unknown> | null;
  readonly errors?: readonly {
    readonly message: string;
    readonly path?: readonly (string | number)[];
    readonly locations?: readonly object[];
    readonly extensions: Readonly<Record<string, unknown>>;
  }[];
  readonly extensions?: Readonly<Record<string, unknown>>;
}

interface WorldOptions extends Partial<Omit<ServerOptions, 'config' | 'graph'>> {
  readonly server?: Partial<ServerOptions['config']['server']>;
  readonly limits?: Partial<ServerOptions['config']['limits']>;
  readonly graph?: Partial<Graph>;
  /** @default anonymous callers are served */
  readonly anonymous?: boolean;
}

export async function startWorld(options: WorldOptions = {}): Promise<World> {
  const { server, limits, graph, anonymous = true, ...rest } = options;
  const lines: string[] = [];
  const destination: DestinationStream = { write: (line) => void lines.push(line) };
  const metrics = new Registry();
  const fake = createFakeGraph();
  const running = await startServer({
    config: {
      server: {
        host: '127.0.0.1',
        port: 0,
        publicUrl: 'https://gateway.example',
        allowedHosts: [],
        cors: [],
        trustProxy: false,
        shutdownTimeoutMs: 5_000,
        drainDelayMs: 0,
        sendTimeoutMs: 30_000,
        graphiql: true,
        introspection: 'callers',
        ...server,
      },
      limits: {
        bodyBytes: 1_048_576,
        tokens: 5_000,
        depth: 24,
        aliases: 100,
        rootFields: 30,
        values: 20_000,
        answerBytes: 33_554_432,
        memory: 'auto',
        ...limits,
      },
    },
    graph: { ...fake.graph, ...graph },
    documents: { listed: new Map(), required: false, automatic: true, entries: 1_000 },
    identify: (request) => identify(request, anonymous),
    ready: async () => ({ ready: true, checks: { vault: 'open' } }),
    log: pino({ base: null }, destination),
    metrics,
    isAdminHere: () => false,
    ...rest,
  });
  return {
    ...running,
    ...fake,
    metrics,
    logLines: () => lines.map((line) => JSON.parse(line)),
    logText: () => lines.join(''),
    async query(query, { variables, headers } = {}) {
      const response = await fetch(`${running.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ query, ...(variables && { variables }) }),
      });
      return { status: response.status, headers: response.headers, body: (await response.json()) as GraphqlBody };
    },
    [Symbol.asyncDispose]: () => running.close(),
  };
}

async function identify({ headers }: CallerRequest, anonymous: boolean): Promise<Principal> {
  const principal: Principal = {
    id: 'anonymous',
    kind: 'anonymous',
    companies: 'all',
    tenants: ['acme'],
    readOnly: false,
    admin: false,
  };
  const { authorization } = headers;
  if (authorization === undefined && anonymous) return principal;
  if (authorization === `Bearer ${KEY}`) return { ...principal, id: 'key:shop', kind: 'apiKey' };
  if (authorization === `Bearer ${ADMIN_KEY}`) return { ...principal, id: 'key:boss', kind: 'apiKey', admin: true };
  throw new GatewayError('UNAUTHENTICATED', 'Send a valid key.', { connectUrl: '/connect/sage200', cause: MARKER });
}

function createFakeGraph() {
  const schema = buildSchema(SDL);
  const contexts: GatewayContext[] = [];
  const sites = new WeakMap<GatewayContext, { site: string | undefined; company: string | undefined }>();
  let added = 0;
  let release: (text: string) => void = () => {};
  let sayWaiting = () => {};
  let waiting = new Promise<void>((resolve) => {
    sayWaiting = resolve;
  });

  const root = {
    hello: ({ name }: { name: string }) => `Hello ${name}`,
    required: ({ n }: { n: number }) => n,
    deep: { name: 'top' },
    big: ({ bytes }: { bytes: number }) => 'abcdefgh'.repeat(bytes / 8),
    who: (_: unknown, context: GatewayContext) => ({
      id: context.principal.id,
      tenant: context.tenant,
      requestId: context.requestId,
      ...sites.get(context),
    }),
    wait: (_: unknown, { signal }: GatewayContext) =>
      new Promise((resolve, reject) => {
        release = resolve;
        signal.addEventListener('abort', () => reject(new GatewayError('UPSTREAM_UNAVAILABLE', 'Stopped.')));
        sayWaiting();
      }),
    fail: ({ how }: { how: string }) => fail(how),
    fine: () => fail('ordinary'),
    gateway: {
      me: { id: 'anonymous', kind: 'ANONYMOUS', readOnly: false, admin: true, tenants: ['acme'] },
      connections: [{ name: 'finance', state: 'CONNECTED' }],
      tenants: [{ name: 'acme', state: 'READY', schemaAge: 12 }],
    },
    sage200: {
      customers: {
        nodes: [
          {
            reference: 'ABS001',
            name: 'ABS Garages Ltd',
            balance: '2464.16',
            currency: { symbol: '£', name: 'Pound Sterling' },
            sopOrders: { nodes: [{ documentNo: '0000000101', totalGrossValue: '120.00' }] },
          },
        ],
        pageInfo: { hasNextPage: true, endCursor: 'abc' },
      },
    },
    xtremMasterData: {
      customer: {
        query: {
          totalCount: 1,
          edges: [{ node: { _id: '1', id: 'ABS001', name: 'ABS Garages Ltd', currency: { id: 'GBP' } } }],
        },
      },
    },
    add: ({ n }: { n: number }) => {
      added += 1;
      return n + 1;
    },
  };
  const graph: Graph = {
    tenantFor({ tenants }, wanted) {
      if (wanted !== undefined && !tenants.includes(wanted)) throw new GatewayError('FORBIDDEN', 'Not your tenant.');
      return wanted ?? tenants[0];
    },
    requireTenant: (principal, wanted) => graph.tenantFor(principal, wanted),
    refuseSchema: () => {},
    newerSchema: async () => undefined,
    schemaFor: async () => schema,
    shownSchema: (shown) => shown,
    peekSchema: () => undefined,
    costOf: () => ({ rows: 0, rowsIn: () => 0, most: { rows: 1, upstreamRequests: 1, bytes: 1 } }),
    known: () => undefined,
    headers: ['x-site', 'x-company'],
    raisedFor: () => undefined,
    explain: () => undefined,
    mutationNames: () => [],
    sources: ['gateway', 'sage200', 'erp'],
    createContext({ headers, ...context }) {
      // The server hands the context through and never looks at this part of it.
      const made = { ...context, calls: new CallBudget(1), results: { isLong: false } } as unknown as GatewayContext;
      contexts.push(made);
      sites.set(made, { site: single(headers['x-site']), company: single(headers['x-company']) });
      return made;
    },
    validate: (forSchema, { document }) => validate(forSchema, document),
    execute: async (forSchema, { document, operationName, variables }, contextValue) =>
      execute({ schema: forSchema, document, operationName, variableValues: variables, contextValue, rootValue: root }),
  };
  return {
    graph,
    schema,
    contexts,
    added: () => added,
    release: (text: string) => release(text),
    waiting: async () => {
      await waiting;
      waiting = new Promise<void>((resolve) => {
        sayWaiting = resolve;
      });
    },
  };
}

/** Every way a field can fail. */
function fail(how: string): never {
  switch (how) {
    case 'gateway':
      throw new GatewayError('UPSTREAM_TIMEOUT', 'Sage 200 took too long.', {
        source: 'sage200',
        retryAfter: 5,
        details: { choices: ['a', 'b'] },
        cause: new Error(MARKER),
      });
    case 'erp':
      throw new GraphQLError('The customer is on hold, see https://erp.internal/x?k=1 for more', {
        extensions: {
          code: 'UPSTREAM_REJECTED',
          source: 'erp:acme',
          diagnoses: [{ severity: 3, message: 'On hold (https://erp.internal/y)' }],
          http: { status: 418, headers: { 'x-evil': MARKER, 'set-cookie': MARKER } },
          stacktrace: [MARKER],
          request: MARKER,
        },
      });
    case 'http':
      throw new GraphQLError(MARKER, { extensions: { http: { status: 418, headers: { 'x-evil': MARKER } } } });
    case 'wrapped':
      throw new GraphQLError(MARKER, { originalError: new Error(MARKER) });
    case 'several':
      throw new AggregateError(
        [new GatewayError('RATE_LIMITED', 'Too many.', { source: 'erp:acme' }), new Error(MARKER)],
        MARKER,
      );
    default:
      throw new Error(`connect https://user:${MARKER}@db.internal failed`);
  }
}
