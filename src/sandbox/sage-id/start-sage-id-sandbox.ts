import type { IncomingMessage, ServerResponse } from 'node:http';
import type { JWTPayload } from 'jose';
import { type Place, type SandboxServer, startSandboxServer } from '../sandbox-server.ts';
import type { CompanyKey } from '../seed/index.ts';
import { createRedirectCheck, NETWORK_AUDIENCE, SAGE200_AUDIENCE, WEB_CLIENT } from './provider/clients.ts';
import { createStore } from './provider/memory-adapter.ts';
import { resourceOf } from './provider/resource.ts';
import { toAuthorizeRequest } from './sign-in/authorize-request.ts';
import { createUsers, findUser, type SandboxUser } from './sign-in/users.ts';
import { createRenewalLog, type Renewal } from './tokens/renewals.ts';
import type { GrantSpelling } from './tokens/token-endpoint.ts';
import { createTokenRoute } from './tokens/token-route.ts';

export interface SageIdSandboxOptions extends Place {
  /** All companies, which are divided among the users. */
  readonly companies: readonly CompanyKey[];
  /** Accepted besides every loopback address. */
  readonly redirectUris?: readonly string[];
  /** From consent on; renewals do not change it. @default 90 days */
  readonly refreshTokenSeconds?: number;
  /** How long a spent refresh token may be used again. Sage's own setting is unknown. @default 0 */
  readonly overlapSeconds?: number;
}

/** What a token proves. */
export interface VerifiedToken {
  readonly subject: string;
  readonly email: string;
  readonly name: string;
  readonly companies: readonly CompanyKey[];
  /** Epoch ms. */
  readonly expiresAt: number;
}

export interface IssueOptions {
  /** `alice`, an e-mail address or a subject. @default 'alice' */
  readonly user?: string;
  /** @default 'sandbox-web' */
  readonly client?: string;
}

export interface SageIdSandbox extends SandboxServer {
  /** With a slash at the end, as `https://id.sage.com/` has one. */
  readonly issuer: string;
  readonly users: readonly SandboxUser[];
  /** Undefined for a token that is forged, expired by the server's clock, or not for Sage 200. */
  verifyAccessToken(token: string): Promise<VerifiedToken | undefined>;
  /** Whether a machine token is good for Payments Out. */
  verifyNetworkToken(token: string): Promise<boolean>;
  /** A consent without a browser. Each call is a separate consent. */
  issueRefreshToken(options?: IssueOptions): Promise<string>;
  /** Ends every consent of a user, as an administrator might. */
  revokeUser(user: string): Promise<void>;
  /** Changes the claim `email_verified` of a user's tokens; undefined leaves it out. */
  setEmailVerified(user: string, value: unknown): void;
  /** Plays the browser. @returns the address the person is sent back to, with `code` and `state`, or `error`. */
  signIn(authorizeUrl: string, user: string): Promise<string>;
  /** The same for somebody who refuses. */
  refuseSignIn(authorizeUrl: string): Promise<string>;
  /** Allows a spent refresh token to be used again for this long; 0 means never. */
  setOverlapSeconds(seconds: number): void;
  /** Which spelling of a machine's grant is accepted; at first both. */
  setGrantSpelling(spelling: GrantSpelling): void;
  /** Every use of a refresh token so far, oldest first. */
  renewals(): Renewal[];
  clearRenewals(): void;
}

/** Source: Sage ID asks for the refresh token's life in its credentials form, 90 days at most. */
const REFRESH_TOKEN_SECONDS = 90 * 86_400;

/** Sage ID as far as Sage 200 and the Sage Network use it. @throws Error when the port is in use. */
export async function startSageIdSandbox(options: SageIdSandboxOptions): Promise<SageIdSandbox> {
  const users = createUsers(options.companies);
  const renewals = createRenewalLog();
  const allowsRedirect = createRedirectCheck(options.redirectUris ?? []);
  const server: SandboxServer = await startSandboxServer({
    name: 'Sage ID',
    port: options.port,
    host: options.host,
    publicHost: options.publicHost,
    listener: (request, response, body) => route(request, response, body),
    defaultErrorBody: (status) => ({
      error: 'server_error',
      error_description: `The sandbox was told to answer ${status}.`,
    }),
  });
  const { clock } = server;
  let grantSpelling: GrantSpelling = 'both';
  let overlapSeconds = options.overlapSeconds ?? 0;
  const store = createStore(clock.now, () => overlapSeconds);
  const issuer = `${server.url}/`;
  // Loading the library takes longer than starting all servers, so only the first request that needs it waits.
  const loading = import('./provider/provider.ts').then(({ createProvider }) =>
    createProvider({
      issuer,
      users,
      store,
      clock,
      redirectUris: options.redirectUris ?? [],
      refreshTokenSeconds: options.refreshTokenSeconds ?? REFRESH_TOKEN_SECONDS,
    }),
  );
  // A failure shows where it is awaited; until then it must not count as unhandled.
  loading.catch(() => {});
  const tokens = createTokenRoute({ store, renewals, clock, grantSpelling: () => grantSpelling });

  const route = async (request: IncomingMessage, response: ServerResponse, body: Buffer): Promise<void> => {
    const sageId = await loading;
    const { provider } = sageId;
    const url = new URL(request.url ?? '/', issuer);
    const pass = provider.callback();
    switch (url.pathname) {
      case '/oauth/token':
      case '/oauth/revoke':
        if (request.method === 'POST') return tokens(sageId, request, response, body);
        return pass(request, response);
      case '/userinfo':
        return sendUserInfo(request, response);
      case '/v2/logout':
        return logOut(url, response);
      default:
        if (url.pathname.startsWith('/sign-in/')) {
          const { handleSignIn } = await import('./sign-in/sign-in.ts');
          return handleSignIn(provider, users, request, response, body);
        }
        return pass(url.pathname.startsWith('/authorize') ? toAuthorizeRequest(request, url) : request, response);
    }
  };

  const verify = async (token: string, audience: string): Promise<JWTPayload | undefined> => {
    const [{ importJWK, jwtVerify }, { key }] = await Promise.all([import('jose'), loading]);
    try {
      const { kty = 'RSA', n = '', e = '' } = key;
      const publicKey = await importJWK({ kty, n, e }, 'RS256');
      const { payload } = await jwtVerify(token, publicKey, { issuer, audience, currentDate: new Date(clock.now()) });
      return payload;
    } catch {
      return undefined;
    }
  };

  const verifyAccessToken = async (token: string): Promise<VerifiedToken | undefined> => {
    const payload = await verify(token, SAGE200_AUDIENCE);
    const user = users.find(({ subject }) => subject === payload?.sub);
    if (!payload?.exp || !user) return undefined;
    const { subject, email, firstName, lastName, companies } = user;
    return { subject, email, name: `${firstName} ${lastName}`, companies, expiresAt: payload.exp * 1_000 };
  };

  const sendUserInfo = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { claimsOf } = await import('./provider/provider.ts');
    const [, token = ''] = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '') ?? [];
    const verified = await verifyAccessToken(token);
    response.setHeader('content-type', 'application/json');
    response.statusCode = verified ? 200 : 401;
    const user = users.find(({ subject }) => subject === verified?.subject);
    response.end(JSON.stringify(user ? claimsOf(user) : { error: 'invalid_token' }));
  };

  const logOut = (url: URL, response: ServerResponse) => {
    const returnTo = url.searchParams.get('returnTo');
    const isAllowed = returnTo !== null && allowsRedirect(returnTo);
    response.statusCode = isAllowed ? 302 : 200;
    if (isAllowed) response.setHeader('location', new URL(returnTo).href);
    response.end(isAllowed ? undefined : 'OK');
  };

  const issueRefreshToken = async ({ user = 'alice', client: clientId = WEB_CLIENT.id }: IssueOptions = {}) => {
    const { subject } = findUser(users, user);
    const [{ provider }, { createGrant }, { SCOPES }] = await Promise.all([
      loading,
      import('./sign-in/sign-in.ts'),
      import('./provider/provider.ts'),
    ]);
    const client = await provider.Client.find(clientId);
    if (!client) throw new RangeError(`The Sage ID sandbox has no client ${clientId}`);
    const resource = resourceOf(SAGE200_AUDIENCE);
    const grantId = await createGrant(provider, subject, clientId, resource);
    const token = new provider.RefreshToken({
      client,
      accountId: subject,
      grantId,
      gty: 'authorization_code',
      scope: SCOPES,
      resource,
      rotations: 0,
      authTime: Math.floor(Date.now() / 1_000),
    });
    return token.save();
  };

  return {
    ...server,
    clock,
    issuer,
    users,
    verifyAccessToken,
    verifyNetworkToken: async (token) => (await verify(token, NETWORK_AUDIENCE)) !== undefined,
    issueRefreshToken,
    revokeUser: async (user) => store.revokeAccount(findUser(users, user).subject),
    setEmailVerified(user, value) {
      findUser(users, user).emailVerified = value;
    },
    async signIn(authorizeUrl, user) {
      const { walkThroughSignIn } = await import('./sign-in/sign-in.ts');
      return walkThroughSignIn(authorizeUrl, { user: findUser(users, user).email });
    },
    async refuseSignIn(authorizeUrl) {
      const { walkThroughSignIn } = await import('./sign-in/sign-in.ts');
      return walkThroughSignIn(authorizeUrl, { deny: 'yes' });
    },
    setOverlapSeconds(seconds) {
      overlapSeconds = seconds;
    },
    setGrantSpelling(spelling) {
      grantSpelling = spelling;
    },
    renewals: renewals.list,
    clearRenewals: renewals.clear,
  };
}
