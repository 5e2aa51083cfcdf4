import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { clip, createRedactor, MAX_TEXT_BYTES } from '../../../src/kit/text/index.ts';

const redact = createRedactor({ secrets: ['hunter2!', 'hunter2!-and-more', 'a b/c'], hosts: ['erp.sage.com', 'erp'] });
const bytes = (text: string) => Buffer.byteLength(text);

test.each([
  ['See https://api.eu.erp.sage.com/v1/x?a=1, please', 'See [address], please'],
  ['(see https://x.y/z).', '(see [address]).'],
  ['[here](https://x.y/z_(1)) and "wss://x.y"', '[here]([address]) and "[address]"'],
  ['connect to http://[::1]:5432/x?', 'connect to [address]?'],
  ['postgres+ssl://user:pass@db/x;jdbc:oracle://db', '[address]'],
  ['_https://x.y and 1https://x.y', '_[address] and 1[address]'],
  ['moved to https%3A%2F%2Fx.y%2Fz or https:\\/\\/x.y\\/z', 'moved to [address] or [address]'],
  ['host na.erp.sage.com:8443 is away, ERP.SAGE.COM too', 'host [address] is away, [address] too'],
  ['erp answers, an interpreter does not', '[address] answers, an interpreter does not'],
  ['password hunter2! refused', 'password [secret] refused'],
  ['password hunter2!-and-more refused', 'password [secret] refused'],
  ['?secret=a%20b%2Fc', '?secret=[secret]'],
  ['Authorization: Bearer abc.def-1 is spent', 'Authorization: Bearer [secret] is spent'],
  ['bearer  abc, Bearer%20abc', 'Bearer [secret], Bearer [secret]'],
  ['token eyJhbGciOi.eyJzdWIiOi.c2ln is spent', 'token [secret] is spent'],
  ['token=eyJhbGciOi.eyJzdWIiOi.c2ln.', 'token=[secret].'],
  ['encrypted: eyJhbGciOi..aXY.Y2lwaGVy.dGFn', 'encrypted: [secret]'],
  ['x_eyJhbGciOi.eyJzdWIiOi.c2ln', 'x_[secret]'],
  ['Broken\n    at Object.run (/srv/app.js:1:2)\n   at Sage.Post(String x)\nas told', 'Broken\nas told'],
])('%s: addresses, secrets and stack traces are removed', (text, safe) => {
  expect(redact(text)).toBe(safe);
});

test.each([
  'Release 52.0.34.1 needs order S10.2:1000',
  'Order SO-1.2.3 of 12:30 costs 1.50: check 25% (a:b)',
  'db-7.internal.lan:1433 and 10.1.2.3:5432',
  'and/or, a//b, ://, :// x, see: //x, http:/x, C:\\temp',
  'the bearer, eyJ, eyJ.eyJ., eyJabc.de',
  'line 1\n\tat\nline 2',
])('%s: business text is unchanged', (text) => {
  expect(redact(text)).toBe(text);
});

test('data keeps its shape, numbers and names; stacks and levels that are too deep are removed', () => {
  const deep = (depth: number): unknown => (depth === 0 ? 'end' : [deep(depth - 1)]);

  expect(
    redact({ a: ['Bearer x', 1, null, true], stackTrace: 'x', stack: 1, stackHeight: 2, 'x://y': 'x://y' }),
  ).toEqual({
    a: ['Bearer [secret]', 1, null, true],
    stackHeight: 2,
    '[address]': '[address]',
  });
  expect(JSON.stringify(redact(deep(19)))).toContain('end');
  expect(JSON.stringify(redact(deep(5_000)))).not.toContain('end');
});

describe('a long text', () => {
  test('is cut to 16 kB, whatever it contains and whatever replaces its parts', () => {
    for (const piece of ['a', 'é', '😀', '\ud83d', 'a://b ', 'Bearer x ', 'hunter2! ', 'é://b ']) {
      const safe = redact(piece.repeat(40_000));
      expect(bytes(safe)).toBeLessThanOrEqual(MAX_TEXT_BYTES);
      expect(bytes(safe)).toBeGreaterThan(MAX_TEXT_BYTES / 2);
      expect(safe.endsWith('…')).toBe(true);
    }
  });

  test.each([
    ['a known secret', 'planted-secret-of-some-length', 0],
    ['a bearer token', 'Bearer planted-bearer-of-some-length', 'Bearer '.length],
    // Less of it is no use to anybody, and not yet known for what it is.
    ['a JWT', 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.c2lnbmF0dXJl', 13],
  ])('ends before %s that would be cut in half', (_name, secret, harmless) => {
    const clean = createRedactor({ secrets: ['planted-secret-of-some-length'] });
    for (let left = 1; left <= secret.length; left += 1) {
      const safe = clean(`${' '.repeat(MAX_TEXT_BYTES - 3 - left)}${secret}${' '.repeat(100)}`);

      expect(safe).not.toContain(secret.slice(0, harmless + 1));
      expect(safe.endsWith('…')).toBe(true);
    }
  });

  test('that is not cut is unchanged', () => {
    expect(redact('ab '.repeat(5_000))).toBe('ab '.repeat(5_000));
  });
});

test('a cut text is the beginning of the complete one, no longer than allowed, and no character is cut in half', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 100 }), fc.integer({ min: 3, max: 120 }), (text, most) => {
      const cut = clip(text, most);

      expect(bytes(cut)).toBeLessThanOrEqual(most);
      if (bytes(text) <= most) expect(cut).toBe(text);
      else {
        expect(cut.endsWith('…')).toBe(true);
        expect(text.startsWith(cut.slice(0, -1))).toBe(true);
        expect(cut.isWellFormed()).toBe(text.isWellFormed());
      }
    }),
  );
});

test('no known secret and no URL gets through, whatever text is around it', () => {
  const around = fc.array(
    fc.constantFrom(
      'a',
      ' ',
      '.',
      '-',
      '://',
      'eyJ',
      'Bearer ',
      '"',
      '(',
      ')',
      '[',
      '\n',
      '%',
      'hunter2',
      'erp.sage',
      ':1',
    ),
    { maxLength: 12 },
  );
  fc.assert(
    fc.property(
      around,
      around,
      fc.constantFrom('hunter2!', 'na.erp.sage.com', 'https://x.y/z'),
      (before, after, planted) => {
        const safe = redact(before.join('') + planted + after.join(''));

        expect(safe).not.toContain('hunter2!');
        expect(safe).not.toContain('erp.sage.com');
        expect(safe).not.toContain('https://x');
      },
    ),
  );
});
