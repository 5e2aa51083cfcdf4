// The gateway as a whole: what stays as long as the process, its generations, and a server in front of them.
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
  /** Whether the last reading of the configuration was faulty. Left out: another process tells. */
  readonly isStale?: () => boolean;
  /** What this gateway is called where it says what became of a reload; all processes that are reloaded together have one name. */
  readonly name?: string;
  /** More that takes part in every GraphQL request. */
  readonly phases?: readonly Phase[];
}

/** A gateway whose configuration can be replaced while it answers. */
interface ReplaceableGateway {
  /**
   * Makes everything again from another configuration, which must differ in live settings only.
   * @throws ConfigError for what only shows when it is made, such as a file of documents that is gone
   */
  prepare(config: Config): Promise<Prepared>;
  /** Finishes what is under way, ends tokens, and closes everything. Never rejects for an upstream's sake. */
  close(): Promise<void>;
}

export interface RunningGateway extends ReplaceableGateway {
  /** Where it listens, without a slash at the end. */
  readonly url: string;
  /** Goes on answering while anyone who sends requests here finds out that it stops. */
  readonly drain: RunningServer['drain'];
}

/** A gateway inside another program, which takes the requests. */
export interface EmbeddedGateway extends ReplaceableGateway, Pick<EmbeddedServer, 'handle' | 'fetch'> {}

/** A gateway that listens where the configuration says. */
export async function startGateway(config: Config, options: StartOptions): Promise<RunningGateway> {
  const { server, ...gateway } = await openGateway(config, options, startServer);
  return { ...gateway, url: server.url, drain: server.drain };
}

/** A gateway that another program hands its requests to. */
export async function embedGateway(config: Config, options: StartOptions): Promise<EmbeddedGateway> {
  const { server, ...gateway } = await openGateway(config, options, async (made) => embedServer(made));
  return { ...gateway, handle: server.handle, fetch: server.fetch };
}

interface AnyServer extends ReplaceableServer {
  /** Left out: it listens nowhere. */
  readonly port?: number;
  readonly health?: () => Promise<HealthAnswer>;
  close(): Promise<void>;
}

/** Makes what stays as long as the process, the first generation, and a server in front of it. */
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
  // Closed first, since everything else serves it.
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

/** The metrics, where the configuration has a listener for them. @returns ends it */
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

/** Looks after connections by whatever generation there is: it must not start again with each, and a later one may have some. */
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

/** Reads the configuration again when it is asked for in the vault, as `gateway config reload` does. @returns ends it */
async function hearReloadRequests({ stored, options }: Lasting): Promise<() => void> {
  const { reload, name = `${hostname()}:${process.pid}` } = options;
  return reload ? watchReloadRequests({ requests: stored.vault.reloads, gateway: name, reload }) : () => {};
}

/** Those that answer now: a tenant that is down keeps nobody from a new configuration. */
const tenantsWithSchema = ({ sources: { erp } }: GatewayGeneration): ReadonlySet<string> =>
  new Set(erp.tenants.flatMap(({ name }) => (erp.peekSchema(name) === undefined ? [] : [name])));

/** What stays when the configuration is replaced. */
interface Lasting {
  readonly stored: Stored;
  readonly refusals: RefusalRecord;
  readonly metrics: Registry;
  readonly generationMetrics: GenerationMetrics;
  readonly telemetry: Telemetry | undefined;
  /** `log.level` of the configuration in use. */
  level: string;
  /** Where the server listens, once it does. */
  port?: number | undefined;
  readonly options: StartOptions;
}

/** Listed documents are prepared for anyone who may ask for them: who may is looked at each time. */
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
 * Makes every object of a gateway but its server and what stays, and joins them. What it is given of the generation before must not
 * lead there: what a function here mentions lives as long as this generation, and with it every earlier one would.
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
  // Asked for now, so that the first caller need not wait. A failure is in the log and in `gateway { tenants }`.
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
    processes: options.processes,
    routes: [...people.routes, ...sources.subschemas.flatMap(({ routes = [] }) => routes)],
  };
  const running = opened.move();
  return { server, sources, addresses, warm: Promise.all([prepared, ...warm]), close: () => running.disposeAsync() };
}
