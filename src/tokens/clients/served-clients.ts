import type { Logger } from 'pino';
import type { ClientKey, StoredClient } from '../vault/index.ts';
import type { ClientChange, ClientDirectory } from './client-directory.ts';

export interface ServedKey {
  readonly key: ClientKey;
  readonly client: StoredClient;
}

/** The clients that are served with one configuration, whose names take precedence. */
export interface ServedClients {
  /** Undefined for a client whose name the configuration uses. */
  find(name: string): StoredClient | undefined;
  /** @throws GatewayError UPSTREAM_UNAVAILABLE if it cannot be checked */
  keyOf(sha256: string): ServedKey | undefined;
  isShadowed(name: string): boolean;
  /** @returns unsubscribes */
  onChange(listener: (change: ClientChange) => void): () => void;
  /** Stops listening for changes. */
  close(): void;
}

/** @param ownNames tenants, tenant ids and connections in the configuration */
export function serveClients(directory: ClientDirectory, ownNames: ReadonlySet<string>, log: Logger): ServedClients {
  const report = (client: StoredClient | undefined) => {
    if (client && ownNames.has(client.name))
      log.warn(
        { client: client.name },
        'a client is not served: the configuration already uses its name for a tenant or a connection',
      );
  };
  const find = (name: string) => (ownNames.has(name) ? undefined : directory.find(name));
  const ending = new Set([
    directory.onChange(({ before, after }) => {
      if (!before) report(after);
    }),
  ]);
  for (const name of ownNames) report(directory.find(name));

  return {
    find,
    keyOf(sha256) {
      const key = directory.keyOf(sha256);
      const client = key && find(key.client);
      if (!client) return undefined;
      directory.assertCurrent();
      return { key, client };
    },
    isShadowed: (name) => ownNames.has(name),
    onChange(listener) {
      const end = directory.onChange((change) => {
        if (!ownNames.has(change.name)) listener(change);
      });
      ending.add(end);
      return () => {
        end();
        ending.delete(end);
      };
    },
    close() {
      for (const end of ending) end();
      ending.clear();
    },
  };
}
