import { type Logger, pino } from 'pino';
import type { Registry } from 'prom-client';
import {
  CALLER_KINDS,
  type CallerKind,
  callerKindsSdl,
  connectionsNamedIn,
  createCallerMetrics,
  createCallers,
  createSourceRights,
  isWithoutCallers,
} from './callers/index.ts';
import { type Config, createOwnAddresses, loadConfig, type OwnAddresses, ownNamesIn } from './config/index.ts';
import { createGraph, printGatewaySchema, type ReportingGraph } from './graph/index.ts';
import { createHttp, type Lane, type Send } from './kit/http/index.ts';
import { type ArrivedRequest, createHereCheck } from './kit/this-machine.ts';
import { type ClientParts, createGatewayFrom, type ReloadConfig } from './subschemas/gateway/index.ts';
import { createOpenCompaniesReader, type ReadOpenCompanies } from './subschemas/sage200/index.ts';
import type { OpenedSource, Source } from './subschemas/source.ts';
import type { SourceParts } from './subschemas/source-parts.ts';
import { type OpenedSources, openSourcesIn, SOURCES } from './subschemas/sources.ts';
import type { Telemetry } from './telemetry/index.ts';
import {
  type AnyTokenKind,
  type ClientDirectory,
  type ConnectionEvents,
  type Connections,
  type ConsentWatch,
  consentKey,
  createClientAdmin,
  createConnectionEventsFrom,
  createConsentRoutes,
  createPassThroughTokenSource,
  createRenewalMetrics,
  createSessionCookie,
  openWatchedVault,
  type SageIdApplication,
  type ServedClients,
  serveClients,
  tokenKindOf,
  type Vault,
} from './tokens/index.ts';

export type { CheckParts, Finding } from './subschemas/source-check.ts';

export interface SourceOptions {
  /** @default all */
  readonly sources?: readonly Source[];
  readonly log: Logger;
  /** Without it, source metrics are not recorded. */
  readonly metrics?: Registry;
  /** Without it, nothing is traced. */
  readonly telemetry?: Telemetry | undefined;
  readonly addresses?: OwnAddresses;
  /** Whether repeated operations run as compiled plans; false shows that plans do not change answers. @default true */
  readonly plans?: boolean;
  /** Reads the configuration again when an administrator asks for it. */
  readonly reload?: ReloadConfig | undefined;
  /** @default all */
  readonly callerKinds?: readonly CallerKind[];
  /** @default all */
  readonly tokenKinds?: readonly AnyTokenKind[];
  /** Processes of this gateway on this machine: they share its memory and upstream limits. @default 1 */
  readonly processes?: number;
}

/** The parts of a gateway without its server: the operator's commands use them too. */
export interface Sources {
  readonly vault: Vault;
  readonly watch: ConsentWatch;
  readonly directory: ClientDirectory;
  /** Clients of the directory whose names are not used in this configuration. */
  readonly clients: ServedClients;
  readonly events: ConnectionEvents;
  /** Undefined without a client id at Sage ID; the same is true of the next member. */
  readonly signIn: SageIdApplication | undefined;
  readonly connections: Connections | undefined;
  readonly erp: OpenedSources['erp'];
  readonly sage200: OpenedSources['sage200'];
  readonly companiesOf: ReadOpenCompanies;
  readonly graph: ReportingGraph;
  /** All of them, and the gateway itself first. */
  readonly opened: readonly OpenedSource[];
  readonly send: Send;
  close(): Promise<void>;
}

/** The vault and this process's view of it, which remain when the configuration is replaced. */
export type Stored = Awaited<ReturnType<typeof openWatchedVault>>;

export function openStored({ vault }: Config, log: Logger): Promise<Stored> {
  const { keyFile, ...settings } = vault;
  return openWatchedVault({ ...settings, makeKey: keyFile, log: log.child({ area: 'vault' }) });
}

/** Opens the vault and joins the sources. Sends no requests yet. */
export async function openSources(config: Config, options: SourceOptions): Promise<Sources> {
  await using opened = new AsyncDisposableStack();
  const stored = await openStored(config, options.log);
  opened.defer(() => stored.vault.close());
  const sources = await openSourcesOn(stored, config, options);
  opened.defer(() => sources.close());
  const running = opened.move();
  return { ...sources, close: () => running.disposeAsync() };
}

/** The sources, on a vault that the caller closes. */
export async function openSourcesOn(
  { vault, watch, directory }: Stored,
  config: Config,
  options: SourceOptions,
): Promise<Sources> {
  const { log, metrics, telemetry, addresses = createOwnAddresses(config) } = options;
  await using opened = new AsyncDisposableStack();
  const onClose = (close: () => Promise<void>) => opened.defer(close);
  const { answerBytes } = config.limits;
  const propagate = config.telemetry?.propagate ?? [];
  const { proxy } = config;
  const http = createHttp({ answerBytes, metrics, propagate, proxy, log: log.child({ area: 'http' }) });
  onClose(() => http.close());
  const { send, lane, lanes } = http;
  const clients = serveClients(directory, ownNamesIn(config, options.sources), log.child({ area: 'clients' }));
  onClose(async () => clients.close());
  const events = createConnectionEventsFrom(config, {
    vault,
    metrics,
    send,
    publicUrl: addresses.publicUrl,
    log: log.child({ area: 'events' }),
  });
  onClose(() => events.close());
  const renewals = metrics && createRenewalMetrics(metrics, telemetry?.renewal);
  const signedIn = tokenKindOf('sage200', config.sage200, options.tokenKinds).create({
    settings: config.sage200,
    sageId: config.sageId,
    send,
    vault,
    watch,
    redirectUri: addresses.redirectUri,
    log: log.child({ area: 'tokens' }),
    renewals: renewals?.of('sage200'),
    onEvent: events.emit,
  });
  const { application: signIn, connections } = signedIn ?? {};
  if (connections) onClose(() => connections.close());
  const admin = createClientAdmin({
    vault,
    isOwnName: clients.isShadowed,
    returnOrigins: config.server.returnOrigins,
    connectUrl: () => `${addresses.publicUrl()}/connect/sage200`,
    revoke: signIn?.client.revoke,
    onEvent: events.emit,
  });
  const consents = { watch, onConsentEvent: events.emit };
  const ofClients = { clients, clientParts: { directory, served: clients, admin } };
  const parts = { ...consents, ...ofClients, vault, connections, renewals, send, lane, lanes, onClose };
  const joined = await joinSources(config, { ...options, ...parts });
  // Ended, or renewed by the same person, who may now have access to other companies.
  opened.defer(watch.onChange(({ consent }) => joined.sage200.forgetCompanies(consentKey(consent))));
  const running = opened.move();
  return {
    ...joined,
    vault,
    watch,
    directory,
    clients,
    events,
    signIn,
    connections,
    send,
    close: () => running.disposeAsync(),
  };
}

interface JoinOptions extends Omit<SourceParts, 'sageId'>, Omit<SourceOptions, keyof SourceParts> {
  readonly connections?: Connections | undefined;
  readonly clientParts?: ClientParts;
  /** The lanes that sources have opened. */
  readonly lanes: readonly Lane[];
}

/** The sources of the graph, each created from its section of the configuration. */
async function joinSources(config: Config, options: JoinOptions) {
  const {
    callerKinds = CALLER_KINDS,
    sources = SOURCES,
    vault,
    clientParts,
    connections,
    lanes,
    reload,
    plans = true,
  } = options;
  const byName = await openSourcesIn(config, sources, { ...options, sageId: config.sageId });
  const { sage200, erp } = byName;
  const companiesOf = createOpenCompaniesReader(sage200, connections);
  const givenConnections = config.sage200 ? [...new Set(connectionsNamedIn(config.callers))] : [];
  const itself = createGatewayFrom({
    sdl: callerKindsSdl(callerKinds),
    vault,
    givenConnections,
    reload,
    lanes,
    clients: clientParts,
    companiesOf,
  });
  const opened: readonly OpenedSource[] = [{ subschema: itself }, ...Object.values(byName)];
  const { links, limits, server } = config;
  const { upstreamRequests, rows, answerBytes } = limits;
  const { introspection } = server;
  const log = options.log.child({ area: 'graph' });
  const graph = createGraph({
    subschemas: opened.map(({ subschema }) => subschema),
    ...(vault && { record: vault.audit }),
    log,
    links,
    plans,
    upstreamRequests,
    rows,
    answerBytes,
    introspection,
  });
  return { sage200, erp, companiesOf, opened, graph };
}

type PeopleOptions = Required<Pick<SourceOptions, 'log' | 'metrics' | 'addresses' | 'callerKinds' | 'sources'>>;

/** Who may call, and how people sign in. */
export function createPeople(
  config: Config,
  { vault, clients, events, signIn, connections, erp, sage200, companiesOf, send }: Sources,
  { log, metrics, addresses: { publicUrl, redirectUri }, callerKinds, sources }: PeopleOptions,
) {
  const isHere = createHereCheck(config.server);
  const isAlone = isWithoutCallers(config.callers, callerKinds);
  const sessionCookie = createSessionCookie({ vaultId: vault.id, isHttps: () => publicUrl().startsWith('https:') });
  const callers = createCallers({
    config: config.callers,
    kinds: callerKinds,
    rights: createSourceRights(sources),
    onIdentified: createCallerMetrics(metrics),
    isHere,
    connection: (name, atLeast) => connections?.identityOf(name, atLeast),
    sageId: {
      issuer: config.sageId.issuer,
      jwksUri: config.sageId.jwksUri,
      audience: config.sage200?.audience ?? '',
      clockToleranceMs: config.sageId.clockToleranceMs,
      clientId: config.sage200?.clientId,
    },
    companiesOf: (token) => sage200.prove(createPassThroughTokenSource(token)),
    knownTenants: erp.tenants.map(({ name }) => name),
    clients,
    sessions: { sessions: vault.sessions, cookie: sessionCookie, publicUrl },
    send,
  });
  const routes = createConsentRoutes({
    application: signIn,
    vault,
    clients,
    refreshLifetimeMs: config.sage200?.refreshLifetimeMs ?? 0,
    redirectUri,
    publicUrl,
    sessionCookie,
    allow: config.callers.sessions.allow,
    tenants: erp.consents,
    isHere,
    isAlone,
    identify: callers.identify,
    companiesOf: (connection, consent) => companiesOf(connection, { consent }),
    onEvent: events.emit,
    log: log.child({ area: 'sign-in' }),
  });
  return { callers, routes, isAdminHere: (request: ArrivedRequest) => isAlone && isHere(request) };
}

/** The gateway's own schema alone, as callers without a tenant see it: the content of schema/gateway.graphql. */
export async function printOwnSchema(): Promise<string> {
  const { opened } = await ownSources(pino({ level: 'silent' }));
  return printGatewaySchema(opened.map(({ subschema }) => subschema));
}

/** The graph of the gateway's own schema alone: used to check documents without a configuration. It sends no requests. */
export const createOwnGraph = async (log: Logger): Promise<ReportingGraph> => (await ownSources(log)).graph;

function ownSources(log: Logger) {
  const { send, lane, lanes } = createHttp();
  const config = loadConfig({ path: 'none', text: '', env: {} });
  return joinSources(config, { log, send, lane, lanes, onClose: () => {} });
}
