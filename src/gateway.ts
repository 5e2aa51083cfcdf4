// The gateway as a whole: the parts that live as long as the process, its generations, and a server in front of them.
import { hostname } from 'node:os';
import { Registry } from 'prom-client';
import { CALLER_KINDS, createSourceRights } from './callers/index.ts';
import { createPeople, openSourcesOn, openStored, type SourceOptions, type Sources, type Stored } from './compose.ts';
import { type Config, createOwnAddresses, type Environment, type OwnAddresses, readDocuments } from './config/index.ts';
import { andThen } from './kit/maybe-promise.ts';
import {
  createGenerationMetrics,
  type GenerationMetrics,
  type HealthAnswer,
  SeriesCounter,
  startMetricsListener,
} from './kit/metrics/index.ts';
import type { Principal } from './kit/principal.ts';
import { createGenerations, createStaleMetric, type Generation, type Prepared } from './reload/index.ts';
import {
  createRefusalRecord,
  type EmbeddedServer,
  embedServer,
  type Phase,
  type RefusalRecord,
  type ReplaceableServer,
  type RunningServer,
  type ServerOptions,
  startServer,
  watchDocuments,
} from './server/index.ts';
import type { Source } from './subschemas/source.ts';
import { SOURCES } from './subschemas/sources.ts';
import { loadTelemetry, type Telemetry } from './telemetry/index.ts';
import { createConnectionKeeper, createVaultReadiness, watchReloadRequests } from './tokens/index.ts';

export interface StartOptions extends SourceOptions {
  readonly env: Environment;
  /** Whether the last configuration that was read is invalid. Without it, another process reports that. */
  readonly isStale?: () => boolean;
  /** Name of this gateway in reports about reloads; all processes that are reloaded together have the same name. */
  readonly name?: string;
  /** Additional phases of every GraphQL request. */
  readonly phases?: readonly Phase[];
}

/** A gateway whose configuration can be replaced while it is running. */
interface ReplaceableGateway {
  /**
   * Creates everything again from another configuration, which may differ only in live settings.
   * @throws ConfigError for errors that are only found now, such as a missing file of documents
   */
  prepare(config: Config): Promise<Prepared>;
  /** Finishes requests in progress, ends tokens, and closes everything. Never rejects because of an upstream. */
  close(): Promise<void>;
}

export interface RunningGateway extends ReplaceableGateway {
  /** The URL where it listens, without a trailing slash. */
  readonly url: string;
  /** Continues to answer, but lets clients know that it is stopping. */
  readonly drain: RunningServer['drain'];
}

/** A gateway inside another program, which receives the requests. */
export interface EmbeddedGateway extends ReplaceableGateway, Pick<EmbeddedServer, 'handle' | 'fetch'> {}

/** Starts a gateway that listens at the configured address. */
export async function startGateway(config: Config, options: StartOptions): Promise<RunningGateway> {
  const { server, ...gateway } = await openGateway(config, options, startServer);
  return { ...gateway, url: server.url, drain: server.drain };
}

/** Starts a gateway that receives its requests from another program. */
export async function embedGateway(config: Config, options: StartOptions): Promise<EmbeddedGateway> {
  const { server, ...gateway } = await openGateway(config, options, async (made) => embedServer(made));
  return { ...gateway, handle: server.handle, fetch: server.fetch };
}

interface AnyServer extends ReplaceableServer {
  /** Without it, the gateway does not listen. */
  readonly port?: number;
  readonly health?: () => Promise<HealthAnswer>;
  close(): Promise<void>;
}

/** Creates the parts that live as long as the process, the first generation, and a server in front of it. */
async function openGateway<Server extends AnyServer>(
  config: Config,
  options: StartOptions,
  start: (made: ServerOptions) => Promise<Server>,
) {
  await using opened = new AsyncDisposableStack();
  const { log, metrics = new Registry() } = options;
  if (options.isStale) createStaleMetric(metrics, options.isStale);
  const stored = await openStored(config, log);
  opened.defer(() => stored.vault.close());
  const refusals = createRefusalRecord({ note: stored.vault.audit.note, log: log.child({ area: 'events' }) });
  opened.defer(() => refusals.close());
  const telemetry = await openTelemetry(config, metrics);
  opened.defer(async () => telemetry?.close());
  const lasting: Lasting = {
    stored,
    refusals,
    metrics,
    generationMetrics: createGenerationMetrics(metrics),
    telemetry,
    level: config.log.level,
    options,
  };
  const first = await openGeneration(config, lasting);
  const generations = createGenerations({
    first,
    open: (next: Config, before) => openGeneration(next, lasting, tenantsWithSchema(before)),
    replace: (made) => server.replace(made),
    log,
  });
  opened.defer(() => generations.close());
  const server = await start(first.server);
  // Closed first, since it uses everything else.
  opened.defer(() => server.close());
  lasting.port = server.port;
  if (server.port !== undefined) first.addresses.listensOn(server.port);
  opened.defer(await serveMetrics(config, lasting, server));
  opened.defer(keepConnections(lasting, generations.current));
  opened.defer(await hearReloadRequests(lasting));
  const prepare = async (next: Config): Promise<Prepared> => {
    const { use, discard } = await generations.prepare(next);
    const { level } = next.log;
    const useWhole = () => {
      if (level !== lasting.level) log.level = lasting.level = level;
      use();
    };
    return { use: useWhole, discard };
  };
  const running = opened.move();
  return { server, prepare, close: () => running.disposeAsync() };
}

async function openTelemetry({ telemetry: config }: Config, metrics: Registry): Promise<Telemetry | undefined> {
  if (!config) return undefined;
  const dropped = SeriesCounter.in(metrics, {
    name: 'gateway_spans_dropped_total',
    help: 'Spans that the collector did not take, or that there was no room for',
    labelNames: [],
  }).of({});
  return loadTelemetry({ config, onDropped: (count) => dropped.inc(count) });
}

/** Serves metrics if the configuration has a listener for them. @returns stops it */
async function serveMetrics(
  { metrics: listens, server: { allowedHosts } }: Config,
  { metrics, options }: Lasting,
  { health }: AnyServer,
): Promise<() => Promise<void>> {
  if (!listens || !health) return async () => {};
  const listener = await startMetricsListener({
    ...listens,
    allowedHosts,
    metrics: async () => ({ contentType: metrics.contentType, text: await metrics.metrics() }),
    ready: health,
  });
  options.log.info({ port: listener.port }, 'metrics are served');
  return () => listener.close();
}

/** Maintains connections for the current generation: it must not restart with each one, and a later one may have connections. */
function keepConnections({ stored, options }: Lasting, current: () => GatewayGeneration): () => Promise<void> {
  const keeper = createConnectionKeeper({
    vault: stored.vault,
    tokensOf(name) {
      const { connections, erp } = current().sources;
      const ofTenant = erp.consents.find((consent) => consent.name === name);
      return ofTenant?.tokens ?? andThen(connections?.identityOf(name), (identity) => identity?.tokens);
    },
    onEvent: (event) => current().sources.events.emit(event),
    log: options.log.child({ area: 'tokens' }),
  });
  return () => keeper.close();
}

/** Reads the configuration again on request in the vault, as `gateway config reload` does. @returns stops it */
async function hearReloadRequests({ stored, options }: Lasting): Promise<() => void> {
  const { reload, name = `${hostname()}:${process.pid}` } = options;
  return reload ? watchReloadRequests({ requests: stored.vault.reloads, gateway: name, reload }) : () => {};
}

/** Tenants that answer now: a tenant that is down does not block a new configuration. */
const tenantsWithSchema = ({ sources: { erp } }: GatewayGeneration): ReadonlySet<string> =>
  new Set(erp.tenants.flatMap(({ name }) => (erp.peekSchema(name) === undefined ? [] : [name])));

/** The parts that remain when the configuration is replaced. */
interface Lasting {
  readonly stored: Stored;
  readonly refusals: RefusalRecord;
  readonly metrics: Registry;
  readonly generationMetrics: GenerationMetrics;
  readonly telemetry: Telemetry | undefined;
  /** `log.level` of the current configuration. */
  level: string;
  /** The port, once the server listens. */
  port?: number | undefined;
  readonly options: StartOptions;
}

/** Listed documents are prepared for all callers; rights are checked for each request. */
const everybody = (sources: readonly Source[]): Principal => ({
  id: 'documents',
  kind: 'apiKey',
  tenants: [],
  companies: 'all',
  ...createSourceRights(sources).all('write'),
  readOnly: false,
  admin: true,
});

interface GatewayGeneration extends Generation<ServerOptions> {
  readonly sources: Sources;
  readonly addresses: OwnAddresses;
}

/**
 * Creates and connects all objects of a gateway except its server and the lasting parts. Nothing passed in may refer to the
 * previous generation: a closure here lives as long as this generation, and would keep every earlier one alive.
 * @param awaited tenants whose schemas are read before it is used
 */
async function openGeneration(
  config: Config,
  lasting: Lasting,
  awaited: ReadonlySet<string> = new Set(),
): Promise<GatewayGeneration> {
  const { stored, refusals, generationMetrics, telemetry, options } = lasting;
  const { callerKinds = CALLER_KINDS, sources: modules = SOURCES, phases = [] } = options;
  const { vault, watch } = stored;
  const { level } = config.log;
  const log = level === lasting.level ? options.log : options.log.child({}, { level });
  const { files, ...documents } = config.documents;
  const listed = readDocuments(files);
  const addresses = createOwnAddresses(config);
  if (lasting.port !== undefined) addresses.listensOn(lasting.port);
  await using opened = new AsyncDisposableStack();
  const metrics = generationMetrics.begin();
  opened.defer(() => generationMetrics.end(metrics));
  const sources = await openSourcesOn(stored, config, { ...options, log, metrics, addresses, telemetry });
  opened.defer(sources.close);
  const { erp, graph } = sources;
  const onGraded = watchDocuments({
    listed,
    tenants: erp.tenants.map(({ name }) => name),
    metrics,
    log: log.child({ area: 'documents' }),
    onBroken: (tenant, ids) => sources.events.announce('documents.broken', { tenant, documents: ids }),
  });
  const prepared = graph.prepareDocuments([...listed.values()], everybody(modules), onGraded);
  // Requested now, so that the first caller need not wait. Failures are in the log and in `gateway { tenants }`.
  const schemas = erp.tenants.map(({ name }) => ({ name, there: erp.schemaOf(name).catch(() => {}) }));
  const warm = schemas.filter(({ name }) => awaited.has(name)).map(({ there }) => there);
  const people = createPeople(config, sources, { log, metrics, addresses, callerKinds, sources: modules });
  const server: ServerOptions = {
    config,
    graph,
    documents: { ...documents, listed },
    identify: people.callers.identify,
    ready: createVaultReadiness({ ...config.vault, watch }),
    publicUrl: addresses.publicUrl,
    log: log.child({ area: 'server' }),
    metrics,
    processMetrics: lasting.metrics,
    telemetry,
    onRefused: refusals.note,
    takeBegun: vault.audit.takeBegun,
    isAdminHere: people.isAdminHere,
    phases,
    examples: sources.opened.flatMap(({ example }) => example ?? []),
    processes: options.processes,
    routes: [...people.routes, ...sources.opened.flatMap(({ subschema }) => subschema.routes ?? [])],
  };
  const running = opened.move();
  return { server, sources, addresses, warm: Promise.all([prepared, ...warm]), close: () => running.disposeAsync() };
}
