import { createRandom } from '../../../src/sandbox/seed/random.ts';

/** Choices that are made again the same way for the same number. */
export interface Choices {
  /** A whole number from 0 to `below - 1`. */
  below(below: number): number;
  /** True in so many of a hundred cases. */
  percent(share: number): boolean;
  /** @throws RangeError when there is nothing to choose from */
  one<Item>(items: readonly Item[]): Item;
  /** Each weight says how often its item is taken. */
  weighted<Item>(items: readonly (readonly [weight: number, item: Item])[]): Item;
}

export function createChoices(seed: number): Choices {
  const { next } = createRandom(seed);
  const below = (limit: number) => Math.floor(next() * limit);
  // Undefined is as good an item as any other here.
  const one = <Item>(items: readonly Item[]): Item => {
    if (items.length === 0) throw new RangeError('There is nothing to choose from.');
    return items[below(items.length)] as Item;
  };
  return {
    below,
    percent: (share) => next() * 100 < share,
    one,
    weighted(items) {
      let left = next() * items.reduce((sum, [weight]) => sum + weight, 0);
      for (const [weight, item] of items) {
        left -= weight;
        if (left < 0) return item;
      }
      return one(items)[1];
    },
  };
}

/** The same number for the same text: FNV-1a, 32 bits. */
export function numberOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash >>> 0;
}
