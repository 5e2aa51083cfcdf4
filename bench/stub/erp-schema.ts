import { buildSchema, execute, type GraphQLSchema, parse } from 'graphql';
import { customers } from './sage200-rows.ts';

/** An ERP tenant of 2,040 types, whose introspection answer is 3.8 MB. */
export const ERP_TYPES = 2_040;

const NODES_PER_PACKAGE = 14;
const TYPES_PER_NODE = 12;
const EXTRA_FIELDS = 34;

const referenceOf = (index: number) => JSON.parse(customers[index]?.get('reference') ?? 'null') as string;

const ERP_CUSTOMERS = Array.from({ length: 50 }, (_, index) => ({
  _id: String(index + 1),
  // All but a few are customers of Sage 200 too.
  id: index % 10 === 9 ? `ERP${String(index + 1).padStart(4, '0')}` : referenceOf(index),
  name: `Wholesale customer ${index + 1} plc`,
  isActive: index % 9 !== 4,
  isOnHold: index % 7 === 3,
  creditLimit: (1_000 * (1 + (index % 9))).toFixed(2),
  taxIdNumber: `GB${500_000_000 + index * 7}`,
  currency: { _id: '1', id: ['GBP', 'EUR', 'USD'][index % 3], symbol: ['£', '€', '$'][index % 3], name: 'Currency' },
  country: { _id: '1', id: 'GB', name: ['United Kingdom', 'Ireland'][index % 2] },
}));

export const erpCustomers: readonly (typeof ERP_CUSTOMERS)[number][] = ERP_CUSTOMERS;

/** The tenant's schema as it is in its first or a later release: a later one has a field more, as after an update. */
export function buildErpSchema(release = 1): GraphQLSchema {
  return buildSchema(printErpSchema(release), { assumeValid: true });
}

/** The answer's text. @throws Error when the operation is not valid JSON or not GraphQL */
export async function answerErp(schema: GraphQLSchema, body: string): Promise<string> {
  const { query, variables, operationName } = JSON.parse(body) as {
    query: string;
    variables?: Record<string, unknown>;
    operationName?: string;
  };
  const result = await execute({
    schema,
    document: parse(query),
    rootValue: { xtremMasterData: () => ({ customer: () => ({ query: queryCustomers, read: readCustomer }) }) },
    variableValues: variables,
    operationName,
  });
  return JSON.stringify({ ...result, extensions: { diagnoses: [] } });
}

/** With a filter those that have one of its ids. */
function queryCustomers({ first = 20, filter }: { first?: number; filter?: string }) {
  const wanted = filter === undefined ? undefined : (JSON.parse(filter) as { id: { _in: readonly string[] } }).id._in;
  const found = wanted ? erpCustomers.filter(({ id }) => wanted.includes(id)) : erpCustomers;
  const rows = found.slice(0, first);
  return {
    totalCount: found.length,
    pageInfo: { hasNextPage: first < found.length, hasPreviousPage: false },
    edges: rows.map((node) => ({ node, cursor: node._id })),
  };
}

const readCustomer = ({ _id }: { _id: string }) => erpCustomers.find((customer) => customer._id === _id);

function printErpSchema(release: number): string {
  const parts = [PRELUDE];
  const packages: string[] = [];
  let types = PRELUDE_TYPES;
  for (let number = 1; types + TYPES_PER_NODE + 2 <= ERP_TYPES; number += 1) {
    const name = number === 1 ? 'xtremMasterData' : `xtremPackage${number}`;
    const nodes: string[] = number === 1 ? ['customer'] : [];
    if (number === 1) {
      parts.push(printNode('Customer', CUSTOMER_FIELDS, release));
      types += TYPES_PER_NODE;
    }
    types += 2;
    while (nodes.length < NODES_PER_PACKAGE && types + TYPES_PER_NODE <= ERP_TYPES) {
      const node = `package${number}Node${nodes.length + 1}`;
      nodes.push(node);
      parts.push(printNode(capital(node), '', 1));
      types += TYPES_PER_NODE;
    }
    packages.push(name);
    parts.push(printPackage(name, nodes));
  }
  for (let rest = 1; types < ERP_TYPES; rest += 1, types += 1) parts.push(`scalar Spare${rest}_EnumInput`);
  const fields = (suffix: string) => packages.map((name) => `  ${name}: ${capital(name)}${suffix}`).join('\n');
  parts.push(`type Query {\n${fields('Query')}\n}`, `type Mutation {\n${fields('Mutation')}\n}`);
  return parts.join('\n');
}

const printPackage = (name: string, nodes: readonly string[]) => `
type ${capital(name)}Query {
${nodes.map((node) => `  "Records of ${node}."\n  ${node}: ${capital(node)}_Connection`).join('\n')}
}
type ${capital(name)}Mutation {
${nodes.map((node) => `  "Changes to ${node}."\n  ${node}: ${capital(node)}_Mutations`).join('\n')}
}`;

const PAGE =
  '"Selects records; a JSON text." filter: String, "Order of the records; a JSON text." orderBy: String, first: Int, after: String, last: Int, before: String';

function printNode(name: string, fields: string, release: number): string {
  const extra = Array.from({ length: EXTRA_FIELDS + release - 1 }, (_, index) => index + 1);
  return `
"Records of ${name}, as the tenant keeps them."
type ${name} {
  _id: Id!
  ${fields}
${extra.map((index) => `  "Property ${index} of ${name}."\n  property${index}: ${['String', 'Decimal', 'Int', 'Date'][index % 4]}`).join('\n')}
  status: ${name}Status
  _etag: String
  _createStamp: Datetime
  _updateStamp: Datetime
}
input ${name}_Input {
  _id: Id
${extra.map((index) => `  property${index}: ${['String', 'Decimal', 'IntOrString', 'Date'][index % 4]}`).join('\n')}
}
enum ${name}Status { draft pending inProgress closed error }
scalar ${name}Status_EnumInput
type ${name}_QueryEdge { node: ${name} cursor: String }
type ${name}_Query { totalCount: Int pageInfo: PageInfo edges: [${name}_QueryEdge] }
type ${name}_Aggregate { property1: _AggregateDecimal property2: _AggregateDecimal }
type ${name}_AggregateEdge { group: ${name} values: ${name}_Aggregate cursor: String }
type ${name}_AggregateConnection { pageInfo: PageInfo edges: [${name}_AggregateEdge] }
type ${name}_Connection {
  read(_id: Id!): ${name}
  query(${PAGE}): ${name}_Query
  readAggregate(filter: String): ${name}_Aggregate
  queryAggregate(${PAGE}): ${name}_AggregateConnection
  getDefaults(data: ${name}_Input): ${name}
}
input ${name}_BulkUpdateInput { set: ${name}_Input filter: String }
type ${name}_Mutations {
  create(data: ${name}_Input): ${name}
  update(data: ${name}_Input): ${name}
  delete(_id: Id!): Int
  duplicate(_id: Id!, data: ${name}_Input): ${name}
  bulkUpdate(input: ${name}_BulkUpdateInput): Int
}`;
}

const CUSTOMER_FIELDS = `
  id: String
  name: String
  isActive: Boolean
  isOnHold: Boolean
  creditLimit: Decimal
  taxIdNumber: String
  currency: ErpCurrency
  country: ErpCountry`;

const PRELUDE = `
"Record identifier."
scalar Id
scalar IntOrString
scalar Decimal
scalar Date
scalar Datetime
type PageInfo { startCursor: String endCursor: String hasNextPage: Boolean hasPreviousPage: Boolean }
type _AggregateDecimal { sum: Decimal avg: Decimal min: Decimal max: Decimal distinctCount: Int }
type ErpCurrency { _id: Id! id: String symbol: String name: String }
type ErpCountry { _id: Id! id: String name: String }`;

/** The prelude's nine, Query and Mutation, and the twelve that every schema has: five scalars less the unused, `__Schema` and its kin. */
const PRELUDE_TYPES = 22;

const capital = (name: string) => name.slice(0, 1).toUpperCase() + name.slice(1);
