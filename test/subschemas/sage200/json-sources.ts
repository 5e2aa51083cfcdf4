import fc from 'fast-check';

/**
 * JSON values as a server may print them: numbers with zeros behind them, dates with and without offsets, odd texts. None
 * with escapes that may be written otherwise: rows with such are always parsed, as `plans.test.ts` shows.
 */
export const sources = fc.oneof(
  fc.constantFrom('null', 'true', 'false', '""', '0', '-0', '0.00', '-0.000', '1e3', '1E-7', '0.0000001', '0.000010'),
  fc.constantFrom('"Open"', '"OnHold"', '"Closed"', '"0"', '"a\\"b"', '"\\\\"', '"Aé😀"'),
  fc.constantFrom(
    '2147483647',
    '2147483648',
    '999999999',
    '1234567890.12345',
    '123456789012345678',
    '12345678901234567.10',
  ),
  fc.constantFrom(
    '"2026-03-31T00:00:00"',
    '"2026-03-31T00:00:00Z"',
    '"2026-03-31T00:00:00+01:00"',
    '"2026-03-31"',
    '"31/03/2026"',
  ),
  fc
    .string({ unit: 'grapheme' })
    .map((text) => JSON.stringify(text))
    .filter((text) => !text.includes('\\u')),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => JSON.stringify(number)),
  fc.integer().map(String),
  fc
    .record({ whole: fc.integer({ min: -99_999, max: 99_999_999 }), fraction: fc.stringMatching(/^\d{1,8}$/) })
    .map(({ whole, fraction }) => `${whole}.${fraction}`),
);
