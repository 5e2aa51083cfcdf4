import fc from 'fast-check';
import { buildSchema, coerceInputValue, type GraphQLInputType } from 'graphql';
import { expect, test } from 'vitest';
import { coerceInput } from '../../src/kit/coerce-variables.ts';

const schema = buildSchema(`
  enum Side { LEFT RIGHT }
  input Text { eq: String in: [String!] side: Side = LEFT }
  input Filter { and: [Filter!] or: [[Filter]] name: Text balance: Float! = 1.5 id: ID! count: Int one: Either }
  input Either @oneOf { name: String count: Int }
  type Query { rows(filter: Filter): Int }
`);

const names = fc.constantFrom(
  ...['and', 'or', 'name', 'balance', 'id', 'count', 'one', 'eq', 'in', 'side'],
  ...['nam', '__proto__', 'constructor', 'toString', ''],
);
const { value: anything } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    fc.constantFrom(null, undefined, true, 0, 1.5, 2 ** 40, Number.NaN, '', 'a', 'LEFT', 'MIDDLE'),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.array(fc.tuple(names, tie('value')), { maxLength: 5 }).map((entries) => {
      const made: Record<string, unknown> = {};
      for (const [name, value] of entries)
        Object.defineProperty(made, name, { value, enumerable: true, configurable: true, writable: true });
      return made;
    }),
  ),
}));

test('an input value is coerced as in graphql-js, with the same faults in the same order', () => {
  fc.assert(
    fc.property(fc.constantFrom('Filter', 'Text', 'Either'), anything, (typeName, value) => {
      const type = schema.getType(typeName) as GraphQLInputType;
      const faults: unknown[] = [];
      const expectedFaults: unknown[] = [];

      const coerced = coerceInput(value, type, (path, message) => faults.push({ path, message }));

      const expected = coerceInputValue(value, type, (path, _value, { message }) =>
        expectedFaults.push({ path, message }),
      );
      expect(faults).toEqual(expectedFaults);
      expect(JSON.stringify(coerced)).toBe(JSON.stringify(expected));
    }),
    { numRuns: 3_000 },
  );
});

test('the cost of an object depends on its fields, not on those of its type', () => {
  const wide = buildSchema(
    `input Wide { ${Array.from({ length: 5_000 }, (_, index) => `f${index}: Int`).join(' ')} } type Query { a(a: Wide): Int }`,
  );
  let looks = 0;
  const watched = new Proxy(
    { f7: 1 },
    {
      get: (target, key) => {
        looks += 1;
        return Reflect.get(target, key);
      },
    },
  );

  expect(coerceInput(watched, wide.getType('Wide') as GraphQLInputType, () => {})).toEqual({ f7: 1 });

  expect(looks).toBeLessThan(10);
});

test('a name that is longer than any in a schema has no suggestion, which would take long to find', () => {
  const faultsOf = (name: string) => {
    const faults: string[] = [];
    coerceInput({ [name]: 1 }, schema.getType('Text') as GraphQLInputType, (_path, message) => faults.push(message));
    return faults;
  };

  expect(faultsOf('sides')).toEqual(['Field "sides" is not defined by type "Text". Did you mean "side"?']);
  const startedAt = performance.now();
  expect(faultsOf('side'.repeat(5_000_000))).toHaveLength(1);
  expect(performance.now() - startedAt).toBeLessThan(500);
});
