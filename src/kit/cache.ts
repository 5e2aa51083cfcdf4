import { elapsed } from './clock.ts';

export interface CacheOptions<Key, Value> {
  /** What it is listed as. Several may have one name, such as one for each schema. */
  readonly name: string;
  readonly maxEntries: number;
  /** What an entry counts towards `maxWeight`; the same for one entry each time. @default nothing */
  readonly weigh?: (key: Key, value: Value) => number;
  /** Weight of all entries together; one that is heavier by itself is not kept. */
  readonly maxWeight?: number;
  /** Keeps the entry that was set last even if it is heavier than `maxWeight`. @default false */
  readonly keepsLast?: boolean;
  /** ms for which an entry counts once it is set. @default until it has to make room */
  readonly lifeMs?: number;
  /** A clock in ms. @default one that only moves forward */
  readonly now?: () => number;
}

interface Entry<Value> {
  readonly value: Value;
  readonly weight: number;
  /** Epoch ms. */
  readonly until: number;
}

/** Keeps so much by key and no more: what was used longest ago makes room. Every cache is listed while it is in use. */
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
    // The order says who goes first, and while there is much room nobody does.
    if (this.#entries.size * 2 > this.#maxEntries || this.#weight * 2 > this.#maxWeight) {
      // A map keeps the order of insertion: what was used last is put last.
      this.#entries.delete(key);
      this.#entries.set(key, entry);
    }
    return entry.value;
  }

  /** What is kept for the key, else what `make` gives, which is kept from then on unless it is undefined. */
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

/** Most clients send the same few values all the time; what a stranger sends must not fill the memory. */
const MAX_REMEMBERED = 100;
const MAX_REMEMBERED_CHARS = 200;

/** The same function, which reads a short text that it has read before only once. For what depends on nothing but the text. */
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
  /** How many there are of this name. */
  readonly caches: number;
  /** Entries of all of them. */
  readonly entries: number;
}

/** The caches of this process, by name. Those of what is no longer in use leave the list when it is collected. */
export const listCaches = (): readonly ListedCaches[] =>
  [...caches].sort(byName).map(([name, references]) => {
    const alive = [...references].flatMap((reference) => reference.deref() ?? []);
    return { name, caches: alive.length, entries: alive.reduce((sum, { size }) => sum + size, 0) };
  });

const byName = ([one]: readonly [string, unknown], [other]: readonly [string, unknown]) => (one < other ? -1 : 1);
