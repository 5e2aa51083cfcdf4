import type { SandboxCredentials } from './credentials.ts';
import type { ErpSandbox } from './erp/index.ts';
import {
  DESKTOP_CLIENT,
  NETWORK_AUDIENCE,
  NETWORK_CLIENT,
  SAGE200_AUDIENCE,
  startSageIdSandbox,
  WEB_CLIENT,
} from './sage-id/index.ts';
import type { Place, SandboxServer } from './sandbox-server.ts';
import { type CompanyKey, createSeed, type Seed } from './seed/index.ts';
import { type ServerOptions, type Servers, type SimulatedSystem, SYSTEMS } from './servers.ts';

export interface SandboxOptions extends Place, ServerOptions {
  /** Of Sage ID; the others take the next ones, in the order of their list. 0 or left out: free ones. */
  readonly port?: number;
  /** Customers in each Sage 200 company. @default 200 */
  readonly customers?: number;
  /** Sage 200 companies. @default 2 */
  readonly companies?: number;
  /** Life of access tokens everywhere. @default the vendors' */
  readonly accessTokenSeconds?: number;
  /** Another number gives other data. @default 1 */
  readonly seed?: number;
  /** @default all */
  readonly systems?: readonly SimulatedSystem[];
}

export interface Sandbox extends AsyncDisposable, Servers {
  /** All of them, by name. */
  readonly servers: { readonly [System in keyof Servers]: SandboxServer } & Readonly<Record<string, SandboxServer>>;
  /** Where they listen. */
  readonly urls: Readonly<Record<keyof Servers, string>>;
  readonly seed: Seed;
  /** The Sage 200 companies in their order. */
  readonly companies: readonly CompanyKey[];
  readonly credentials: SandboxCredentials;
  /** A new consent of `alice`, who may open every company, `bob`, only the second, or `carol`, none. */
  refreshToken(user?: string): Promise<string>;
  close(): Promise<void>;
}

/**
 * Starts Sage ID and every system of the list, by default on 127.0.0.1.
 * @throws Error naming the port when one is in use, and with every fault of `rows`
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { port = 0, systems = SYSTEMS, accessTokenSeconds } = options;
  const seed = createSeed(seedOptions(options));
  const companies = seed.sites.map(({ site_id, company_id }) => ({ siteId: site_id, companyId: company_id }));
  const { host, publicHost = host === ANYWHERE ? undefined : host } = options;
  const place = (index: number): Place => ({ port: port === 0 ? 0 : port + index, host, publicHost });

  await using started = new AsyncDisposableStack();
  const sageId = started.use(await startSageIdSandbox({ ...place(0), companies }));
  const others: Record<string, SandboxServer> = {};
  for (const [index, { name, start }] of systems.entries())
    others[name] = started.use(await start(place(index + 1), { sageId, seed, options }));
  // Every list contains the built-in systems; code here uses no added system by name.
  const servers = { sageId, ...others } as unknown as Servers & Record<string, SandboxServer>;
  if (accessTokenSeconds !== undefined) {
    for (const { clock } of [servers.sageId, servers.sage200, servers.erp]) clock.set({ accessTokenSeconds });
  }

  // From here on the caller must close them.
  const running = started.move();
  const close = () => running.disposeAsync();
  return {
    ...servers,
    servers,
    urls: toUrls(servers),
    seed,
    companies,
    credentials: credentialsOf(servers),
    refreshToken: (user) => sageId.issueRefreshToken(user === undefined ? {} : { user }),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function toUrls(servers: Readonly<Record<string, SandboxServer>>): Sandbox['urls'] {
  const urls = Object.entries(servers).map(([name, { url }]) => [name, url]);
  return Object.fromEntries(urls) as Sandbox['urls'];
}

function x3Of({ x3: { url, clientId, clientSecret, user, endpoint } }: ErpSandbox): SandboxCredentials['x3'] {
  return { name: 'plant', kind: 'x3', grant: 'x3-jwt', url, clientId, clientSecret, user, endpoint };
}

function x3CloudOf({ x3Cloud }: ErpSandbox): SandboxCredentials['x3Cloud'] {
  const { rootUrl, customer, clientId, clientSecret } = x3Cloud;
  return { name: 'works', kind: 'x3', grant: 'x3-cloud', rootUrl, customer, clientId, clientSecret, folder: 'SEED' };
}

/** Every address of the machine: for listening, but not for clients. */
const ANYWHERE = '0.0.0.0';

const seedOptions = ({ customers, companies, seed }: SandboxOptions) => ({
  ...(customers !== undefined && { customers }),
  ...(companies !== undefined && { companies }),
  ...(seed !== undefined && { seed }),
});

const credentialsOf = ({ sageId, sage200, erp, paymentsOut }: Servers): SandboxCredentials => ({
  sageId: {
    issuer: sageId.issuer,
    authorizeUrl: `${sageId.url}/authorize`,
    tokenUrl: `${sageId.url}/oauth/token`,
    revokeUrl: `${sageId.url}/oauth/revoke`,
  },
  sage200: {
    product: 'professional',
    baseUrl: sage200.professionalUrl,
    clientId: WEB_CLIENT.id,
    clientSecret: WEB_CLIENT.secret,
    audience: SAGE200_AUDIENCE,
  },
  erp: erp.tenants.map(({ name, tenantId }) => ({
    name,
    tokenUrl: erp.tokenUrl,
    clientId: erp.clientId,
    clientSecret: erp.clientSecret,
    tenantId,
  })),
  x3: x3Of(erp),
  x3Cloud: x3CloudOf(erp),
  network: {
    clientId: NETWORK_CLIENT.id,
    clientSecret: NETWORK_CLIENT.secret,
    audience: NETWORK_AUDIENCE,
    baseUrl: paymentsOut.url,
    application: paymentsOut.application,
    provider: { apiKey: paymentsOut.providerKey, providerId: paymentsOut.ids.provider },
    consumer: { apiKey: paymentsOut.consumerKey },
  },
  publicClientId: DESKTOP_CLIENT.id,
});
