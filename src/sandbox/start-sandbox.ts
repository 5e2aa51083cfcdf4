import type { SandboxCredentials } from './credentials.ts';
import { type ErpSandbox, startErpSandbox } from './erp/index.ts';
import { type PaymentsOutSandbox, startPaymentsOutSandbox } from './payments-out/index.ts';
import {
  DESKTOP_CLIENT,
  NETWORK_AUDIENCE,
  NETWORK_CLIENT,
  SAGE200_AUDIENCE,
  type SageIdSandbox,
  startSageIdSandbox,
  WEB_CLIENT,
} from './sage-id/index.ts';
import {
  type OwnRows,
  readRowsFolder,
  type Sage200Sandbox,
  type Sage200Timing,
  startSage200Sandbox,
} from './sage200/index.ts';
import type { Place } from './sandbox-server.ts';
import { type CompanyKey, createSeed, type Seed } from './seed/index.ts';

export interface SandboxOptions extends Place {
  /** Of Sage ID; Sage 200, the ERP and Payments Out take the next ones. 0 or left out: free ones. */
  readonly port?: number;
  /** Customers in each Sage 200 company. @default 200 */
  readonly customers?: number;
  /** Sage 200 companies. @default 2 */
  readonly companies?: number;
  /** About how many types the schema of the ERP tenant `acme` has; generated ones fill up. @default 0, none are generated */
  readonly types?: number;
  /** Life of access tokens everywhere. @default the vendors' */
  readonly accessTokenSeconds?: number;
  /** Another number gives other data. @default 1 */
  readonly seed?: number;
  /** Stamps in SQL Server's steps, late commits and a skewed clock at Sage 200. @default none of them */
  readonly sage200Timing?: Sage200Timing;
  /** Rows of the first company in place of the seeded ones, by resource, or a folder with `<resource>.json`. @default none */
  readonly rows?: OwnRows | string;
}

export interface Sandbox extends AsyncDisposable {
  readonly sageId: SageIdSandbox;
  readonly sage200: Sage200Sandbox;
  readonly erp: ErpSandbox;
  readonly paymentsOut: PaymentsOutSandbox;
  readonly seed: Seed;
  /** The Sage 200 companies in their order. */
  readonly companies: readonly CompanyKey[];
  readonly credentials: SandboxCredentials;
  /** A new consent of `alice`, who may open every company, `bob`, only the second, or `carol`, none. */
  refreshToken(user?: string): Promise<string>;
  close(): Promise<void>;
}

/**
 * Starts Sage ID, Sage 200, the ERP and Payments Out, on 127.0.0.1 unless told otherwise.
 * @throws Error naming the port when one is in use, and with every fault of `rows`
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { port = 0, types = 0, accessTokenSeconds } = options;
  const seed = createSeed(seedOptions(options));
  const companies = seed.sites.map(({ site_id, company_id }) => ({ siteId: site_id, companyId: company_id }));
  const { host, publicHost = host === ANYWHERE ? undefined : host } = options;
  const place = (index: number): Place => ({ port: port === 0 ? 0 : port + index, host, publicHost });
  const own = typeof options.rows === 'string' ? readRowsFolder(options.rows) : { rows: options.rows };

  await using started = new AsyncDisposableStack();
  const sageId = started.use(await startSageIdSandbox({ ...place(0), companies }));
  const sage200 = started.use(
    await startSage200Sandbox({
      ...options.sage200Timing,
      ...place(1),
      ...own,
      seed,
      verifyAccessToken: sageId.verifyAccessToken,
    }),
  );
  const erp = started.use(await startErpSandbox({ ...place(2), seed, types }));
  const paymentsOut = started.use(
    await startPaymentsOutSandbox({ ...place(3), verifyNetworkToken: sageId.verifyNetworkToken }),
  );
  if (accessTokenSeconds !== undefined) {
    for (const { clock } of [sageId, sage200, erp]) clock.set({ accessTokenSeconds });
  }

  // From here on they are the caller's to close.
  const running = started.move();
  const close = () => running.disposeAsync();
  return {
    sageId,
    sage200,
    erp,
    paymentsOut,
    seed,
    companies,
    credentials: credentialsOf({ sageId, sage200, erp, paymentsOut }),
    refreshToken: (user) => sageId.issueRefreshToken(user === undefined ? {} : { user }),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function x3Of({ x3: { url, clientId, clientSecret, user, endpoint } }: ErpSandbox): SandboxCredentials['x3'] {
  return { name: 'plant', kind: 'x3', grant: 'x3-jwt', url, clientId, clientSecret, user, endpoint };
}

function x3CloudOf({ x3Cloud }: ErpSandbox): SandboxCredentials['x3Cloud'] {
  const { rootUrl, customer, clientId, clientSecret } = x3Cloud;
  return { name: 'works', kind: 'x3', grant: 'x3-cloud', rootUrl, customer, clientId, clientSecret, folder: 'SEED' };
}

/** Every address of the machine: one to listen on, and none to be reached at. */
const ANYWHERE = '0.0.0.0';

const seedOptions = ({ customers, companies, seed }: SandboxOptions) => ({
  ...(customers !== undefined && { customers }),
  ...(companies !== undefined && { companies }),
  ...(seed !== undefined && { seed }),
});

const credentialsOf = ({
  sageId,
  sage200,
  erp,
  paymentsOut,
}: Pick<Sandbox, 'sageId' | 'sage200' | 'erp' | 'paymentsOut'>): SandboxCredentials => ({
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
