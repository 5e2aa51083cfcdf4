import { SignJWT } from 'jose';
import { GatewayError, Secret } from '../../kit/errors/index.ts';
import { certificates, duration, shaped, text, webUrl } from '../../kit/settings/index.ts';
import { isLoopbackHost } from '../../kit/this-machine.ts';
import type { ErpAccessToken, ErpTenantSettings, ErpTokenKind } from '../erp-tokens.ts';
import { createRenewingTokenSource } from '../renewing-token-source.ts';
import { ERP_TENANT_SETTINGS } from './erp-tenant.ts';

const DEFAULT_LIFETIME_MS = 300_000;
const DEFAULT_SKEW_MS = 30_000;

/** Sage X3 on premises: a token of a connected application, made and signed here. There is no token service to ask. */
export const x3Jwt = {
  name: 'x3-jwt',
  description: 'a token for Sage X3 on premises, signed with the secret of a connected application.',
  product: 'x3',
  section: 'erp.tenants',
  needs: ['url'],
  settings: {
    clientId: ERP_TENANT_SETTINGS.clientId,
    clientSecret: ERP_TENANT_SETTINGS.clientSecret,
    url: webUrl()
      .optional()
      .describe('x3-jwt: address of the GraphQL API, as the connected application has it: …/xtrem/api.'),
    audience: text()
      .optional()
      .describe('x3-jwt: what X3 expects as audience, character by character. Left out: url as it is written.'),
    user: text()
      .optional()
      .describe('x3-jwt: login of the allowed user, in upper and lower case as in X3. Left out: no user in the token.'),
    tokenLifetime: duration('10s', '1d')
      .optional()
      .describe('x3-jwt: life of a token, no longer than the validity of the connected application. Left out: 300s.'),
    clockSkew: duration('0s', '10m')
      .optional()
      .describe('x3-jwt: how far the clocks may differ; at most a quarter of tokenLifetime is used. Left out: 30s.'),
    endpoint: shaped(/^[A-Za-z0-9_-]{1,64}$/, 'an endpoint', 'SEED')
      .optional()
      .describe('x3-jwt: endpoint (folder) of the X3 solution. Left out: the one that X3 chooses.'),
    ca: certificates()
      .optional()
      .describe('x3-jwt: PEM file of certificates to trust at url besides the usual ones, read at the start.'),
  },
  create({ tenant, log, renewals, now = Date.now, random = Math.random }) {
    const { protocol, hostname } = new URL(tenant.url ?? '');
    if (protocol === 'http:' && !isLoopbackHost(hostname))
      log.warn(
        { tenant: tenant.name },
        'tokens and data of this Sage X3 are not encrypted on the way: its url is http://',
      );
    return createRenewingTokenSource<ErpAccessToken>({
      renew: () => makeToken(tenant, now()),
      watch: renewals,
      onImpatient: () =>
        new GatewayError('INTERNAL', `The gateway made no token for ERP tenant "${tenant.name}" in time.`, {
          source: `erp:${tenant.name}`,
        }),
      now,
      random,
    });
  },
} as const satisfies ErpTokenKind;

/** Signed with HS256: `iss` is the client id, `sub` the login, `aud` as registered, to the byte. Source: "Create a connected application". */
async function makeToken(tenant: ErpTenantSettings, now: number): Promise<ErpAccessToken> {
  const { url = '', audience = url, user, endpoint, tokenLifetimeMs: lifetime = DEFAULT_LIFETIME_MS } = tenant;
  const skew = Math.min(tenant.clockSkewMs ?? DEFAULT_SKEW_MS, lifetime / 4);
  // Put back, since an X3 whose clock is behind ours refuses a token from its future.
  const issuedAt = Math.floor((now - skew) / 1_000);
  const expiresAt = issuedAt + Math.floor(lifetime / 1_000);
  const claims = { iss: tenant.clientId, ...(user !== undefined && { sub: user }), aud: audience };
  const value = await new SignJWT({ ...claims, iat: issuedAt, exp: expiresAt })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .sign(new TextEncoder().encode(tenant.clientSecret.reveal()));
  return {
    value: new Secret(value),
    issuedAt: now,
    expiresAt: expiresAt * 1_000 - skew,
    graphqlUrl: url,
    ...(endpoint !== undefined && { headers: { 'x-xtrem-endpoint': endpoint } }),
  };
}
