import { buildSchema, parse } from 'graphql';
import { expect, test } from 'vitest';
import { isLongDocument } from '../../src/graph/index.ts';
import { validateLeniently } from '../../src/graph/operation/validate-leniently.ts';

const schema = buildSchema(`
  type Query { customer(first: Int): Customer }
  type Customer { name: String }
`);
const repeated = (text: string, count = 40) =>
  Array.from({ length: count }, (_, index) => text.replace('#', `${index}`));
const suggestionsIn = (document: string) => {
  const messages = validateLeniently(schema, parse(document, { noLocation: isLongDocument(document) })).map(
    ({ message }) => message,
  );
  return {
    faults: messages.length,
    suggestions: messages.filter((message) => message.includes('Did you mean')).length,
  };
};

test('a wrong name gets a suggestion', () => {
  expect(suggestionsIn('{ custommer { name } ... on Custommer { name } }')).toEqual({ faults: 2, suggestions: 2 });
});

test('names of a very long document are not compared', () => {
  const name = `customer${'r'.repeat(60_000)}`;

  expect(suggestionsIn(`{ ${name} customer { nam } }`)).toEqual({ faults: 2, suggestions: 0 });
});

test('many wrong names are all reported, and only a few are compared with all names', () => {
  expect(suggestionsIn(`{ ${repeated('... on Customer# { name }').join(' ')} }`)).toEqual({
    faults: 40,
    suggestions: 1,
  });
  expect(suggestionsIn(`{ ${repeated('a#: customer(firs: 1) { name }').join(' ')} }`)).toEqual({
    faults: 40,
    suggestions: 10,
  });
  const { faults, suggestions } = suggestionsIn(`{ customer { ${repeated('name#').join(' ')} } }`);
  expect(faults).toBe(40);
  expect(suggestions).toBeGreaterThan(0);
  expect(suggestions).toBeLessThanOrEqual(10);
});
