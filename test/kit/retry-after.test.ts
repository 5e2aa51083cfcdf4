import { describe, expect, it } from 'vitest';
import { parseRetryAfter } from '../../src/kit/retry-after.ts';

const now = Date.parse('2026-03-01T12:00:00Z');

describe('Retry-After', () => {
  it.each([
    ['seconds', '5', 5],
    ['nothing to wait for', '0', 0],
    ['blanks around', ' 7 ', 7],
    ['a date', 'Sun, 01 Mar 2026 12:01:30 GMT', 90],
    ['the first of several', ['3', '9'], 3],
    ['more than an hour', '86400', 3_600],
    ['a date far off', 'Mon, 01 Mar 2027 12:00:00 GMT', 3_600],
    ['a number beyond all bounds', '9'.repeat(400), 3_600],
  ])('reads %s', (_, header, seconds) => {
    expect(parseRetryAfter(header, now)).toBe(seconds);
  });

  it.each([
    ['no header', undefined],
    ['an empty one', ' '],
    ['an empty list', []],
    ['words', 'soon'],
    ['a date that is past', 'Sun, 01 Mar 2026 11:59:00 GMT'],
    ['a negative number', '-5'],
  ])('ignores %s', (_, header) => {
    expect(parseRetryAfter(header, now)).toBeUndefined();
  });
});
