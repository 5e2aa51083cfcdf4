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
        admin: flag().prefault('false').describe('Whether it may manage connections and read metrics.'),
        metrics: flag().optional().describe('Whether it may read metrics. Default: only with admin.'),
      }),
    )
    .prefault([])
    .describe('Programs with a key; `gateway keys create` prints such a line.');

type ApiKeySettings = Read<ReturnType<typeof settings>>[number];

/** Programs, each with a long random key. The configuration contains only its hash. */
export const apiKey: CallerKind<'apiKeys', readonly ApiKeySettings[]> = {
  name: 'apiKey',
  description: 'A program with an API key of the gateway.',
  section: 'apiKeys',
  settings,
  atMost: { admin: 'configured', tenants: true },
  admits: (keys) => keys.length > 0,
  check(file, faults) {
    const keys = file.list(['callers', 'apiKeys']);
    checkUnique(file, faults, keys, {
      key: 'name',
      message: 'is already the name of another key; use another name',
    });
    checkUnique(file, faults, keys, {
      key: 'sha256',
      message: 'is already the hash of another key; create a key for each program',
    });
  },
  create: createApiKeyCheck,
};

function createApiKeyCheck(keys: readonly ApiKeySettings[], parts: CallerParts): CallerCheck {
  const known = new Map(keys.map((each) => [each.sha256.toLowerCase(), principalOf(each, parts.connection)]));
  // Accepted keys as sent, at most one for each configured key: hashing a key costs as much as sharing a read.
  const shown = new Map<string, () => MaybePromise<Principal>>();
  const ofClient = createClientPrincipals(parts);
  return {
    ofBearer(bearer) {
      const before = shown.get(bearer);
      if (before) return before();
      if (!bearer.startsWith(API_KEY_PREFIX)) return undefined;
      // Looked up by its digest: the time that takes reveals only digests, from which no key can be guessed.
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

/** The key's principal, created again only if its connection has another consent. */
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

/** Principals of clients' keys. Names in the configuration contain no slash, so the ids cannot collide. */
function createClientPrincipals({ connection, rights, now }: CallerParts) {
  // Collected with the key; the client is a new object after each change.
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
