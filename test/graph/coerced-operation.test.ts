import fc from 'fast-check';
import { buildSchema, type ExecutionArgs, execute, getOperationAST, isScalarType, parse } from 'graphql';
import { expect, test } from 'vitest';
import { coercedOperation } from '../../src/graph/execution/coerced-operation.ts';
import { FieldResults, withResults } from '../../src/graph/execution/field-results.ts';
import { coerceVariables } from '../../src/kit/coerce-variables.ts';

const schema = buildSchema(`
  scalar Text
  enum Side { LEFT RIGHT }
  input Filter { and: [Filter!] in: [Text!] side: Side = LEFT count: Int! = 3 }
  type Row {
    echo(filter: Filter, in: [Text], required: [Int!]! = [1], first: Int! = 2): String
    rows(filter: Filter): [Row!]
  }
  type Query { rows(filter: Filter): [Row!] }
`);

let readLiterals = 0;
const text = schema.getType('Text');
if (isScalarType(text)) {
  const { parseLiteral } = text;
  text.parseLiteral = (...given) => {
    readLiterals += 1;
    return parseLiteral(...given);
  };
}

const row = { echo: (given: object) => JSON.stringify(given), rows: () => [{ ...row, rows: [] }] };
const rootValue = { rows: () => Array.from({ length: 20 }, () => row) };
const resolve = (parent: unknown, given: object, _context: unknown, { fieldName }: { readonly fieldName: string }) => {
  const member: unknown = (parent as Record<string, unknown>)[fieldName];
  return typeof member === 'function' ? member(given) : member;
};

function run(source: string, variables: Readonly<Record<string, unknown>>) {
  const document = parse(source);
  const operation = getOperationAST(document);
  if (!operation) throw new Error('There is no operation.');
  const { values, faults } = coerceVariables(schema, operation.variableDefinitions ?? [], variables);
  if (!values) return { errors: faults };
  return execute({
    ...coercedOperation(schema, document, operation, values),
    rootValue,
    contextValue: { results: new FieldResults() },
    fieldResolver: withResults(resolve) as NonNullable<ExecutionArgs['fieldResolver']>,
  });
}

const literal = fc.letrec<{ any: string }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom('null', '1', '"a"', 'LEFT', 'true', '$text', '$texts', '$count', '$filter', '[]', '{}'),
    fc.array(tie('any'), { maxLength: 3 }).map((items) => `[${items.join(' ')}]`),
    fc
      .uniqueArray(fc.tuple(fc.constantFrom('and', 'in', 'side', 'count', 'nothing'), tie('any')), {
        maxLength: 3,
        selector: ([name]) => name,
      })
      .map((members) => `{${members.map(([name, value]) => `${name}: ${value}`).join(' ')}}`),
  ),
})).any;
const given = fc
  .uniqueArray(fc.tuple(fc.constantFrom('filter', 'in', 'required', 'first'), literal), { selector: ([name]) => name })
  .map((pairs) => (pairs.length > 0 ? `(${pairs.map(([name, value]) => `${name}: ${value}`).join(', ')})` : ''));
const variables = fc.record(
  {
    text: fc.constantFrom(null, 'b'),
    texts: fc.constantFrom(null, [], ['c', null]),
    count: fc.constantFrom(null, 7),
    filter: fc.constantFrom(null, {}, { in: ['d'] }),
  },
  { requiredKeys: [] },
);

test('rows get the arguments and the errors that graphql-js gives them', async () => {
  await fc.assert(
    fc.asyncProperty(given, given, variables, async (one, other, values) => {
      const source = `query ($text: Text = "x", $texts: [Text], $count: Int = 1, $filter: Filter) {
        rows { echo${one} ...more rows { again: echo${other} } } }
        fragment more on Row { other: echo${other} @skip(if: false) }`;

      const result = await run(source, values);

      const document = parse(source);
      const expected = await execute({ schema, document, rootValue, variableValues: values, fieldResolver: resolve });
      expect(JSON.stringify(result.data)).toBe(JSON.stringify(expected.data));
      const shown = expected.errors?.slice(0, 60);
      expect(result.errors?.slice(0, 60).map((error) => error.toJSON())).toEqual(shown?.map((error) => error.toJSON()));
    }),
    { numRuns: 300 },
  );
});

test.each([
  ['valid', 'd'],
  ['invalid', null],
])('a literal in an argument is read once for all rows if it is %s', async (_name, value) => {
  readLiterals = 0;

  const result = await run('query ($text: Text = "x") { rows { echo(filter: { in: ["a" $text] }) } }', { text: value });

  expect(readLiterals).toBe(1);
  if (value === null) expect(new Set(result.errors?.map(({ message }) => message)).size).toBe(1);
});

test('a condition without a value is one error, however many rows have it', () => {
  const source = 'query ($if: Boolean = true) { rows { echo @include(if: $if) } }';

  expect(() => run(source, { if: null })).toThrow('Argument "if" of non-null type "Boolean!" must not be null.');
});
