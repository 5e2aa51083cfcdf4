import { Stop, type StopSignal } from './stop.ts';

/** A time limit that is cancelled when its work has ended. */
export interface Deadline {
  /** Fires with a `TimeoutError` when the time is up, or with the reason of another signal. */
  readonly signal: StopSignal;
  /** Stops the timer and the listeners on other signals. Work that was not aborted by then never is. */
  end(): void;
}

/**
 * Starts a time limit in ms, which may also end early with other signals. `AbortSignal.timeout` and `.any` would do the
 * same, but live until their time is up: under load, every request of the last half minute would stay in memory.
 */
export function startDeadline(ms: number, ...others: readonly (StopSignal | undefined)[]): Deadline {
  const stop = new Stop();
  const timer = setTimeout(() => stop.abort(new DOMException('The time is up.', 'TimeoutError')), ms);
  timer.unref();
  // One listener for all: each request creates one of these for each of its sources.
  const onAbort = () => {
    for (const other of others) if (other?.aborted) stop.abort(other.reason);
  };
  for (const other of others) other?.addEventListener('abort', onAbort, { once: true });
  onAbort();
  return {
    signal: stop.signal,
    end() {
      clearTimeout(timer);
      for (const other of others) other?.removeEventListener('abort', onAbort);
    },
  };
}
