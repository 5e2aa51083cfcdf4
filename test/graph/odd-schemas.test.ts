import {
  buildClientSchema,
  buildSchema,
  getIntrospectionQuery,
  graphqlSync,
  type IntrospectionQuery,
  introspectionFromSchema,
  parse,
  printSchema,
} from 'graphql';
import { describe, expect, test } from 'vitest';
import { combineSchemas } from '../../src/graph/schema/combine-schemas.ts';
import { createOwnSchema } from '../../src/graph/schema/own-schema.ts';
import { printShownSchema } from '../../src/kit/print-schema.ts';
import { buildSchema as buildPacked } from '../../src/subschemas/erp/schema/build-schema.ts';
import { PackedSchema } from '../../src/subschemas/erp/schema/packed-schema.ts';
import { readIntrospection } from '../../src/subschemas/erp/schema/read-introspection.ts';

const OWN = {
  typeDefs: parse(`
    scalar Sage200Decimal
    type Query { sage200: Sage200 }
    type Mutation { sage200: Sage200Mutation }
    type Sage200 { customers(filter: Sage200CustomerFilter): [Sage200Customer] balance: Sage200Decimal }
    input Sage200CustomerFilter { reference: String balance: Sage200DecimalFilter }
    input Sage200DecimalFilter { eq: Sage200Decimal in: [Sage200Decimal!] }
    input Sage200CustomerInput { name: String limit: Sage200Decimal! }
    type Sage200Mutation { createCustomer(data: Sage200CustomerInput!): Sage200Customer deleteCustomer: Sage200Customer }
    type Sage200Customer { reference: String }
  `),
  resolvers: {},
};
const OPTIONS = {
  inputValueDeprecation: true,
  specifiedByUrl: true,
  directiveIsRepeatable: true,
  schemaDescription: true,
  oneOf: true,
};

type Json = Record<string, unknown>;
type Edit = (text: string) => string;

/** What a tenant answers. @param edit what graphql-js cannot say itself */
function introspectionOf(sdl: string, edit: Edit = (text) => text): IntrospectionQuery {
  return JSON.parse(edit(JSON.stringify(introspectionFromSchema(buildSchema(sdl), OPTIONS)))) as IntrospectionQuery;
}

function join(introspection: IntrospectionQuery) {
  const found = readIntrospection(Buffer.from(JSON.stringify({ data: introspection })));
  return combineSchemas(buildPacked(new PackedSchema(found?.packed ?? Buffer.of())), OWN, createOwnSchema(OWN));
}

const byName = (items: unknown) =>
  Array.isArray(items)
    ? [...(items as Json[])].sort((a, b) => (String(a['name']) < String(b['name']) ? -1 : 1))
    : items;

/** Without what is ours, in an order of its own. */
function withoutOurs({ __schema: schema }: IntrospectionQuery, isTheirs: (name: string) => boolean): unknown {
  const types = schema.types
    .filter(({ name }) => isTheirs(name))
    .map((type) => {
      const members = { ...type } as unknown as Json;
      for (const list of ['fields', 'inputFields', 'enumValues', 'interfaces', 'possibleTypes'])
        members[list] = byName(members[list]);
      if (Array.isArray(members['fields']))
        members['fields'] = (members['fields'] as Json[]).filter(({ name }) => name !== 'sage200');
      return members;
    });
  return { ...schema, types: byName(types), directives: byName(schema.directives), subscriptionType: null };
}

const defaultOf = (from: string, to: string) => (text: string) =>
  text.replaceAll(`"defaultValue":${JSON.stringify(from)}`, `"defaultValue":${JSON.stringify(to)}`);
const query = (more: string, fields = 'a: Int') => `type Query { ${fields} } ${more}`;
const json = (to: string) => defaultOf('"MARK"', to);
const JSON_ARGUMENT = query('scalar Json', 'a(json: Json = "MARK"): Int');

const SCHEMAS: readonly (readonly [name: string, sdl: string, edit?: Edit])[] = [
  ['an object as the default of a scalar', JSON_ARGUMENT, json('{a: [1, {b: "x"}]}')],
  ['a default of more digits than a double has', JSON_ARGUMENT, json('12345678901234567890.125')],
  ['a default that ends with a zero', JSON_ARGUMENT, json('1.10')],
  [
    'a default that does not fit its type',
    query('input In { a: Int = 7 }', 'a(in: In): Int'),
    defaultOf('7', '{nope: 1}'),
  ],
  ['a member of an enumeration that is not there', query('enum E { A }', 'a(e: E = A): E'), defaultOf('A', 'Z')],
  ['null as a default', query('', 'a(b: Int = null, c: [Int] = [null]): Int')],
  ['a default in a directive', query('directive @d(text: String = "a \\"b\\"", at: [Int!] = [1, 2]) on FIELD')],
  ['inputs of which one is to be given', query('input In @oneOf { a: Int b: String }', 'a(in: In): Int')],
  [
    'deprecated for an empty reason',
    query('', 'a: Int @deprecated(reason: "") b(c: Int @deprecated(reason: "")): Int'),
  ],
  [
    'deprecated for no reason',
    query('enum E { A B @deprecated } input In { a: Int @deprecated b: Int }', 'a(in: In): E @deprecated b: Int'),
    (text) => text.replaceAll('"deprecationReason":"No longer supported"', '"deprecationReason":null'),
  ],
  [
    'a reason of what is not deprecated',
    query('', 'a: Int @deprecated(reason: "MARK") b: Int'),
    (text) =>
      text.replace('"isDeprecated":true,"deprecationReason":"MARK"', '"isDeprecated":false,"deprecationReason":null'),
  ],
  [
    'a root with interfaces',
    'interface Node { id: ID! } type Query implements Node { id: ID! query: Query node: Node }',
  ],
  ['a root within a union', 'union U = Query | T type T { a: Int } type Query { u: U }'],
  ['roots of other names', 'schema { query: Root mutation: Changes } type Root { a: Int } type Changes { a: Int }'],
  [
    'roots of other names beside types called Query and Mutation',
    'schema { query: Root mutation: Changes } type Root { a: Query } type Changes { a: Mutation } type Query { b: Int } type Mutation { c: Int }',
  ],
  [
    'no mutation, and an ordinary type called Mutation',
    'schema { query: Query } type Query { a: Mutation } type Mutation { b: Int }',
  ],
  ['a query root called Mutation', 'schema { query: Mutation } type Mutation { a: Query } type Query { b: Int }'],
  ['a scalar of a name of the gateway', query('scalar Sage200Decimal', 'a(b: Sage200Decimal): Sage200Decimal')],
  ['an object of a name of the gateway', query('type Sage200Customer { a: Int }', 'a: Sage200Customer')],
  ['a root field of a name of the gateway', query('type Other { a: Int }', 'sage200: Other b: Int')],
  [
    'interfaces of interfaces',
    query('interface A { a: Int } interface B implements A { a: Int } type T implements A & B { a: Int }', 'b: B'),
  ],
  [
    'names that objects have',
    query(
      'type constructor { toString: valueOf } type valueOf { constructor(toString: hasOwnProperty): Int } input hasOwnProperty { constructor: Int = 1 }',
      'constructor: constructor',
    ),
  ],
  [
    'descriptions of all kinds',
    query(
      '"" scalar A """ \n two\n  lines """ scalar B "\\"\\"\\" \\u0000" scalar C "ends with \\\\" scalar D',
      'a: A b: B c: C d: D',
    ),
  ],
  ['scalars with addresses', query('scalar Url @specifiedBy(url: "https://example.org/\\"url\\"")', 'a: Url')],
  ['a schema with a description', '"Ours." schema { query: Query } type Query { a: Int }'],
];

describe('a schema looks as its tenant shows it', () => {
  test.each(SCHEMAS.map((each) => [each[0], each] as const))('%s', (name, [, sdl, edit]) => {
    const theirs = introspectionOf(sdl, edit);
    const { schema, collisions } = join(theirs);
    const names = new Set(theirs.__schema.types.map(({ name }) => name));

    const shown = introspectionFromSchema(schema, OPTIONS);

    const isTheirs = (name: string) => names.has(name);
    const expected = withoutOurs(theirs, isTheirs) as Json;
    expect(withoutOurs(shown, isTheirs)).toEqual({
      ...expected,
      directives: expect.arrayContaining(expected['directives'] as unknown[]),
      mutationType: theirs.__schema.mutationType ?? shown.__schema.mutationType,
    });
    expect(collisions.length > 0).toBe(/of a name of the gateway/.test(name));
    expect(shown.__schema.queryType.name).toBe(theirs.__schema.queryType.name);
    // Whatever reads introspection or SDL finds a schema in it.
    const client = buildClientSchema(shown);
    for (const type of shown.__schema.types)
      if (type.kind === 'INPUT_OBJECT') expect(type.inputFields.length, type.name).toBeGreaterThan(0);
    const again = buildSchema(printShownSchema(schema));
    expect(new Set(Object.keys(again.getTypeMap()))).toEqual(new Set(Object.keys(client.getTypeMap())));
    expect(again.getQueryType()?.name).toBe(client.getQueryType()?.name);
    expect(again.getMutationType()?.name).toBe(client.getMutationType()?.name);
  });

  test('defaults, marks and descriptions are unchanged in the SDL', () => {
    const sdl = printShownSchema(join(introspectionOf(JSON_ARGUMENT, json('{a: [1, {b: "x"}], c: 1.10}'))).schema);
    const plain = buildSchema(
      query('input In @oneOf { a: Int b: String = "x" }', 'a(in: In): Int @deprecated(reason: "")'),
    );

    expect(sdl).toContain('a(json: Json = {a: [1, {b: "x"}], c: 1.10}): Int');
    expect(printShownSchema(plain)).toBe(printSchema(plain));
  });

  test('a default that is not a value is left out', () => {
    const { schema } = join(introspectionOf(query('', 'a(b: Int = 7): Int'), defaultOf('7', '(')));

    expect(printShownSchema(schema)).toContain('a(b: Int): Int');
  });

  test('only members with more nested lists than introspection shows are left out and named', () => {
    const deep = `${'['.repeat(12)}Int${']'.repeat(12)}`;
    const sdl = `
      type Query { a: T b(deep: ${deep}, c: Int): Int d(deep: ${'['.repeat(12)}Int${']'.repeat(12)}!): Int deep: ${deep} }
      type T { deep: ${deep} b: Int c(in: In): Int }
      input In { deep: ${deep} b: Int }
    `;
    const { data } = graphqlSync({ schema: buildSchema(sdl), source: getIntrospectionQuery() });

    const { schema, notShown } = join(data as unknown as IntrospectionQuery);

    expect(notShown).toEqual(['Query.d', 'Query.deep', 'Query.b(deep:)', 'T.deep', 'In.deep']);
    const printed = printShownSchema(schema);
    expect(printed).not.toContain('deep');
    for (const each of ['a: T', 'b(c: Int): Int', 'c(in: In): Int']) expect(printed).toContain(each);
  });
});
