import {
  allowInsecureRequests,
  type ClientMetadata,
  ClientSecretPost,
  Configuration,
  type CustomFetch,
  clientCredentialsGrant,
  customFetch,
  genericGrantRequest,
  None,
  ResponseBodyError,
  refreshTokenGrant,
  type ServerMetadata,
  type TokenEndpointResponse,
  tokenRevocation,
} from 'openid-client';
import { Secret } from '../kit/errors/index.ts';
import { HttpFailure, type HttpResponse, type Send, startDeadline } from '../kit/http/index.ts';
import { parseObject } from '../kit/json.ts';
import { parseRetryAfter } from '../kit/retry-after.ts';
import { TokenRequestError, toUnansweredError } from './token-request-error.ts';

export interface SageIdClientOptions {
  /** Compared as text, slash included. */
  readonly issuer: string;
  readonly tokenUrl: string;
  /** Where refresh tokens are given back; left out, they are only forgotten. */
  readonly revokeUrl?: string | undefined;
  readonly bodyEncoding: 'form' | 'json';
  readonly clientId: string;
  /** Left out: a public client. */
  readonly clientSecret?: Secret | undefined;
  readonly send: Send;
  /** ms for a token request that can be sent again. @default 15_000 */
  readonly timeoutMs?: number;
  /** ms for one that cannot: it spends a refresh token or a code. @default {@link UNREPEATABLE_MS} */
  readonly unrepeatableMs?: number;
  readonly now?: () => number;
}

/** A token answer that was read whole. */
export interface SageIdAnswer {
  readonly accessToken: Secret;
  /** Absent when the answer brought none: then the old one stays (RFC 6749 section 6). */
  readonly refreshToken: Secret | undefined;
  readonly scope: string | undefined;
  /** Epoch ms before the request was sent. */
  readonly issuedAt: number;
  readonly expiresAt: number;
  /** New end of the refresh token, epoch ms, where each renewal moves it. */
  readonly refreshExpiresAt?: number | undefined;
}

/** One application's requests to Sage ID's token endpoint. @throws TokenRequestError on every failure. */
export interface SageIdClient {
  refresh(refreshToken: Secret, redirectUri?: string): Promise<SageIdAnswer>;
  /** @param grantType Sage's page spells it `client_credential`; everything seen working is `client_credentials`. */
  clientCredentials(grantType: string, audience: string): Promise<SageIdAnswer>;
  /** Ends a refresh token at Sage ID, which says yes to tokens it does not know, too (RFC 7009 2.2). */
  revoke(refreshToken: Secret): Promise<void>;
}

/** Assumed life of an access token whose answer tells none; too short costs a renewal, too long a 401. */
const DEFAULT_LIFETIME_S = 3600;

/**
 * ms that an answer is waited for which cannot be had a second time: the request may have been carried out, and to send it again
 * is to present a spent refresh token, for which issuers end the whole consent. Providers answer late rather than never.
 */
export const UNREPEATABLE_MS = 90_000;

/** ms: anyone who disconnects waits for it. */
const REVOKE_TIMEOUT_MS = 5_000;

/** openid-client over our own transport. Its errors quote token answers, so none of them leaves this file. */
export function createSageIdClient(options: SageIdClientOptions): SageIdClient {
  const { timeoutMs = 15_000, unrepeatableMs = UNREPEATABLE_MS, now = Date.now } = options;

  const request = async (
    timeoutMs: number,
    run: (config: Configuration) => Promise<TokenEndpointResponse>,
  ): Promise<SageIdAnswer> => {
    const exchange: Exchange = {};
    const config = toConfiguration(options);
    config[customFetch] = createTransport({ ...options, timeoutMs }, exchange, toResponse);
    const issuedAt = now();
    try {
      return toAnswer(await run(config), issuedAt);
    } catch (error) {
      throw toRequestError(error, exchange, now());
    }
  };

  return {
    refresh: (refreshToken, redirectUri) =>
      request(unrepeatableMs, (config) =>
        refreshTokenGrant(
          config,
          refreshToken.reveal(),
          redirectUri === undefined ? {} : { redirect_uri: redirectUri },
        ),
      ),
    clientCredentials: (grantType, audience) =>
      request(timeoutMs, (config) =>
        grantType === 'client_credentials'
          ? clientCredentialsGrant(config, { audience })
          : genericGrantRequest(config, grantType, { audience }),
      ),

    async revoke(refreshToken) {
      if (options.revokeUrl === undefined) return;
      const exchange: Exchange = {};
      const config = toConfiguration(options);
      config[customFetch] = createTransport({ ...options, timeoutMs: REVOKE_TIMEOUT_MS }, exchange, toBareResponse);
      try {
        await tokenRevocation(config, refreshToken.reveal(), { token_type_hint: 'refresh_token' });
      } catch (error) {
        throw toRequestError(error, exchange, now());
      }
    },
  };
}

/** The library's picture of one application at Sage ID. */
export function toConfiguration(
  options: Omit<SageIdClientOptions, 'send'>,
  server: Partial<ServerMetadata> = {},
  metadata: Partial<ClientMetadata> = {},
): Configuration {
  const { issuer, tokenUrl, revokeUrl, clientId, clientSecret } = options;
  const authentication = clientSecret ? ClientSecretPost(clientSecret.reveal()) : None();
  const endpoints = {
    issuer,
    token_endpoint: tokenUrl,
    ...(revokeUrl === undefined ? {} : { revocation_endpoint: revokeUrl }),
    ...server,
  };
  const config = new Configuration(endpoints, clientId, metadata, authentication);
  // The configuration allows http only for loopback; the library would refuse it even there.
  if (tokenUrl.startsWith('http:')) allowInsecureRequests(config);
  return config;
}

/** What happened on the wire, kept beside the library's own reading of it. */
export interface Exchange {
  failure?: unknown;
  response?: HttpResponse;
}

export function createTransport(
  { send, bodyEncoding, timeoutMs }: Pick<SageIdClientOptions, 'send' | 'bodyEncoding'> & { timeoutMs: number },
  exchange: Exchange,
  read: (response: HttpResponse) => Response,
): CustomFetch {
  return async (url, { headers, body }) => {
    const form = new URLSearchParams(String(body));
    const json = bodyEncoding === 'json';
    const deadline = startDeadline(timeoutMs);
    try {
      exchange.response = await send({
        method: 'POST',
        url,
        headers: json ? { ...headers, 'content-type': 'application/json' } : headers,
        body: json ? JSON.stringify(Object.fromEntries(form)) : form.toString(),
        signal: deadline.signal,
      });
    } catch (error) {
      exchange.failure = error;
      throw error;
    } finally {
      deadline.end();
    }
    return read(exchange.response);
  };
}

/**
 * The answer as the library shall see it. A rotated pair cannot be had again, so nothing beside the tokens may
 * make it refuse one: the id_token is left to sign-in, odd `expires_in` and `token_type` are corrected, and
 * an empty refresh token is none.
 */
export function toResponse({ status, body }: HttpResponse, alsoWanted: readonly string[] = []): Response {
  const answer = parseObject(body);
  if (!answer) return new Response('not JSON', { status: status === 200 ? 502 : toReadableStatus(status) });
  if (status !== 200) return Response.json(answer, { status: toReadableStatus(status) });
  const { access_token, refresh_token, scope } = answer;
  return Response.json({
    access_token,
    token_type: 'Bearer',
    expires_in: toSeconds(answer['expires_in']) ?? DEFAULT_LIFETIME_S,
    ...(typeof refresh_token === 'string' && refresh_token !== '' ? { refresh_token } : {}),
    ...(typeof scope === 'string' ? { scope } : {}),
    ...Object.fromEntries(
      Object.entries(answer).filter(([name, value]) => alsoWanted.includes(name) && value !== null),
    ),
  });
}

/** For answers in which nothing is worth reading but the status and an error's code. */
function toBareResponse({ status, body }: HttpResponse): Response {
  if (status === 200 || status === 204) return new Response(null, { status });
  return Response.json(parseObject(body) ?? {}, { status: toReadableStatus(status) });
}

/** `Response` cannot be made with every status a server may send. */
const toReadableStatus = (status: number) => (status >= 400 && status <= 599 ? status : 502);

export function toAnswer(answer: TokenEndpointResponse, issuedAt: number): SageIdAnswer {
  const { access_token, refresh_token, scope, expires_in = DEFAULT_LIFETIME_S } = answer;
  return {
    accessToken: new Secret(access_token),
    refreshToken: refresh_token === undefined ? undefined : new Secret(refresh_token),
    scope,
    issuedAt,
    expiresAt: issuedAt + expires_in * 1000,
  };
}

/**
 * Decides on the `error` code, never on the text, and only from an answer that is OAuth's own:
 * HTML, an empty body, 429 and 5xx say nothing about the tokens.
 */
export function toRequestError(error: unknown, { failure, response }: Exchange, now: number): TokenRequestError {
  if (failure instanceof HttpFailure) return toUnansweredError(failure);
  if (!response) return new TokenRequestError('unreachable', { cause: failure });
  const { status, headers } = response;
  const retryAfter = parseRetryAfter(headers['retry-after'], now);
  if (status === 429) return new TokenRequestError('rateLimited', { status, retryAfter: retryAfter ?? 1 });
  if (status === 504 || status === 408) return new TokenRequestError('late', { status, retryAfter });
  if (status >= 500 || !(error instanceof ResponseBodyError))
    return new TokenRequestError('temporary', { status, retryAfter });
  if (TEMPORARY_CODES.has(error.error)) return new TokenRequestError('temporary', { status, retryAfter });
  // A code that is not in the list is foreign text and not repeated.
  const code = KNOWN_CODES.has(error.error) ? error.error : undefined;
  return new TokenRequestError(refusalBy(code, status), { status, code });
}

function refusalBy(code: string | undefined, status: number): 'invalidGrant' | 'needsPerson' | 'refused' {
  if (code === 'invalid_grant') return 'invalidGrant';
  // A rule of the account denies its person; with 401 it is the client's id or secret that is wrong.
  const isPersons = code !== undefined && (PERSONS_CODES.has(code) || (code === 'access_denied' && status !== 401));
  return isPersons ? 'needsPerson' : 'refused';
}

/** OpenID Connect Core 3.1.2.6, and Auth0's `mfa_required`: a refresh token alone is not enough any more. */
const PERSONS_CODES = new Set([
  'mfa_required',
  'interaction_required',
  'login_required',
  'consent_required',
  'account_selection_required',
]);

/** RFC 6749 5.2, RFC 8707 and Auth0's own `access_denied`. */
const KNOWN_CODES = new Set([
  'invalid_grant',
  'invalid_request',
  'invalid_client',
  'unauthorized_client',
  'unsupported_grant_type',
  'invalid_scope',
  'invalid_target',
  'access_denied',
  ...PERSONS_CODES,
]);

const TEMPORARY_CODES = new Set(['server_error', 'temporarily_unavailable', 'slow_down', 'too_many_requests']);

function toSeconds(value: unknown): number | undefined {
  const seconds = typeof value === 'string' ? Number.parseFloat(value) : value;
  return typeof seconds === 'number' && Number.isFinite(seconds) && seconds > 0 ? seconds : undefined;
}
