import { expect, test } from 'vitest';
import { toCallerKindValue } from '../../src/kit/principal.ts';

test.each([
  ['anonymous', 'ANONYMOUS'],
  ['apiKey', 'API_KEY'],
  ['passThrough', 'PASS_THROUGH'],
])('the kind %s is %s in the schema', (kind, value) => expect(toCallerKindValue(kind)).toBe(value));
