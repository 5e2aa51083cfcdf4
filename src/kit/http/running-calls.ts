/** The identity of a call within its group, part by part: no part needs escaping, and none is joined to a text. */
export type CallKey = readonly (string | undefined)[];

export interface RunningCall {
  readonly key: CallKey;
  /** Whether it can still be joined. */
  readonly isOpen: boolean;
}

/** Maximum number of groups kept without calls in progress. */
const MAX_IDLE_GROUPS = 10_000;

/**
 * Calls in progress, by group and key. A list for each group, with few calls in each: through one map of all calls, a
 * thousand entries would pass every second; the tables that a map outgrows keep their entries, and these their answers,
 * until the whole heap is collected.
 */
export class RunningCalls<Call extends RunningCall> {
  readonly #groups = new Map<string, Call[]>();

  find(group: string, key: CallKey): Call | undefined {
    return this.#groups.get(group)?.find((call) => isSame(call.key, key) && call.isOpen);
  }

  /** @returns removes it again */
  add(group: string, call: Call): () => void {
    const calls = this.#callsOf(group);
    calls.push(call);
    return () => {
      // The order does not matter, so the last one takes its place.
      const last = calls.pop();
      if (last && last !== call) calls[calls.indexOf(call)] = last;
    };
  }

  /** The calls of that group can no longer be joined. */
  forget(group: string): void {
    this.#groups.delete(group);
  }

  #callsOf(group: string): Call[] {
    const known = this.#groups.get(group);
    if (known) return known;
    if (this.#groups.size >= MAX_IDLE_GROUPS)
      for (const [name, calls] of this.#groups) if (calls.length === 0) this.#groups.delete(name);
    const calls: Call[] = [];
    this.#groups.set(group, calls);
    return calls;
  }
}

function isSame(one: CallKey, other: CallKey): boolean {
  if (one.length !== other.length) return false;
  // The part that differs most often is last.
  for (let index = one.length - 1; index >= 0; index -= 1) if (one[index] !== other[index]) return false;
  return true;
}
