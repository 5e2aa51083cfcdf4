import { basePathOf, toOwnUrl } from '../../kit/base-path.ts';
import { GatewayError } from '../../kit/errors/index.ts';
import type { MaybePromise } from '../../kit/maybe-promise.ts';
import { type ArrivedRequest, isLoopbackHost } from '../../kit/this-machine.ts';
import type { ServedClients } from '../clients/served-clients.ts';
import type { TenantConsent } from '../tenant-consent.ts';
import type { AuditEntry, Session } from '../vault/index.ts';
import { type AttemptCookies, createAttemptCookies } from './attempt-cookies.ts';
import type { ConsentExchange, ConsentPrincipal } from './route-types.ts';
import type { SageIdApplication } from './sage-id-application.ts';
import type { SessionCookie } from './session-cookie.ts';
import { createSignIn, type SignIn, type SignInOptions } from './sign-in.ts';

export interface ConsentRoutesOptions extends Omit<SignInOptions, 'grant' | 'client'> {
  /** The application at Sage ID. Without it, nobody can sign in, and the error says so. */
  readonly application?: SageIdApplication | undefined;
  /** Clients that have connect links. @default none */
  readonly clients?: Pick<ServedClients, 'find'> | undefined;
  /** As registered with Sage. A function, since the port may only be known once the server listens. */
  readonly redirectUri: string | (() => string);
  readonly publicUrl: string | (() => string);
  readonly sessionCookie: SessionCookie;
  /** `callers.sessions.allow`. If empty, only people at this machine. */
  readonly allow: readonly string[];
  /** Whether a request may do what only people at this machine may. */
  readonly isHere: (request: ArrivedRequest) => boolean;
  /** Whether no callers are configured: then people at this machine are its administrators. */
  readonly isAlone: boolean;
  /** Who calls. @throws GatewayError UNAUTHENTICATED */
  readonly identify: (request: ConsentExchange) => MaybePromise<ConsentPrincipal>;
  /** ERP tenants that a person signs in for. @default none */
  readonly tenants?: readonly TenantConsent[];
  /** Companies of a connection, for `GET /session`; omitted if reading them fails. */
  readonly companiesOf?: (connection: string, consent: number | undefined) => Promise<readonly unknown[]>;
}

/** Who acts if no callers are configured. */
export const ANYBODY_HERE = { id: 'anonymous', admin: true };

/** What the routes share. */
export interface ConsentContext extends Omit<ConsentRoutesOptions, 'redirectUri' | 'publicUrl' | 'identify' | 'now'> {
  readonly redirectUri: () => string;
  readonly publicOrigin: () => string;
  /** Of `publicUrl`. */
  readonly basePath: () => string;
  /** Full URL of a path of the gateway. */
  readonly ownUrl: (path: string) => string;
  readonly attempts: AttemptCookies;
  readonly now: () => number;
  /** @throws GatewayError MISCONFIGURED without an application at Sage ID */
  signIn(): SignIn;
  /** The caller, which is also noted in the exchange. @throws GatewayError UNAUTHENTICATED */
  identify(exchange: ConsentExchange): Promise<ConsentPrincipal>;
  /** Credentials take precedence, here too. */
  isAdminHere(exchange: ConsentExchange): boolean;
  /** Only people at this machine, connected over loopback from end to end, need no entry in `allow`. */
  isOpenHere(exchange: ConsentExchange): boolean;
  sessionOf(exchange: ConsentExchange): Promise<Session | undefined>;
  /** Writes a line of the record. Never rejects. */
  note(exchange: ConsentExchange, entry: Omit<AuditEntry, 'at' | 'requestId' | 'outcome'>): Promise<void>;
}

export function createConsentContext(options: ConsentRoutesOptions): ConsentContext {
  const { vault, application, log, sessionCookie, allow, isHere, isAlone, now = Date.now } = options;
  const redirectUri = () => resolved(options.redirectUri);
  const signIn = application && createSignIn({ ...options, ...application });
  return {
    ...options,
    now,
    redirectUri,
    basePath: () => basePathOf(resolved(options.publicUrl)),
    ownUrl: (path) => toOwnUrl(resolved(options.publicUrl), path),
    publicOrigin: () => new URL(resolved(options.publicUrl)).origin,
    attempts: createAttemptCookies({
      attempts: vault.signIns,
      isHttps: () => redirectUri().startsWith('https:'),
    }),
    signIn() {
      if (!signIn) throw notOffered();
      return signIn;
    },
    async identify(exchange) {
      exchange.principal = await options.identify(exchange);
      return exchange.principal;
    },
    isAdminHere: (exchange) => isAlone && exchange.headers['authorization'] === undefined && isHere(exchange),
    isOpenHere: (exchange) => allow.length === 0 && isLoopbackHost(new URL(redirectUri()).hostname) && isHere(exchange),
    async sessionOf(exchange) {
      const token = sessionCookie.read(exchange);
      return token && vault.sessions.find(token);
    },
    note: ({ requestId }, entry) =>
      vault.audit
        .note({ ...entry, at: now(), requestId, outcome: 'DONE' })
        .catch((err: unknown) => log.error({ err }, 'an audit event could not be written')),
  };
}

/** Sessions and consents belong to a person; a name alone does not say to whom. */
export const isOwnConsent = (id: string, sage200: ConsentPrincipal['sage200'], name: string): boolean =>
  sage200?.connection === name && sage200.subject !== undefined && id === `session:${sage200.subject}`;

const notOffered = () =>
  new GatewayError(
    'MISCONFIGURED',
    'This gateway has no client id at Sage ID. The people who run it must set sage200.clientId.',
  );

const resolved = (text: string | (() => string)) => (typeof text === 'string' ? text : text());
