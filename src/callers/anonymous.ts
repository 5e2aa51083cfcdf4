import type { AnonymousSettings, FindConnection } from './callers-settings.ts';
import { isLoopback } from './is-loopback.ts';
import type { Principal } from './principal.ts';
import { toSage200Identity } from './sage200-identity.ts';

export interface AnonymousCallersOptions {
  readonly settings: AnonymousSettings | undefined;
  /** Where the gateway listens. */
  readonly host: string;
  readonly connection: FindConnection;
  /** Nobody else is configured: then whoever sits at this machine is its administrator. */
  readonly isAlone: boolean;
}

export interface CallerRequest {
  /** Left out: GET. */
  readonly method?: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly remoteAddress?: string | undefined;
}

/**
 * Callers without credentials: only people at this very machine. A request that names a proxy comes from
 * somewhere else, whatever address it arrives from, and is never anonymous.
 */
export function createAnonymousCallers({ settings, host, connection, isAlone }: AnonymousCallersOptions) {
  return {
    identify({ headers, remoteAddress }: CallerRequest): Principal | undefined {
      if (!settings || !isLoopback(host)) return undefined;
      if (remoteAddress !== undefined && !isLoopback(remoteAddress)) return undefined;
      if (Object.entries(headers).some(([name, value]) => value !== undefined && PROXY_HEADER.test(name)))
        return undefined;
      const { tenants, readOnly } = settings;
      const sage200 = toSage200Identity(settings.connection, connection);
      return { id: 'anonymous', kind: 'anonymous', ...sage200, companies: 'all', tenants, readOnly, admin: isAlone };
    },
  };
}

const PROXY_HEADER = /^(x-forwarded-.*|forwarded|x-real-ip)$/i;
