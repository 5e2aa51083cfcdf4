import fc from 'fast-check';
import { expect, test } from 'vitest';
import { scalarsIn } from '../../src/server/graphql/measure-values.ts';
import { brokenBound } from '../../src/server/intake/json-bounds.ts';

const ROOM = 50;

test('the values of a JSON text are counted as they are once it is read', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
      const count = scalarsIn(value, ROOM);
      // With blanks before it, so that it is never shorter than its levels.
      const json = Buffer.from(' '.repeat(ROOM + 1) + JSON.stringify(value, null, 1));

      expect(brokenBound({ levels: ROOM, values: count }, json)).toBeUndefined();
      expect(brokenBound({ levels: ROOM, values: count - 1 }, json)).toBe('values');
    }),
  );
});
