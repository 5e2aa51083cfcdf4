import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises';
import type { InFlight } from './in-flight.ts';

/** A new connection gets this, ms, to send its first request, and one on which a request has begun to send the rest of its head. */
const REQUEST_WITHIN_MS = 1_000;

/** How often, ms, those are looked at again. */
const LOOK_EVERY_MS = 20;

interface Opened {
  /** On the clock of `performance.now`. */
  readonly at: number;
  /** Bytes that had come when its last answer left. */
  answeredBytes: number;
}

/**
 * Lets a server close without cutting off answers, or requests that are just arriving. Node's own way of closing ends connections
 * whose answer was written but has not left yet.
 */
export function closePatiently(server: Server, inFlight: InFlight) {
  const open = new Map<Socket, Opened>();
  let closingSince: number | undefined;
  server.on('connection', (socket: Socket) => {
    open.set(socket, { at: performance.now(), answeredBytes: 0 });
    socket.once('close', () => open.delete(socket));
  });

  /** Whether a request may be on its way that the server does not know of yet. */
  const maySend = (socket: Socket, { at, answeredBytes }: Opened): boolean => {
    if (closingSince === undefined) return true;
    if (socket.bytesRead === 0) return performance.now() < at + REQUEST_WITHIN_MS;
    return socket.bytesRead > answeredBytes && performance.now() < closingSince + REQUEST_WITHIN_MS;
  };

  /** @returns how many connections without a request stay open */
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
     * Closes what no answer is on its way on, and from now on every connection with its last answer. Settles once no more requests
     * can come.
     */
    async close(): Promise<void> {
      // What has reached this machine by now is read: the first turn may be the rest of one that is past its reading.
      await turn();
      await turn();
      closingSince = performance.now();
      while (closeIdle() > 0) await delay(LOOK_EVERY_MS);
    },
    /** An answer has left on this connection, or never will. */
    ended(socket: Socket): void {
      const opened = open.get(socket);
      if (opened) opened.answeredBytes = socket.bytesRead;
      if (closingSince !== undefined && !inFlight.sockets().has(socket)) socket.destroySoon();
    },
  };
}
