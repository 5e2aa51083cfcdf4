/** So many other results in a row, and the next takes the place of the one that is kept. */
const OTHERS_IN_A_ROW = 16;
/** Keys that were seen once, of which most are not seen again. */
const MAX_SEEN = 256;

interface Entry<Made> {
  readonly made: Made;
  others: number;
}

/**
 * What was made for a key, kept where the same is made for it again and again. Whoever uses it finds out whether what is kept
 * is still right. Where it mostly is not, one is kept now and then, so that the others still die young.
 */
export class Repeats<Key, Made> {
  readonly #seen = new Set<Key>();
  readonly #kept = new Map<Key, Entry<Made>>();
  readonly #max: number;

  /** @param max keys for which something is kept; the one kept first goes first */
  constructor(max: number) {
    this.#max = max;
  }

  find(key: Key): Made | undefined {
    return this.#kept.get(key)?.made;
  }

  /** What is kept was right. */
  confirm(key: Key): void {
    const entry = this.#kept.get(key);
    if (entry) entry.others = 0;
  }

  /** Something has to be made for the key. @returns whether it is worth keeping; if so, the next few are not */
  wants(key: Key): boolean {
    const entry = this.#kept.get(key);
    if (entry) {
      entry.others = (entry.others + 1) % OTHERS_IN_A_ROW;
      return entry.others === 0;
    }
    if (this.#seen.delete(key)) return true;
    if (this.#seen.size >= MAX_SEEN) this.#seen.clear();
    this.#seen.add(key);
    return false;
  }

  keep(key: Key, made: Made): void {
    this.#kept.delete(key);
    const [oldest] = this.#kept.keys();
    if (oldest !== undefined && this.#kept.size >= this.#max) this.#kept.delete(oldest);
    this.#kept.set(key, { made, others: 0 });
  }
}
