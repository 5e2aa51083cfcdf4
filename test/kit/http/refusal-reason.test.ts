import fc from 'fast-check';
import { expect, test } from 'vitest';
import { refusalReason } from '../../../src/kit/http/index.ts';
import { createRedactor } from '../../../src/kit/text/index.ts';
import { REFUSAL_SHAPES, WHY } from '../../support/refusal-shapes.ts';

test.each(REFUSAL_SHAPES)('a refusal as %s keeps its reason, without technical details', (_, shape) => {
  const body = typeof shape === 'string' ? shape : JSON.stringify(shape);

  const reason = refusalReason(Buffer.from(body));

  expect(reason).toContain(WHY);
  expect(reason).not.toMatch(/error has occurred|request is invalid|cs:line|Sage\.Exception|:\/\/|[<{]/);
});

test('a reason names the fields, each once', () => {
  const body = { Message: 'The request is invalid.', ModelState: { reference: [WHY, WHY], name: ['Too long.'] } };

  expect(refusalReason(Buffer.from(JSON.stringify(body)))).toBe(`reference: ${WHY}. name: Too long.`);
});

test.each(['', ' ', '{}', '[]', 'null', '17', '{"statusCode":400}', '<html></html>', '\u0000\u0001\u0002'])(
  'the body %j says nothing',
  (body) => {
    expect(refusalReason(Buffer.from(body))).toBeUndefined();
  },
);

test('any bytes result in a short line without secrets, or nothing', () => {
  const secret = 'sEcrEt-token-1234';
  const redact = createRedactor({ secrets: [secret] });
  const texts = fc.string({ unit: 'binary', maxLength: 200 }).map((text) => `${text}${secret}${text}`);
  const json = fc.letrec((tie) => ({
    value: fc.oneof({ maxDepth: 8 }, texts, fc.integer(), fc.constant(null), tie('list'), tie('object')),
    list: fc.array(tie('value'), { maxLength: 5 }),
    object: fc.dictionary(fc.constantFrom('Message', 'errors', 'ModelState', 'detail', 'x y'), tie('value')),
  }));
  const bodies = fc.oneof(
    texts,
    json.value.map((value) => JSON.stringify(value)),
  );

  fc.assert(
    fc.property(bodies, (body) => {
      const reason = refusalReason(Buffer.from(body), redact) ?? '-';
      expect(reason).not.toContain(secret);
      expect(reason).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\u202e]/u);
      expect(Buffer.byteLength(reason)).toBeLessThanOrEqual(2_000);
    }),
    { numRuns: 300 },
  );
});
