import { expect, test, vi } from 'vitest';
import { lazyRecord } from '../../src/kit/lazy-record.ts';

test('a value is created when it is first read, and once', () => {
  const make = vi.fn(() => ({ n: 1 }));
  const record = lazyRecord({ one: make, other: () => ({ n: 2 }) });

  expect(Object.keys(record)).toEqual(['one', 'other']);
  expect(make).not.toHaveBeenCalled();
  expect(record['one']).toBe(record['one']);
  expect(make).toHaveBeenCalledOnce();
});
