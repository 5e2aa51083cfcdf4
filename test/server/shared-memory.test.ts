import { expect, test } from 'vitest';
import { createSharedMemory } from '../../src/server/answers/shared-memory.ts';

const LONGEST = 100;

/** A connection on which so many bytes wait. */
const connectionWith = (waiting: number) => ({ writableLength: waiting });

/** What is found in the memory of a first answer after a second one was made. */
function firstAfterSecond(connection: ReturnType<typeof connectionWith> | null): string {
  const memory = createSharedMemory(LONGEST);
  const sent: Buffer[] = [];
  const send = (bytes: Buffer): undefined => void sent.push(bytes);
  memory.lend(['first ', Buffer.from('answer')], connection, send);
  memory.lend(['the ', 'second answer'], connectionWith(0), send);
  const [first, second] = sent;
  expect(second?.toString()).toBe('the second answer');
  return String(first);
}

test('an answer that waits on its connection, or for an earlier one there, keeps its bytes', () => {
  expect(firstAfterSecond(connectionWith(1))).toBe('first answer');
  expect(firstAfterSecond(null)).toBe('first answer');
});

test('the memory of a sent answer is used again', () => {
  expect(firstAfterSecond(connectionWith(0))).not.toBe('first answer');
});

test('the longest text fits, in any language', () => {
  const memory = createSharedMemory(LONGEST);
  const longest = '\u20ac'.repeat(LONGEST);

  memory.lend([longest.slice(1), '\u20ac'], connectionWith(0), (bytes) => {
    expect(bytes.toString()).toBe(longest);
  });

  expect.assertions(1);
});
