import { hash } from 'node:crypto';
import { type Awaitable, andThen } from '../kit/maybe-promise.ts';
import type { ApiKeySettings, CallerKind, FindConnection } from './callers-settings.ts';
import type { Principal } from './principal.ts';
import { wrongCredentials } from './unauthenticated.ts';

export const API_KEY_PREFIX = 'sgk_';

/** Programs, each with a long random key of which the configuration holds only the hash. */
export function createApiKeyCallers(
  keys: readonly ApiKeySettings[],
  connection: FindConnection,
): CallerKind<Principal> {
  const known = new Map(keys.map((settings) => [settings.sha256.toLowerCase(), principalOf(settings, connection)]));
  // Good keys as they were shown, one for each configured at most: hashing one costs as much as sharing its read.
  const shown = new Map<string, () => Awaitable<Principal>>();
  return {
    identify(bearer) {
      const before = shown.get(bearer);
      if (before) return before();
      if (!bearer.startsWith(API_KEY_PREFIX)) return undefined;
      // Found by its digest: how long that takes tells something of digests, from which no key can be guessed.
      const principal = known.get(hash('sha256', bearer, 'hex'));
      if (!principal) throw wrongCredentials();
      shown.set(bearer, principal);
      return principal();
    },
  };
}

/** The key's principal, made anew only when its connection holds another consent. */
function principalOf(settings: ApiKeySettings, connection: FindConnection): () => Awaitable<Principal> {
  const { name, companies, tenants, defaultTenant, readOnly, admin } = settings;
  const plain: Principal = { id: `key:${name}`, kind: 'apiKey', companies, tenants, defaultTenant, readOnly, admin };
  const { connection: connectionName } = settings;
  if (connectionName === undefined) return () => plain;
  let current = plain;
  return () =>
    andThen(connection(connectionName), (sage200) => {
      if (current.sage200 !== sage200) current = sage200 ? { ...plain, sage200 } : plain;
      return current;
    });
}
