import { Client } from 'undici';
import { isLoopbackHost } from '../../this-machine.ts';

export interface Connection {
  readonly client: Client;
  /** Whether it has carried an answer and was not closed since. */
  isKept: boolean;
}

/**
 * Connections to one origin. Each carries one request at a time, in HTTP/1.1, so that the meaning of a reset is certain; their
 * number is up to the code that takes them. An unused connection closes by itself.
 */
export class Connections {
  readonly host: string;
  /** Whether the other side is on this machine. */
  readonly isLocal: boolean;
  readonly #origin: string;
  readonly #options: Client.Options;
  readonly #all = new Set<Connection>();
  /** Last used at the end: these are the likeliest to be still open. */
  readonly #idle: Connection[] = [];

  constructor(origin: string, options: Client.Options) {
    const { host, hostname } = new URL(origin);
    this.host = host;
    this.isLocal = isLoopbackHost(hostname);
    this.#origin = origin;
    this.#options = { ...options, pipelining: 1, allowH2: false };
  }

  take(): Connection {
    return this.#idle.pop() ?? this.takeFresh();
  }

  takeFresh(): Connection {
    const connection: Connection = { client: new Client(this.#origin, this.#options), isKept: false };
    this.#all.add(connection);
    connection.client.on('disconnect', () => {
      connection.isKept = false;
      const at = this.#idle.indexOf(connection);
      if (at < 0) return;
      this.#idle.splice(at, 1);
      this.drop(connection);
    });
    return connection;
  }

  giveBack(connection: Connection): void {
    this.#idle.push(connection);
  }

  drop(connection: Connection): void {
    this.#all.delete(connection);
    void connection.client.destroy();
  }

  async close(): Promise<void> {
    await Promise.all([...this.#all].map(({ client }) => client.destroy()));
  }
}
