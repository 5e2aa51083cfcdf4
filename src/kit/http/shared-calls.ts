import { noteJoin } from './note-join.ts';
import { type CallKey, type RunningCall, RunningCalls } from './running-calls.ts';
import type { Holder } from './send.ts';
import { Stop, type StopSignal } from './stop.ts';

/**
 * Calls in progress that further callers may join instead of making the same call again. The key decides who may join
 * whose call: it contains the identity, or one caller's answer would reach another.
 */
export interface SharedCalls<Answer> {
  /**
   * Joins the call of that group and key, or makes it. The call itself ends when its last caller's signal fires; a
   * caller whose signal fires alone gets the result of `onAbort` for the reason.
   */
  join(
    group: string,
    key: CallKey,
    caller: SharedCaller,
    call: (signal: StopSignal) => Promise<Answer>,
  ): Promise<Answer>;
  /** The calls of that group cannot be joined any more: they may be out of date. Current waiters keep their answers. */
  forget(group: string): void;
}

export interface SharedCaller {
  readonly signal: StopSignal;
  readonly onAbort: (reason: unknown) => Error;
  /** Notified of the call that it joins; the sender notifies the holder of a new call. */
  readonly holder?: Holder | undefined;
}

interface Waiter<Answer> {
  readonly signal: StopSignal;
  readonly leave: () => void;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
  /** Set for a waiter that has joined. */
  readonly done: (() => void) | undefined;
}

class SharedCall<Answer> implements RunningCall {
  readonly key: CallKey;
  readonly #stop = new Stop();
  readonly #waiters: Waiter<Answer>[] = [];
  #callers = 0;

  constructor(key: CallKey) {
    this.key = key;
  }

  /** @param onEnd called before all waiters */
  begin(call: (signal: StopSignal) => Promise<Answer>, onEnd: () => void): void {
    call(this.#stop.signal).then(
      (answer) => {
        onEnd();
        for (const { signal, leave, resolve, done } of this.#waiters) {
          signal.removeEventListener('abort', leave);
          done?.();
          resolve(answer);
        }
      },
      (error: unknown) => {
        onEnd();
        for (const { signal, leave, reject, done } of this.#waiters) {
          signal.removeEventListener('abort', leave);
          done?.();
          // The error of a call that ended with its last caller is that caller's own reason, already rejected.
          reject(error);
        }
      },
    );
  }

  /** False once the last caller has left: the call is being ended. */
  get isOpen(): boolean {
    return !this.#stop.aborted;
  }

  join(caller: SharedCaller): Promise<Answer> {
    return this.wait(
      caller,
      noteJoin(caller.holder, () => this.#stop.span),
    );
  }

  /** @param done called once, when the wait ends */
  wait({ signal, onAbort }: SharedCaller, done?: () => void): Promise<Answer> {
    this.#callers += 1;
    return new Promise((resolve, reject) => {
      const leave = () => {
        done?.();
        reject(onAbort(signal.reason));
        this.#callers -= 1;
        if (this.#callers === 0) this.#stop.abort(signal.reason);
      };
      signal.addEventListener('abort', leave, { once: true });
      this.#waiters.push({ signal, leave, resolve, reject, done });
    });
  }
}

export function createSharedCalls<Answer>(): SharedCalls<Answer> {
  const calls = new RunningCalls<SharedCall<Answer>>();
  return {
    join(group, key, caller, call) {
      if (caller.signal.aborted) return Promise.reject(caller.onAbort(caller.signal.reason));
      const running = calls.find(group, key);
      if (running) return running.join(caller);
      const shared = new SharedCall<Answer>(key);
      const end = calls.add(group, shared);
      const answer = shared.wait(caller);
      shared.begin(call, end);
      return answer;
    },
    forget: (group) => calls.forget(group),
  };
}
