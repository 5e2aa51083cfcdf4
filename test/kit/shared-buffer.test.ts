import { expect, expectTypeOf, test } from 'vitest';
import type { MaybePromise } from '../../src/kit/maybe-promise.ts';
import { SharedBuffer } from '../../src/kit/shared-buffer.ts';

const numbered = (isReusable?: (made: { size: number }) => boolean) => {
  let made = 0;
  return new SharedBuffer({
    make: () => {
      made += 1;
      return { number: made, size: 1 };
    },
    ...(isReusable && { isReusable }),
  });
};

test('one buffer serves all, in sequence', () => {
  const shared = numbered();

  const numbers = Array.from({ length: 5 }, () => shared.use(({ number }) => number));

  expect(numbers).toEqual([1, 1, 1, 1, 1]);
});

test('nested work gets its own buffer', () => {
  const shared = numbered();

  const [outer, inner] = shared.use(({ number }) => [number, shared.use((other) => other.number)]);

  expect(inner).not.toBe(outer);
});

test('a buffer that is kept, has grown too large or was abandoned is not lent again', () => {
  const shared = numbered(({ size }) => size < 10);

  expect(
    shared.use(({ number }, keep) => {
      keep();
      return number;
    }),
  ).toBe(1);
  expect(() =>
    shared.use(() => {
      throw new Error('left in the middle');
    }),
  ).toThrow('middle');
  shared.use((buffer) => {
    expect(buffer.number).toBe(3);
    buffer.size = 10;
  });
  expect(shared.use(({ number }) => number)).toBe(4);
  expect(shared.use(({ number }) => number)).toBe(4);
});

test('the type rejects asynchronous work', () => {
  const shared = numbered();
  const later = (): MaybePromise<number> => 1;

  // @ts-expect-error an async function
  shared.use(async ({ number }) => Promise.resolve(number));
  // @ts-expect-error what may be a promise
  shared.use(() => later());
  // @ts-expect-error anything that can be awaited
  // biome-ignore lint/suspicious/noThenProperty: that is what is refused.
  shared.use(() => ({ then: (resolve: (value: number) => void) => resolve(1) }));
  expectTypeOf(shared.use(({ number }) => number)).toBeNumber();
  expectTypeOf(shared.use(() => {})).toBeVoid();
});
