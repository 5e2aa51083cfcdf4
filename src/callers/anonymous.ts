import { type Awaitable, andThen } from '../kit/maybe-promise.ts';
import type { ArrivedRequest } from '../kit/this-machine.ts';
import type { AnonymousSettings, FindConnection } from './callers-settings.ts';
import type { Principal } from './principal.ts';
import { toSage200Identity } from './sage200-identity.ts';

export interface AnonymousCallersOptions {
  readonly settings: AnonymousSettings | undefined;
  /** Whether a request may do what only people at this machine may. */
  readonly isHere: (request: ArrivedRequest) => boolean;
  readonly connection: FindConnection;
  /** Nobody else is configured: then people at this machine are its administrators. */
  readonly isAlone: boolean;
}

export interface CallerRequest extends ArrivedRequest {
  /** Left out: GET. */
  readonly method?: string;
}

/** Callers without credentials: only people at this machine, and only while nobody else can reach the gateway. */
export function createAnonymousCallers({ settings, isHere, connection, isAlone }: AnonymousCallersOptions) {
  return {
    identify(request: CallerRequest): Awaitable<Principal | undefined> {
      if (!settings || !isHere(request)) return undefined;
      const { companies, tenants, defaultTenant, readOnly } = settings;
      return andThen(toSage200Identity(settings.connection, connection), (sage200) => ({
        id: 'anonymous',
        kind: 'anonymous',
        ...sage200,
        companies,
        tenants,
        defaultTenant,
        readOnly,
        admin: isAlone,
      }));
    },
  };
}
