import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  buildSchema,
  type ExecutionResult,
  executeSync,
  GraphQLError,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isIntrospectionType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  parse,
  validate,
} from 'graphql';
import type { TenantAccess } from './direct-and-through.ts';

/** What GraphQL allows and the vendor's own nodes hardly use: unions, interfaces, lists of lists, objects as arguments. */
const SDL = `
  scalar Id
  scalar Decimal
  scalar Json
  enum Shade { light dark }
  interface Record { _id: Id! label: String shade: Shade history(shades: [Shade_EnumInput], first: Int): [Record] }
  type Gauge implements Record {
    _id: Id! label: String shade: Shade history(shades: [Shade_EnumInput], first: Int): [Record]
    readings(first: Int): [[Decimal]] limits: [[[Int]]] strict: [[Int!]!] parts: [[Part!]]
    attached(shade: Shade_EnumInput): Attached other: Record
  }
  type Part implements Record {
    _id: Id! label: String shade: Shade history(shades: [Shade_EnumInput], first: Int): [Record]
    weight: Decimal isNew: Boolean custom(selector: String): Json gauge: Gauge! must: String!
  }
  type Note { text(where: Note_Input, first: Int): String about: Attached grid(of: [[Int!]!]!): [[Attached]] }
  union Attached = Gauge | Part | Note
  input Note_Input { shade: Shade_EnumInput shades: [[Shade_EnumInput!]] numbers: [[Int]] text: String = "some" deep: Note_Input flag: Boolean }
  type GaugeEdge { node: Gauge cursor: String }
  type Gauges { totalCount: Int edges: [GaugeEdge] }
  type GaugeOperations {
    read(_id: Id!): Gauge
    query(filter: String, orderBy: String, first: Int): Gauges
    find(where: Note_Input, matrix: [[Float!]], shades: [[Shade_EnumInput!]!]): [[Attached]]
    describe(where: Note_Input!, first: Int, shade: Shade_EnumInput! = dark, flag: Boolean = true): String
  }
  type Workshop { gauge: GaugeOperations note: Note }
  type Attic { anything(first: Int): [Attached!] record: Record }
  type Query { oddWorkshop: Workshop oddAttic: Attic }
`;
/** Shown to anyone who asks for the schema. */
const SHOWN = `${SDL} enum Shade_EnumInput { light dark }`;
/** Carried out: members are taken bare and quoted, as by the vendor. */
const TAKEN = `${SDL} scalar Shade_EnumInput`;

export interface OddTenant extends AsyncDisposable {
  readonly access: TenantAccess;
  readonly schema: GraphQLSchema;
}

/**
 * A tenant whose values follow from where they stand and what they were asked with, so that an argument that gets lost
 * changes the answer. Some values are missing or forbidden, always the same ones.
 */
export async function startOddTenant(): Promise<OddTenant> {
  const [shown, taken] = [buildSchema(SHOWN), buildSchema(TAKEN)];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body =
      request.url === '/v1/token'
        ? { accessToken: 'odd', urls: { graphQL: `${url}/odd` } }
        : answer({ shown, taken }, JSON.parse(Buffer.concat(chunks).toString('utf8')) as Asked);
    response.setHeader('content-type', 'application/json').end(JSON.stringify(body));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    access: { tokenUrl: `${url}/v1/token`, clientId: 'odd', clientSecret: 'odd-secret', tenantId: 'odd-tenant' },
    schema: shown,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}

interface Asked {
  readonly query: string;
  readonly variables?: Record<string, unknown>;
  readonly operationName?: string;
}

function answer(schemas: { shown: GraphQLSchema; taken: GraphQLSchema }, asked: Asked): ExecutionResult {
  const schema = asked.query.includes('__schema') ? schemas.shown : schemas.taken;
  const document = parse(asked.query);
  const errors = validate(schema, document);
  const diagnoses: object[] = [];
  if (errors.length > 0) return { errors, extensions: { diagnoses } };
  const result = executeSync({
    schema,
    document,
    variableValues: asked.variables,
    operationName: asked.operationName,
    rootValue: 'odd',
    typeResolver: (value) => String(value).split('|')[0],
    fieldResolver: (source, args, _context, { parentType, fieldName, returnType }) => {
      const seed = `${source} ${parentType.name}.${fieldName} ${JSON.stringify(args)}`;
      const hash = number(seed);
      if (hash % 29 === 0) diagnoses.push({ severity: 1, message: `Warning ${hash}` });
      if (hash % 37 === 0) throw new Error(`You may not see ${parentType.name}.${fieldName}.`);
      return value(schema, returnType, `${hash}`);
    },
  });
  return { ...result, extensions: { diagnoses } };
}

function value(schema: GraphQLSchema, type: GraphQLOutputType, seed: string): unknown {
  if (isNonNullType(type)) return number(`${seed}!`) % 41 === 0 ? null : value(schema, type.ofType, `${seed}!`);
  const hash = number(seed);
  if (hash % 11 === 0) return null;
  if (isListType(type)) {
    return Array.from({ length: hash % 3 }, (_, index) => value(schema, type.ofType, `${seed}[${index}]`));
  }
  const named = getNamedType(type);
  if (isLeafType(named)) return leaf(named.name, seed);
  if (!isAbstractType(named)) return seed;
  const members = schema.getPossibleTypes(named);
  return `${members[hash % members.length]?.name}|${hash}`;
}

function leaf(type: string, seed: string): unknown {
  const hash = number(seed);
  if (type === 'Int') return hash % 1_000;
  if (type === 'Boolean') return hash % 2 === 0;
  if (type === 'Decimal') return `${hash}.${'0'.repeat(hash % 3)}1`;
  if (type === 'Json') return `{"of":${hash}}`;
  if (type === 'Shade') return hash % 2 === 0 ? 'light' : 'dark';
  return `${hash} ü "quoted" \\ \u2028`;
}

/** The same tenant as a schema with resolvers, for servers of other makers. They are as strict as GraphQL asks. */
export function oddSchema(): GraphQLSchema {
  const schema = buildSchema(SHOWN);
  for (const type of Object.values(schema.getTypeMap())) {
    if (isAbstractType(type)) type.resolveType = (value: unknown) => String(value).split('|')[0];
    if (!isObjectType(type) || isIntrospectionType(type)) continue;
    for (const [name, field] of Object.entries(type.getFields()))
      field.resolve = (source, args) => {
        const hash = number(`${source} ${type.name}.${name} ${JSON.stringify(args)}`);
        if (hash % 37 === 0) throw new GraphQLError(`You may not see ${type.name}.${name}.`, { extensions: { hash } });
        return value(schema, field.type, `${hash}`);
      };
  }
  return schema;
}

/** The same for the same text; anything will do. */
function number(text: string): number {
  let hash = 7;
  for (const letter of text) hash = (Math.imul(hash, 31) + (letter.codePointAt(0) ?? 0)) >>> 0;
  return hash % 100_003;
}
