import { GatewayError, type Secret } from '../kit/errors/index.ts';
import type { Send } from '../kit/http/index.ts';
import { type Awaitable, andThen, orElse } from '../kit/maybe-promise.ts';
import type { ArrivedRequest } from '../kit/this-machine.ts';
import { type CallerRequest, createAnonymousCallers } from './anonymous.ts';
import { createApiKeyCallers } from './api-key.ts';
import type { CallerKind, CallersSettings, FindConnection } from './callers-settings.ts';
import { createJwtCallers } from './jwt.ts';
import { createPassThroughCallers } from './pass-through.ts';
import type { CompanyRef, Principal } from './principal.ts';
import type { SageTokenRules } from './sage-token.ts';
import { createSessionCallers, type SessionCallersOptions } from './session.ts';
import { noCredentials, wrongCredentials } from './unauthenticated.ts';
import { createWrongCredentials } from './wrong-credentials.ts';

export interface CallersOptions {
  readonly config: CallersSettings;
  /** Whether a request may do what only people at this machine may: without credentials nobody else is served. */
  readonly isHere: (request: ArrivedRequest) => boolean;
  readonly connection: FindConnection;
  /** Which tokens of Sage ID are accepted, and our own client id there. */
  readonly sageId: SageTokenRules & { readonly clientId: string | undefined };
  /** The companies that Sage 200 opens to a token. @throws GatewayError when Sage refuses it, or cannot be asked. */
  readonly companiesOf: (token: Secret) => Promise<readonly CompanyRef[]>;
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
   * @throws GatewayError UNAUTHENTICATED; FORBIDDEN; RATE_LIMITED after many wrong ones; UPSTREAM_UNAVAILABLE, UPSTREAM_TIMEOUT when the
   * proof cannot be had now.
   */
  identify(request: CallerRequest): Awaitable<Principal>;
}

/** Requests in, principals out. */
export function createCallers(options: CallersOptions): Callers {
  const { config, isHere, connection, sageId, companiesOf, knownTenants, send, now = Date.now } = options;
  const isAlone = isWithoutCallers(config);
  const anonymous = createAnonymousCallers({ settings: config.anonymous, isHere, connection, isAlone });
  const people =
    options.sessions && config.sessions
      ? createSessionCallers({ ...options.sessions, settings: config.sessions, isHere, connection, isAlone })
      : undefined;
  const wrong = createWrongCredentials(now);
  // In this order: a key by its prefix, a JWT by its issuer, and only then is Sage asked about the rest.
  const kinds = [
    createApiKeyCallers(config.apiKeys, connection),
    createJwtCallers({ issuers: config.jwt, connection, knownTenants, send, now }),
    createPassThroughCallers({ ...sageId, settings: config.passThrough, companiesOf, wrong, send, now }),
  ];
  const known = new Set(knownTenants);

  /** Undefined for somebody without credentials. @throws GatewayError UNAUTHENTICATED for wrong ones */
  const find = (request: CallerRequest): Awaitable<Principal | undefined> => {
    const bearer = parseBearer(request.headers['authorization']);
    if (bearer === undefined)
      return andThen(people?.identify(request), (person) => person ?? anonymous.identify(request));
    return andThen(firstOf(kinds, bearer, request.remoteAddress, 0), (principal) => {
      if (!principal) throw wrongCredentials();
      return principal;
    });
  };

  return {
    identify(request) {
      const found = orElse(
        () => find(request),
        (error) => {
          if (!(error instanceof GatewayError) || error.code !== 'UNAUTHENTICATED') throw error;
          throw wrong.refusal(request.remoteAddress, error);
        },
      );
      return andThen(found, (principal) => {
        if (!principal) throw noCredentials();
        if (principal.tenants.every((tenant) => known.has(tenant))) return principal;
        return { ...principal, tenants: principal.tenants.filter((tenant) => known.has(tenant)) };
      });
    },
  };
}

/** No callers are configured: people at this machine are its administrators. */
export function isWithoutCallers({ apiKeys, jwt, passThrough, sessions }: CallersSettings): boolean {
  return apiKeys.length === 0 && jwt.length === 0 && passThrough === false && (sessions?.allow ?? []).length === 0;
}

/** Asks the kinds in turn, beginning with that one. */
function firstOf(
  kinds: readonly CallerKind<Principal>[],
  bearer: string,
  address: string | undefined,
  index: number,
): Awaitable<Principal | undefined> {
  const kind = kinds[index];
  return (
    kind &&
    andThen(kind.identify(bearer, address), (principal) => principal ?? firstOf(kinds, bearer, address, index + 1))
  );
}

/** RFC 6750 2.1. An `Authorization` header of any other form is a wrong credential, not a missing one. */
function parseBearer(header: string | readonly string[] | undefined): string | undefined {
  if (header === undefined) return undefined;
  const bearer = typeof header === 'string' ? /^Bearer +([\x21-\x7e]+) *$/i.exec(header)?.[1] : undefined;
  if (bearer === undefined) throw wrongCredentials();
  return bearer;
}
