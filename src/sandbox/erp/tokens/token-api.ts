import { setTimeout as pause } from 'node:timers/promises';
import type { SandboxRequest, SandboxResponse } from '../../sandbox-server.ts';
import type { ReadSwitches } from '../switches.ts';
import type { Tenant } from '../tenant.ts';
import type { TokenPair, TokenStore } from './token-store.ts';

/** One request for tokens, as the sandbox saw it. */
export interface Renewal {
  readonly kind: 'obtain' | 'renew';
  /** Name of the tenant; undefined when the request was refused before it was known. */
  readonly tenant: string | undefined;
  /** Epoch ms, real time. */
  readonly startedAt: number;
  readonly endedAt: number;
  readonly status: number;
  /** The presented refresh token had been used before. */
  readonly spent: boolean;
}

export interface TokenApiOptions {
  readonly clientId: string;
  readonly clientSecret: string;
  /** By tenant id. */
  readonly tenants: ReadonlyMap<string, Tenant>;
  readonly tokens: TokenStore;
  readonly switches: ReadSwitches;
  /** Own address, without a slash at the end. */
  readonly url: () => string;
}

export interface TokenApi {
  /** Answers `/v1/token` and what is below it. */
  handle(request: SandboxRequest): Promise<SandboxResponse>;
  /** Oldest first. */
  readonly renewals: Renewal[];
}

interface Outcome {
  readonly answer: SandboxResponse;
  readonly tenant?: Tenant;
  readonly spent?: boolean;
}

/** Both documented generations of the token request. Source: SDMO guides, how to get access to the tenant. */
export function createTokenApi(options: TokenApiOptions): TokenApi {
  const { tokens, switches } = options;
  const renewals: Renewal[] = [];

  const recorded = async (kind: Renewal['kind'], run: () => Outcome): Promise<SandboxResponse> => {
    const startedAt = Date.now();
    if (switches().tokenDelayMs > 0) await pause(switches().tokenDelayMs);
    const { answer, tenant, spent = false } = run();
    renewals.push({ kind, tenant: tenant?.name, startedAt, endedAt: Date.now(), status: answer.status, spent });
    return answer;
  };

  return {
    renewals,
    async handle(request) {
      const { method, path } = request;
      if (method === 'POST' && path === '/v1/token') return recorded('obtain', () => obtain(request, options));
      if (method === 'POST' && path === '/v1/token/renew') return recorded('renew', () => renew(request, options));
      if (method === 'DELETE' && path === '/v1/token') {
        const named = String(request.headers['x-tokens'] ?? '').split(';');
        tokens.invalidate(named.map((each) => each.slice(each.indexOf('=') + 1).trim()));
        return { status: 204 };
      }
      return refuse(404, `There is no ${method} ${path}.`);
    },
  };
}

/** An error body of the token API and of a refused access token. */
export const refuse = (status: number, message: string): SandboxResponse => ({
  status,
  body: { $diagnoses: [{ $severity: 'error', $message: message }] },
});

function obtain(request: SandboxRequest, options: TokenApiOptions): Outcome {
  const isForm = String(request.headers['content-type'] ?? '').includes('x-www-form-urlencoded');
  const asked = isForm ? readForm(request.body) : readJson(request.body);
  if (!asked) return { answer: refuse(400, 'The token request is neither a client_credentials form nor JSON.') };
  if (asked.clientId !== options.clientId || asked.clientSecret !== options.clientSecret) {
    return { answer: refuse(401, 'The client id or the client secret is wrong.') };
  }
  const tenant = options.tenants.get(asked.tenantId ?? '');
  if (!tenant) return { answer: refuse(404, 'The tenant id is unknown.') };
  if (!tenant.hasApiUser) {
    return { answer: refuse(403, 'The tenant has no API user for this application.'), tenant };
  }
  const pair = options.tokens.issue(tenant);
  const body = isForm ? newerAnswer(pair, tenant, options) : olderAnswer(pair, tenant, options);
  return { answer: { status: 200, body }, tenant };
}

function renew(request: SandboxRequest, options: TokenApiOptions): Outcome {
  const tenant = options.tokens.spend(bearerOf(request));
  if (tenant === 'spent') return { answer: refuse(401, 'The refresh token was used before.'), spent: true };
  if (tenant === 'invalid') return { answer: refuse(401, 'The refresh token is not valid.') };
  return { answer: { status: 200, body: olderAnswer(options.tokens.issue(tenant), tenant, options) }, tenant };
}

/** The token of an `Authorization: Bearer` header; empty without one. */
export const bearerOf = (request: SandboxRequest): string =>
  /^Bearer\s+(\S+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? '';

interface Asked {
  readonly clientId: string | undefined;
  readonly clientSecret: string | undefined;
  readonly tenantId: string | undefined;
}

function readJson(body: Buffer): Asked | undefined {
  try {
    const { clientId, clientSecret, tenantId } = JSON.parse(body.toString('utf8')) as Record<string, unknown>;
    return { clientId: text(clientId), clientSecret: text(clientSecret), tenantId: text(tenantId) };
  } catch {
    return undefined;
  }
}

function readForm(body: Buffer): Asked | undefined {
  const form = new URLSearchParams(body.toString('utf8'));
  if (form.get('grant_type') !== 'client_credentials') return undefined;
  return {
    clientId: form.get('client_id') ?? undefined,
    clientSecret: form.get('client_secret') ?? undefined,
    tenantId: /(?:^|\s)tenantid:(\S+)/.exec(form.get('scope') ?? '')?.[1],
  };
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

function olderAnswer({ access, refresh }: TokenPair, tenant: Tenant, options: TokenApiOptions): object {
  const dates = {
    accessTokenExpiry: new Date(access.expiresAt).toISOString(),
    refreshTokenExpiry: new Date(refresh.expiresAt).toISOString(),
  };
  return {
    tenantId: tenant.tenantId,
    accessToken: access.value,
    refreshToken: refresh.value,
    ...(options.switches().expiryDates ? dates : {}),
    urls: {
      ...address(tenant, options),
      refreshToken: `${options.url()}/v1/token/renew`,
      ...otherAddresses(options.url()),
    },
  };
}

/** The inner keys of `apps` are not documented: the address is the only thing to rely on. */
function newerAnswer({ access }: TokenPair, tenant: Tenant, options: TokenApiOptions): object {
  return {
    access_token: access.value,
    token_type: 'Bearer',
    ...(options.switches().expiryDates ? { expires_in: access.seconds } : {}),
    apps: { sdmo: { name: 'Sage Distribution and Manufacturing Operations', ...address(tenant, options) } },
    ...otherAddresses(options.url()),
  };
}

function address(tenant: Tenant, { switches, url }: TokenApiOptions): object {
  const { spelling, withoutAddress } = switches();
  return withoutAddress ? {} : { [spelling]: `${url()}${tenant.path}` };
}

const otherAddresses = (url: string): object => ({
  invalidateToken: `${url}/v1/token`,
  asyncContextUploadUrl: `${url}/async-context/upload`,
  asyncContextErrorUrl: `${url}/async-context/error`,
  websocketUrl: `${url.replace(/^http/, 'ws')}/socket`,
});
