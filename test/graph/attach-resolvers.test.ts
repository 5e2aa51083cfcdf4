import { buildSchema, GraphQLScalarType, graphql } from 'graphql';
import { expect, test } from 'vitest';
import { attachResolvers } from '../../src/graph/schema/attach-resolvers.ts';

const schemaOf = () =>
  buildSchema(`
    "A day."
    scalar Day
    interface Named { name: String }
    type Person implements Named { name: String, born: Day }
    type Query { someone(on: Day): Named }
  `);

test('fields, scalars and interfaces are resolved, and descriptions stay those of the schema', async () => {
  const schema = schemaOf();
  const Day = new GraphQLScalarType({
    name: 'Day',
    description: 'Another one.',
    serialize: (value) => `day ${value}`,
    parseValue: (value) => Number(value),
    parseLiteral: () => 7,
  });

  attachResolvers(
    schema,
    {
      Day,
      Named: { __resolveType: () => 'Person' },
      Query: { someone: (_root, { on }) => ({ name: 'Ann', born: on }) },
    },
    { isPartial: false },
  );
  const answer = await graphql({ schema, source: '{ someone(on: "x") { name ... on Person { born } } }' });

  expect(answer).toEqual({ data: { someone: { name: 'Ann', born: 'day 7' } } });
  expect(schema.getType('Day')?.description).toBe('A day.');
});

test('a resolver without a place is a mistake, unless names were taken away', () => {
  const attach = (resolvers: object, isPartial: boolean) => () =>
    attachResolvers(schemaOf(), { ...resolvers }, { isPartial });

  expect(attach({ Person: { age: () => 1 } }, false)).toThrow('Person.age');
  expect(attach({ Animal: { name: () => '' } }, false)).toThrow('Animal');
  expect(attach({ Person: { age: () => 1 }, Animal: { name: () => '' } }, true)).not.toThrow();
});
