import { connect, createServer, type Socket } from 'node:net';

/** As load balancers ask. */
const PROBE_EVERY_MS = 250;

export interface Balancer extends AsyncDisposable {
  readonly url: string;
  /** Settles once an instance is found ready, or not ready. */
  becomes(port: number, isReady: boolean): Promise<void>;
}

/** Passes connections on, byte by byte, to the instances that are ready, one after the other. */
export async function startBalancer(ports: readonly number[]): Promise<Balancer> {
  const ready = new Set<number>();
  const open = new Set<Socket>();
  let turn = 0;
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const targets = ports.filter((port) => ready.has(port));
    turn += 1;
    const target = targets[turn % targets.length];
    if (target === undefined) return void client.destroy();
    const upstream = connect({ port: target, host: '127.0.0.1', allowHalfOpen: true });
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      open.add(from);
      from.once('close', () => {
        open.delete(from);
        to.destroy();
      });
      from.on('error', () => to.destroy());
      from.pipe(to);
    }
  });
  const probe = async (port: number) => {
    const isReady = await fetch(`http://127.0.0.1:${port}/readyz`, { headers: { connection: 'close' } }).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isReady) ready.add(port);
    else ready.delete(port);
  };
  const timers = ports.map((port) => setInterval(() => void probe(port), PROBE_EVERY_MS));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`,
    async becomes(port, isReady) {
      while (ready.has(port) !== isReady) await new Promise((resolve) => setTimeout(resolve, 20));
    },
    async [Symbol.asyncDispose]() {
      for (const timer of timers) clearInterval(timer);
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
