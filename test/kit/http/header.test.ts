import { expect, test } from 'vitest';
import { single } from '../../../src/kit/http/index.ts';

test.each([
  ['a value', 'text/html', 'text/html'],
  ['an empty one', '', ''],
  ['several', ['a', 'b'], undefined],
  ['none', undefined, undefined],
])('a single header: %s', (_, given, expected) => expect(single(given)).toBe(expected));
