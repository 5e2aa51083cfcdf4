import { GatewayError } from '../errors/index.ts';

/** As much of an `AbortSignal` as is asked for here; every `AbortSignal` is one. */
export interface StopSignal {
  readonly aborted: boolean;
  readonly reason: unknown;
  addEventListener(type: 'abort', listener: () => void, options?: { readonly once?: boolean }): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

/**
 * What ends a write: nobody but the gateway itself, which says why with a GatewayError while its caller still waits. A client
 * that leaves does not.
 */
export function endOfWrites(signal: StopSignal): StopSignal {
  const stop = new Stop();
  const onAbort = () => {
    if (signal.reason instanceof GatewayError) stop.abort(signal.reason);
  };
  if (signal.aborted) onAbort();
  else signal.addEventListener('abort', onAbort, { once: true });
  return stop.signal;
}

/**
 * A signal and the hand that gives it. Each request needs a few, and an `AbortController` with its event target weighs a
 * microsecond and a kilobyte, again for each listener.
 */
export class Stop implements StopSignal {
  aborted = false;
  reason: unknown;
  #listeners: (() => void)[] = [];

  get signal(): StopSignal {
    return this;
  }

  abort(reason: unknown): void {
    if (this.aborted) return;
    this.aborted = true;
    this.reason = reason;
    const listeners = this.#listeners;
    this.#listeners = [];
    for (const listener of listeners) listener();
  }

  addEventListener(_type: 'abort', listener: () => void): void {
    if (!this.aborted) this.#listeners.push(listener);
  }

  removeEventListener(_type: 'abort', listener: () => void): void {
    const at = this.#listeners.indexOf(listener);
    // The last one mostly, and a list need not be made for what is taken out.
    if (at >= 0 && at === this.#listeners.length - 1) this.#listeners.pop();
    else if (at >= 0) this.#listeners.splice(at, 1);
  }
}
