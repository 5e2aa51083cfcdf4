import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseRelaxedJson } from '../../../../src/sandbox/erp/filter/relaxed-json.ts';

describe('the filter language', () => {
  test('reads all of JSON, and the same with single quotes and bare keys', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value);
        expect(JSON.stringify(parseRelaxedJson(text))).toBe(JSON.stringify(JSON.parse(text)));
      }),
    );
    fc.assert(
      fc.property(fc.string(), (value) => {
        const quoted = value.replaceAll('\\', '\\\\').replaceAll("'", "\\'");
        expect(parseRelaxedJson(`{ key: '${quoted}', other: [+1, -.5, ], }`)).toEqual({ key: value, other: [1, -0.5] });
      }),
    );
  });

  test.each(['', '{', '{a 1}', "{a: 'x}", '[1 2]', '{a: b}', '{a: 1} x', '{"a": "\\u12"}', '['.repeat(100_000)])(
    'refuses the text %#',
    (text) => {
      expect(() => parseRelaxedJson(text)).toThrow(/at position \d+/);
    },
  );
});
