import { expect, test } from 'vitest';
import { KeptCalls } from '../../../src/kit/http/kept-calls.ts';

test('each of many calls is found by its request, and none after they are released', () => {
  const kept = new KeptCalls<number>();
  for (let number = 0; number < 100; number += 1) kept.add(`customers/${number}`, number + 1);

  for (let number = 0; number < 100; number += 1) expect(kept.get(`customers/${number}`)).toBe(number + 1);
  expect(kept.get('customers/100')).toBeUndefined();

  kept.clear();
  for (const number of [0, 15, 16, 99]) expect(kept.get(`customers/${number}`)).toBeUndefined();
});
