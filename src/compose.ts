// Longer than most, and one thing: every object of the gateway is made and joined here, and nowhere else.
import { readFileSync } from 'node:fs';
import { type DocumentNode, parse } from 'graphql';
import type { Logger } from 'pino';
import { Registry } from 'prom-client';
import {
  CALLER_KINDS,
  type CallerKind,
  callerKindsSdl,
  createCallerMetrics,
  createCallers,
  isWithoutCallers,
} from './callers/index.ts';
import { type Config, createOwnAddresses, type Environment, type OwnAddresses } from './config/index.ts';
import { createGraph, joinOwn, printGatewaySchema, type ReportingGraph, type Subschema } from './graph/index.ts';
import { createHttp, type Send } from './kit/http/index.ts';
import { andThen } from './kit/maybe-promise.ts';
import { type ArrivedRequest, createHereCheck } from './kit/this-machine.ts';
import { createRefusalRecord, type Phase, type Readiness, startServer } from './server/index.ts';
import { createErp, createErpMetrics, createErpSubschema, type Erp } from './subschemas/erp/index.ts';
import { createGatewaySubschema, type ListConnections } from './subschemas/gateway/index.ts';
import { createSage200, createSage200Subschema, loadSdl, type Sage200Source } from './subschemas/sage200/index.ts';
import {
  type AnyTokenKind,
  type ConnectionEvents,
  type Connections,
  type ConsentWatch,
  consentKey,
  createConnectionEvents,
  createConnectionKeeper,
  createConnectionMetrics,
  createConnections,
  createConsentRoutes,
  createErpTokenSource,
  createPassThroughTokenSource,
  createSageIdApplication,
  createSessionCookie,
  createWebhook,
  openWatchedVault,
  type SageIdApplication,
  type Vault,
} from './tokens/index.ts';

export interface RunningGateway {
  /** Where it listens, without a slash at the end. */
  readonly url: string;
  /** Finishes what is under way, ends tokens, and closes everything. Never rejects for an upstream's sake. */
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
  readonly graph: ReportingGraph;
  readonly subschemas: readonly Subschema[];
  readonly send: Send;
  close(): Promise<void>;
}

/** Opens the vault and joins the sources. Asks nobody for anything yet. */
export async function openSources(config: Config, options: SourceOptions): Promise<Sources> {
  const { log, metrics, addresses = createOwnAddresses(config), plans = true, callerKinds, tokenKinds } = options;
  const { subschemas: moreSubschemas = [] } = options;
  await using opened = new AsyncDisposableStack();
  const http = createHttp({ answerBytes: config.limits.answerBytes });
  opened.defer(() => http.close());
  const { keyFile, ...vaultSettings } = config.vault;
  const vaultLog = log.child({ area: 'vault' });
  const { vault, watch } = await openWatchedVault({ ...vaultSettings, makeKey: keyFile, log: vaultLog });
  opened.defer(() => vault.close());
  const events = eventsOf(config, { vault, metrics, send: http.send, log });
  opened.defer(() => events.close());
  const signIn = createSageIdApplication(config, http.send);
  const connections =
    signIn &&
    createConnections({
      vault,
      watch,
      client: signIn.client,
      redirectUri: addresses.redirectUri,
      log: log.child({ area: 'tokens' }),
      onEvent: events.emit,
    });
  if (connections) opened.defer(() => connections.close());
  const erp = erpOf(config, { send: http.send, log, tokenKinds, onClose: (close) => opened.defer(close) });
  opened.defer(() => erp.close());
  if (metrics) createErpMetrics(metrics, erp);
  const sage200 = sage200Of(config, { vault, send: http.send, log });
  // Ended, or the same person's again, to whom other companies may be open now.
  watch.onChange(({ consent }) => sage200.forgetCompanies(consentKey(consent)));
  const listConnections: ListConnections = async (names) => {
    const all = await vault.connections.list();
    const wanted = names ? all.filter(({ name }) => names.includes(name)) : all;
    return wanted.map((each) => ({
      ...each,
      readCompanies: (onShown) => companiesOf({ sage200, connections }, each.name, { onShown }),
    }));
  };
  const subschemas = [
    createGatewaySubschema({ typeDefs: readRootSdl(callerKinds), listConnections }),
    createSage200Subschema(sage200),
    createErpSubschema(erp),
    ...moreSubschemas,
  ];
  const graph = createGraph({
    subschemas,
    record: vault.audit,
    log: log.child({ area: 'graph' }),
    links: config.links,
    plans,
    upstreamRequests: config.limits.upstreamRequests,
    rows: config.limits.rows,
    introspection: config.server.introspection,
  });
  opened.defer(() => graph.close());
  const running = opened.move();
  const { send } = http;
  return {
    vault,
    watch,
    events,
    signIn,
    connections,
    erp,
    sage200,
    graph,
    subschemas,
    send,
    close: () => running.disposeAsync(),
  };
}

/** Makes every object of a running gateway and joins them; the only place that knows all of them. */
export async function startGateway(config: Config, options: StartOptions): Promise<RunningGateway> {
  const { log, metrics = new Registry(), callerKinds = CALLER_KINDS, phases = [] } = options;
  await using opened = new AsyncDisposableStack();
  const addresses = createOwnAddresses(config);
  const sources = await openSources(config, { ...options, metrics, addresses });
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
  const server = await startServer({
    config,
    graph,
    identify: people.callers.identify,
    ready: () => readinessOf(watch),
    log: log.child({ area: 'server' }),
    metrics,
    onRefused: refusals.note,
    isAdminHere: people.isAdminHere,
    phases,
    routes: people.routes,
  });
  addresses.listensOn(server.port);
  // Closed first, since everything else serves it.
  opened.defer(() => server.close());

  const running = opened.move();
  return { url: server.url, close: () => running.disposeAsync() };
}

type PeopleOptions = Required<Pick<SourceOptions, 'log' | 'metrics' | 'addresses' | 'callerKinds'>>;

/** Who may call, and how people sign in. */
function createPeople(
  config: Config,
  { vault, events, signIn, connections, erp, sage200, send }: Sources,
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
    companiesOf: (connection, consent) => companiesOf({ sage200, connections }, connection, { consent }),
    onEvent: events.emit,
    log: log.child({ area: 'sign-in' }),
  });
  return { callers, routes, isAdminHere: (request: ArrivedRequest) => isAlone && isHere(request) };
}

/** Companies that a connection opens; none without a client id at Sage ID, since nobody is connected then. */
async function companiesOf(
  { sage200, connections }: Pick<Sources, 'sage200' | 'connections'>,
  connection: string,
  { consent, onShown }: { consent?: number | undefined; onShown?: (assertUsable: () => void) => void } = {},
) {
  const identity = await connections?.identityOf(connection);
  if (!identity || (consent !== undefined && identity.consent !== consent)) return [];
  const open = await sage200.companiesOf(identity);
  identity.assertUsable();
  onShown?.(identity.assertUsable);
  return open;
}

/** The schema of ours alone, as callers without a tenant see it: what schema/gateway.graphql holds. */
export function printOwnSchema(): string {
  return printGatewaySchema(joinOwn(ownSubschemas()).typeDefs);
}

/** The graph of ours alone: what can be said of documents without a configuration. Nothing is asked of anybody. */
export function createOwnGraph(log: Logger): ReportingGraph {
  const erp = createErp({
    config: { deadlineMs: 1_000, schemaRefreshMs: 1_000_000, tenants: [] },
    tokensFor: () => {
      throw new Error('There are no tenants here.');
    },
    send: sendNothing,
    log,
  });
  return createGraph({ subschemas: [...ownSubschemas(), createErpSubschema(erp)], log });
}

const sendNothing: Send = () => Promise.reject(new Error('Nothing is asked here.'));

const ownSubschemas = (): readonly Subschema[] => [
  createGatewaySubschema({ typeDefs: readRootSdl(), listConnections: async () => [] }),
  createSage200Subschema(createSage200({ ...NOWHERE, sdl: readSage200Sdl(), send: sendNothing })),
];

interface Parts {
  readonly send: Send;
  readonly log: Logger;
}

interface EventParts {
  readonly vault: Vault;
  readonly metrics: Registry | undefined;
}

/** What happens to connections is told to the audit trail, the metrics and the webhook. */
function eventsOf({ events }: Config, { vault, metrics, send, log }: Parts & EventParts): ConnectionEvents {
  const area = log.child({ area: 'events' });
  return createConnectionEvents({
    audit: vault.audit,
    webhook: events && createWebhook({ ...events, send, log: area }),
    listeners: metrics ? [createConnectionMetrics(metrics, vault.connections)] : [],
    log: area,
  });
}

interface ErpParts {
  readonly tokenKinds: readonly AnyTokenKind[] | undefined;
  readonly onClose: (close: () => Promise<void>) => void;
}

function erpOf({ erp }: Config, { send, log, tokenKinds, onClose }: Parts & ErpParts): Erp {
  const tenants = new Map(erp.tenants.map((tenant) => [tenant.name, tenant]));
  return createErp({
    config: erp,
    tokensFor(name) {
      const tenant = tenants.get(name);
      if (!tenant) throw new Error(`There is no tenant ${name} in the configuration.`);
      const tokens = createErpTokenSource({ tenant, send, log: log.child({ area: 'tokens' }) }, tokenKinds);
      onClose(() => tokens.close());
      return tokens;
    },
    send,
    log: log.child({ area: 'erp' }),
  });
}

/** Without the section, the types are there all the same; no caller has a connection then. */
const NOWHERE = {
  product: 'professional',
  baseUrl: 'http://sage200.invalid',
  deadlineMs: 1_000,
  maxFilterTerms: 60,
  maxUrlBytes: 2_000,
} as const;

function sage200Of({ sage200 }: Config, { vault, send, log }: Parts & { vault: Vault }): Sage200Source {
  const { site, company, subscriptionKey, ...settings } = sage200 ?? NOWHERE_IN_PARTICULAR;
  return createSage200({
    ...settings,
    subscriptionKey: subscriptionKey?.reveal(),
    defaultCompany: site && company ? { site, company } : undefined,
    sdl: readSage200Sdl(),
    send,
    outcomes: vault.idempotency,
    audit: vault.audit,
    log: log.child({ area: 'sage200' }),
  });
}

const NOWHERE_IN_PARTICULAR = { ...NOWHERE, site: undefined, company: undefined, subscriptionKey: undefined };

/** Able to serve when the vault answers. A tenant or Sage being down is told per operation, not here. */
async function readinessOf(watch: ConsentWatch): Promise<Readiness> {
  return watch.refresh().then(
    () => ({ ready: true, checks: { vault: 'answers' } }),
    () => ({ ready: false, checks: { vault: 'does not answer: see the log' } }),
  );
}

const SCHEMA_FOLDER = new URL('../schema/', import.meta.url);

const readSage200Sdl = (): DocumentNode => loadSdl(new URL('sage200/', SCHEMA_FOLDER));
/** What is written there, and what the kinds of callers bring. */
const readRootSdl = (callerKinds: readonly CallerKind[] = CALLER_KINDS): DocumentNode =>
  parse(readFileSync(new URL('root.graphql', SCHEMA_FOLDER), 'utf8') + callerKindsSdl(callerKinds));
