import { Stop } from '../kit/http/index.ts';

/** The requests being answered right now, so that a stop can wait for them and then end them. */
export function createInFlight() {
  // A list and not a set: the tables that a set outgrows keep what passed through it until the whole heap is collected.
  const stops: Stop[] = [];
  let whenIdle: (() => void)[] = [];

  return {
    /** Counts one more until `end` is called. */
    begin() {
      const stop = new Stop();
      stops.push(stop);
      return {
        signal: stop.signal,
        /** Nobody waits for the answer any more. */
        abort: (reason: Error) => stop.abort(reason),
        end() {
          const last = stops.pop();
          if (last && last !== stop) stops[stops.indexOf(stop)] = last;
          if (stops.length > 0) return;
          for (const resolve of whenIdle) resolve();
          whenIdle = [];
        },
      };
    },
    /** Whether all ended within that time. */
    idle(timeoutMs: number): Promise<boolean> {
      if (stops.length === 0) return Promise.resolve(true);
      return new Promise((resolve) => {
        const timer = setTimeout(() => resolve(false), timeoutMs);
        whenIdle.push(() => {
          clearTimeout(timer);
          resolve(true);
        });
      });
    },
    abortAll(reason: Error): void {
      for (const stop of stops) stop.abort(reason);
    },
  };
}

export type InFlight = ReturnType<typeof createInFlight>;
