import { type Logger, pino } from 'pino';
import { Registry } from 'prom-client';
import {
  CALLER_KINDS,
  type CallerKind,
  callerKindsSdl,
  createCallerMetrics,
  createCallers,
  isWithoutCallers,
} from './callers/index.ts';
import {
  type Config,
  createOwnAddresses,
  type Environment,
  loadConfig,
  type OwnAddresses,
  readDocuments,
} from './config/index.ts';
import { createGraph, joinOwn, printGatewaySchema, type ReportingGraph, type Subschema } from './graph/index.ts';
import { createHttp, createLaneMetrics, type Lane, type Send } from './kit/http/index.ts';
import { andThen } from './kit/maybe-promise.ts';
import { type ArrivedRequest, createHereCheck } from './kit/this-machine.ts';
import {
  createRefusalRecord,
  type EmbeddedServer,
  embedServer,
  type Phase,
  type RunningServer,
  type ServerOptions,
  startServer,
} from './server/index.ts';
import { createErpFrom, createErpSubschema, type Erp } from './subschemas/erp/index.ts';
import { createGatewayFrom } from './subschemas/gateway/index.ts';
import { createPaymentsOutFrom } from './subschemas/payments-out/index.ts';
import {
  createOpenCompaniesReader,
  createSage200From,
  createSage200Subschema,
  type ReadOpenCompanies,
  type Sage200Source,
} from './subschemas/sage200/index.ts';
import type { SourceParts } from './subschemas/source-parts.ts';
import {
  type AnyTokenKind,
  type ConnectionEvents,
  type Connections,
  type ConsentWatch,
  consentKey,
  createConnectionEventsFrom,
  createConnectionKeeper,
  createConnections,
  createConsentRoutes,
  createPassThroughTokenSource,
  createSageIdApplication,
  createSessionCookie,
  createVaultReadiness,
  openWatchedVault,
  type SageIdApplication,
  type Vault,
} from './tokens/index.ts';

export interface RunningGateway {
  /** Where it listens, without a slash at the end. */
  readonly url: string;
  /** Finishes what is under way, ends tokens, and closes everything. Never rejects for an upstream's sake. */
  close(): Promise<void>;
  /** Goes on answering while whoever sends requests here finds out that it stops. */
  readonly drain: RunningServer['drain'];
}

/** A gateway inside another program, which takes the requests. */
export interface EmbeddedGateway extends Pick<EmbeddedServer, 'handle' | 'fetch'> {
  /** As of a running gateway. */
  close(): Promise<void>;
}

interface SourceOptions {
  /** More sources of the graph. */
  readonly subschemas?: readonly Subschema[];
  readonly log: Logger;
  /** Left out: nobody counts what sources do. */
  readonly metrics?: Registry;
  readonly addresses?: OwnAddresses;
  /** Whether operations that are asked again run as compiled plans; false shows that they change nothing. @default true */
  readonly plans?: boolean;
  /** @default all */
  readonly callerKinds?: readonly CallerKind[];
  /** @default all */
  readonly tokenKinds?: readonly AnyTokenKind[];
  /** Processes of this gateway on this machine: they share its memory, and what was agreed with upstreams. @default 1 */
  readonly processes?: number;
}

export interface StartOptions extends SourceOptions {
  readonly env: Environment;
  /** More that takes part in every GraphQL request. */
  readonly phases?: readonly Phase[];
}

/** What a gateway is made of beside its server: commands of the operator work with it too. */
export interface Sources {
  readonly vault: Vault;
  readonly watch: ConsentWatch;
  readonly events: ConnectionEvents;
  /** Undefined without a client id at Sage ID, and so is the next. */
  readonly signIn: SageIdApplication | undefined;
  readonly connections: Connections | undefined;
  readonly erp: Erp;
  readonly sage200: Sage200Source;
  readonly companiesOf: ReadOpenCompanies;
  readonly graph: ReportingGraph;
  readonly subschemas: readonly Subschema[];
  readonly send: Send;
  close(): Promise<void>;
}

/** Opens the vault and joins the sources. Asks nobody for anything yet. */
export async function openSources(config: Config, options: SourceOptions): Promise<Sources> {
  const { log, metrics, addresses = createOwnAddresses(config) } = options;
  await using opened = new AsyncDisposableStack();
  const onClose = (close: () => Promise<void>) => opened.defer(close);
  const { answerBytes } = config.limits;
  const http = createHttp({ answerBytes, log: log.child({ area: 'http' }) });
  onClose(() => http.close());
  const { send, lane, lanes } = http;
  if (metrics) createLaneMetrics(metrics, lanes);
  const { keyFile, ...vaultSettings } = config.vault;
  const vaultLog = log.child({ area: 'vault' });
  const { vault, watch } = await openWatchedVault({ ...vaultSettings, makeKey: keyFile, log: vaultLog });
  onClose(() => vault.close());
  const events = createConnectionEventsFrom(config, { vault, metrics, send, log: log.child({ area: 'events' }) });
  onClose(() => events.close());
  const signIn = createSageIdApplication(config, send);
  const connections =
    signIn &&
    createConnections({
      vault,
      watch,
      client: signIn.client,
      redirectUri: addresses.redirectUri,
      log: log.child({ area: 'tokens' }),
      onEvent: events.emit,
      clockToleranceMs: config.sageId.clockToleranceMs,
    });
  if (connections) onClose(() => connections.close());
  const joined = joinSources(config, { ...options, vault, connections, send, lane, lanes, onClose });
  // Ended, or the same person's again, to whom other companies may be open now.
  watch.onChange(({ consent }) => joined.sage200.forgetCompanies(consentKey(consent)));
  const running = opened.move();
  return { ...joined, vault, watch, events, signIn, connections, send, close: () => running.disposeAsync() };
}

interface JoinOptions extends SourceParts, Omit<SourceOptions, keyof SourceParts> {
  readonly connections?: Connections | undefined;
  /** The ways out that sources have opened. */
  readonly lanes: readonly Lane[];
}

/** The sources of the graph, each made from its section of the configuration. One more is a line in the list. */
function joinSources(config: Config, options: JoinOptions) {
  const { callerKinds = CALLER_KINDS, subschemas: more = [], vault, connections, lanes, plans = true } = options;
  const sage200 = createSage200From(config, options);
  const erp = createErpFrom(config, options);
  const companiesOf = createOpenCompaniesReader(sage200, connections);
  const subschemas: readonly Subschema[] = [
    createGatewayFrom({ sdl: callerKindsSdl(callerKinds), vault, lanes, companiesOf }),
    createSage200Subschema(sage200),
    createErpSubschema(erp),
    createPaymentsOutFrom(config, options),
    ...more,
  ];
  const { links, limits, server } = config;
  const { upstreamRequests, rows, answerBytes } = limits;
  const { introspection } = server;
  const log = options.log.child({ area: 'graph' });
  const graph = createGraph({
    subschemas,
    ...(vault && { record: vault.audit }),
    log,
    links,
    plans,
    upstreamRequests,
    rows,
    answerBytes,
    introspection,
  });
  return { sage200, erp, companiesOf, subschemas, graph };
}

/** A gateway that listens where the configuration says. */
export async function startGateway(config: Config, options: StartOptions): Promise<RunningGateway> {
  await using opened = new AsyncDisposableStack();
  const addresses = createOwnAddresses(config);
  const server = await startServer(await openGateway(config, { ...options, addresses }, opened));
  addresses.listensOn(server.port);
  // Closed first, since everything else serves it.
  opened.defer(() => server.close());
  const running = opened.move();
  return { url: server.url, drain: server.drain, close: () => running.disposeAsync() };
}

/** A gateway that another program hands its requests to. */
export async function embedGateway(config: Config, options: StartOptions): Promise<EmbeddedGateway> {
  await using opened = new AsyncDisposableStack();
  const addresses = createOwnAddresses(config);
  const server = embedServer(await openGateway(config, { ...options, addresses }, opened));
  opened.defer(() => server.close());
  const running = opened.move();
  return { handle: server.handle, fetch: server.fetch, close: () => running.disposeAsync() };
}

/**
 * Makes every object of a gateway but the server and joins them; the only place that knows all of them.
 * @param opened gets what must be closed, also when this fails
 */
async function openGateway(
  config: Config,
  options: StartOptions & Required<Pick<StartOptions, 'addresses'>>,
  opened: AsyncDisposableStack,
): Promise<ServerOptions> {
  const { log, metrics = new Registry(), callerKinds = CALLER_KINDS, phases = [], addresses } = options;
  const { files, ...documents } = config.documents;
  const listed = readDocuments(files);
  const sources = await openSources(config, { ...options, metrics });
  opened.defer(sources.close);
  const { vault, watch, events, connections, erp, graph } = sources;
  // Asked for now, so that the first caller need not wait. A failure is in the log and in `gateway { tenants }`.
  for (const { name } of erp.tenants) erp.schemaOf(name).catch(() => {});
  if (connections) {
    const keeper = createConnectionKeeper({
      vault,
      tokensOf: (name) => andThen(connections.identityOf(name), (identity) => identity?.tokens),
      onEvent: events.emit,
      log: log.child({ area: 'tokens' }),
    });
    opened.defer(() => keeper.close());
  }
  const people = createPeople(config, sources, { log, metrics, addresses, callerKinds });
  const refusals = createRefusalRecord({ note: vault.audit.note, log: log.child({ area: 'events' }) });
  opened.defer(() => refusals.close());
  return {
    config,
    graph,
    documents: { ...documents, listed },
    identify: people.callers.identify,
    ready: createVaultReadiness({ ...config.vault, watch }),
    log: log.child({ area: 'server' }),
    metrics,
    onRefused: refusals.note,
    takeBegun: vault.audit.takeBegun,
    isAdminHere: people.isAdminHere,
    phases,
    processes: options.processes,
    routes: [...people.routes, ...sources.subschemas.flatMap(({ routes = [] }) => routes)],
  };
}

type PeopleOptions = Required<Pick<SourceOptions, 'log' | 'metrics' | 'addresses' | 'callerKinds'>>;

/** Who may call, and how people sign in. */
function createPeople(
  config: Config,
  { vault, events, signIn, connections, erp, sage200, companiesOf, send }: Sources,
  { log, metrics, addresses: { publicUrl, redirectUri }, callerKinds }: PeopleOptions,
) {
  const isHere = createHereCheck(config.server);
  const isAlone = isWithoutCallers(config.callers, callerKinds);
  const sessionCookie = createSessionCookie({ vaultId: vault.id, isHttps: () => publicUrl().startsWith('https:') });
  const callers = createCallers({
    config: config.callers,
    kinds: callerKinds,
    onIdentified: createCallerMetrics(metrics),
    isHere,
    connection: (name, atLeast) => connections?.identityOf(name, atLeast),
    sageId: {
      issuer: config.sageId.issuer,
      jwksUri: config.sageId.jwksUri,
      audience: config.sage200?.audience ?? '',
      clientId: config.sage200?.clientId,
    },
    companiesOf: (token) => sage200.prove(createPassThroughTokenSource(token)),
    knownTenants: erp.tenants.map(({ name }) => name),
    sessions: { sessions: vault.sessions, cookie: sessionCookie, publicUrl },
    send,
  });
  const routes = createConsentRoutes({
    application: signIn,
    vault,
    refreshLifetimeMs: config.sage200?.refreshLifetimeMs ?? 0,
    redirectUri,
    publicUrl,
    sessionCookie,
    allow: config.callers.sessions.allow,
    isHere,
    isAlone,
    identify: callers.identify,
    companiesOf: (connection, consent) => companiesOf(connection, { consent }),
    onEvent: events.emit,
    log: log.child({ area: 'sign-in' }),
  });
  return { callers, routes, isAdminHere: (request: ArrivedRequest) => isAlone && isHere(request) };
}

/** The schema of ours alone, as callers without a tenant see it: what schema/gateway.graphql holds. */
export function printOwnSchema(): string {
  return printGatewaySchema(joinOwn(ownSources(pino({ level: 'silent' })).subschemas).typeDefs);
}

/** The graph of ours alone: what can be said of documents without a configuration. Nothing is asked of anybody. */
export const createOwnGraph = (log: Logger): ReportingGraph => ownSources(log).graph;

function ownSources(log: Logger) {
  const { send, lane, lanes } = createHttp();
  const config = loadConfig({ path: 'none', text: '', env: {} });
  return joinSources(config, { log, send, lane, lanes, onClose: () => {} });
}
