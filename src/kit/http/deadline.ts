import { Stop, type StopSignal } from './stop.ts';

/** A time limit that is taken back when what it is for has ended. */
export interface Deadline {
  /** Fires with a `TimeoutError` when the time is up, or with the reason of another signal. */
  readonly signal: StopSignal;
  /** Ends the timer and the watch on the other signals. What was not aborted by then never is. */
  end(): void;
}

/**
 * Starts a time limit in ms, which may also end early with other signals. `AbortSignal.timeout` and `.any` would do the
 * same, but live until their time is up: under load that is every request of the last half minute, kept in memory.
 */
export function startDeadline(ms: number, ...others: readonly (StopSignal | undefined)[]): Deadline {
  const stop = new Stop();
  const timer = setTimeout(() => stop.abort(new DOMException('The time is up.', 'TimeoutError')), ms);
  timer.unref();
  const watched = others.flatMap((other) => {
    if (!other) return [];
    const onAbort = () => stop.abort(other.reason);
    if (other.aborted) onAbort();
    else other.addEventListener('abort', onAbort, { once: true });
    return [{ other, onAbort }];
  });
  return {
    signal: stop.signal,
    end() {
      clearTimeout(timer);
      for (const { other, onAbort } of watched) other.removeEventListener('abort', onAbort);
    },
  };
}
