import type { Socket } from 'node:net';
import { basePathOf } from '../kit/base-path.ts';
import { GatewayError } from '../kit/errors/index.ts';
import type { HealthAnswer } from '../kit/metrics/index.ts';
import { exampleOperations } from './example-operations.ts';
import { createGraphqlRoute } from './graphql/create-graphql-route.ts';
import { createRequestHandler, type RequestHandler } from './handle-request.ts';
import { createHttpMetrics } from './http-metrics.ts';
import { InFlight } from './in-flight.ts';
import { GivenIds } from './intake/given-ids.ts';
import { toRequestRules } from './intake/request-checks.ts';
import { createMemoryMetrics, memoryLimitOf } from './memory-limit.ts';
import { showProcessMetrics } from './process-metrics.ts';
import { createRefusedMetrics } from './refused-metrics.ts';
import { createConsoleRoute } from './routes/console.ts';
import { createGraphiqlRoute, createNoGraphiqlRoute } from './routes/graphiql.ts';
import { createHealthRoutes, healthOf } from './routes/health.ts';
import { createMetricsRoutes } from './routes/metrics.ts';
import type { Route } from './routes/route.ts';
import { createSchemaRoutes } from './routes/schema.ts';
import type { ReplaceableServer, ServerOptions } from './server-options.ts';

const GRAPHQL_PATH = '/graphql';

const STOPPED = 'The gateway stopped before this was finished. Try again.';

/** How long operations may take to end once they are told to. */
const AFTER_ABORT_MS = 1_000;

export interface ServerState {
  readonly inFlight: InFlight;
  /** As shown by `/readyz`. */
  isReady: boolean;
  /** Whether connections are closed after their next answer. */
  isDraining: boolean;
  /** Whether the vault is closed, so that nothing can be answered. */
  isClosed: boolean;
  onEnded: (socket: Socket) => void;
}

/** Answers requests, wherever they come from. */
export interface Answering extends ReplaceableServer {
  readonly state: ServerState;
  readonly handle: RequestHandler;
  /** The answer of `/readyz`. */
  readonly health: () => Promise<HealthAnswer>;
  /** Lets operations finish within `shutdownTimeoutMs`, then ends them. */
  end(): Promise<void>;
}

export function createAnswering(first: ServerOptions): Answering {
  const inFlight = new InFlight();
  const state: ServerState = { inFlight, isReady: true, isDraining: false, isClosed: false, onEnded: () => {} };
  const registry = first.processMetrics ?? first.metrics;
  showProcessMetrics(registry);
  createMemoryMetrics(registry, inFlight);

  const begin = (options: ServerOptions) => {
    const { config, processes } = options;
    inFlight.limit = {
      bytes: memoryLimitOf(config.limits.memory, processes),
      sendTimeoutMs: config.server.sendTimeoutMs,
    };
    const generation = {};
    return { options, generation, handle: createHandler(options, state, generation) };
  };
  let current = begin(first);

  return {
    state,
    handle: (request, response, peer) => current.handle(request, response, peer),
    replace(options) {
      const { generation } = current;
      current = begin(options);
      return inFlight.idleOf(generation);
    },
    health: () => healthOf({ ready: current.options.ready, isStopping: () => !state.isReady }),
    end: () => endOperations(state, current.options),
  };
}

/** Everything between a request and its answer: routes, checks and the pipeline. */
function createHandler(options: ServerOptions, state: ServerState, generation: object): RequestHandler {
  const { config, identify, log, metrics: registry, now = () => performance.now() } = options;
  const { publicUrl = () => config.server.publicUrl } = options;
  return createRequestHandler({
    rules: toRequestRules(config.server, options.graph.headers),
    routes: createRoutes(options, state),
    identify,
    bodyBytes: config.limits.bodyBytes,
    trustProxy: config.server.trustProxy,
    ids: new GivenIds(),
    telemetry: options.telemetry,
    basePath: basePathOf(config.server.publicUrl),
    publicUrl,
    inFlight: { begin: (socket) => state.inFlight.begin(socket, generation) },
    onEnded: (socket) => state.onEnded(socket),
    isDraining: () => state.isDraining,
    isClosed: () => state.isClosed,
    sendTimeoutMs: config.server.sendTimeoutMs,
    metrics: createHttpMetrics(registry),
    countRefused: createRefusedMetrics(registry),
    onRefused: options.onRefused,
    takeBegun: options.takeBegun,
    log,
    now,
  });
}

/** In the order of matching. */
function createRoutes(options: ServerOptions, state: ServerState): readonly Route[] {
  const { config, graph, documents, log, metrics: registry, phases, isAdminHere, ready } = options;
  const { processMetrics = registry } = options;
  const { graphiql, introspection } = config.server;
  const isOpen = introspection === 'all';
  const basePath = basePathOf(config.server.publicUrl);
  return [
    createConsoleRoute({ hasGraphiql: graphiql, basePath }),
    // Before the route for operations: a browser that opens the same path wants the page.
    graphiql
      ? createGraphiqlRoute({ path: GRAPHQL_PATH, basePath, examples: exampleOperations(options.examples) })
      : createNoGraphiqlRoute(GRAPHQL_PATH),
    createGraphqlRoute({ path: GRAPHQL_PATH, isOpen, graph, limits: config.limits, documents, log, registry, phases }),
    ...createSchemaRoutes(graph, isOpen),
    ...createHealthRoutes({ ready, isStopping: () => !state.isReady }),
    ...createMetricsRoutes({ registry: processMetrics, isAdminHere }),
    ...(options.routes ?? []),
  ];
}

async function endOperations({ inFlight }: ServerState, { config, log }: ServerOptions): Promise<void> {
  if (await inFlight.idle(config.server.shutdownTimeoutMs)) return;
  log.warn('requests that still run after server.shutdownTimeout are ended');
  inFlight.abortAll(new GatewayError('UPSTREAM_UNAVAILABLE', STOPPED, { retryAfter: 1 }));
  await inFlight.idle(AFTER_ABORT_MS);
}
