import type { Socket } from 'node:net';
import { basePathOf } from '../kit/base-path.ts';
import { GatewayError } from '../kit/errors/index.ts';
import { createCacheMetrics } from './cache-metrics.ts';
import { EXAMPLE_OPERATIONS } from './example-operations.ts';
import { createGraphqlRoute } from './graphql/create-graphql-route.ts';
import { createRequestHandler } from './handle-request.ts';
import { createHttpMetrics } from './http-metrics.ts';
import { InFlight } from './in-flight.ts';
import { toRequestRules } from './intake/request-checks.ts';
import { createLogMetrics } from './log-metrics.ts';
import { createMemoryMetrics, memoryLimitOf } from './memory-limit.ts';
import { createConsoleRoute } from './routes/console.ts';
import { createGraphiqlRoute, createNoGraphiqlRoute } from './routes/graphiql.ts';
import { createHealthRoutes } from './routes/health.ts';
import { createMetricsRoutes } from './routes/metrics.ts';
import type { Route } from './routes/route.ts';
import { createSchemaRoutes } from './routes/schema.ts';
import type { ServerOptions } from './server-options.ts';

const GRAPHQL_PATH = '/graphql';

const STOPPED = 'The gateway stopped before this was finished. Try again.';

/** What operations get to end in once they were told to. */
const AFTER_ABORT_MS = 1_000;

export interface ServerState {
  readonly inFlight: InFlight;
  /** As `/readyz` has it. */
  isReady: boolean;
  /** Whether connections end with their next answer. */
  isDraining: boolean;
  onEnded: (socket: Socket) => void;
}

export function createServerState({ config, processes, metrics }: ServerOptions): ServerState {
  const { sendTimeoutMs } = config.server;
  const bytes = memoryLimitOf(config.limits.memory, processes);
  const inFlight = new InFlight({ bytes, sendTimeoutMs });
  createMemoryMetrics(metrics, inFlight, bytes);
  return { inFlight, isReady: true, isDraining: false, onEnded: () => {} };
}

/** Everything between a request and its answer: routes, checks and the pipeline. */
export function createHandler(options: ServerOptions, state: ServerState) {
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

/** In the order in which they are looked at. */
function createRoutes(options: ServerOptions, state: ServerState): readonly Route[] {
  const { config, graph, documents, log, metrics: registry, phases, isAdminHere, ready } = options;
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
    createGraphqlRoute({ path: GRAPHQL_PATH, isOpen, graph, limits: config.limits, documents, log, registry, phases }),
    ...createSchemaRoutes(graph, isOpen),
    ...createHealthRoutes({ ready, isStopping: () => !state.isReady }),
    ...createMetricsRoutes({ registry, isAdminHere }),
    ...(options.routes ?? []),
  ];
}

/** Lets operations finish within `shutdownTimeoutMs`, then ends them. */
export async function endOperations({ inFlight }: ServerState, { config, log }: ServerOptions): Promise<void> {
  if (await inFlight.idle(config.server.shutdownTimeoutMs)) return;
  log.warn('requests were still running at the end of server.shutdownTimeout, and are ended');
  inFlight.abortAll(new GatewayError('UPSTREAM_UNAVAILABLE', STOPPED, { retryAfter: 1 }));
  await inFlight.idle(AFTER_ABORT_MS);
}
