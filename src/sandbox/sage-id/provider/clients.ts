import type { ClientMetadata } from 'oidc-provider';

/** The audience of Sage 200. Source: Sage 200 guide, "Authenticating". */
export const SAGE200_AUDIENCE = 's200ukipd/sage200';
/** Sage assigns the real one by hand, so this one is made up. */
export const NETWORK_AUDIENCE = 'sandbox/payments-out';

/** Used only on loopback, so the secrets are not secret: they are in the sandbox's documentation. */
export const WEB_CLIENT = { id: 'sandbox-web', secret: 'sandbox-web-secret' } as const;
export const DESKTOP_CLIENT = { id: 'sandbox-desktop' } as const;
export const NETWORK_CLIENT = { id: 'sandbox-network', secret: 'sandbox-network-secret' } as const;

const AUDIENCES: Readonly<Record<string, string>> = {
  [WEB_CLIENT.id]: SAGE200_AUDIENCE,
  [DESKTOP_CLIENT.id]: SAGE200_AUDIENCE,
  [NETWORK_CLIENT.id]: NETWORK_AUDIENCE,
};

export const isAudienceOf = (clientId: string, audience: string): boolean => AUDIENCES[clientId] === audience;

/** The library requires one address; {@link createRedirectCheck} decides which ones are accepted. */
const SIGN_IN = {
  redirect_uris: ['http://127.0.0.1/callback'],
  response_types: ['code'],
  grant_types: ['authorization_code', 'refresh_token'],
} as const;

export const CLIENTS: ClientMetadata[] = [
  {
    client_id: WEB_CLIENT.id,
    client_secret: WEB_CLIENT.secret,
    token_endpoint_auth_method: 'client_secret_post',
    redirect_uris: [...SIGN_IN.redirect_uris],
    response_types: [...SIGN_IN.response_types],
    grant_types: [...SIGN_IN.grant_types],
  },
  {
    client_id: DESKTOP_CLIENT.id,
    token_endpoint_auth_method: 'none',
    redirect_uris: [...SIGN_IN.redirect_uris],
    response_types: [...SIGN_IN.response_types],
    grant_types: [...SIGN_IN.grant_types],
  },
  {
    client_id: NETWORK_CLIENT.id,
    client_secret: NETWORK_CLIENT.secret,
    token_endpoint_auth_method: 'client_secret_post',
    redirect_uris: [],
    response_types: [],
    grant_types: ['client_credentials'],
  },
];

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

/** Accepts any loopback address, since ports are not known beforehand; others only if listed exactly. */
export const createRedirectCheck =
  (listed: readonly string[]) =>
  (uri: string): boolean =>
    listed.includes(uri) ||
    (URL.canParse(uri) && new URL(uri).protocol === 'http:' && LOOPBACK.has(new URL(uri).hostname));
