import { readFileSync } from 'node:fs';
import { type DocumentNode, parse } from 'graphql';
import type { Logger } from 'pino';
import { Registry } from 'prom-client';
import { createCallers, isLoopback } from './callers/index.ts';
import type { Config, Environment } from './config/index.ts';
import { createErp, type Erp } from './erp/index.ts';
import { createGraph, joinDocuments, printGatewaySchema } from './graph/index.ts';
import { createHttp, type Send } from './http/index.ts';
import { createSage200, loadSdl, type Sage200Subgraph } from './sage200/index.ts';
import { type Readiness, startServer } from './server/index.ts';
import {
  type Connections,
  createConnections,
  createErpTokenSource,
  createPassThroughTokenSource,
  createSageIdClient,
  openVault,
  type Vault,
} from './tokens/index.ts';

export interface RunningGateway {
  /** Where it listens, without a slash at the end. */
  readonly url: string;
  /** Finishes what is under way, ends tokens, and closes everything. Never rejects for an upstream's sake. */
  close(): Promise<void>;
}

export interface StartOptions {
  readonly log: Logger;
  readonly env: Environment;
}

/** Makes every object of a running gateway and joins them; the only place that knows all of them. */
export async function startGateway(config: Config, { log }: StartOptions): Promise<RunningGateway> {
  await using opened = new AsyncDisposableStack();
  const http = createHttp();
  opened.defer(() => http.close());
  const { keyFile, ...vaultSettings } = config.vault;
  const vault = await openVault({ ...vaultSettings, makeKey: keyFile });
  opened.defer(() => vault.close());

  const connections = connectionsOf(config, { vault, send: http.send, log });
  if (connections) opened.defer(() => connections.close());
  const erp = erpOf(config, { send: http.send, log, onClose: (close) => opened.defer(close) });
  opened.defer(() => erp.close());
  // Asked for now, so that the first caller need not wait. A failure is in the log and in `gateway { tenants }`.
  for (const { name } of erp.tenants) erp.schemaOf(name).catch(() => {});
  const sage200 = sage200Of(config, { vault, send: http.send, log });
  const graph = createGraph({
    rootSdl: readRootSdl(),
    sage200,
    erp,
    listConnections: async (names) => {
      const all = await vault.connections.list();
      return names ? all.filter(({ name }) => names.includes(name)) : all;
    },
    log: log.child({ area: 'graph' }),
    links: config.links,
  });
  opened.defer(() => graph.close());
  const callers = createCallers({
    config: config.callers,
    host: config.server.host,
    connection: (name) => connections?.tokensOf(name),
    proveSageToken: (token) => sage200.prove(createPassThroughTokenSource(token)),
    knownTenants: erp.tenants.map(({ name }) => name),
    send: http.send,
  });
  const { apiKeys, jwt, passThrough } = config.callers;
  const server = await startServer({
    config,
    graph,
    identify: callers.identify,
    ready: () => readinessOf(vault),
    log: log.child({ area: 'server' }),
    metrics: new Registry(),
    adminOpen: isLoopback(config.server.host) && apiKeys.length === 0 && jwt.length === 0 && passThrough === false,
  });
  // Closed first, since everything else serves it.
  opened.defer(() => server.close());

  const running = opened.move();
  return { url: server.url, close: () => running.disposeAsync() };
}

/** The schema of ours alone, as callers without a tenant see it: what schema/gateway.graphql holds. */
export function printOwnSchema(): string {
  const { typeDefs } = createSage200({
    ...NOWHERE,
    sdl: readSage200Sdl(),
    send: () => Promise.reject(new Error('Nothing is asked here.')),
  });
  return printGatewaySchema(joinDocuments(readRootSdl(), typeDefs));
}

interface Parts {
  readonly send: Send;
  readonly log: Logger;
}

/** Undefined without a client id at Sage ID: then there is nothing to sign in with. */
function connectionsOf(
  { sageId, sage200 }: Config,
  { vault, send, log }: Parts & { vault: Vault },
): Connections | undefined {
  if (!sage200?.clientId) return undefined;
  const { clientId, clientSecret, redirectUri } = sage200;
  const client = createSageIdClient({ ...sageId, clientId, clientSecret, send });
  return createConnections({ vault, client, redirectUri, log: log.child({ area: 'tokens' }) });
}

function erpOf(
  { erp }: Config,
  { send, log, onClose }: Parts & { onClose: (close: () => Promise<void>) => void },
): Erp {
  const tenants = new Map(erp.tenants.map((tenant) => [tenant.name, tenant]));
  return createErp({
    config: erp,
    tokensFor(name) {
      const tenant = tenants.get(name);
      if (!tenant) throw new Error(`There is no tenant ${name} in the configuration.`);
      const tokens = createErpTokenSource({ tenant, send, log: log.child({ area: 'tokens' }) });
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

function sage200Of({ sage200 }: Config, { vault, send, log }: Parts & { vault: Vault }): Sage200Subgraph {
  const { site, company, subscriptionKey, ...settings } = sage200 ?? NOWHERE_IN_PARTICULAR;
  return createSage200({
    ...settings,
    subscriptionKey: subscriptionKey?.reveal(),
    defaultCompany: site && company ? { site, company } : undefined,
    sdl: readSage200Sdl(),
    send,
    outcomes: vault.idempotency,
    audit: vault.writes,
    log: log.child({ area: 'sage200' }),
  });
}

const NOWHERE_IN_PARTICULAR = { ...NOWHERE, site: undefined, company: undefined, subscriptionKey: undefined };

/** Able to serve when the vault answers. A tenant or Sage being down is told per operation, not here. */
async function readinessOf(vault: Vault): Promise<Readiness> {
  return vault.connections.list().then(
    () => ({ ready: true, checks: { vault: 'answers' } }),
    () => ({ ready: false, checks: { vault: 'does not answer: see the log' } }),
  );
}

const SCHEMA_FOLDER = new URL('../schema/', import.meta.url);

const readSage200Sdl = (): DocumentNode => loadSdl(new URL('sage200/', SCHEMA_FOLDER));
const readRootSdl = (): DocumentNode => parse(readFileSync(new URL('root.graphql', SCHEMA_FOLDER), 'utf8'));
