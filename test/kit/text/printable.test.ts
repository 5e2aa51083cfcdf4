import fc from 'fast-check';
import { expect, test } from 'vitest';
import { toPrintable, toPrintableJson, toPrintableLines } from '../../../src/kit/text/index.ts';

test('characters that break a line, control a terminal or change the text direction are shown as escapes', () => {
  expect(toPrintable('a\nb\r\tc\u001b[31m\u0085\u2028\u202ed\u2066\u061c\u200f\ud800')).toBe(
    'a\\nb\\r\\tc\\u001b[31m\\u0085\\u2028\\u202ed\\u2066\\u061c\\u200f\\ud800',
  );
  expect(toPrintable('\u{e0041}')).toBe('\\udb40\\udc41');
  expect(toPrintableLines('a\nb\u2028c')).toBe('a\nb\\u2028c');
});

test('text in any language stays', () => {
  const text = 'Zoë Müller, 東京, Ελλάδα, עברית, 😀 €5 “x”';

  expect(toPrintable(text)).toBe(text);
});

test('JSON keeps its meaning, and nothing in it controls a terminal', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: fc.constantFrom('\u202e', '\u0085', '\u2029', '\u007f') }),
      (a, b) => {
        const json = toPrintableJson(JSON.stringify({ [b]: a + b }));

        expect(JSON.parse(json)).toEqual({ [b]: a + b });
        expect(json).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_C}]/u);
      },
    ),
  );
});
