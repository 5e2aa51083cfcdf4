import { expect, test } from 'vitest';
import { Repeats } from '../src/repeats.ts';

test('what comes for the second time is kept, and found from then on', () => {
  const repeats = new Repeats<string, number>(2);
  expect(repeats.wants('a')).toBe(false);
  expect(repeats.find('a')).toBeUndefined();
  expect(repeats.wants('a')).toBe(true);
  repeats.keep('a', 1);
  expect(repeats.find('a')).toBe(1);
});

test('what was wrong many times in a row is replaced, and what is right now and then is not', () => {
  const repeats = new Repeats<string, number>(2);
  repeats.keep('a', 1);
  const wanted = (times: number) => Array.from({ length: times }, () => repeats.wants('a')).filter(Boolean).length;
  expect(wanted(15)).toBe(0);
  repeats.confirm('a');
  expect(wanted(15)).toBe(0);
  expect(wanted(1)).toBe(1);
  // Those who ask while the next one is being made do not make it as well.
  expect(wanted(15)).toBe(0);
});

test('keys without end take no memory without end', () => {
  const repeats = new Repeats<number, number>(2);
  for (let key = 0; key < 10; key += 1) repeats.keep(key, key);
  expect([7, 8, 9].map((key) => repeats.find(key))).toEqual([undefined, 8, 9]);
  // Seen once, and forgotten with many others that were.
  for (let key = 100; key < 400; key += 1) expect(repeats.wants(key)).toBe(false);
  expect(repeats.wants(100)).toBe(false);
  expect(repeats.wants(399)).toBe(true);
});
