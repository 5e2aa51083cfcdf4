/** What tells a call from another of its group, part by part: no part has to be escaped, and none is joined to a text. */
export type CallKey = readonly (string | undefined)[];

/** A call under way. */
export interface RunningCall {
  readonly key: CallKey;
  /** Whether it can still be joined. */
  readonly isOpen: boolean;
}

/** Groups kept although nothing of theirs is under way. */
const MAX_IDLE_GROUPS = 10_000;

/**
 * Calls under way, by group and key. A list for each group, and few calls in each: one map of all calls would have a
 * thousand entries a second pass through it; the tables that a map outgrows keep their entries, and these their answers,
 * until the whole heap is collected.
 */
export class RunningCalls<Call extends RunningCall> {
  readonly #groups = new Map<string, Call[]>();

  find(group: string, key: CallKey): Call | undefined {
    return this.#groups.get(group)?.find((call) => isSame(call.key, key) && call.isOpen);
  }

  /** @returns takes it out again */
  add(group: string, call: Call): () => void {
    const calls = this.#callsOf(group);
    calls.push(call);
    return () => {
      // The order is of no meaning, so the last one takes its place.
      const last = calls.pop();
      if (last && last !== call) calls[calls.indexOf(call)] = last;
    };
  }

  /** Nobody finds the calls of that group any more. */
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
  // What differs most often stands last.
  for (let index = one.length - 1; index >= 0; index -= 1) if (one[index] !== other[index]) return false;
  return true;
}
