import { describe, expect, test } from 'vitest';
import { andThen, handled, type MaybePromise, orElse, together } from '../../src/kit/maybe-promise.ts';

const later = <Value>(value: Value): Promise<Value> => Promise.resolve(value);
const failing = (): never => {
  throw new Error('no');
};
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : '');

describe('andThen', () => {
  test('continues at once with an available value', () => {
    expect(andThen(1, (value) => value + 1)).toBe(2);
  });

  test('continues with a promise once it resolves', async () => {
    const found = andThen(later(1), (value) => value + 1);
    expect(found).toBeInstanceOf(Promise);
    expect(await found).toBe(2);
  });

  test('passes on a failure, immediate or later', async () => {
    expect(() => andThen(1, failing)).toThrow('no');
    await expect(andThen(later(1), failing)).rejects.toThrow('no');
  });
});

describe('orElse', () => {
  test('leaves a success unchanged', async () => {
    expect(orElse(() => 'found', messageOf)).toBe('found');
    expect(await orElse(() => later('found'), messageOf)).toBe('found');
  });

  test('recovers immediately from an immediate error', () => {
    expect(orElse<string>(failing, messageOf)).toBe('no');
  });

  test('recovers from a later failure', async () => {
    expect(await orElse<string>(() => Promise.reject(new Error('no')), messageOf)).toBe('no');
  });
});

test('a handled promise may fail while nobody awaits it', async () => {
  const rejections: unknown[] = [];
  const note = (reason: unknown) => rejections.push(reason);
  process.on('unhandledRejection', note);
  try {
    const failed = handled(Promise.reject(new Error('no')));
    await new Promise((resolve) => setImmediate(resolve));
    expect(rejections).toEqual([]);
    await expect(failed).rejects.toThrow('no');
  } finally {
    process.off('unhandledRejection', note);
  }
});

describe('together', () => {
  const results: readonly (readonly [string, (item: number) => MaybePromise<number>, boolean])[] = [
    ['all there', (item) => item * 2, false],
    ['all later', (item) => later(item * 2), true],
    ['some later', (item) => (item === 2 ? later(4) : item * 2), true],
  ];

  const unchanged = <Result>(found: readonly Result[]) => found;

  test.each(results)('%s: results in the order of the items', async (_, start, isLater) => {
    const made = together([1, 2, 3], start, unchanged);
    expect(made instanceof Promise).toBe(isLater);
    expect(await made).toEqual([2, 4, 6]);
  });

  test('no items give no results, and a single available one is not awaited', () => {
    expect(together([], failing, unchanged)).toEqual([]);
    expect(together([1], (item) => item * 2, unchanged)).toEqual([2]);
  });

  test('everything is started even if one throws at once, and every failure is handled', async () => {
    const started: number[] = [];
    const start = (item: number) => {
      started.push(item);
      if (item === 1) return failing();
      return Promise.reject(new Error(`no ${item}`));
    };

    await expect(together([1, 2, 3], start, unchanged)).rejects.toThrow('no');
    expect(started).toEqual([1, 2, 3]);
  });
});
