import fc from 'fast-check';
import { expect, test } from 'vitest';
import { literalOf } from '../../../src/subschemas/sage200/odata/literal.ts';
import type { Codec } from '../../../src/subschemas/sage200/values/codec.ts';
import { CODECS } from '../../../src/subschemas/sage200/values/codecs.ts';
import { decodeGlobalId, encodeGlobalId, type GlobalId } from '../../../src/subschemas/sage200/values/global-id.ts';
import { isSageId } from '../../../src/subschemas/sage200/values/sage-id.ts';

const ids: fc.Arbitrary<GlobalId> = fc.record({
  site: fc.uuid(),
  company: fc.nat().map(String),
  typeName: fc.constantFrom('Sage200Customer', 'Sage200SopOrder', 'Sage200Nothing'),
  key: fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }).map(String),
});

test('an id is read back unchanged', () => {
  fc.assert(
    fc.property(ids, (id) => {
      expect(decodeGlobalId(encodeGlobalId(id))).toEqual(id);
    }),
  );
});

test('no other text is read as that id', () => {
  fc.assert(
    fc.property(ids, fc.nat(), fc.string({ unit: 'binary', minLength: 1, maxLength: 3 }), (id, at, text) => {
      const written = encodeGlobalId(id);
      const place = at % (written.length + 1);
      const changed = written.slice(0, place) + text + written.slice(place + (at % 2));

      expect(changed === written ? undefined : decodeGlobalId(changed)).not.toEqual(id);
    }),
    { numRuns: 2_000 },
  );
});

test('any combination that is accepted has each part in its canonical form', () => {
  const part = fc.oneof(
    fc.constantFrom(
      's2',
      'Sage200',
      'Sage200Customer',
      '1',
      '0',
      '01',
      '',
      ' ',
      '.',
      '..',
      '-1',
      '1e3',
      '9223372036854775808',
    ),
    fc.string({ unit: 'binary', maxLength: 4 }),
  );
  const mostly = (text: string) =>
    fc.oneof({ weight: 4, arbitrary: fc.constant(text) }, { weight: 1, arbitrary: part });
  const made = fc
    .tuple(mostly('s2'), mostly('a-site'), mostly('1'), mostly('Sage200Customer'), mostly('7'))
    .map((parts) => Buffer.from(parts.join('\n')));
  let read = 0;
  fc.assert(
    fc.property(made, fc.constantFrom('base64url' as const, 'base64' as const), (bytes, encoding) => {
      const found = decodeGlobalId(bytes.toString(encoding));
      if (!found) return;
      read += 1;
      expect(found.site).toMatch(/^[\w-]{1,64}$/);
      expect(found.company).toMatch(/^(0|[1-9]\d*)$/);
      expect(found.typeName === 'Sage200' ? found.key === '' : isSageId(found.key)).toBe(true);
      expect(encodeGlobalId(found)).toBe(bytes.toString('base64url'));
    }),
    { numRuns: 5_000 },
  );
  expect(read).toBeGreaterThan(0);
});

test.each([
  [
    'ID',
    ['0', '7', '9223372036854775807', '-5'],
    ['07', '+7', '-0x', '1e3', '1.0', '', ' 7', 'null', '9223372036854775808', '٧'],
  ],
  ['Int', ['0', '-7'], ['1.5', 'null', '', '1e3', '7 or 1']],
  ['Boolean', ['true', 'false'], ['TRUE', '1', 'null', '']],
  ['Sage200Decimal', ['1.50', '-0.01'], ['1e3', '.5', '1.', 'INF', 'null', '1 or 1', '1'.repeat(41)]],
  ['Sage200Date', ['2026-03-31'], ['2026-02-30', '2026-3-1', 'now()', 'null']],
  ['Sage200DateTime', ['2026-03-31T09:30:00Z'], ['2026-03-31', '2026-03-31T09:30:00Z or 1', 'now()', 'null']],
])('a bare %s in a filter means only that', (scalar, taken, refused) => {
  const codec = CODECS[scalar] as Codec;
  for (const text of taken) expect(literalOf(codec, text)).toBe(text);
  for (const text of refused) expect(literalOf(codec, text), text).toBeUndefined();
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(literalOf(codec, text) ?? '').toMatch(/^[\w.:+-]*$/);
    }),
  );
});
