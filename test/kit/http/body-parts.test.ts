import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type BodyPart,
  ByteText,
  bytesOf,
  MOST_BYTES_A_CHARACTER,
  piecesOf,
  roughLength,
  textOf,
  writeBody,
} from '../../../src/kit/http/index.ts';

const texts = fc.string({ unit: 'grapheme', maxLength: 200 });
const parts: fc.Arbitrary<BodyPart> = fc.oneof(
  texts,
  texts.map((text) => Buffer.from(text)),
  texts.map((text) => Buffer.alloc(70_000, text || ' ')),
  texts.map((text) => new ByteText(Buffer.from(text).toString('latin1'))),
);

test('a body is the bytes of its parts, in order, however they are stored and read', () => {
  fc.assert(
    fc.property(fc.array(parts, { minLength: 1, maxLength: 8 }), (body) => {
      const whole = Buffer.concat(body.map((part) => bytesOf([part])));
      expect(bytesOf(body).equals(whole)).toBe(true);
      expect(Buffer.concat(piecesOf(body)).equals(whole)).toBe(true);
      const { chars, bytes } = textOf(body);
      expect(bytes).toBe(whole.length);
      // What has as many characters as bytes is written with one character a byte.
      expect(Buffer.from(chars, bytes === chars.length ? 'latin1' : 'utf8').equals(whole)).toBe(true);
      const target = Buffer.alloc(roughLength(body) * MOST_BYTES_A_CHARACTER);
      expect(target.subarray(0, writeBody(body, target)).equals(whole)).toBe(true);
    }),
  );
});
