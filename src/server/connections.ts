import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { InFlight } from './in-flight.ts';

/**
 * Lets a server close without cutting off answers. Node's own way of closing ends connections whose answer was written but has
 * not left yet.
 */
export function closePatiently(server: Server, inFlight: InFlight) {
  const open = new Set<Socket>();
  let isClosing = false;
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });

  const closeIdle = () => {
    if (!isClosing) return;
    const busy = inFlight.sockets();
    for (const socket of open) if (!busy.has(socket)) socket.destroySoon();
  };
  // Called by `server.close`.
  server.closeIdleConnections = closeIdle;

  return {
    /** Closes what no answer is on its way on, and from now on every connection with its last answer. */
    close(): void {
      isClosing = true;
      closeIdle();
    },
    /** An answer has left on this connection, or never will. */
    ended(socket: Socket): void {
      if (isClosing && !inFlight.sockets().has(socket)) socket.destroySoon();
    },
  };
}
