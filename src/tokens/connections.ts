import { type ConnectionTokenSourceOptions, createConnectionTokenSource } from './connection-token-source.ts';
import type { TokenSource } from './token-source.ts';
import { isConnectionName } from './vault/index.ts';

export interface Connections {
  /** The one source of that name in this process, whether or not somebody has signed in; undefined for what is no name. */
  tokensOf(name: string): TokenSource | undefined;
  /** Waits for running renewals. */
  close(): Promise<void>;
}

/** All stored sign-ins that this process serves: one source a name, since a second would renew beside the first. */
export function createConnections(options: Omit<ConnectionTokenSourceOptions, 'name' | 'connectUrl'>): Connections {
  const sources = new Map<string, ReturnType<typeof createConnectionTokenSource>>();
  return {
    tokensOf(name) {
      const known = sources.get(name);
      if (known || !isConnectionName(name)) return known;
      const source = createConnectionTokenSource({ ...options, name });
      sources.set(name, source);
      return source;
    },
    async close() {
      await Promise.all([...sources.values()].map((source) => source.close()));
    },
  };
}
