import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type BodyPart, ByteText, bytesOf, charsOf, joinParts, SHORT_BODY_BYTES } from '../../src/http/index.ts';

const texts = fc.string({ unit: 'grapheme', maxLength: 200 });
const parts: fc.Arbitrary<BodyPart> = fc.oneof(
  texts,
  texts.map((text) => Buffer.from(text)),
  texts.map((text) => new ByteText(Buffer.from(text).toString('latin1'))),
);

test('a body is the bytes of its parts, one after the other, however they are kept', () => {
  fc.assert(
    fc.property(fc.array(parts, { minLength: 1, maxLength: 8 }), fc.boolean(), (some, isLong) => {
      const all = isLong ? [...some, 'é'.repeat(SHORT_BODY_BYTES)] : some;
      const whole = Buffer.concat(all.map(bytesOf));
      const joined = joinParts(all);
      expect(bytesOf(joined).equals(whole)).toBe(true);
      // What is written with one character a byte announces its length by its characters.
      expect(Buffer.from(charsOf(joined), 'latin1').equals(whole)).toBe(true);
      expect(charsOf(joined)).toHaveLength(whole.length);
    }),
  );
});
