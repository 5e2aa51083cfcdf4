import { buildSchema, type GraphQLSchema, introspectionFromSchema } from 'graphql';
import { buildSchema as buildPacked } from '../../../../src/subschemas/erp/schema/build-schema.ts';
import { PackedSchema } from '../../../../src/subschemas/erp/schema/packed-schema.ts';
import { readIntrospection } from '../../../../src/subschemas/erp/schema/read-introspection.ts';

export const RICH = {
  descriptions: true,
  inputValueDeprecation: true,
  specifiedByUrl: true,
  directiveIsRepeatable: true,
  schemaDescription: true,
};
export const SDL = `
  "A schema: Größe, 数量, 🧮."
  schema { query: Root mutation: Write }
  "Marks." directive @mark(label: String = "a \\"b\\"", kinds: [Kind!] = [ONE]) repeatable on FIELD | QUERY
  scalar Id @specifiedBy(url: "https://example.org/id")
  "" scalar Money
  enum Kind { "The one." ONE TWO @deprecated(reason: "Take ONE.") }
  interface Node { _id: Id! }
  interface Named implements Node { _id: Id! name: String }
  type Item implements Node & Named {
    _id: Id!
    name: String
    matrix: [[Int!]!]
    price(currency: String = "EUR", digits: Int! = 2, at: Moment): Money
    kind: Kind @deprecated
    other: Thing
  }
  type Page { items: [Item!]! number: Float flag: Boolean }
  union Thing = Item | Page
  input Moment { year: Int! = 2026 month: Int @deprecated(reason: "Take day.") inner: Moment kinds: [Kind] = [ONE, TWO] }
  input Search { text: String! at: Moment = { year: 1 } }
  type Root { page(search: Search): Page! nodes: [Node] item: Item }
  type Write { item(_id: Id!): Item! }
`;

export const answerOf = (schema: GraphQLSchema) =>
  Buffer.from(JSON.stringify({ data: introspectionFromSchema(schema, RICH), extensions: {} }));
export const read = (sdl: string) => {
  const found = readIntrospection(answerOf(buildSchema(sdl)));
  if (!found) throw new Error('this is not an introspection');
  return found;
};
export const open = (sdl: string) => buildPacked(new PackedSchema(read(sdl).packed));
/** A field of its own a type, so that no two digests are equal. */
export const many = (count: number, name = 'Item') =>
  Array.from({ length: count }, (_, index) => `type ${name}${index} { id: ID next: ${name}${(index + 1) % count} }`)
    .concat(`type Query { first: ${name}0 }`)
    .join('\n');

/** Makes all that there is. */
export function touch(schema: GraphQLSchema): void {
  for (const type of Object.values(schema.getTypeMap())) {
    if ('getFields' in type) type.getFields();
    if ('getInterfaces' in type) type.getInterfaces();
    if ('getTypes' in type) type.getTypes();
    if ('getValues' in type) type.getValues();
  }
}
