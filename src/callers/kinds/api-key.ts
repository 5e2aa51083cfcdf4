import { hash } from 'node:crypto';
import { z } from 'zod';
import { API_KEY_PREFIX } from '../../kit/api-key.ts';
import { GatewayError } from '../../kit/errors/index.ts';
import { andThen, type MaybePromise } from '../../kit/maybe-promise.ts';
import type { Principal } from '../../kit/principal.ts';
import { checkUnique, flag, name, type Read, sha256 } from '../../kit/settings/index.ts';
import type { ServedKey } from '../../tokens/index.ts';
import type { CallerCheck, CallerKind, CallerParts, FindConnection } from '../caller-kind.ts';
import type { SourceRights } from '../source-rights.ts';
import { wrongCredentials } from '../unauthenticated.ts';
import { companies, connection, defaultTenant, readOnly, tenants } from './rights.ts';

const settings = (rights: SourceRights) =>
  z
    .array(
      z.strictObject({
        name: name().describe('Name of the program, for logs and rights.'),
        sha256: sha256().describe('SHA-256 of the key, in hex.'),
        connection: connection(),
        companies: companies(),
        tenants: tenants(),
        defaultTenant: defaultTenant(),
        readOnly: readOnly(true),
        ...rights.settings(),
        admin: flag().prefault('false').describe('May manage connections and read metrics.'),
        metrics: flag().optional().describe('May read metrics. Left out: only with admin.'),
      }),
    )
    .prefault([])
    .describe('Programs with a key; `gateway keys create` prints such a line.');

type ApiKeySettings = Read<ReturnType<typeof settings>>[number];

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
  create: createApiKeyCheck,
};

function createApiKeyCheck(keys: readonly ApiKeySettings[], parts: CallerParts): CallerCheck {
  const known = new Map(keys.map((each) => [each.sha256.toLowerCase(), principalOf(each, parts.connection)]));
  // Good keys as they were shown, one for each configured at most: hashing one costs as much as sharing its read.
  const shown = new Map<string, () => MaybePromise<Principal>>();
  const ofClient = createClientPrincipals(parts);
  return {
    ofBearer(bearer) {
      const before = shown.get(bearer);
      if (before) return before();
      if (!bearer.startsWith(API_KEY_PREFIX)) return undefined;
      // Found by its digest: how long that takes tells something of digests, from which no key can be guessed.
      const digest = hash('sha256', bearer, 'hex');
      const principal = known.get(digest);
      if (principal) {
        shown.set(bearer, principal);
        return principal();
      }
      const served = parts.clients?.keyOf(digest);
      if (!served) throw wrongCredentials();
      return ofClient(served);
    },
  };
}

/** The key's principal, made again only when its connection holds another consent. */
function principalOf(key: ApiKeySettings, find: FindConnection): () => MaybePromise<Principal> {
  const { name: keyName, sha256: _, connection: connectionName, ...rights } = key;
  const plain: Principal = { id: `key:${keyName}`, kind: 'apiKey', ...rights };
  return connectionName === undefined ? () => plain : withConnection(plain, connectionName, find);
}

function withConnection(plain: Principal, name: string, find: FindConnection): () => MaybePromise<Principal> {
  let current = plain;
  return () =>
    andThen(find(name), (sage200) => {
      if (current.sage200 !== sage200) current = sage200 ? { ...plain, sage200 } : plain;
      return current;
    });
}

/** Principals of the directory's keys: names in the configuration hold no slash, so none is that of another caller. */
function createClientPrincipals({ connection, rights, now }: CallerParts) {
  // Dies with the key; the client is another object with each change.
  const made = new WeakMap<
    ServedKey['key'],
    { client: ServedKey['client']; principal: () => MaybePromise<Principal> }
  >();

  return ({ key, client }: ServedKey): MaybePromise<Principal> => {
    if (key.expiresAt !== undefined && key.expiresAt <= now()) throw wrongCredentials();
    if (!client.enabled)
      throw new GatewayError('FORBIDDEN', 'This client is disabled. The people who run the gateway can enable it.');
    const before = made.get(key);
    if (before?.client === client) return before.principal();
    const { name, site, company, companies, erp } = client;
    const plain: Principal = {
      id: `key:${name}/${key.name}`,
      kind: 'apiKey',
      companies,
      usualCompany: site !== undefined && company !== undefined ? { site, company } : null,
      tenants: erp ? [name] : [],
      readOnly: key.readOnly,
      admin: false,
      ...rights.all('none'),
    };
    const principal = withConnection(plain, name, connection);
    made.set(key, { client, principal });
    return principal();
  };
}
