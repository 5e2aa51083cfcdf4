import type { Secret } from '../kit/errors/index.ts';
import type { Send } from '../kit/http/index.ts';
import { type Awaitable, andThen } from '../kit/maybe-promise.ts';
import { type CallerRequest, createAnonymousCallers } from './anonymous.ts';
import { createApiKeyCallers } from './api-key.ts';
import type { CallerKind, CallersSettings, FindConnection } from './callers-settings.ts';
import { createJwtCallers } from './jwt.ts';
import { createPassThroughCallers } from './pass-through.ts';
import type { Principal } from './principal.ts';
import { createSessionCallers, type SessionCallersOptions } from './session.ts';
import { noCredentials, wrongCredentials } from './unauthenticated.ts';

export interface CallersOptions {
  readonly config: CallersSettings;
  /** Where the gateway listens: without credentials only callers of a loopback host are served. */
  readonly host: string;
  readonly connection: FindConnection;
  /** Asks Sage 200 for the token's sites. @throws when Sage refuses it, or cannot be asked. */
  readonly proveSageToken: (token: Secret) => Promise<void>;
  /** Names of the ERP tenants there are. */
  readonly knownTenants: readonly string[];
  /** Fetches the keys of JWT issuers. */
  readonly send: Send;
  /** Where people's sessions are kept and how a browser shows one; left out: nobody has one. */
  readonly sessions?: Pick<SessionCallersOptions, 'sessions' | 'cookie' | 'publicUrl'> | undefined;
  /** @default Date.now */
  readonly now?: () => number;
}

export interface Callers {
  /**
   * Who sent this request. Wrong credentials are never taken for none.
   * @throws GatewayError UNAUTHENTICATED; UPSTREAM_UNAVAILABLE, UPSTREAM_TIMEOUT, RATE_LIMITED when the proof cannot be had now.
   */
  identify(request: CallerRequest): Awaitable<Principal>;
}

/** Requests in, principals out. */
export function createCallers(options: CallersOptions): Callers {
  const { config, host, connection, proveSageToken, knownTenants, send, now = Date.now } = options;
  const isAlone = isWithoutCallers(config);
  const anonymous = createAnonymousCallers({ settings: config.anonymous, host, connection, isAlone });
  const people =
    options.sessions && config.sessions
      ? createSessionCallers({ ...options.sessions, settings: config.sessions, host, connection, isAlone })
      : undefined;
  // In this order: a key by its prefix, a JWT by its issuer, and only then is Sage asked about the rest.
  const kinds = [
    createApiKeyCallers(config.apiKeys, connection),
    createJwtCallers({ issuers: config.jwt, connection, knownTenants, send, now }),
    createPassThroughCallers({ settings: config.passThrough, proveSageToken, now }),
  ];
  const known = new Set(knownTenants);

  return {
    identify(request) {
      const bearer = parseBearer(request.headers['authorization']);
      const found =
        bearer === undefined
          ? andThen(people?.identify(request), (person) => person ?? anonymous.identify(request))
          : firstOf(kinds, bearer, 0);
      return andThen(found, (principal) => {
        if (!principal) throw bearer === undefined ? noCredentials() : wrongCredentials();
        if (principal.tenants.every((tenant) => known.has(tenant))) return principal;
        return { ...principal, tenants: principal.tenants.filter((tenant) => known.has(tenant)) };
      });
    },
  };
}

/** No callers are configured: whoever sits at a loopback host's machine is its administrator. */
export function isWithoutCallers({ apiKeys, jwt, passThrough, sessions }: CallersSettings): boolean {
  return apiKeys.length === 0 && jwt.length === 0 && passThrough === false && (sessions?.allow ?? []).length === 0;
}

/** Asks the kinds in turn, beginning with that one. */
function firstOf(
  kinds: readonly CallerKind<Principal>[],
  bearer: string,
  index: number,
): Awaitable<Principal | undefined> {
  const kind = kinds[index];
  return kind && andThen(kind.identify(bearer), (principal) => principal ?? firstOf(kinds, bearer, index + 1));
}

/** RFC 6750 2.1. An `Authorization` header of any other form is a wrong credential, not a missing one. */
function parseBearer(header: string | readonly string[] | undefined): string | undefined {
  if (header === undefined) return undefined;
  const bearer = typeof header === 'string' ? /^Bearer +([\x21-\x7e]+) *$/i.exec(header)?.[1] : undefined;
  if (bearer === undefined) throw wrongCredentials();
  return bearer;
}
