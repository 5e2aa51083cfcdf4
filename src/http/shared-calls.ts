import { Stop, type StopSignal } from './stop.ts';

/**
 * Calls under way that further callers may join instead of making the same call again. Whose call may be joined by whom
 * is the key's business: it holds the identity, or one caller's answer reaches another.
 */
export interface SharedCalls<Answer> {
  /**
   * Joins the call of that group and key, or makes it. The call itself ends when its last caller's signal fires;
   * a caller whose signal fires alone gets what `onAbort` makes of the reason.
   */
  join(
    group: string,
    key: string,
    caller: SharedCaller,
    call: (signal: StopSignal) => Promise<Answer>,
  ): Promise<Answer>;
  /** Whether `join` would join another's call. */
  isRunning(group: string, key: string): boolean;
  /** Nobody joins the calls of that group any more: what they read may be out of date. Those who did keep their answer. */
  forget(group: string): void;
}

export interface SharedCaller {
  readonly signal: StopSignal;
  readonly onAbort: (reason: unknown) => Error;
}

/** Somebody who waits for a call. */
interface Waiter<Answer> {
  readonly signal: StopSignal;
  readonly leave: () => void;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

class SharedCall<Answer> {
  readonly key: string;
  readonly #stop = new Stop();
  readonly #waiters: Waiter<Answer>[] = [];
  #callers = 0;

  constructor(key: string) {
    this.key = key;
  }

  /** @param onEnd told before anybody who waits */
  begin(call: (signal: StopSignal) => Promise<Answer>, onEnd: () => void): void {
    call(this.#stop.signal).then(
      (answer) => {
        onEnd();
        for (const { signal, leave, resolve } of this.#waiters) {
          signal.removeEventListener('abort', leave);
          resolve(answer);
        }
      },
      (error: unknown) => {
        onEnd();
        for (const { signal, leave, reject } of this.#waiters) {
          signal.removeEventListener('abort', leave);
          // What a call that ended for its last caller throws is that caller's own reason, rejected already.
          reject(error);
        }
      },
    );
  }

  /** False once the last caller has left: the call is being ended. */
  get isOpen(): boolean {
    return !this.#stop.aborted;
  }

  wait({ signal, onAbort }: SharedCaller): Promise<Answer> {
    this.#callers += 1;
    return new Promise((resolve, reject) => {
      const leave = () => {
        reject(onAbort(signal.reason));
        this.#callers -= 1;
        if (this.#callers === 0) this.#stop.abort(signal.reason);
      };
      signal.addEventListener('abort', leave, { once: true });
      this.#waiters.push({ signal, leave, resolve, reject });
    });
  }
}

/** Groups kept although nothing of theirs is under way. */
const MAX_IDLE_GROUPS = 10_000;

export function createSharedCalls<Answer>(): SharedCalls<Answer> {
  // A list for each group, and few calls in each. One map of all calls would have a thousand entries a second pass through
  // it; the tables that a map outgrows keep their entries, and these their answers, until the whole heap is collected.
  const groups = new Map<string, SharedCall<Answer>[]>();

  const callsOf = (group: string): SharedCall<Answer>[] => {
    const known = groups.get(group);
    if (known) return known;
    if (groups.size >= MAX_IDLE_GROUPS) for (const [name, calls] of groups) if (calls.length === 0) groups.delete(name);
    const calls: SharedCall<Answer>[] = [];
    groups.set(group, calls);
    return calls;
  };

  const find = (calls: readonly SharedCall<Answer>[], key: string) =>
    calls.find((call) => call.key === key && call.isOpen);

  return {
    join(group, key, caller, call) {
      if (caller.signal.aborted) return Promise.reject(caller.onAbort(caller.signal.reason));
      const calls = callsOf(group);
      const running = find(calls, key);
      if (running) return running.wait(caller);
      const shared = new SharedCall<Answer>(key);
      calls.push(shared);
      const answer = shared.wait(caller);
      shared.begin(call, () => {
        // The order is of no meaning, so the last one takes its place.
        const at = calls.indexOf(shared);
        const last = calls.pop();
        if (last && last !== shared) calls[at] = last;
      });
      return answer;
    },
    isRunning: (group, key) => find(callsOf(group), key) !== undefined,
    forget: (group) => void groups.delete(group),
  };
}
