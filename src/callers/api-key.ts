import { hash } from 'node:crypto';
import type { ApiKeySettings, CallerKind, FindConnection } from './callers-settings.ts';
import type { Principal } from './principal.ts';
import { toSage200Identity } from './sage200-identity.ts';
import { wrongCredentials } from './unauthenticated.ts';

export const API_KEY_PREFIX = 'sgk_';

/** Programs, each with a long random key of which the configuration holds only the hash. */
export function createApiKeyCallers(
  keys: readonly ApiKeySettings[],
  connection: FindConnection,
): CallerKind<Principal> {
  const known = new Map(keys.map((settings) => [settings.sha256.toLowerCase(), principalOf(settings, connection)]));
  // Good keys as they were shown, one for each configured at most: hashing one costs as much as sharing its read.
  const shown = new Map<string, Principal>();
  return {
    identify(bearer) {
      const before = shown.get(bearer);
      if (before) return before;
      if (!bearer.startsWith(API_KEY_PREFIX)) return undefined;
      // Found by its digest: how long that takes tells something of digests, from which no key can be guessed.
      const principal = known.get(hash('sha256', bearer, 'hex'));
      if (!principal) throw wrongCredentials();
      shown.set(bearer, principal);
      return principal;
    },
  };
}

function principalOf(settings: ApiKeySettings, connection: FindConnection): Principal {
  const { name, companies, tenants, defaultTenant, readOnly, admin } = settings;
  const sage200 = toSage200Identity(settings.connection, connection);
  return { id: `key:${name}`, kind: 'apiKey', ...sage200, companies, tenants, defaultTenant, readOnly, admin };
}
