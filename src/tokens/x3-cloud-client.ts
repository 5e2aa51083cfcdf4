import { GatewayError, type Secret } from '../kit/errors/index.ts';
import { HttpFailure, type HttpResponse, type Send, startDeadline } from '../kit/http/index.ts';
import { isObject, parseObject } from '../kit/json.ts';
import { parseRetryAfter } from '../kit/retry-after.ts';
import type { ConsentClient } from './connection-token-source.ts';
import { parseErpRefusal, parseErpTokenAnswer } from './erp-token-answer.ts';
import { JSON_HEADERS } from './erp-tokens.ts';
import { type SageIdAnswer, UNREPEATABLE_MS } from './sage-id-client.ts';
import { TokenRequestError, toUnansweredError } from './token-request-error.ts';

export interface X3CloudClientOptions {
  readonly clientId: string;
  readonly clientSecret: Secret;
  readonly send: Send;
  /** ms for a request that can be sent again. @default 15_000 */
  readonly timeoutMs?: number | undefined;
  readonly now: () => number;
}

/** A folder of an X3 that the person has approved. */
export interface X3Folder {
  readonly name: string;
  /** Address of its GraphQL, never built: its form is not the same for all. */
  readonly dataService: string | undefined;
}

/**
 * One application's requests to the regional services of Sage's X3 cloud. An endpoint is the address of one, without a slash
 * at the end; anyone who calls has checked that it may be given the client secret.
 */
export interface X3CloudClient {
  /** @throws TokenRequestError */
  exchange(endpoint: string, code: Secret, redirectUri: string): Promise<SageIdAnswer>;
  /** Renews and gives back the tokens of one endpoint. */
  at(endpoint: string): ConsentClient;
  /** @returns undefined when the token is refused @throws TokenRequestError */
  folders(endpoint: string, token: Secret): Promise<readonly X3Folder[] | undefined>;
}

/** Documented, for answers that do not say it. Source: "Token API". */
const ACCESS_LIFETIME_MS = 5 * 60_000;
const REFRESH_LIFETIME_MS = 30 * 24 * 3_600_000;
/** ms: anyone who disconnects waits for it. */
const REVOKE_TIMEOUT_MS = 5_000;

export function createX3CloudClient(options: X3CloudClientOptions): X3CloudClient {
  const { clientId, clientSecret, now, timeoutMs = 15_000 } = options;

  const send = async (request: Parameters<Send>[0], withinMs: number): Promise<HttpResponse> => {
    const deadline = startDeadline(withinMs);
    try {
      return await options.send({ ...request, signal: deadline.signal });
    } catch (error) {
      throw error instanceof HttpFailure ? toUnansweredError(error) : error;
    } finally {
      deadline.end();
    }
  };

  /** Spends what stands in `grant`, so the answer is waited for long. */
  const askForTokens = async (endpoint: string, grant: Readonly<Record<string, string>>): Promise<SageIdAnswer> => {
    const issuedAt = now();
    const body = JSON.stringify({ ...grant, client_id: clientId, client_secret: clientSecret.reveal() });
    const response = await send(
      { method: 'POST', url: `${endpoint}/token`, headers: JSON_HEADERS, body },
      UNREPEATABLE_MS,
    );
    if (!isSuccess(response)) throw toRefusal(response, now());
    return toAnswer(response, issuedAt);
  };

  return {
    exchange: (endpoint, code, redirectUri) =>
      askForTokens(endpoint, {
        grant_type: 'authorization_code',
        code: code.reveal(),
        redirect_uri: redirectUri,
      }),

    at: (endpoint) => ({
      refresh: (refreshToken) =>
        askForTokens(endpoint, { grant_type: 'refresh_token', refresh_token: refreshToken.reveal() }),
      // Only that refresh tokens can be deleted is documented; the form is the usual one.
      async revoke(refreshToken) {
        const headers = { ...JSON_HEADERS, authorization: `Bearer ${refreshToken.reveal()}` };
        const response = await send({ method: 'DELETE', url: `${endpoint}/token`, headers }, REVOKE_TIMEOUT_MS);
        if (!isSuccess(response)) throw toRefusal(response, now());
      },
    }),

    async folders(endpoint, token) {
      const headers = { accept: 'application/json', authorization: `Bearer ${token.reveal()}` };
      const response = await send({ method: 'GET', url: `${endpoint}/folders`, headers, isRead: true }, timeoutMs);
      if (response.status === 401) return undefined;
      if (!isSuccess(response)) throw toRefusal(response, now());
      return parseX3Folders(response.body);
    },
  };
}

const isSuccess = ({ status }: HttpResponse) => status >= 200 && status <= 299;

function toAnswer({ status, headers, body }: HttpResponse, issuedAt: number): SageIdAnswer {
  const serverTime = Date.parse(String(headers['date']));
  const answer = parseErpTokenAnswer(
    body.toString('utf8'),
    issuedAt,
    Number.isNaN(serverTime) ? undefined : serverTime,
    ACCESS_LIFETIME_MS,
  );
  if (!answer?.accessToken) throw new TokenRequestError('temporary', { status });
  const { accessToken, refreshToken, lifetimeMs, refreshLifetimeMs = REFRESH_LIFETIME_MS } = answer;
  const scope = parseObject(body)?.['scope'];
  return {
    accessToken,
    refreshToken,
    scope: typeof scope === 'string' ? scope : undefined,
    issuedAt,
    expiresAt: issuedAt + lifetimeMs,
    // Each renewal brings a new one, whose life begins then.
    ...(refreshToken && { refreshExpiresAt: issuedAt + refreshLifetimeMs }),
  };
}

/**
 * Refusals are not documented. An expired or deleted refresh token needs its person again, so that is what a refusal means
 * unless it speaks of the client, whose credentials stand in the same request.
 */
function toRefusal({ status, headers, body }: HttpResponse, now: number): TokenRequestError {
  const retryAfter = parseRetryAfter(headers['retry-after'], now);
  if (status === 429) return new TokenRequestError('rateLimited', { status, retryAfter: retryAfter ?? 1 });
  if (status === 504 || status === 408) return new TokenRequestError('late', { status, retryAfter });
  if (status >= 500) return new TokenRequestError('temporary', { status, retryAfter });
  const isClients = /client|secret|invalid_request|grant_type/i.test(parseErpRefusal(body.toString('utf8')));
  const isTokens = (status === 400 || status === 401 || status === 403) && !isClients;
  return new TokenRequestError(isTokens ? 'invalidGrant' : 'refused', { status });
}

/** The folders of an answer, as far as they can be read. */
function parseX3Folders(body: Buffer): readonly X3Folder[] {
  const list = parseObject(body)?.['folders'];
  if (!Array.isArray(list)) return [];
  return list.flatMap((each: unknown) => {
    if (!isObject(each) || typeof each['name'] !== 'string') return [];
    const urls = each['$urls'];
    const dataService = isObject(urls) ? urls['dataService'] : undefined;
    return [{ name: each['name'], dataService: typeof dataService === 'string' ? dataService : undefined }];
  });
}

/** A failed token request in the words that callers read. */
export function toX3CloudError(tenant: string, error: TokenRequestError): GatewayError {
  const { failure, status, retryAfter } = error;
  const options = { source: `erp:${tenant}`, cause: error } as const;
  const service = `The token service of ERP tenant "${tenant}"`;
  switch (failure) {
    case 'rateLimited': {
      const pause = retryAfter ?? 1;
      const message = `${service} answers too many requests. Try again in ${pause} s.`;
      return new GatewayError('RATE_LIMITED', message, { ...options, retryAfter: pause });
    }
    case 'late':
    case 'lateAnswer':
      return new GatewayError('UPSTREAM_TIMEOUT', `${service} did not answer in time. Try again later.`, options);
    case 'unreachable':
    case 'lostAnswer':
      return new GatewayError('UPSTREAM_UNAVAILABLE', `${service} cannot be reached. Try again later.`, options);
    case 'temporary':
      return new GatewayError(
        'UPSTREAM_UNAVAILABLE',
        `${service} gave no token (HTTP ${status}). Try again later.`,
        options,
      );
    case 'invalidGrant':
    case 'needsPerson':
    case 'refused':
      return new GatewayError(
        'MISCONFIGURED',
        `${service} refused the gateway. Check clientId, clientSecret and rootUrl.`,
        options,
      );
  }
}
