import { expect, test } from 'vitest';
import { createEndOfTurn } from '../../../src/kit/http/end-of-turn.ts';

test('work runs in order at the end of the turn, and work that it adds in the next turn', async () => {
  const later = createEndOfTurn();
  const done: string[] = [];
  later(() => {
    done.push('first');
    later(() => done.push('third'));
  });
  later(() => done.push('second'));
  await Promise.resolve();
  expect(done).toEqual([]);

  await new Promise((resolve) => setImmediate(resolve));
  expect(done).toEqual(['first', 'second']);
  await new Promise((resolve) => setImmediate(resolve));
  expect(done).toEqual(['first', 'second', 'third']);
});

test('work that is too much for one turn continues in the next ones, before later work', async () => {
  const later = createEndOfTurn(2);
  const done: number[] = [];
  for (const number of [1, 2, 3, 4, 5]) later(() => done.push(number));

  await new Promise((resolve) => setImmediate(resolve));
  expect(done).toEqual([1, 2]);
  later(() => done.push(6));
  await new Promise((resolve) => setImmediate(resolve));
  expect(done).toEqual([1, 2, 3, 4]);
  await new Promise((resolve) => setImmediate(resolve));
  expect(done).toEqual([1, 2, 3, 4, 5, 6]);
  later(() => done.push(7));
  await new Promise((resolve) => setImmediate(resolve));
  expect(done.at(-1)).toBe(7);
});
