import { GatewayError } from '../kit/errors/index.ts';
import { isObject } from '../kit/json.ts';
import { andThen, type MaybePromise, orElse } from '../kit/maybe-promise.ts';
import type { Principal } from '../kit/principal.ts';
import type { CallerCheck, CallerKind, CallerParts, CallerRequest } from './caller-kind.ts';
import { CALLER_KINDS } from './kinds/index.ts';
import { noCredentials, wrongCredentials } from './unauthenticated.ts';
import { createWrongCredentials } from './wrong-credentials.ts';

export interface CallersOptions extends Omit<CallerParts, 'isAlone' | 'wrong' | 'now'> {
  /** Settings by section; a kind without settings admits nobody. */
  readonly config: Readonly<Record<string, unknown>>;
  /** In the order in which they are asked. @default all */
  readonly kinds?: readonly CallerKind[];
  /** Called for each request whose caller is identified. */
  readonly onIdentified?: (kind: string) => void;
  /** @default Date.now */
  readonly now?: () => number;
}

export interface Callers {
  /**
   * Finds out who sent this request. Wrong credentials are never treated as missing ones.
   * @throws GatewayError UNAUTHENTICATED; FORBIDDEN; RATE_LIMITED after many wrong ones; UPSTREAM_UNAVAILABLE, UPSTREAM_TIMEOUT if they
   * cannot be checked now.
   */
  identify(request: CallerRequest): MaybePromise<Principal>;
}

interface Asked {
  readonly kind: CallerKind;
  readonly check: CallerCheck;
}

/** Turns requests into principals. */
export function createCallers(options: CallersOptions): Callers {
  const { config, kinds = CALLER_KINDS, isHere, onIdentified, now = Date.now } = options;
  const isAlone = isWithoutCallers(config, kinds);
  const wrong = createWrongCredentials(now);
  const asked = configured(kinds, config).map(
    ({ kind, settings }): Asked => ({ kind, check: kind.create(settings, { ...options, isAlone, wrong, now }) }),
  );
  const known = new Set(options.knownTenants);

  /** The principal from a kind's credentials, limited to the most that the kind may do. */
  const bounded = ({ atMost }: CallerKind, principal: Principal, request: CallerRequest): Principal => {
    const mayAdminister =
      !principal.admin || atMost.admin === 'configured' || (atMost.admin === 'whenAlone' && isAlone && isHere(request));
    const mayAsk = (tenant: string) =>
      atMost.tenants && (known.has(tenant) || options.clients?.find(tenant)?.erp !== undefined);
    if (mayAdminister && principal.tenants.every(mayAsk)) return principal;
    return { ...principal, admin: principal.admin && mayAdminister, tenants: principal.tenants.filter(mayAsk) };
  };

  /** Asks the kinds in turn, beginning with that one. */
  const firstFrom = (
    index: number,
    request: CallerRequest,
    bearer: string | undefined,
  ): MaybePromise<Principal | undefined> => {
    const next = asked[index];
    if (!next) return undefined;
    const { kind, check } = next;
    const found = bearer === undefined ? check.ofRequest?.(request) : check.ofBearer?.(bearer, request.remoteAddress);
    return andThen(found, (principal) => {
      if (!principal) return firstFrom(index + 1, request, bearer);
      onIdentified?.(kind.name);
      return bounded(kind, principal, request);
    });
  };

  return {
    identify(request) {
      const found = orElse(
        () => {
          const bearer = parseBearer(request.headers['authorization']);
          return andThen(firstFrom(0, request, bearer), (principal) => {
            if (!principal && bearer !== undefined) throw wrongCredentials();
            return principal;
          });
        },
        (error) => {
          if (!(error instanceof GatewayError) || error.code !== 'UNAUTHENTICATED') throw error;
          throw wrong.refusal(request.remoteAddress, error);
        },
      );
      return andThen(found, (principal) => principal ?? refuse());
    },
  };
}

/** No callers are configured: people at this machine are its administrators. */
export function isWithoutCallers(
  config: CallersOptions['config'],
  kinds: readonly CallerKind[] = CALLER_KINDS,
): boolean {
  return !configured(kinds, config).some(({ kind, settings }) => kind.admits(settings));
}

/** Names of the stored connections that the configuration gives to callers of any kind. */
export function connectionsNamedIn(config: CallersOptions['config']): readonly string[] {
  const groups: readonly unknown[] = Object.values(config).flat();
  return groups.flatMap((group) =>
    isObject(group) && typeof group['connection'] === 'string' ? [group['connection']] : [],
  );
}

const configured = (kinds: readonly CallerKind[], config: CallersOptions['config']) =>
  kinds.flatMap((kind) => {
    const settings = config[kind.section];
    return settings === undefined ? [] : [{ kind, settings }];
  });

function refuse(): never {
  throw noCredentials();
}

const WITHOUT_SCHEME =
  'The Authorization header must be "Bearer", a space, and the API key or token. Put the word Bearer before it.';

/** RFC 6750 2.1. An `Authorization` header of any other form is a wrong credential, not a missing one. */
function parseBearer(header: string | readonly string[] | undefined): string | undefined {
  if (header === undefined) return undefined;
  const bearer = typeof header === 'string' ? /^Bearer +([\x21-\x7e]+) *$/i.exec(header)?.[1] : undefined;
  if (bearer === undefined) throw wrongCredentials(undefined, WITHOUT_SCHEME);
  return bearer;
}
