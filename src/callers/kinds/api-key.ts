import { hash } from 'node:crypto';
import { z } from 'zod';
import { andThen, type MaybePromise } from '../../kit/maybe-promise.ts';
import type { Principal } from '../../kit/principal.ts';
import { checkUnique, flag, name, type Read, sha256 } from '../../kit/settings/index.ts';
import type { CallerCheck, CallerKind, FindConnection } from '../caller-kind.ts';
import { wrongCredentials } from '../unauthenticated.ts';
import { companies, connection, defaultTenant, readOnly, sourceRights, tenants } from './rights.ts';

export const API_KEY_PREFIX = 'sgk_';

const settings = z
  .array(
    z.strictObject({
      name: name().describe('Name of the program, for logs and rights.'),
      sha256: sha256().describe('SHA-256 of the key, in hex.'),
      connection: connection(),
      companies: companies(),
      tenants: tenants(),
      defaultTenant: defaultTenant(),
      readOnly: readOnly(true),
      ...sourceRights(),
      admin: flag().prefault('false').describe('May manage connections and read metrics.'),
      metrics: flag().optional().describe('May read metrics. Left out: only with admin.'),
    }),
  )
  .prefault([])
  .describe('Programs with a key; `npm run gateway -- keys create` prints such a line.');

type ApiKeySettings = Read<typeof settings>[number];

/** Programs, each with a long random key of which the configuration holds only the hash. */
export const apiKey: CallerKind<'apiKeys', readonly ApiKeySettings[]> = {
  name: 'apiKey',
  description: "A program with a key of the gateway's.",
  section: 'apiKeys',
  settings,
  atMost: { admin: 'configured', tenants: true },
  admits: (keys) => keys.length > 0,
  check(file, faults) {
    const keys = file.list(['callers', 'apiKeys']);
    checkUnique(file, faults, keys, {
      key: 'name',
      message: 'is the name of another key already; write a name of its own',
    });
    checkUnique(file, faults, keys, {
      key: 'sha256',
      message: 'is the sum of another key already; make a key for each program',
    });
  },
  create: (keys, parts) => createApiKeyCheck(keys, parts.connection),
};

function createApiKeyCheck(keys: readonly ApiKeySettings[], find: FindConnection): CallerCheck {
  const known = new Map(keys.map((each) => [each.sha256.toLowerCase(), principalOf(each, find)]));
  // Good keys as they were shown, one for each configured at most: hashing one costs as much as sharing its read.
  const shown = new Map<string, () => MaybePromise<Principal>>();
  return {
    ofBearer(bearer) {
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
function principalOf(key: ApiKeySettings, find: FindConnection): () => MaybePromise<Principal> {
  const { name: keyName, sha256: _, connection: connectionName, ...rights } = key;
  const plain: Principal = { id: `key:${keyName}`, kind: 'apiKey', ...rights };
  if (connectionName === undefined) return () => plain;
  let current = plain;
  return () =>
    andThen(find(connectionName), (sage200) => {
      if (current.sage200 !== sage200) current = sage200 ? { ...plain, sage200 } : plain;
      return current;
    });
}
