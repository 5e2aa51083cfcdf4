import { createHash, timingSafeEqual } from 'node:crypto';
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
  const known = keys.map((settings) => ({ settings, digest: Buffer.from(settings.sha256, 'hex') }));
  return {
    identify(bearer) {
      if (!bearer.startsWith(API_KEY_PREFIX)) return undefined;
      const digest = createHash('sha256').update(bearer).digest();
      // All are compared, each in constant time, so that timing tells neither a hash nor its place in the list.
      const matches = known.filter((key) => key.digest.length === digest.length && timingSafeEqual(key.digest, digest));
      const [match] = matches;
      if (!match) throw wrongCredentials();
      const { name, companies, tenants, readOnly, admin } = match.settings;
      const sage200 = toSage200Identity(match.settings.connection, connection);
      return { id: `key:${name}`, kind: 'apiKey', ...sage200, companies, tenants, readOnly, admin };
    },
  };
}
