import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basePathOf } from '../kit/base-path.ts';
import { createCacheMetrics } from './cache-metrics.ts';
import { EXAMPLE_OPERATIONS } from './example-operations.ts';
import { createGraphqlRoute } from './graphql/create-graphql-route.ts';
import { createRequestHandler } from './handle-request.ts';
import { createHttpMetrics } from './http-metrics.ts';
import { createInFlight } from './in-flight.ts';
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

/** What operations get to end in once they were told to. */
const AFTER_ABORT_MS = 1_000;

/**
 * Listens and answers.
 * @throws Error in words for the operator when it cannot listen there.
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { config, log, timeouts = DEFAULT_TIMEOUTS } = options;
  const inFlight = createInFlight();
  let isDraining = false;
  const handle = createHandler(options, inFlight, () => isDraining);
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
  await listen(server, config.server.host, config.server.port);
  const { port } = server.address() as AddressInfo; // a string or null only for pipes and closed servers
  let closing: Promise<void> | undefined;

  return {
    url: `http://${toUrlHost(config.server.host)}:${port}`,
    port,
    close() {
      isDraining = true;
      closing ??= drain();
      return closing;
    },
  };

  async function drain(): Promise<void> {
    // Stops accepting, and closes connections that wait for a next request.
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    if (!(await inFlight.idle(config.server.shutdownTimeoutMs))) {
      log.warn('requests were still running at the end of server.shutdownTimeout, and are ended');
      inFlight.abortAll(new Error('the gateway stops'));
      await inFlight.idle(AFTER_ABORT_MS);
    }
    server.closeAllConnections();
    await closed;
  }
}

function createHandler(options: ServerOptions, inFlight: ReturnType<typeof createInFlight>, isDraining: () => boolean) {
  const { config, identify, log, metrics: registry, now = () => performance.now() } = options;
  const metrics = createHttpMetrics(registry);
  createCacheMetrics(registry);
  createLogMetrics(registry);
  return createRequestHandler({
    rules: toRequestRules(config.server),
    routes: createRoutes(options, isDraining),
    identify,
    bodyBytes: config.limits.bodyBytes,
    trustProxy: config.server.trustProxy,
    basePath: basePathOf(config.server.publicUrl),
    inFlight,
    isDraining,
    metrics,
    onRefused: options.onRefused,
    log,
    now,
  });
}

function createRoutes(options: ServerOptions, isDraining: () => boolean): readonly Route[] {
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
    ...createHealthRoutes({ ready, isDraining }),
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
