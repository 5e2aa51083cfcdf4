import { connect, createServer, type Socket } from 'node:net';

export interface SlowPath extends AsyncDisposable {
  readonly port: number;
  /** ms that everything the server says from now on is late. */
  delay(ms: number): void;
}

/** Stands before a server on this machine, whose answers it can hold up. */
export async function startSlowPath(target: number): Promise<SlowPath> {
  let delayMs = 0;
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const behind = connect(target, '127.0.0.1');
    for (const socket of [client, behind]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        for (const each of [client, behind]) each.destroy();
        sockets.delete(socket);
      });
    }
    client.pipe(behind);
    behind.on('data', (chunk) => void setTimeout(() => client.write(chunk), delayMs));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    delay(ms) {
      delayMs = ms;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
