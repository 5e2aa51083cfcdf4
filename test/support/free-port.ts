import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below the ports that systems give out by themselves, so that no other test gets one while it waits to be used. */
const [FIRST, LAST] = [20_000, 30_000] as const;

/** A port of this machine on which nobody listens, for what has to know its port before it starts. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST));
    const probe = createServer();
    try {
      probe.listen(port, '127.0.0.1');
      await once(probe, 'listening');
    } catch {
      continue;
    }
    probe.close();
    await once(probe, 'close');
    return port;
  }
}
