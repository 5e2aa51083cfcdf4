import { buildSchema, type GraphQLSchema, introspectionFromSchema, parse, validate } from 'graphql';
import { afterEach, expect, test, vi } from 'vitest';
import { combineSchemas } from '../../src/graph/schema/combine-schemas.ts';
import { createOwnSchema } from '../../src/graph/schema/own-schema.ts';
import { printShownSchema } from '../../src/kit/print-schema.ts';
import { createErpLinkEnds } from '../../src/subschemas/erp/links/link-end.ts';
import { buildSchema as buildPacked } from '../../src/subschemas/erp/schema/build-schema.ts';
import { PackedSchema } from '../../src/subschemas/erp/schema/packed-schema.ts';
import { readIntrospection } from '../../src/subschemas/erp/schema/read-introspection.ts';
import { LINK_ENDS } from '../../src/subschemas/sage200/link-end.ts';

const OWN = {
  typeDefs: parse(`
    interface Node { id: ID! }
    type Query { sage200: Sage200 node(id: ID!): Node }
    type Mutation { sage200(n: Int): Sage200 }
    type Sage200 { customers(filter: CustomerFilter): Sage200CustomerConnection }
    input CustomerFilter { reference: TextFilter }
    input TextFilter { in: [String!] }
    type Sage200CustomerConnection { nodes: [Sage200Customer!] }
    type Sage200Customer implements Node { id: ID! reference: String balance: Float }
  `),
  resolvers: { Node: { __resolveType: () => 'Sage200Customer' } },
};
const ENDS = { own: [LINK_ENDS], hosted: createErpLinkEnds() };
const LINK = {
  name: 'erpCustomer',
  from: 'Sage200Customer.reference',
  to: 'xtremMasterData.customer',
  key: 'id',
  many: false,
  match: 'exact',
  reverse: 'sage200Customer',
} as const;

/** A tenant of many types, each with a way to the next: all are within reach of a customer. */
const tenantSdl = (count: number, more = '') => `
  type Query { xtremMasterData: MasterData }
  type MasterData { customer: Customers }
  type Customers { query(filter: String, first: Int, ids: [ID!]): CustomerPage }
  type CustomerPage { edges: [CustomerEdge] }
  type CustomerEdge { node: Customer }
  type Customer { id: String other: Other0 }
  ${Array.from({ length: count }, (_, index) => `type Other${index} { one: Int two: Int next: Other${(index + 1) % count} }`).join('\n')}
  ${more}
`;

function open(sdl: string): GraphQLSchema {
  const data = introspectionFromSchema(buildSchema(sdl));
  const found = readIntrospection(Buffer.from(JSON.stringify({ data })));
  return buildPacked(new PackedSchema(found?.packed ?? Buffer.of()));
}

afterEach(() => {
  vi.restoreAllMocks();
});

test.each([
  ['without links', []],
  ['with links both ways', [LINK]],
])('a tenant of a thousand types is joined %s, without building any of them', (_what, links) => {
  const [own, erp] = [createOwnSchema(OWN), open(tenantSdl(1_000))];
  const texts = vi.spyOn(PackedSchema.prototype, 'text');

  const { schema, problems } = combineSchemas(erp, OWN, own, links, ENDS);

  expect(problems).toEqual([]);
  expect(schema.getType('Other999')).toBe(erp.getType('Other999'));
  expect(texts.mock.calls.length).toBeLessThan(100);
});

test('the joined schema is whole: both sides’ types, links, abstract types and scalars', () => {
  const { schema } = combineSchemas(open(tenantSdl(3)), OWN, createOwnSchema(OWN), [LINK], ENDS);
  const document = parse(`
    query ($id: ID!, $first: Int, $ids: [ID!], $in: [String!]) {
      node(id: $id) { __typename ...On ... on Sage200Customer { balance erpCustomer { other { next { next { one } } } } } }
      sage200 { customers(filter: { reference: { in: $in } }) { nodes { reference erpCustomer { sage200Customer { id } } } } }
      xtremMasterData { customer { query(first: $first, ids: $ids) { edges { node { id sage200Customer { balance } } } } } }
      __type(name: "Float") { kind }
    }
    fragment On on Node { id }
  `);

  expect(validate(schema, document)).toEqual([]);
  expect(
    validate(schema, parse('mutation ($n: Int) { sage200(n: $n) { customers { nodes { nope } } } }')),
  ).toHaveLength(1);
  const again = buildSchema(printShownSchema(schema));
  expect(new Set(Object.keys(again.getTypeMap()))).toEqual(new Set(Object.keys(schema.getTypeMap())));
});

test('two tenants with links to Sage 200 have their own copies', () => {
  const [one, two] = [open(tenantSdl(3)), open(tenantSdl(4))];
  const own = createOwnSchema(OWN);

  const [first, second] = [one, two].map((erp) => combineSchemas(erp, OWN, own, [LINK], ENDS).schema);

  const linked = (schema: GraphQLSchema | undefined) => {
    const type = schema?.getType('Sage200Customer');
    return type && 'getFields' in type ? type.getFields()['erpCustomer']?.type : undefined;
  };
  expect(linked(first)).toBe(one.getType('Customer'));
  expect(linked(second)).toBe(two.getType('Customer'));
  expect(linked(own)).toBeUndefined();
});

test('a tenant whose types lead back to its root is joined, and finds its own root there', () => {
  const { schema } = combineSchemas(open(tenantSdl(1, 'type Payload { query: Query }')), OWN, createOwnSchema(OWN));
  const payload = schema.getType('Payload');

  const root = payload && 'getFields' in payload && 'getInterfaces' in payload && payload.getFields()['query']?.type;
  expect(String(root)).toBe('Query');
  expect(Object.keys(schema.getQueryType()?.getFields() ?? {})).toContain('sage200');
});

test("tenants that use the same names of the gateway share the rest of the gateway's schema", () => {
  const own = createOwnSchema(OWN);
  const taking = (count: number) => open(tenantSdl(count, 'type TextFilter { a: Int }'));

  const [first, second] = [taking(1), taking(2)].map((erp) => combineSchemas(erp, OWN, own));

  expect(first?.collisions).toEqual(['TextFilter']);
  expect(first?.schema.getType('Sage200Customer')).not.toBe(own.getType('Sage200Customer'));
  expect(second?.schema.getType('Sage200Customer')).toBe(first?.schema.getType('Sage200Customer'));
});
