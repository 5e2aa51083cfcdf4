import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { basePathOf } from '../kit/base-path.ts';
import { GatewayError } from '../kit/errors/index.ts';
import { createCacheMetrics } from './cache-metrics.ts';
import { closePatiently } from './connections.ts';
import { EXAMPLE_OPERATIONS } from './example-operations.ts';
import { createGraphqlRoute } from './graphql/create-graphql-route.ts';
import { createRequestHandler } from './handle-request.ts';
import { createHttpMetrics } from './http-metrics.ts';
import { createInFlight, type InFlight } from './in-flight.ts';
import { toRequestRules } from './intake/request-checks.ts';
import { toListenError } from './listen-error.ts';
import { createLogMetrics } from './log-metrics.ts';
import { createConsoleRoute } from './routes/console.ts';
import { createGraphiqlRoute, createNoGraphiqlRoute } from './routes/graphiql.ts';
import { createHealthRoutes } from './routes/health.ts';
import { createMetricsRoutes } from './routes/metrics.ts';
import type { Route } from './routes/route.ts';
import { createSchemaRoutes } from './routes/schema.ts';
import type { RunningServer, ServerOptions } from './server-options.ts';

const GRAPHQL_PATH = '/graphql';

const DEFAULT_TIMEOUTS = { headersMs: 10_000, requestMs: 30_000 };

/** Longer than load balancers keep theirs (60 s mostly): else they send into a connection we are just closing. */
const KEEP_ALIVE_MS = 65_000;

const STOPPED = 'The gateway stopped before this was finished. Try again.';

/** What operations get to end in once they were told to. */
const AFTER_ABORT_MS = 1_000;

/**
 * Listens and answers.
 * @throws Error in words for the operator when it cannot listen there.
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { config, log, timeouts = DEFAULT_TIMEOUTS } = options;
  const state: ServerState = { inFlight: createInFlight(), isReady: true, isDraining: false, onEnded: () => {} };
  const handle = createHandler(options, state);
  const server = createServer(
    {
      headersTimeout: timeouts.headersMs,
      requestTimeout: timeouts.requestMs,
      connectionsCheckingInterval: Math.min(5_000, timeouts.headersMs),
      keepAliveTimeout: KEEP_ALIVE_MS,
      requireHostHeader: false, // its absence is answered like a wrong one
    },
    (request, response) => void handle(request, response),
  );
  // Node would ask the client for its body at once, before anybody looked at who it is.
  server.on('checkContinue', (request, response) => void handle(request, response));
  const connections = closePatiently(server, state.inFlight);
  state.onEnded = connections.ended;
  await listen(server, config.server.host, config.server.port);
  const { port } = server.address() as AddressInfo; // a string or null only for pipes and closed servers
  let closing: Promise<void> | undefined;
  let closed: Promise<void> | undefined;

  return {
    url: `http://${toUrlHost(config.server.host)}:${port}`,
    port,
    async drain({ othersServe = false } = {}) {
      state.isDraining = true;
      state.isReady = othersServe;
      if (othersServe) void stopListening();
      await delay(config.server.drainDelayMs);
    },
    close() {
      state.isDraining = true;
      state.isReady = false;
      closing ??= finish();
      return closing;
    },
  };

  function stopListening(): Promise<void> {
    closed ??= new Promise<void>((resolve) => server.close(() => resolve()));
    return closed;
  }

  async function finish(): Promise<void> {
    const { inFlight } = state;
    const isClosed = stopListening();
    connections.close();
    if (!(await inFlight.idle(config.server.shutdownTimeoutMs))) {
      log.warn('requests were still running at the end of server.shutdownTimeout, and are ended');
      inFlight.abortAll(new GatewayError('UPSTREAM_UNAVAILABLE', STOPPED, { retryAfter: 1 }));
      await inFlight.idle(AFTER_ABORT_MS);
    }
    server.closeAllConnections();
    await isClosed;
    // Each says in the log how it ended.
    await inFlight.idle(AFTER_ABORT_MS);
  }
}

interface ServerState {
  readonly inFlight: InFlight;
  /** As `/readyz` has it. */
  isReady: boolean;
  /** Whether connections end with their next answer. */
  isDraining: boolean;
  onEnded: (socket: Socket) => void;
}

function createHandler(options: ServerOptions, state: ServerState) {
  const { config, identify, log, metrics: registry, now = () => performance.now() } = options;
  const metrics = createHttpMetrics(registry);
  createCacheMetrics(registry);
  createLogMetrics(registry);
  return createRequestHandler({
    rules: toRequestRules(config.server, options.graph.headers),
    routes: createRoutes(options, state),
    identify,
    bodyBytes: config.limits.bodyBytes,
    trustProxy: config.server.trustProxy,
    basePath: basePathOf(config.server.publicUrl),
    inFlight: state.inFlight,
    onEnded: (socket) => state.onEnded(socket),
    isDraining: () => state.isDraining,
    sendTimeoutMs: config.server.sendTimeoutMs,
    metrics,
    onRefused: options.onRefused,
    takeBegun: options.takeBegun,
    log,
    now,
  });
}

function createRoutes(options: ServerOptions, state: ServerState): readonly Route[] {
  const { config, graph, log, metrics: registry, phases, isAdminHere, ready } = options;
  const { exampleOperations = EXAMPLE_OPERATIONS } = options;
  const { graphiql, introspection } = config.server;
  const isOpen = introspection === 'all';
  const basePath = basePathOf(config.server.publicUrl);
  return [
    createConsoleRoute({ hasGraphiql: graphiql, basePath }),
    // Before the route that answers operations: a browser that opens the same path wants the page.
    graphiql
      ? createGraphiqlRoute({ path: GRAPHQL_PATH, basePath, examples: exampleOperations })
      : createNoGraphiqlRoute(GRAPHQL_PATH),
    createGraphqlRoute({ path: GRAPHQL_PATH, isOpen, graph, limits: config.limits, log, registry, phases }),
    ...createSchemaRoutes(graph, isOpen),
    ...createHealthRoutes({ ready, isStopping: () => !state.isReady }),
    ...createMetricsRoutes({ registry, isAdminHere }),
    ...(options.routes ?? []),
  ];
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(toListenError(error, host, port)));
    server.listen(port, host, resolve);
  });
}

/** A server on all addresses is reached under this machine's own name too; one on an IPv6 address needs brackets. */
function toUrlHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}
