import { elapsed } from './clock.ts';

export interface CacheOptions<Key, Value> {
  /** Its name in lists. Several may have the same name, such as one for each schema. */
  readonly name: string;
  readonly maxEntries: number;
  /** An entry's weight towards `maxWeight`; always the same for the same entry. @default nothing */
  readonly weigh?: (key: Key, value: Value) => number;
  /** Maximum weight of all entries together; an entry that alone is heavier is not stored. */
  readonly maxWeight?: number;
  /** Keeps the entry that was set last even if it is heavier than `maxWeight`. @default false */
  readonly keepsLast?: boolean;
  /** ms for which an entry is valid after it is set. @default until it is evicted */
  readonly lifeMs?: number;
  /** A clock in ms. @default a monotonic clock */
  readonly now?: () => number;
}

interface Entry<Value> {
  readonly value: Value;
  readonly weight: number;
  /** Epoch ms. */
  readonly until: number;
}

/** Stores a limited number of entries, and evicts the least recently used. Every cache is listed while in use. */
export class BoundedCache<Key, Value> {
  readonly #entries = new Map<Key, Entry<Value>>();
  readonly #maxEntries: number;
  readonly #maxWeight: number;
  readonly #weigh: (key: Key, value: Value) => number;
  readonly #keepsLast: boolean;
  readonly #lifeMs: number;
  readonly #now: () => number;
  #weight = 0;

  constructor(options: CacheOptions<Key, Value>) {
    this.#maxEntries = options.maxEntries;
    this.#maxWeight = options.maxWeight ?? Number.POSITIVE_INFINITY;
    this.#weigh = options.weigh ?? weightless;
    this.#keepsLast = options.keepsLast ?? false;
    this.#lifeMs = options.lifeMs ?? Number.POSITIVE_INFINITY;
    this.#now = options.now ?? elapsed;
    register(options.name, this);
  }

  get size(): number {
    return this.#entries.size;
  }

  has(key: Key): boolean {
    return this.#find(key) !== undefined;
  }

  get(key: Key): Value | undefined {
    const entry = this.#find(key);
    if (entry === undefined) return undefined;
    // The order decides which entry is evicted, which does not matter while there is much room.
    if (this.#entries.size * 2 > this.#maxEntries || this.#weight * 2 > this.#maxWeight) {
      // A map keeps the order of insertion: the last used entry moves to the end.
      this.#entries.delete(key);
      this.#entries.set(key, entry);
    }
    return entry.value;
  }

  /** The cached value for the key, or the result of `make`, which is then cached unless it is undefined. */
  getOrMake<Made extends Value | undefined>(key: Key, make: (key: Key) => Made): Value | Made {
    const known = this.get(key);
    if (known !== undefined) return known;
    const made = make(key);
    if (made !== undefined) this.set(key, made);
    return made;
  }

  set(key: Key, value: Value): void {
    this.delete(key);
    const weight = this.#weigh(key, value);
    if (weight > this.#maxWeight && !this.#keepsLast) return;
    const until = this.#lifeMs === Number.POSITIVE_INFINITY ? this.#lifeMs : this.#now() + this.#lifeMs;
    this.#entries.set(key, { value, weight, until });
    this.#weight += weight;
    for (const oldest of this.#entries.keys()) {
      if ((this.#entries.size <= this.#maxEntries && this.#weight <= this.#maxWeight) || oldest === key) break;
      this.delete(oldest);
    }
  }

  delete(key: Key): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#weight -= entry.weight;
  }

  deleteWhere(isGone: (value: Value, key: Key) => boolean): void {
    for (const [key, { value }] of this.#entries) if (isGone(value, key)) this.delete(key);
  }

  #find(key: Key): Entry<Value> | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined || entry.until === Number.POSITIVE_INFINITY || this.#now() < entry.until) return entry;
    this.delete(key);
    return undefined;
  }
}

const weightless = () => 0;

/** Most clients always send the same few values; a stranger's values must not fill the memory. */
const MAX_REMEMBERED = 100;
const MAX_REMEMBERED_CHARS = 200;

/** The same function, but each short text is parsed only once. For results that depend only on the text. */
export function remembered<Value>(name: string, read: (text: string) => Value): (text: string) => Value {
  const known = new BoundedCache<string, Value>({ name, maxEntries: MAX_REMEMBERED });
  return (text) => (text.length > MAX_REMEMBERED_CHARS ? read(text) : known.getOrMake(text, read));
}

type Counted = { readonly size: number };

const caches = new Map<string, Set<WeakRef<Counted>>>();
const collected = new FinalizationRegistry<() => void>((forget) => forget());

function register(name: string, cache: Counted): void {
  const named = caches.get(name) ?? new Set();
  caches.set(name, named);
  const reference = new WeakRef(cache);
  named.add(reference);
  collected.register(cache, () => named.delete(reference));
}

export interface ListedCaches {
  readonly name: string;
  readonly caches: number;
  readonly entries: number;
}

/** The caches of this process, by name. Unused caches leave the list when they are collected. */
export const listCaches = (): readonly ListedCaches[] =>
  [...caches].sort(byName).map(([name, references]) => {
    const alive = [...references].flatMap((reference) => reference.deref() ?? []);
    return { name, caches: alive.length, entries: alive.reduce((sum, { size }) => sum + size, 0) };
  });

const byName = ([one]: readonly [string, unknown], [other]: readonly [string, unknown]) => (one < other ? -1 : 1);
