import { GatewayError } from '../errors/index.ts';
import type { SpanContext } from '../trace/index.ts';

/** The part of an `AbortSignal` that is used here; every `AbortSignal` fits. */
export interface StopSignal {
  readonly aborted: boolean;
  readonly reason: unknown;
  addEventListener(type: 'abort', listener: () => void, options?: { readonly once?: boolean }): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

/**
 * The signal that ends a write: only the gateway itself does, with a GatewayError as the reason while its caller still waits.
 * A client that disconnects does not.
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
 * A signal and its trigger. Each request needs a few, and an `AbortController` with its event target costs a microsecond
 * and a kilobyte, and again for each listener.
 */
export class Stop implements StopSignal {
  aborted = false;
  reason: unknown;
  /** Of the call that it ends, for the spans of those who join that call. */
  span: SpanContext | undefined;
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
    // Usually the last one, and removing it should not create a list.
    if (at >= 0 && at === this.#listeners.length - 1) this.#listeners.pop();
    else if (at >= 0) this.#listeners.splice(at, 1);
  }
}
