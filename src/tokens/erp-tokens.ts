import type { Logger } from 'pino';
import { elapsed as ofProcess } from '../kit/clock.ts';
import { GatewayError, type Secret } from '../kit/errors/index.ts';
import type { HttpRequest, HttpResponse, Send } from '../kit/http/index.ts';
import type { ConsentWatch } from './consent-watch.ts';
import { type CoolDownOptions, createCoolDown } from './cool-down.ts';
import { type ErpTokenAnswer, parseErpTokenAnswer } from './erp-token-answer.ts';
import { toErpSendError, toErpTokenError } from './erp-token-failure.ts';
import type { ConnectionEvent } from './events/connection-event.ts';
import { isAllowedAddress } from './is-allowed-address.ts';
import type { RenewalWatch } from './renewal-watch.ts';
import { createRenewingTokenSource } from './renewing-token-source.ts';
import type { TenantConsent } from './tenant-consent.ts';
import type { TokenKind } from './token-kind.ts';
import type { AccessToken, TokenSource } from './token-source.ts';
import type { Vault } from './vault/index.ts';

/** An ERP tenant's access token; its GraphQL address is known only from the same answer. */
export interface ErpAccessToken extends AccessToken {
  readonly graphqlUrl: string;
  /** That go with every request beside the token. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface ErpTenantSettings {
  readonly name: string;
  readonly tokenUrl: string;
  /** Name of a kind of token. */
  readonly grant: string;
  readonly clientId: string;
  readonly clientSecret: Secret;
  readonly tenantId: string;
  /** Where `urls.*` of the answer may point, and below. */
  readonly allowedHosts: readonly string[];
  /** Where its GraphQL is, when no token answer says so. */
  readonly url?: string;
  readonly audience?: string;
  readonly user?: string;
  readonly tokenLifetimeMs?: number;
  readonly clockSkewMs?: number;
  readonly endpoint?: string;
  /** Root of the regional API of an X3 in Sage's cloud. */
  readonly rootUrl?: string;
  /** Address of the customer's X3 there. */
  readonly customer?: string;
  /** As registered with Sage, where a person signs in. */
  readonly redirectUri?: string;
  readonly scopes?: readonly string[];
  readonly folder?: string;
  /** Certificates in PEM to trust at `url` besides the usual ones. */
  readonly ca?: string;
}

export interface ErpTokenSourceOptions {
  readonly tenant: ErpTenantSettings;
  readonly send: Send;
  readonly log: Logger;
  readonly renewals?: RenewalWatch | undefined;
  /** Where a grant keeps what a person has approved. */
  readonly vault?: Vault | undefined;
  readonly watch?: ConsentWatch | undefined;
  readonly onEvent?: ((event: ConnectionEvent) => void) | undefined;
  /** How far the clocks of machines may be apart, ms. */
  readonly clockToleranceMs?: number | undefined;
  /** ms for one token request. @default 15_000 */
  readonly timeoutMs?: number;
  readonly pauses?: Pick<CoolDownOptions, 'firstPauseMs' | 'maxPauseMs'>;
  readonly now?: () => number;
  readonly random?: () => number;
}

/** ms, a quarter more by chance: two seconds after an outage of the token service at the latest, somebody asks it again. */
const MAX_OUTAGE_PAUSE_MS = 1_600;
/** Given to ending the token at `close`. */
const END_TIMEOUT_MS = 3_000;

/** A token with what renews and ends it. */
interface HeldToken extends ErpAccessToken {
  readonly answer: ErpTokenAnswer;
}

/** Tokens of one ERP tenant, with the address that they are for. */
export type ErpTokens = TokenSource<ErpAccessToken> & {
  close(): Promise<void>;
  /** Where a person has to sign in for the tenant first. */
  readonly consent?: TenantConsent;
};

/** A grant that ERP tenants may be asked with. */
export interface ErpTokenKind extends TokenKind<'erp.tenants'> {
  /** The word that `kind` of a tenant chooses it by. @default 'sdmo' */
  readonly product?: 'x3';
  /** Of its settings those that have to be written, beside those that every tenant needs. */
  readonly needs?: readonly string[];
  create(options: ErpTokenSourceOptions): ErpTokens;
}

/**
 * Tokens of one ERP tenant, in this process's memory only, so that a restart never ends another process's.
 * @param tokenRequest asks for the first one, and again when it could not be renewed
 */
export function createErpTokens(
  options: ErpTokenSourceOptions,
  tokenRequest: (tenant: ErpTenantSettings) => HttpRequest,
): ErpTokens {
  const { tenant, send, log, timeoutMs = 15_000, now = Date.now, random = Math.random } = options;
  const elapsed = options.now ?? ofProcess;
  const source = `erp:${tenant.name}` as const;
  const coolDown = createCoolDown({ maxOutagePauseMs: MAX_OUTAGE_PAUSE_MS, ...options.pauses, elapsed, random });
  // Works once: taken out before it is sent, whatever comes of it.
  let refresh: { readonly token: Secret; readonly url: string; readonly until: number } | undefined;

  const ask = async (request: HttpRequest): Promise<HeldToken> => {
    const sentAt = now();
    const response = await send({ ...request, signal: AbortSignal.timeout(timeoutMs) }).catch((error: unknown) => {
      throw toErpSendError(tenant.name, error);
    });
    if (response.status >= 200 && response.status <= 299) return keep(toHeldToken(response, sentAt));
    const failure = toErpTokenError(tenant.name, response, now());
    // The answer's own words stay out of the log: some services repeat what they were sent.
    log.warn({ tenant: tenant.name, status: response.status, code: failure.code }, failure.message);
    throw failure;
  };

  const toHeldToken = (response: HttpResponse, sentAt: number): HeldToken => {
    const serverTime = Date.parse(String(response.headers['date']));
    const answer = parseErpTokenAnswer(
      response.body.toString('utf8'),
      sentAt,
      Number.isNaN(serverTime) ? undefined : serverTime,
    );
    const fail = (what: string) =>
      new GatewayError(
        'UPSTREAM_UNAVAILABLE',
        `The token service of ERP tenant "${tenant.name}" ${what}. Try again later; if it stays, ask Sage.`,
        { source },
      );
    if (!answer) throw fail('answered with something that is not JSON');
    if (!answer.accessToken) throw fail('answered without a token');
    if (!answer.graphqlUrl || !URL.canParse(answer.graphqlUrl)) throw fail('answered without a GraphQL address');
    if (!isAllowedAddress(answer.graphqlUrl, tenant)) {
      log.error(
        { tenant: tenant.name, host: new URL(answer.graphqlUrl).host },
        'the GraphQL address of the token answer is not in allowedHosts',
      );
      const message = `ERP tenant "${tenant.name}": its token answer points to a GraphQL address outside allowedHosts over https. The log names the host.`;
      throw new GatewayError('MISCONFIGURED', message, { source });
    }
    const { accessToken: value, graphqlUrl, lifetimeMs } = answer;
    return { value, graphqlUrl, issuedAt: sentAt, expiresAt: sentAt + lifetimeMs, answer };
  };

  const keep = (token: HeldToken): HeldToken => {
    const { refreshToken, refreshUrl, refreshLifetimeMs = Number.POSITIVE_INFINITY } = token.answer;
    refresh = undefined;
    if (!refreshToken || !refreshUrl) return token;
    if (isAllowedAddress(refreshUrl, tenant))
      refresh = { token: refreshToken, url: refreshUrl, until: elapsed() + refreshLifetimeMs };
    else
      log.warn(
        { tenant: tenant.name },
        'the renewal address of the token answer is not in allowedHosts and is not used',
      );
    return token;
  };

  const renewOrObtain = async (): Promise<HeldToken> => {
    const spent = refresh;
    refresh = undefined;
    if (spent && elapsed() < spent.until) {
      try {
        return await ask(renewRequest(tenant, spent.url, spent.token));
      } catch (error) {
        // A rate limit counts for both requests; anything else may be the refresh token's own trouble.
        if (error instanceof GatewayError && error.code === 'RATE_LIMITED') throw error;
        log.info({ tenant: tenant.name }, 'the ERP token could not be renewed and is obtained again');
      }
    }
    return ask(tokenRequest(tenant));
  };

  const end = async (token: HeldToken | undefined) => {
    const request = token && endRequest(token.answer, refresh?.token);
    refresh = undefined;
    if (!request || !isAllowedAddress(request.url, tenant)) return;
    await send({ ...request, signal: AbortSignal.timeout(END_TIMEOUT_MS) }).catch(() =>
      log.info({ tenant: tenant.name }, 'the ERP token could not be ended; it expires by itself'),
    );
  };

  return createRenewingTokenSource<HeldToken>({
    renew: () => coolDown.run(renewOrObtain),
    watch: options.renewals,
    end,
    onImpatient: () =>
      new GatewayError('UPSTREAM_TIMEOUT', `ERP tenant "${tenant.name}" gave no token in time. Try again later.`, {
        source,
      }),
    now,
    elapsed,
    random,
  });
}

/** The refresh token as bearer is documented; a working client also repeats the first request's body, which does no harm. */
function renewRequest(tenant: ErpTenantSettings, url: string, refreshToken: Secret): HttpRequest {
  const headers = { ...JSON_HEADERS, authorization: `Bearer ${refreshToken.reveal()}` };
  return { method: 'POST', url, headers, body: jsonBody(tenant) };
}

/** "How to get access to the tenant", older age: DELETE with both tokens, or either, in `x-tokens`. */
function endRequest(
  { accessToken, invalidateUrl }: ErpTokenAnswer,
  refreshToken: Secret | undefined,
): HttpRequest | undefined {
  if (!invalidateUrl || !accessToken) return undefined;
  const tokens = [
    `accessToken=${accessToken.reveal()}`,
    ...(refreshToken ? [`refreshToken=${refreshToken.reveal()}`] : []),
  ];
  return { method: 'DELETE', url: invalidateUrl, headers: { 'x-tokens': tokens.join(';') } };
}

export const JSON_HEADERS = { accept: 'application/json', 'content-type': 'application/json' };

export const jsonBody = ({
  clientId,
  clientSecret,
  tenantId,
}: Pick<ErpTenantSettings, 'clientId' | 'clientSecret' | 'tenantId'>) =>
  JSON.stringify({ clientId, clientSecret: clientSecret.reveal(), tenantId });
