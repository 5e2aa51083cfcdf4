import { z } from 'zod';
import { Secret } from '../../kit/errors/index.ts';
import { shaped, text, upstreamUrl, webUrl, withoutSlash } from '../../kit/settings/index.ts';
import { createConnections } from '../connections.ts';
import { SignInFailure } from '../consent/sign-in-failure.ts';
import { consentEnded } from '../consent-failure.ts';
import type { ConsentIssuer } from '../consent-issuer.ts';
import type { ErpTenantSettings, ErpTokenKind, ErpTokenSourceOptions, ErpTokens } from '../erp-tokens.ts';
import { isAllowedAddress } from '../is-allowed-address.ts';
import { type TenantConsent, tenantConnectPath, tenantConsentName } from '../tenant-consent.ts';
import { TokenRequestError } from '../token-request-error.ts';
import { createX3CloudClient, toX3CloudError, type X3CloudClient } from '../x3-cloud-client.ts';
import { createX3CloudTokens } from '../x3-cloud-tokens.ts';
import { ERP_TENANT_SETTINGS } from './erp-tenant.ts';

/** One minute of five: the usual tenth is too short for a renewal that finds its service slow. */
const EARLY_MS = 60_000;
/** The GraphQL API, with the rights of the application. Source: X3 GraphQL FAQ. */
const USUAL_SCOPES = ['api.graphQL', 'businessDomain.ALL'];

/** Sage X3 in Sage's cloud: a person approves the application in a browser, for all callers of the tenant. */
export const x3Cloud = {
  name: 'x3-cloud',
  description: "an administrator signs in at Sage X3's cloud, for all callers of the tenant.",
  product: 'x3',
  section: 'erp.tenants',
  needs: ['rootUrl', 'customer'],
  settings: {
    clientId: ERP_TENANT_SETTINGS.clientId,
    clientSecret: ERP_TENANT_SETTINGS.clientSecret,
    allowedHosts: ERP_TENANT_SETTINGS.allowedHosts,
    rootUrl: upstreamUrl()
      .optional()
      .describe('x3-cloud: root of the regional API, such as https://api.eu-prod-sagex3.com/v1.'),
    customer: webUrl().optional().describe("x3-cloud: address of the customer's X3, as people open it."),
    redirectUri: upstreamUrl()
      .optional()
      .describe('x3-cloud: as registered with Sage. Left out: publicUrl + /connect/erp/<name>/callback.'),
    scopes: z
      .array(text())
      .optional()
      .describe(
        'x3-cloud: what is asked for. With user.? every call is done as the person who signed in. Left out: api.graphQL and businessDomain.ALL.',
      ),
    folder: shaped(/^[A-Za-z0-9_-]{1,64}$/, 'a folder', 'SEED')
      .optional()
      .describe('x3-cloud: folder of the X3, which the person has to approve. Left out: the only approved one.'),
  },
  create(options) {
    const { tenant, log, vault, watch, onEvent, clockToleranceMs } = options;
    if (!vault || !watch)
      throw new TypeError('The sign-in of a Sage X3 in the cloud is kept in the vault, and there is none.');
    const { now = Date.now } = options;
    const cloud = createX3CloudClient({ ...tenant, send: options.send, timeoutMs: options.timeoutMs, now });
    const name = tenantConsentName(tenant.name);
    const issuedBy = issuerOf(tenant.name);
    const endpointOf = (subject: string | undefined) => endpointIn(subject, tenant);
    const connections = createConnections({
      vault,
      watch,
      client: ({ subject }) => cloud.at(endpointOf(subject) ?? rootOf(tenant)),
      issuedBy,
      isName: (each) => each === name,
      earlyMs: EARLY_MS,
      renewals: options.renewals,
      clockToleranceMs,
      log,
      ...(onEvent && { onEvent }),
      ...(options.now && { now: options.now }),
    });
    if (tenant.scopes?.some((scope) => scope.startsWith('user.')))
      log.info(
        { tenant: tenant.name },
        'every call to this Sage X3 is done as the person who signed in, with their rights',
      );
    const tokens = createX3CloudTokens({
      tenant,
      cloud,
      consentIsThere: () => watch.current(name) !== undefined,
      identity: () => connections.identityOf(name),
      endpointOf,
      onForeign: () => consentEnded(name, issuedBy),
      close: connections.close,
    });
    return { ...tokens, consent: createConsent(options, name, { cloud, tokens }) } satisfies ErpTokens;
  },
} as const satisfies ErpTokenKind;

const issuerOf = (tenant: string): ConsentIssuer => ({
  source: `erp:${tenant}`,
  service: 'Sage X3',
  titleOf: () => `ERP tenant "${tenant}"`,
  connectUrlOf: () => tenantConnectPath(tenant),
  toError: (error) => toX3CloudError(tenant, error),
});

const rootOf = ({ rootUrl = '' }: ErpTenantSettings): string => withoutSlash(rootUrl);

/** What a consent is bound to, and kept as its subject: whose X3 it is for, and where that is served. */
const subjectOf = (endpoint: string, { customer = '' }: ErpTenantSettings): string =>
  `${endpoint}?${new URLSearchParams({ customer })}`;

/** Where the tokens of a consent are renewed; undefined for one of another customer, or that the configuration allows no more. */
function endpointIn(subject: string | undefined, tenant: ErpTenantSettings): string | undefined {
  const url = subject === undefined ? null : URL.parse(subject);
  if (!url || url.searchParams.get('customer') !== (tenant.customer ?? '')) return undefined;
  return allowedEndpoint(`${url.origin}${url.pathname}`, tenant);
}

/**
 * The address of a regional API as a callback or a consent names it; undefined where it must not be used. The client secret
 * goes there next, so it counts only under `allowedHosts`, and with the path of `rootUrl`.
 */
function allowedEndpoint(address: string, tenant: ErpTenantSettings): string | undefined {
  const root = new URL(rootOf(tenant));
  const url = URL.parse(address);
  if (!url || url.search || url.hash || withoutSlash(url.pathname) !== withoutSlash(root.pathname)) return undefined;
  const isAllowed = isAllowedAddress(address, { allowedHosts: tenant.allowedHosts, tokenUrl: root.href });
  return isAllowed ? withoutSlash(`${url.origin}${url.pathname}`) : undefined;
}

function createConsent(
  { tenant, log }: ErpTokenSourceOptions,
  name: string,
  { cloud, tokens }: { readonly cloud: X3CloudClient; readonly tokens: ErpTokens },
): TenantConsent {
  const { scopes = USUAL_SCOPES, clientId, customer = '' } = tenant;
  const retry = tenantConnectPath(tenant.name);
  return {
    tenant: tenant.name,
    name,
    redirectUri: tenant.redirectUri,
    tokens,

    authorizeUrl(state, redirectUri) {
      const query = {
        client_id: clientId,
        scope: scopes.join(' '),
        customer,
        redirect_uri: redirectUri,
        state: state.reveal(),
      };
      return `${rootOf(tenant)}/token/authorise?${new URLSearchParams(query)}`;
    },

    async exchange(answer, redirectUri) {
      const [code, ...others] = answer.getAll('authorizationCode');
      if (!code || others.length > 0) throw withoutCode(retry);
      const [given, ...more] = answer.getAll('endpoint').filter((each) => each !== '');
      const endpoint = more.length > 0 ? undefined : allowedEndpoint(given ?? rootOf(tenant), tenant);
      if (endpoint === undefined) {
        log.error(
          { tenant: tenant.name, host: given && URL.parse(given)?.host },
          'a sign-in named a regional API outside allowedHosts; nothing was sent there',
        );
        throw elsewhere(retry);
      }
      const tokens = await cloud.exchange(endpoint, new Secret(code), redirectUri).catch((error: unknown) => {
        if (!(error instanceof TokenRequestError)) throw error;
        log.warn({ tenant: tenant.name, failure: error.failure, status: error.status }, 'a sign-in got no tokens');
        throw toSignInFailure(tenant.name, error, retry);
      });
      const { accessToken: value, refreshToken, scope, issuedAt, expiresAt, refreshExpiresAt } = tokens;
      if (!refreshToken || refreshExpiresAt === undefined) throw withoutRefresh(retry);
      return {
        name,
        subject: subjectOf(endpoint, tenant),
        scope,
        accessToken: { value, issuedAt, expiresAt },
        refreshToken,
        consentedAt: issuedAt,
        refreshExpiresAt,
      };
    },

    async revoke(subject, refreshToken) {
      const endpoint = endpointIn(subject, tenant);
      if (endpoint === undefined) return false;
      await cloud.at(endpoint).revoke(refreshToken);
      return true;
    },
  };
}

const TITLE = 'Not connected';

const withoutCode = (retry: string) =>
  new SignInFailure('Sage X3 sent the browser back without an approval. Nothing was stored. Begin again.', {
    code: 'UPSTREAM_REJECTED',
    title: TITLE,
    retry,
  });

const elsewhere = (retry: string) =>
  new SignInFailure(
    'The answer names a service that this gateway does not trust. Nothing was sent there and nothing was stored. If the X3 really is in that region, the people who run the gateway add its host to allowedHosts of the tenant; the log names it.',
    { code: 'MISCONFIGURED', title: TITLE, retry },
  );

const withoutRefresh = (retry: string) =>
  new SignInFailure('Sage X3 gave no refresh token, so the sign-in would end within minutes. Nothing was stored.', {
    code: 'UPSTREAM_REJECTED',
    title: TITLE,
    retry,
  });

function toSignInFailure(tenant: string, error: TokenRequestError, retry: string): SignInFailure {
  if (error.failure === 'invalidGrant') {
    return new SignInFailure('Sage X3 does not accept this approval any more. Begin again.', {
      code: 'UPSTREAM_REJECTED',
      title: TITLE,
      retry,
      cause: error,
    });
  }
  const failure = toX3CloudError(tenant, error);
  return new SignInFailure(failure.message, { code: failure.code, title: TITLE, retry, cause: error });
}
