import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseExactJson } from '../../src/kit/exact-json.ts';

const numbers = fc.oneof(fc.stringMatching(/^-?[1-9]\d{0,25}$/), fc.stringMatching(/^-?(0|[1-9]\d{0,14})\.\d{1,15}$/));
const fillers = fc.string({ maxLength: 40 }).map((text) => JSON.stringify(text));

/** Read with an eye on each number, which takes twice as long. */
const readSlowly = (text: string): unknown =>
  JSON.parse(text, (_key, value: unknown, context?: { source?: string }) => {
    const source = typeof value === 'number' ? context?.source : undefined;
    return source !== undefined && source.replace(/\D/g, '').length > 15 ? source : value;
  });

test('numbers that a double cannot hold keep their text, wherever they are', () => {
  let kept = 0;
  fc.assert(
    fc.property(fc.array(fc.tuple(fillers, numbers), { minLength: 1, maxLength: 6 }), (pairs) => {
      const text = `[${pairs.flat().join(',')}]`;
      const found = parseExactJson(text);
      expect(found).toEqual(readSlowly(text));
      if (Array.isArray(found) && found.some((each, index) => index % 2 === 1 && typeof each === 'string')) kept += 1;
    }),
    { numRuns: 2_000 },
  );
  expect(kept).toBeGreaterThan(100);
});
