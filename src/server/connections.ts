import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises';
import type { InFlight } from './in-flight.ts';

/** How long a new connection may take to send its first request, and a begun request to send the rest of its head, ms. */
const REQUEST_WITHIN_MS = 1_000;

/** How often these connections are checked, ms. */
const LOOK_EVERY_MS = 20;

interface Opened {
  /** On the clock of `performance.now`. */
  readonly at: number;
  /** Bytes received when its last answer had been sent. */
  answeredBytes: number;
}

/**
 * Lets a server close without cutting off answers or requests that are just arriving. Node's own way of closing ends connections
 * whose answer was written but not sent yet.
 */
export function closePatiently(server: Server, inFlight: InFlight) {
  const open = new Map<Socket, Opened>();
  let closingSince: number | undefined;
  server.on('connection', (socket: Socket) => {
    open.set(socket, { at: performance.now(), answeredBytes: 0 });
    socket.once('close', () => open.delete(socket));
  });

  /** Whether a request may be arriving that the server has not seen yet. */
  const maySend = (socket: Socket, { at, answeredBytes }: Opened): boolean => {
    if (closingSince === undefined) return true;
    if (socket.bytesRead === 0) return performance.now() < at + REQUEST_WITHIN_MS;
    return socket.bytesRead > answeredBytes && performance.now() < closingSince + REQUEST_WITHIN_MS;
  };

  /** @returns the number of connections without a request that stay open */
  const closeIdle = (): number => {
    if (closingSince === undefined) return open.size;
    const busy = inFlight.sockets();
    let waiting = 0;
    for (const [socket, opened] of open) {
      if (busy.has(socket)) continue;
      if (maySend(socket, opened)) waiting += 1;
      else if (!socket.writableEnded) socket.destroySoon();
    }
    return waiting;
  };
  // Called by `server.close`.
  server.closeIdleConnections = () => void closeIdle();

  return {
    /**
     * Closes connections without an answer in progress, and from now on every connection after its last answer. Settles once no
     * more requests can arrive.
     */
    async close(): Promise<void> {
      // Read what has reached this machine: the current turn may be past reading, so wait for the next one.
      await turn();
      await turn();
      closingSince = performance.now();
      while (closeIdle() > 0) await delay(LOOK_EVERY_MS);
    },
    /** Called when an answer has been sent on this connection, or never will be. */
    ended(socket: Socket): void {
      const opened = open.get(socket);
      if (opened) opened.answeredBytes = socket.bytesRead;
      if (closingSince !== undefined && !inFlight.sockets().has(socket)) socket.destroySoon();
    },
  };
}
