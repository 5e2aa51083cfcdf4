import { randomBytes } from 'node:crypto';
import { exportJWK, generateKeyPair, type JWK } from 'jose';
import Provider, { type Configuration, errors } from 'oidc-provider';
import type { SandboxClock } from '../../sandbox-server.ts';
import type { SandboxUser } from '../sign-in/users.ts';
import { CLIENTS, createRedirectCheck, DESKTOP_CLIENT, isAudienceOf } from './clients.ts';
import type { SageIdStore } from './memory-adapter.ts';
import { audienceOf } from './resource.ts';

/** Source: Sage 200 guide, "Authenticating": tokens live eight hours. */
const ACCESS_TOKEN_SECONDS = 28_800;
const MINUTE = 60;
const DAY = 86_400;

/** Scopes of a token for an API; Sage ID's answers list the sign-in's scopes. */
export const SCOPES = 'openid profile email offline_access';

export interface ProviderOptions {
  /** With a slash at the end, as Sage ID's. */
  readonly issuer: string;
  readonly users: readonly SandboxUser[];
  readonly store: SageIdStore;
  readonly clock: SandboxClock;
  readonly redirectUris: readonly string[];
  /** From consent on; renewals do not change it. */
  readonly refreshTokenSeconds: number;
}

export interface SageIdProvider {
  readonly provider: Provider;
  /** Signs and proves tokens; private part included. */
  readonly key: JWK;
}

export async function createProvider(options: ProviderOptions): Promise<SageIdProvider> {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  const key: JWK = { ...(await exportJWK(privateKey)), kid: randomBytes(8).toString('hex'), alg: 'RS256', use: 'sig' };
  const provider = new Provider(options.issuer, configure(options, key));
  const isAllowedRedirect = createRedirectCheck(options.redirectUris);
  // The library's documented way to replace its redirect rules.
  provider.Client.prototype.redirectUriAllowed = isAllowedRedirect;
  return { provider, key };
}

// Nearly every line is needed because its default prints a notice that it should be changed.
function configure(options: ProviderOptions, key: JWK): Configuration {
  const { users, store, clock, refreshTokenSeconds } = options;
  return {
    adapter: store.adapter,
    clients: CLIENTS,
    // The types know no JWK with optional members; the library checks what it is given.
    jwks: { keys: [key] as unknown as NonNullable<Configuration['jwks']>['keys'] },
    cookies: { keys: [randomBytes(16).toString('hex')] },
    routes: {
      authorization: '/authorize',
      token: '/oauth/token',
      revocation: '/oauth/revoke',
      userinfo: '/userinfo',
      jwks: '/.well-known/jwks.json',
    },
    interactions: { url: (_ctx, interaction) => `/sign-in/${interaction.uid}` },
    features: {
      devInteractions: { enabled: false },
      rpInitiatedLogout: { enabled: false },
      pushedAuthorizationRequests: { enabled: false },
      dPoP: { enabled: false },
      clientCredentials: { enabled: true },
      revocation: { enabled: true, allowedPolicy: (_ctx, client, token) => token.clientId === client.clientId },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => undefined,
        // A renewal names no audience and gets a token for the one signed in for.
        useGrantedResource: () => true,
        getResourceServerInfo(_ctx, resource, client) {
          const audience = audienceOf(resource);
          if (audience === undefined || !isAudienceOf(client.clientId, audience)) throw new errors.InvalidTarget();
          return {
            audience,
            scope: SCOPES,
            accessTokenTTL: clock.accessTokenSeconds ?? ACCESS_TOKEN_SECONDS,
            accessTokenFormat: 'jwt',
            jwt: { sign: { alg: 'RS256' } },
          };
        },
      },
    },
    formats: {
      customizers: {
        // The library knows only the machine's clock, and takes changes to the payload in place.
        jwt(_ctx, _token, { payload }) {
          const shift = Math.round((clock.now() - Date.now()) / 1_000);
          for (const name of ['iat', 'exp']) {
            const seconds = payload[name];
            if (typeof seconds === 'number') payload[name] = seconds + shift;
          }
        },
      },
    },
    responseTypes: ['code'],
    // Sage documents the secret in the body; whether Basic works is unknown.
    clientAuthMethods: ['client_secret_post', 'none'],
    scopes: SCOPES.split(' '),
    claims: { openid: ['sub'], profile: ['name', 'given_name', 'family_name'], email: ['email', 'email_verified'] },
    // Sage ID's id tokens carry name and address, and not only the user info answer.
    conformIdTokenClaims: false,
    pkce: { required: (_ctx, client) => client.clientId === DESKTOP_CLIENT.id },
    rotateRefreshToken: true,
    issueRefreshToken: async (_ctx, client, code) =>
      client.grantTypeAllowed('refresh_token') && code.scopes.has('offline_access'),
    expiresWithSession: async () => false,
    clientBasedCORS: () => false,
    findAccount(_ctx, subject) {
      const user = users.find((each) => each.subject === subject);
      return user && { accountId: subject, claims: async () => claimsOf(user) };
    },
    async renderError(ctx, out) {
      ctx.type = 'json';
      ctx.body = out;
    },
    ttl: {
      AccessToken: (_ctx, token) => token.resourceServer?.accessTokenTTL ?? DAY,
      ClientCredentials: (_ctx, token) => token.resourceServer?.accessTokenTTL ?? DAY,
      AuthorizationCode: MINUTE,
      IdToken: ACCESS_TOKEN_SECONDS,
      Interaction: 60 * MINUTE,
      Session: DAY,
      Grant: refreshTokenSeconds + DAY,
      RefreshToken: (ctx) => ctx?.oidc?.entities.RotatedRefreshToken?.remainingTTL ?? refreshTokenSeconds,
    },
  };
}

export const claimsOf = (user: SandboxUser) => ({
  sub: user.subject,
  name: `${user.firstName} ${user.lastName}`,
  given_name: user.firstName,
  family_name: user.lastName,
  email: user.email,
  email_verified: user.emailVerified,
});
