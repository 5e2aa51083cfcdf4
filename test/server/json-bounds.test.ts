import fc from 'fast-check';
import { expect, test } from 'vitest';
import { scalarsIn } from '../../src/kit/measure-values.ts';
import { brokenBound } from '../../src/server/intake/json-bounds.ts';

const ROOM = 50;

test('the values of a JSON text are counted as after parsing it', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
      const count = scalarsIn(value, ROOM);
      // With blanks before it, so that it is never shorter than its levels.
      const json = Buffer.from(' '.repeat(ROOM + 1) + JSON.stringify(value, null, 1));

      expect(brokenBound({ levels: ROOM, values: count, groups: json.length }, json)).toBeUndefined();
      expect(brokenBound({ levels: ROOM, values: count - 1, groups: json.length }, json)).toBe('values');
    }),
  );
});

test('lists and objects of a JSON text are counted wherever they are', () => {
  const json = Buffer.from('{"[": [[[["{[", {}]]]], "b": {"c": [[]]}}');
  const bounds = { levels: 10, values: 10 };

  expect(brokenBound({ ...bounds, groups: 9 }, json)).toBeUndefined();
  expect(brokenBound({ ...bounds, groups: 8 }, json)).toBe('groups');
});
