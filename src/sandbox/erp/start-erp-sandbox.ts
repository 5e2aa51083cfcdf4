import { type Place, type SandboxResponse, type SandboxServer, startSandboxServer } from '../sandbox-server.ts';
import { createSeed, type ErpData, type Seed } from '../seed/index.ts';
import { createEndpoint } from './endpoint.ts';
import { buildRelease, type ServedRelease } from './model/build-release.ts';
import type { ContainerNaming } from './model/container-names.ts';
import { DEFAULT_SWITCHES, type ErpSwitches } from './switches.ts';
import { type ErpTenantOptions, Tenant } from './tenant.ts';
import { bearerOf, createTokenApi, type Renewal, refuse } from './tokens/token-api.ts';
import { TokenStore } from './tokens/token-store.ts';
import type { ConnectedApplication } from './x3/check-token.ts';
import { createX3, X3_PATH } from './x3/create-x3.ts';
import {
  createX3Cloud,
  X3_CLOUD_PATH,
  type X3CloudApplication,
  type X3CloudSwitches,
} from './x3-cloud/create-x3-cloud.ts';

export interface ErpSandboxOptions extends Place, Partial<ErpSwitches> {
  /** Rows of `acme`. */
  readonly seed: Seed;
  /** About how many types the schema of `acme` has; generated nodes fill up. @default 0, no generated ones */
  readonly types?: number;
  /** In place of `acme` and `globex`. */
  readonly tenants?: readonly ErpTenantOptions[];
  /** Required in every tenant's token request. @default 'sandbox-erp-client' */
  readonly clientId?: string;
  /** @default 'sandbox-erp-secret' */
  readonly clientSecret?: string;
}

export interface ErpSandboxTenant {
  readonly name: string;
  readonly tenantId: string;
  /** Where its GraphQL is served now; clients learn it from the token answer. */
  readonly graphqlUrl: string;
  readonly release: string;
}

export interface ErpSandbox extends SandboxServer {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly tokenUrl: string;
  readonly tenants: readonly ErpSandboxTenant[];
  /** Token requests so far, oldest first. */
  renewals(): readonly Renewal[];
  clearRenewals(): void;
  /** Changes switches while running; those left out stay. */
  configure(switches: Partial<ErpSwitches>): void;
  /** Adds the application's API user in a tenant, or removes it. */
  setApiUser(tenant: string, exists: boolean): void;
  /** Upgrades a tenant to its next release, with a renamed property and a removed enum member. @returns its name. */
  upgrade(tenant: string): string;
  /** Gives a tenant another address; the old one stops answering. */
  move(tenant: string): void;
  /** Ends every issued token, as a restart of the vendor's token service might. */
  endTokens(): void;
  /** The connected application of a Sage X3 on premises, which is served beside the tenants. */
  readonly x3: ConnectedApplication;
  /** Changes the application as its administrator might; what is left out stays. */
  configureX3(changes: Partial<ConnectedApplication>): void;
  /** The same X3 in Sage's cloud: an application that its customer may approve. */
  readonly x3Cloud: X3CloudSandbox;
}

export interface X3CloudSandbox extends X3CloudApplication {
  /** Root of the regional API. */
  readonly rootUrl: string;
  /** Changes switches while running; those left out stay. */
  configure(switches: Partial<X3CloudSwitches>): void;
  /** The customer withdraws every approval. */
  withdraw(): void;
}

const X3_APPLICATION = {
  clientId: 'sandbox-x3-client',
  clientSecret: 'sandbox-x3-secret-of-a-connected-application',
  validitySeconds: 600,
  user: 'GATEWAY',
  endpoint: 'SEED',
};

const X3_CLOUD_APPLICATION: X3CloudApplication = {
  clientId: 'sandbox-x3-cloud-client',
  clientSecret: 'sandbox-x3-cloud-secret',
  customer: 'https://x3.customer.example',
};

/** Tenants that a sandbox has when none are given. */
export const ACME_TENANT_ID = '7d3f0c52-6a1e-4b8e-9f27-5f0a8c1e4d10';
export const GLOBEX_TENANT_ID = 'c0a8e6b4-2f95-4d3b-8a71-91d6e5b7f322';

/**
 * A simulated ERP: the token API and one GraphQL address a tenant.
 * @throws Error when the port is in use or a release is unknown.
 */
export async function startErpSandbox(options: ErpSandboxOptions): Promise<ErpSandbox> {
  const { clientId = 'sandbox-erp-client', clientSecret = 'sandbox-erp-secret' } = options;
  let x3: Partial<ConnectedApplication> = {};
  let switches: ErpSwitches = { ...DEFAULT_SWITCHES, ...pickSwitches(options) };
  const tenants = (options.tenants ?? defaultTenants(options)).map((each) => new Tenant(each));
  const releases = createReleaseCache();
  // Requests arrive only once the server, its address and its clock exist.
  let started: SandboxServer | undefined;
  const running = (): SandboxServer => {
    if (!started) throw new Error('the ERP sandbox is not started yet');
    return started;
  };
  const tokens = new TokenStore(() => running().clock);
  const tokenApi = createTokenApi({
    clientId,
    clientSecret,
    tenants: new Map(tenants.map((tenant) => [tenant.tenantId, tenant])),
    tokens,
    switches: () => switches,
    url: () => running().url,
  });
  const endpoint = createEndpoint<Tenant>({
    refusalOf: (tenant, request) =>
      tokens.tenantOf(bearerOf(request)) === tenant ? undefined : refuse(401, 'The access token is not valid.'),
    clock: () => running().clock,
    switches: () => switches,
    releaseOf: (tenant) => releases(tenant, switches.naming),
  });

  const x3Application = (): ConnectedApplication => ({ ...X3_APPLICATION, url: `${running().url}${X3_PATH}`, ...x3 });
  const askX3 = createX3({
    data: () => options.seed.erp(),
    application: x3Application,
    clock: () => running().clock,
    switches: () => switches,
  });

  const x3Cloud = createX3Cloud({
    application: X3_CLOUD_APPLICATION,
    url: () => running().url,
    clock: () => running().clock,
    serve: askX3,
  });

  const server = await startSandboxServer({
    name: 'ERP',
    port: options.port,
    host: options.host,
    publicHost: options.publicHost,
    secretHeaders: ['x-tokens'],
    defaultErrorBody: (status) => refuse(status, 'Sandbox fault').body,
    handle(request): Promise<SandboxResponse> | SandboxResponse {
      if (request.path === '/v1/token' || request.path.startsWith('/v1/token/')) return tokenApi.handle(request);
      if (request.path === X3_PATH) return askX3(request);
      if (request.path === X3_CLOUD_PATH || request.path.startsWith(`${X3_CLOUD_PATH}/`))
        return x3Cloud.handle(request);
      const tenant = tenants.find(({ path }) => path === request.path);
      if (tenant) return endpoint(tenant, request);
      const hasMoved = tenants.some(({ leftPaths }) => leftPaths.has(request.path));
      return refuse(hasMoved ? switches.movedStatus : 404, 'There is nothing at this address.');
    },
  });
  started = server;

  const find = (name: string): Tenant => {
    const tenant = tenants.find((each) => each.name === name || each.tenantId === name);
    if (!tenant) throw new Error(`the ERP sandbox has no tenant ${name}`);
    return tenant;
  };
  return {
    ...server,
    clientId,
    clientSecret,
    tokenUrl: `${server.url}/v1/token`,
    get tenants() {
      return tenants.map(({ name, tenantId, path, release }) => ({
        name,
        tenantId,
        graphqlUrl: `${server.url}${path}`,
        release,
      }));
    },
    renewals: () => [...tokenApi.renewals],
    clearRenewals() {
      tokenApi.renewals.length = 0;
    },
    configure(changes) {
      switches = { ...switches, ...pickSwitches(changes) };
    },
    setApiUser(name, exists) {
      find(name).hasApiUser = exists;
    },
    upgrade: (name) => find(name).upgrade(),
    move: (name) => find(name).move(),
    endTokens: () => tokens.clear(),
    get x3() {
      return x3Application();
    },
    configureX3(changes) {
      x3 = { ...x3, ...changes };
    },
    x3Cloud: {
      ...X3_CLOUD_APPLICATION,
      rootUrl: `${server.url}${X3_CLOUD_PATH}`,
      configure: x3Cloud.configure,
      withdraw: x3Cloud.withdraw,
    },
  };
}

/** The switches among other options, without undefined ones. */
function pickSwitches(options: Partial<ErpSwitches>): Partial<ErpSwitches> {
  const given = Object.entries(options).filter(([name, value]) => name in DEFAULT_SWITCHES && value !== undefined);
  return Object.fromEntries(given);
}

function defaultTenants({ seed, types = 0 }: ErpSandboxOptions): ErpTenantOptions[] {
  return [
    { name: 'acme', tenantId: ACME_TENANT_ID, types, data: () => seed.erp() },
    { name: 'globex', tenantId: GLOBEX_TENANT_ID, data: globexData },
  ];
}

/** Fewer and different rows; their names show the tenant, since some keys are the same in every seed. */
function globexData(): ErpData {
  const data = createSeed({ customers: 40, seed: 7 }).erp();
  const named = <R extends { readonly name: string }>(row: R): R => ({ ...row, name: `${row.name} (Globex)` });
  return { ...data, businessEntities: data.businessEntities.map(named), items: data.items.map(named) };
}

/** Schemas by release, naming and size: tenants that agree in all three share one. */
function createReleaseCache(): (tenant: Tenant, naming: ContainerNaming) => ServedRelease {
  const served = new Map<string, ServedRelease>();
  return ({ release, types }, naming) => {
    const key = `${release} ${naming} ${types}`;
    const known = served.get(key) ?? buildRelease({ release, naming, types });
    served.set(key, known);
    return known;
  };
}
