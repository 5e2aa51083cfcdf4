import { makeApiKey } from '../../kit/api-key.ts';
import { GatewayError, Secret } from '../../kit/errors/index.ts';
import type { ConnectionEvent } from '../events/connection-event.ts';
import {
  type ClientKey,
  isConnectionName,
  MAX_LINKS,
  RESERVED_MS,
  type StoredClient,
  type Vault,
} from '../vault/index.ts';
import { type ClientInput, faultsOfName, mergeClient } from './merge-client.ts';
import { type ConnectLinkInput, toConnectLink } from './merge-link.ts';
import { type ClientUserError, invalid, type Outcome, refused } from './user-error.ts';

/** Maximum number of clients in one vault: well below what was measured to work. */
const MAX_CLIENTS = 20_000;
/** Attempts, since others may change the client in between. */
const MOST_ATTEMPTS = 5;

export interface ClientAdminOptions {
  readonly vault: Pick<Vault, 'clients' | 'links' | 'connections' | 'audit'>;
  /** Whether the configuration uses the name. */
  readonly isOwnName: (name: string) => boolean;
  /** Origins that links may redirect to. */
  readonly returnOrigins: readonly string[];
  /** URL of a link's page. */
  readonly connectUrl: () => string;
  /** Ends a sign-in at Sage ID. Without it, the sign-in expires there by itself. */
  readonly revoke?: ((refreshToken: Secret) => Promise<void>) | undefined;
  readonly onEvent?: ((event: ConnectionEvent) => void) | undefined;
  /** @default Date.now */
  readonly now?: () => number;
}

/** Who makes a change, for the record. */
export interface Acting {
  readonly caller: string;
  readonly requestId?: string | undefined;
}

export interface NewKey {
  readonly client: string;
  readonly name: string;
  /** @default true */
  readonly readOnly?: boolean | null | undefined;
  /** Epoch ms. @default never */
  readonly expiresAt?: number | null | undefined;
}

/** Everything that changes the directory. Each change is recorded before it is made. */
export interface ClientAdmin {
  put(input: ClientInput, by: Acting, ifVersion?: number | null): Promise<Outcome<StoredClient>>;
  /**
   * Its keys, links, sessions and connection go with it; the consent is ended at Sage ID. The connection stays where the configuration
   * has its name. @returns what it was
   */
  remove(name: string, by: Acting): Promise<Outcome<StoredClient>>;
  /** The key itself is only returned here. */
  createKey(key: NewKey, by: Acting): Promise<Outcome<{ readonly key: ClientKey; readonly secret: Secret }>>;
  removeKey(client: string, name: string, by: Acting): Promise<Outcome<{ readonly client: StoredClient }>>;
  createLink(
    link: ConnectLinkInput,
    by: Acting,
  ): Promise<Outcome<{ readonly url: Secret; readonly endsAt: number; readonly client: StoredClient }>>;
}

export function createClientAdmin(options: ClientAdminOptions): ClientAdmin {
  const { vault, isOwnName, returnOrigins, connectUrl, revoke, onEvent, now = Date.now } = options;
  const { clients, links, connections, audit } = vault;

  /** Makes a change between its two lines in the record. */
  const recorded = async <Made>(
    action: string,
    { name, key }: { readonly name: string; readonly key?: string },
    { caller, requestId }: Acting,
    act: () => Promise<Outcome<Made>>,
  ): Promise<Outcome<Made>> => {
    const connection = isConnectionName(name) ? name : undefined;
    const end = await audit
      .begin({ at: now(), kind: 'act', action, caller, requestId, connection, key })
      .catch((cause: unknown) => {
        throw new GatewayError('UPSTREAM_UNAVAILABLE', 'The vault cannot be written at the moment. Try again later.', {
          source: 'gateway',
          cause,
        });
      });
    try {
      const outcome = await act();
      await end({ outcome: 'made' in outcome ? 'DONE' : (outcome.userErrors[0]?.code ?? 'INVALID') });
      return outcome;
    } catch (error) {
      await end({ outcome: error instanceof GatewayError ? error.code : 'UPSTREAM_UNAVAILABLE' });
      throw error;
    }
  };

  // PostgreSQL refuses statements with characters that no name has, such as zero bytes.
  const read = async (name: string) => (isConnectionName(name) ? clients.read(name) : undefined);

  const existing = async (name: string): Promise<StoredClient | undefined> => {
    const found = await read(name);
    return found && 'client' in found ? found.client : undefined;
  };

  /** Why a new client cannot have this name. */
  const takenBy = async ({ name, adopt }: ClientInput, removedAt: number | undefined) => {
    if (isOwnName(name)) return taken('The configuration already uses this name for a tenant or a connection.', 'name');
    if (removedAt !== undefined && removedAt + RESERVED_MS > now())
      return taken(
        `A client with this name was removed. The name can be used again from ${new Date(removedAt + RESERVED_MS).toISOString()}.`,
        'name',
      );
    if (!adopt && (await connections.read(name)))
      return taken('A connection with this name already exists. Use adopt: true to make it the client’s.', 'name');
    return undefined;
  };

  const put = async (input: ClientInput, ifVersion?: number | null): Promise<Outcome<StoredClient>> => {
    for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt += 1) {
      const found = await read(input.name);
      const before = found && 'client' in found ? found.client : undefined;
      const removedAt = found && 'removedAt' in found ? found.removedAt : undefined;
      const version = before?.version ?? 0;
      if (typeof ifVersion === 'number' && ifVersion !== version) return refused(stale(version));
      const { client, faults } = mergeClient(before, input);
      if (faults.length > 0) return refused(...faults.map(inInput));
      const inTheWay = before ? undefined : await takenBy(input, removedAt);
      if (inTheWay) return refused(inInput(inTheWay));
      if (!before && (await clients.count()) >= MAX_CLIENTS)
        return refused(inInput(tooMany(`${MAX_CLIENTS} clients`, 'name')));
      if (await clients.write(client, version)) return { made: { ...client, version: version + 1 } };
    }
    return refused(stale(undefined));
  };

  const remove = async (name: string, by: Acting): Promise<Outcome<StoredClient>> => {
    const before = await existing(name);
    if (!before) return refused(unknown('name'));
    // A name that the configuration has taken over is the connection of callers there.
    const connection = isOwnName(name) ? undefined : await connections.read(name);
    if (!(await clients.remove(name, isOwnName(name) ? 'stays' : 'goes'))) return refused(unknown('name'));
    if (connection) {
      onEvent?.({ type: 'revoked', connection: name, at: now(), caller: by.caller, requestId: by.requestId });
      // If Sage ID cannot be reached now: the token is deleted here, and expires at Sage ID by itself.
      if (connection.refreshToken) await revoke?.(connection.refreshToken).catch(() => {});
    }
    return { made: before };
  };

  const createKey = async ({ client, name, readOnly, expiresAt }: NewKey) => {
    const [fault] = faultsOfName(name);
    if (fault) return refused(fault);
    if (typeof expiresAt === 'number' && expiresAt <= now())
      return refused(invalid('This time is in the past.', 'expiresAt'));
    if (!(await existing(client))) return refused(unknown('client'));
    const { key: secret, sha256 } = makeApiKey();
    const key: ClientKey = { client, name, sha256, readOnly: readOnly ?? true, expiresAt: expiresAt ?? undefined };
    if (await clients.addKey(key)) return { made: { key, secret: new Secret(secret) } };
    const known = await clients.keysOf(client);
    if (known.some((each) => each.name === name))
      return refused(
        taken('The client already has a key with this name. Remove that key first, or use another name.', 'name'),
      );
    return refused(known.length > 0 ? tooMany(`${known.length} keys`, 'name') : unknown('client'));
  };

  const removeKey = async (client: string, name: string) => {
    const found = await existing(client);
    if (!found) return refused(unknown('client'));
    if (isConnectionName(name) && (await clients.removeKey(client, name))) return { made: { client: found } };
    return refused(invalid('The client has no key with this name.', 'name'));
  };

  const createLink = async (input: ConnectLinkInput, by: Acting) => {
    const found = await existing(input.client);
    const { link, faults } = toConnectLink(input, { returnOrigins, madeBy: by.caller, now: now() });
    const all = [
      ...(found && !isOwnName(input.client) ? [] : [unknown('client')]),
      ...(found?.enabled === false ? [invalid('This client is disabled.', 'client')] : []),
      ...faults,
    ];
    if (!found || all.length > 0) return refused(...all.map(inInput));
    const token = await links.make(link);
    if (!token) return refused(inInput(tooMany(`${MAX_LINKS} links that can be used`, 'client')));
    const url = new Secret(`${connectUrl()}?link=${token.reveal()}`);
    return { made: { url, endsAt: link.endsAt, client: found } };
  };

  return {
    put: (input, by, ifVersion) => recorded('put_client', input, by, () => put(input, ifVersion)),
    remove: (name, by) => recorded('remove_client', { name }, by, () => remove(name, by)),
    createKey: (key, by) => recorded('create_key', { name: key.client, key: key.name }, by, () => createKey(key)),
    removeKey: (client, name, by) =>
      recorded('remove_key', { name: client, key: name }, by, () => removeKey(client, name)),
    createLink: (link, by) => recorded('create_connect_link', { name: link.client }, by, () => createLink(link, by)),
  };
}

const inInput = ({ inputPath, ...error }: ClientUserError): ClientUserError => ({
  ...error,
  inputPath: ['input', ...inputPath],
});

const taken = (message: string, ...inputPath: readonly string[]): ClientUserError => ({
  code: 'NAME_TAKEN',
  message,
  inputPath,
});

const stale = (version: number | undefined): ClientUserError => ({
  code: 'STALE_VERSION',
  message:
    version === 0
      ? 'The client does not exist.'
      : `The client was changed in the meantime${version === undefined ? '' : `: it is now version ${version}`}. Read it again.`,
  inputPath: ['ifVersion'],
});

const unknown = (...inputPath: readonly string[]): ClientUserError => ({
  code: 'INVALID',
  message: 'There is no client with this name in the directory.',
  inputPath,
});

const tooMany = (what: string, ...inputPath: readonly string[]): ClientUserError => ({
  code: 'LIMIT',
  message: `There are already ${what}, which is the maximum.`,
  inputPath,
});
