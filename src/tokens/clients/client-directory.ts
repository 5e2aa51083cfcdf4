import type { Logger } from 'pino';
import { GatewayError } from '../../kit/errors/index.ts';
import { createRepeatedLook } from '../repeated-look.ts';
import type { ClientKey, ClientStore, DirectoryChanges, StoredClient } from '../vault/index.ts';

export interface ClientDirectoryOptions {
  readonly store: ClientStore;
  readonly log: Logger;
  /** ms between two checks of the revision. @default 1_000 */
  readonly everyMs?: number;
  /** ms after the last successful check after which clients' keys are refused. @default 10_000 */
  readonly staleAfterMs?: number;
  /** A clock in ms that only moves forward. @default performance.now */
  readonly now?: () => number;
}

export interface ClientChange {
  readonly name: string;
  readonly before: StoredClient | undefined;
  readonly after: StoredClient | undefined;
}

/**
 * Clients that were added while the gateway runs, as this process knows them. They are needed for every request, so they are all in
 * memory with an index. An object stays the same until its content changes.
 */
export interface ClientDirectory {
  find(name: string): StoredClient | undefined;
  /** By the SHA-256 of the key, in lower-case hex. */
  keyOf(sha256: string): ClientKey | undefined;
  keysOf(client: string): readonly ClientKey[];
  /** By name. */
  list(): readonly StoredClient[];
  /** @throws GatewayError UPSTREAM_UNAVAILABLE if the vault has not answered for so long that the known clients are out of date */
  assertCurrent(): void;
  /** Checks now. @throws what the vault throws */
  refresh(): Promise<void>;
  /** The store. Changes made with it here are known here before they return. */
  watching(store: ClientStore): ClientStore;
  /** @returns unsubscribes */
  onChange(listener: (change: ClientChange) => void): () => void;
  close(): void;
}

/** Removed rows are kept for a week. After an hour without a check, everything is read again, so that no removal is missed. */
const WHOLE_AFTER_MS = 3600_000;

export function createClientDirectory(options: ClientDirectoryOptions): ClientDirectory {
  const { store, log, everyMs = 1_000, staleAfterMs = 10_000, now = () => performance.now() } = options;
  const listeners = new Set<(change: ClientChange) => void>();
  let known = new KnownClients();
  let revision = -1;
  let readAt = Number.NEGATIVE_INFINITY;
  let sorted: readonly StoredClient[] | undefined;
  let isFailing = false;
  let closed = false;

  const tell = (change: ClientChange) => {
    for (const listener of listeners) listener(change);
  };
  const report = ({ broken }: DirectoryChanges) => {
    for (const row of broken)
      log.error(
        { row },
        'a client or key in the vault was changed by hand; it is not served until it is written again',
      );
  };

  /** A vault that was restored to an earlier state has a lower revision: then everything is read again. */
  const readAll = async () => {
    const fresh = new KnownClients();
    for await (const changes of store.changesAfter(-1)) {
      fresh.apply(changes);
      report(changes);
    }
    const before = known;
    known = fresh;
    sorted = undefined;
    for (const name of new Set([...before.names(), ...fresh.names()])) {
      const change = { name, before: before.find(name), after: fresh.find(name) };
      if (change.before?.version !== change.after?.version) tell(change);
    }
  };

  const readChanges = async () => {
    for await (const changes of store.changesAfter(revision)) {
      report(changes);
      const told = known.apply(changes);
      sorted = undefined;
      for (const change of told) tell(change);
    }
  };

  const look = async (): Promise<void> => {
    const startedAt = now();
    try {
      const found = await store.revision();
      const isLate = startedAt - readAt > WHOLE_AFTER_MS;
      if (found < revision || isLate) await readAll();
      // Rows may be newer than the revision: they are read again with the next one.
      else if (found > revision) await readChanges();
      revision = found;
      readAt = startedAt;
      isFailing = false;
    } catch (err) {
      if (!isFailing && !closed) log.error({ err }, 'the clients in the vault cannot be read');
      isFailing = true;
      throw err;
    }
  };
  const looking = createRepeatedLook(look, everyMs);

  /** The change has been made. If the vault does not answer now, the next check finds it. */
  const afterwards = async (isChanged: boolean): Promise<boolean> => {
    if (isChanged) await looking.refresh().catch(() => {});
    return isChanged;
  };

  return {
    find: (name) => known.find(name),
    keyOf: (sha256) => known.keyOf(sha256),
    keysOf: (client) => known.keysOf(client),
    list: () => (sorted ??= known.sorted()),
    assertCurrent() {
      if (now() - readAt > staleAfterMs)
        throw new GatewayError(
          'UPSTREAM_UNAVAILABLE',
          "The gateway's client store does not answer, so the key cannot be checked. Try again later.",
        );
    },
    refresh: looking.refresh,
    watching: (each) => ({
      ...each,
      write: async (client, over) => afterwards(await each.write(client, over)),
      remove: async (name, connection) => afterwards(await each.remove(name, connection)),
      addKey: async (key) => afterwards(await each.addKey(key)),
      removeKey: async (client, name) => afterwards(await each.removeKey(client, name)),
    }),
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    close() {
      closed = true;
      looking.close();
    },
  };
}

/** What has been read so far. */
class KnownClients {
  readonly #clients = new Map<string, StoredClient>();
  readonly #keys = new Map<string, ClientKey>();
  /** Digests by client and key name. */
  readonly #digests = new Map<string, Map<string, string>>();

  find(name: string): StoredClient | undefined {
    return this.#clients.get(name);
  }

  keyOf(sha256: string): ClientKey | undefined {
    return this.#keys.get(sha256);
  }

  keysOf(client: string): readonly ClientKey[] {
    const digests = [...(this.#digests.get(client)?.values() ?? [])];
    return digests
      .flatMap((sha256) => this.#keys.get(sha256) ?? [])
      .sort((one, other) => (one.name < other.name ? -1 : 1));
  }

  names(): Iterable<string> {
    return this.#clients.keys();
  }

  sorted(): readonly StoredClient[] {
    return [...this.#clients.values()].sort((one, other) => (one.name < other.name ? -1 : 1));
  }

  apply({ clients, removedClients, keys, removedKeys }: DirectoryChanges): ClientChange[] {
    const told: ClientChange[] = [];
    for (const after of clients) {
      const { name } = after;
      const before = this.#clients.get(name);
      // Read again unchanged: keep the object, and everything that is attached to it.
      if (before?.version === after.version) continue;
      this.#clients.set(name, after);
      told.push({ name, before, after });
    }
    for (const name of removedClients) {
      const before = this.#clients.get(name);
      this.#clients.delete(name);
      for (const sha256 of this.#digests.get(name)?.values() ?? []) this.#keys.delete(sha256);
      this.#digests.delete(name);
      if (before) told.push({ name, before, after: undefined });
    }
    for (const key of keys) this.#addKey(key);
    for (const { client, name } of removedKeys) this.#removeKey(client, name);
    return told;
  }

  #addKey(key: ClientKey): void {
    const { client, name, sha256 } = key;
    const before = this.#digests.get(client)?.get(name);
    if (before === sha256) return;
    if (before !== undefined) this.#keys.delete(before);
    const digests = this.#digests.get(client) ?? new Map<string, string>();
    digests.set(name, sha256);
    this.#digests.set(client, digests);
    this.#keys.set(sha256, key);
  }

  #removeKey(client: string, name: string): void {
    const digests = this.#digests.get(client);
    const sha256 = digests?.get(name);
    if (sha256 === undefined) return;
    digests?.delete(name);
    if (digests?.size === 0) this.#digests.delete(client);
    this.#keys.delete(sha256);
  }
}
