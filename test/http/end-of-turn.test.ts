import { expect, test } from 'vitest';
import { createEndOfTurn } from '../../src/http/end-of-turn.ts';

test('work is done in its order once the turn is over, and what it asks for in the turn after', async () => {
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
