import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { createCallers, createSourceRights, isWithoutCallers } from '../../src/callers/index.ts';
import { Secret } from '../../src/kit/errors/index.ts';
import { createHttp } from '../../src/kit/http/index.ts';
import { createHereCheck } from '../../src/kit/this-machine.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { SOURCES } from '../../src/subschemas/sources.ts';
import {
  type ConnectionEvent,
  createConnectionEvents,
  createConnections,
  createConsentRoutes,
  createConsentWatch,
  createSageIdClient,
  createSageIdCodeGrant,
  createSessionCookie,
  openVault,
  type SageIdCodeGrantOptions,
} from '../../src/tokens/index.ts';
import { startWorld as startServerWorld } from '../server/world.ts';
import { type CookieBrowser, createCookieBrowser, type Visit } from '../support/cookie-browser.ts';
import { createLogBook, makeFolder, NINETY_DAYS_MS, VAULT_KEY } from './world.ts';

/** `sgk_` keys of two programs, and the digests that a configuration would hold. */
export const ADMIN = 'sgk_the-admin-of-sign-in';
export const SHOP = 'sgk_the-shop-of-sign-in';

/** Subjects of two of the sandbox's people. */
export const ALICE = 'auth0|sandbox-alice';
export const CAROL = 'auth0|sandbox-carol';

/** What a program asks for, and what a browser does. */
export const JSON_ANSWER = { accept: 'application/json' };
export const HTML = { accept: 'text/html,application/xhtml+xml' };

export const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

export const postJson = (body: object, headers: Record<string, string> = {}) => ({
  method: 'POST',
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(body),
});

export interface SignInWorldOptions {
  readonly allow?: readonly string[];
  /** With API keys of a shop and an administrator. @default false */
  readonly withKeys?: boolean;
  readonly grant?: Partial<SageIdCodeGrantOptions>;
  /** As if the gateway stood behind https under this name. */
  readonly publicUrl?: string;
  readonly cors?: readonly string[];
  readonly vaultUrl?: string;
  readonly withoutApplication?: boolean;
  readonly sandbox?: Sandbox;
  readonly now?: () => number;
}

/** A gateway's server with sign-in, callers and a vault, before the sandbox's Sage ID. */
export async function startSignInWorld(options: SignInWorldOptions = {}) {
  const { allow = [], withKeys = false, now = Date.now } = options;
  const folder = await makeFolder();
  const sandbox = options.sandbox ?? (await startSandbox({ customers: 1 }));
  const { credentials } = sandbox;
  const http = createHttp();
  const { log, lines } = createLogBook();
  const vaultUrl = options.vaultUrl ?? `sqlite:${join(folder.path, 'vault.db')}`;
  const stored = await openVault({ url: vaultUrl, key: VAULT_KEY, ...(options.now && { now }) });
  const watch = createConsentWatch({ directory: stored.directory, log });
  const vault = { ...stored, connections: watch.watching(stored.connections) };
  const seen: ConnectionEvent[] = [];
  const events = createConnectionEvents({ audit: vault.audit, listeners: [(event) => void seen.push(event)], log });
  const settings = {
    ...credentials.sageId,
    clientId: credentials.sage200.clientId,
    clientSecret: new Secret(credentials.sage200.clientSecret),
    bodyEncoding: 'form' as const,
    audience: credentials.sage200.audience,
    scopes: ['openid', 'profile', 'email', 'offline_access'],
    pkce: true,
    emailVerifiedMissing: 'refuse' as const,
    send: http.send,
    now,
    ...options.grant,
  };
  const client = createSageIdClient(settings);
  const connections = createConnections({ vault, watch, client, log, onEvent: events.emit, now });
  const config = {
    passThrough: false,
    apiKeys: withKeys ? [apiKey('shop', SHOP, false), apiKey('boss', ADMIN, true)] : [],
    jwt: [],
    anonymous: withKeys ? undefined : { companies: 'all' as const, tenants: ['acme'], readOnly: false },
    sessions: { allow, tenants: [], readOnly: false },
  } as const;
  let url = '';
  const publicUrl = () => options.publicUrl ?? url;
  const redirectUri = () => `${publicUrl()}/connect/sage200/callback`;
  const sessionCookie = createSessionCookie({ vaultId: vault.id, isHttps: () => publicUrl().startsWith('https:') });
  const isHere = createHereCheck({ host: '127.0.0.1', publicUrl: options.publicUrl ?? 'http://localhost' });
  const callers = createCallers({
    config,
    isHere,
    connection: connections.identityOf,
    sageId: {
      issuer: sandbox.sageId.issuer,
      audience: 's200ukipd/sage200',
      clockToleranceMs: 30_000,
      clientId: 'sandbox-web',
    },
    companiesOf: async () => [],
    knownTenants: ['acme'],
    rights: createSourceRights(SOURCES),
    send: http.send,
    sessions: { sessions: vault.sessions, cookie: sessionCookie, publicUrl },
    now,
  });
  const isAlone = isWithoutCallers(config);
  const server = await startServerWorld({
    identify: callers.identify,
    isAdminHere: (request) => isAlone && isHere(request),
    log,
    server: { publicUrl: options.publicUrl ?? 'http://localhost:1', cors: options.cors ?? [] },
    routes: createConsentRoutes({
      vault,
      application: options.withoutApplication ? undefined : { grant: createSageIdCodeGrant(settings), client },
      refreshLifetimeMs: NINETY_DAYS_MS,
      log,
      onEvent: events.emit,
      redirectUri,
      publicUrl,
      sessionCookie,
      allow,
      isHere,
      isAlone,
      identify: callers.identify,
      now,
    }),
  });
  url = server.url;

  /** What Sage ID's sign-in page does to a browser that was sent to it. */
  const atSageId = async ({ location = '' }: Visit, user: string): Promise<string> => {
    const back = new URL(await sandbox.sageId.signIn(location, user));
    // In tests of https the gateway has no certificate: the browser is sent where it really listens.
    return `${url}${back.pathname}${back.search}`;
  };

  return {
    url,
    vault,
    vaultUrl,
    sandbox,
    events: seen,
    lines,
    connections,
    server,
    atSageId,
    sessionCookie,
    /** A whole sign-in. @returns the answer to the callback */
    async signIn(user: string, { query = '', browser = createCookieBrowser(), headers = {} }: SignInVisit = {}) {
      const begun = await browser.open(`${url}/connect/sage200${query}`, { headers });
      if (begun.location === undefined) return { browser, begun, visit: begun, callback: '' };
      const callback = await atSageId(begun, user);
      return { browser, begun, callback, visit: await browser.open(callback) };
    },
    async [Symbol.asyncDispose]() {
      await server.close();
      await connections.close();
      await events.close();
      watch.close();
      await vault.close();
      await http.close();
      if (!options.sandbox) await sandbox.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}

export interface SignInVisit {
  readonly query?: string;
  readonly browser?: CookieBrowser;
  readonly headers?: Record<string, string>;
}

const apiKey = (name: string, key: string, admin: boolean) => ({
  name,
  sha256: createHash('sha256').update(key).digest('hex'),
  connection: 'finance',
  companies: 'all' as const,
  tenants: [],
  readOnly: false,
  admin,
});
