import type { Socket } from 'node:net';
import { Stop, type StopSignal } from '../kit/http/index.ts';

/** One request on its way to its answer, until that has left. */
export interface Flight {
  readonly signal: StopSignal;
  /** Nobody waits for the answer any more. */
  abort(reason: Error): void;
  end(): void;
}

interface Entry {
  readonly socket: Socket;
  readonly stop: Stop;
}

/** The requests being answered right now, so that a stop can wait for them and then end them. */
export function createInFlight() {
  // A list and not a set: the tables that a set outgrows keep what passed through it until the whole heap is collected.
  const entries: Entry[] = [];
  let whenIdle: (() => void)[] = [];

  return {
    /** Counts one more until `end` is called. */
    begin(socket: Socket): Flight {
      const stop = new Stop();
      const entry = { socket, stop };
      entries.push(entry);
      return {
        signal: stop.signal,
        abort: (reason) => stop.abort(reason),
        end() {
          const last = entries.pop();
          if (last && last !== entry) entries[entries.indexOf(entry)] = last;
          if (entries.length > 0) return;
          for (const resolve of whenIdle) resolve();
          whenIdle = [];
        },
      };
    },
    /** Connections with a request whose answer has not left. */
    sockets: (): ReadonlySet<Socket> => new Set(entries.map(({ socket }) => socket)),
    /** Whether all ended within that time. */
    idle(timeoutMs: number): Promise<boolean> {
      if (entries.length === 0) return Promise.resolve(true);
      return new Promise((resolve) => {
        const timer = setTimeout(() => resolve(false), timeoutMs);
        whenIdle.push(() => {
          clearTimeout(timer);
          resolve(true);
        });
      });
    },
    abortAll(reason: Error): void {
      for (const { stop } of entries) stop.abort(reason);
    },
  };
}

export type InFlight = ReturnType<typeof createInFlight>;
