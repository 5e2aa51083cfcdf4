import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BoundedCache, listCaches, remembered } from '../../src/kit/cache.ts';

const name = 'test';

describe('BoundedCache', () => {
  test('keeps a number of entries, and removes the one used longest ago', () => {
    const cache = new BoundedCache<string, number>({ name, maxEntries: 3 });
    for (const [index, key] of ['a', 'b', 'c'].entries()) cache.set(key, index);
    expect(cache.get('a')).toBe(0);
    cache.set('d', 3);

    expect(['a', 'b', 'c', 'd'].map((key) => cache.get(key))).toEqual([0, undefined, 2, 3]);
  });

  test('keeps a total weight, and no heavier single entry', () => {
    const weigh = (key: string) => key.length;
    const cache = new BoundedCache<string, number>({ name, maxEntries: 100, maxWeight: 10, weigh });
    cache.set('four', 1);
    cache.set('fives', 2);
    cache.set('eleven long', 3);
    expect([cache.get('four'), cache.get('fives'), cache.get('eleven long')]).toEqual([1, 2, undefined]);

    cache.set('fiver', 4);
    expect([cache.get('four'), cache.get('fives'), cache.get('fiver')]).toEqual([undefined, 2, 4]);
  });

  test('an entry that is set again counts once', () => {
    const cache = new BoundedCache<string, number>({ name, maxEntries: 9, maxWeight: 10, weigh: (_, value) => value });
    cache.set('a', 9);
    cache.set('a', 4);
    cache.set('b', 6);

    expect([cache.get('a'), cache.get('b')]).toEqual([4, 6]);
  });

  test('can keep the last entry, however heavy it is', () => {
    const weigh = (_: string, value: number) => value;
    const cache = new BoundedCache<string, number>({ name, maxEntries: 9, maxWeight: 10, weigh, keepsLast: true });
    cache.set('a', 4);
    cache.set('b', 40);
    expect([cache.get('a'), cache.get('b')]).toEqual([undefined, 40]);

    cache.set('c', 5);
    expect([cache.get('b'), cache.get('c')]).toEqual([undefined, 5]);
  });

  test('an entry is valid for its lifetime, from when it was set', () => {
    let time = 1_000;
    const cache = new BoundedCache<string, number>({ name, maxEntries: 9, lifeMs: 60, now: () => time });
    cache.set('a', 1);
    time += 59;
    expect([cache.get('a'), cache.has('a')]).toEqual([1, true]);
    time += 1;
    expect([cache.get('a'), cache.has('a'), cache.size]).toEqual([undefined, false, 0]);
  });

  test('creates a missing entry once', () => {
    const cache = new BoundedCache<string, string>({ name, maxEntries: 9 });
    const made: string[] = [];
    const make = (key: string) => {
      made.push(key);
      return key === 'none' ? undefined : `made of ${key}`;
    };

    expect(['a', 'a', 'none', 'none'].map((key) => cache.getOrMake(key, make))).toEqual([
      'made of a',
      'made of a',
      undefined,
      undefined,
    ]);
    expect(made).toEqual(['a', 'none', 'none']);
  });

  test('removes the entries that match a condition', () => {
    const cache = new BoundedCache<string, number>({ name, maxEntries: 9 });
    for (const value of [1, 2, 3]) cache.set(`n${value}`, value);
    cache.deleteWhere((value) => value !== 2);

    expect([cache.size, cache.get('n2')]).toEqual([1, 2]);
  });

  test('in any sequence it stays within its bounds, returns nothing expired, and has what was set last', () => {
    const operation = fc.record({
      key: fc.integer({ min: 0, max: 12 }),
      kind: fc.constantFrom('set', 'get', 'delete'),
    });
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 200 }), (operations) => {
        const maxEntries = 4;
        const maxWeight = 20;
        const cache = new BoundedCache<number, number>({ name, maxEntries, maxWeight, weigh: (key) => key });
        const latest = new Map<number, number>();
        for (const [index, { key, kind }] of operations.entries()) {
          if (kind === 'get') expect([undefined, latest.get(key)]).toContain(cache.get(key));
          if (kind === 'delete') {
            cache.delete(key);
            latest.delete(key);
            expect(cache.get(key)).toBeUndefined();
          }
          if (kind === 'set') {
            cache.set(key, index);
            latest.set(key, index);
            expect(cache.get(key)).toBe(index);
          }
          const kept = [...latest.keys()].filter((each) => cache.has(each));
          expect(cache.size).toBe(kept.length);
          expect(kept.length).toBeLessThanOrEqual(maxEntries);
          expect(kept.reduce((sum, each) => sum + each, 0)).toBeLessThanOrEqual(maxWeight);
        }
      }),
      { numRuns: 100 },
    );
  });
});

describe('remembered', () => {
  test('reads a short text once, and a long one each time', () => {
    const read: string[] = [];
    const lengthOf = remembered('lengths', (text) => {
      read.push(text);
      return text.length;
    });
    const long = 'x'.repeat(201);

    expect(['ab', 'ab', long, long].map(lengthOf)).toEqual([2, 2, 201, 201]);
    expect(read).toEqual(['ab', long, long]);
  });
});

describe('listCaches', () => {
  test('lists caches by name, grouping those of one name', () => {
    const caches = [1, 2].map((count) => {
      const cache = new BoundedCache<number, number>({ name: 'listed', maxEntries: 9 });
      for (let index = 0; index < count; index += 1) cache.set(index, index);
      return cache;
    });
    new BoundedCache<number, number>({ name: 'another', maxEntries: 9 });

    const listed = listCaches();
    expect(listed).toContainEqual({ name: 'listed', caches: 2, entries: 3 });
    expect(listed.map((each) => each.name)).toEqual(listed.map((each) => each.name).toSorted());
    caches[0]?.set(7, 7);
    expect(listCaches()).toContainEqual({ name: 'listed', caches: 2, entries: 4 });
  });
});
