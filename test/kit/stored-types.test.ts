import { parse, print } from 'graphql';
import { expect, test } from 'vitest';
import { storeTypes, toDocument } from '../../src/kit/stored-types.ts';

const SDL = `
  "Things with an id."
  interface Node { id: ID! }
  type Thing implements Node { id: ID! "In = and {}" size(unit: Unit = METRE): Int }
  extend type Thing { old: Length @deprecated(reason: "Gone.") }
  scalar Length @specifiedBy(url: "https://example.com/length")
  enum Unit { METRE "Three feet" YARD @deprecated }
  input ThingFilter @oneOf { size: Int unit: Unit }
  union Any = Thing
`;

test('stored types are the same types again, with their extensions and the built-in scalars that they use', () => {
  const stored = JSON.parse(JSON.stringify(storeTypes(parse(SDL))));

  const merged = SDL.replace('): Int }', '): Int old: Length @deprecated(reason: "Gone.") }').replace(
    / *extend.*\n/,
    '',
  );
  expect(print(toDocument(stored))).toBe(print(parse(`scalar ID scalar Int ${merged}`)));
});
