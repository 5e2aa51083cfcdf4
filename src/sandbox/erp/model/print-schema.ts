import { print } from 'graphql';
import { type ContainerNaming, containerNames } from './container-names.ts';
import type { Model, NodeModel, PropertyKind, PropertyModel } from './model.ts';

const PAGE = 'filter: String, orderBy: String, first: Int, after: String, last: Int, before: String';

const SHARED = `
"Record identifier: digits, or in arguments a hash sign and the natural key."
scalar Id
"Reference in arguments and inputs; takes the same forms as Id."
scalar IntReference
scalar IntOrString
"Exact decimal, served as text."
scalar Decimal
scalar Date
scalar Datetime
"A JSON document as text."
scalar Json
type _OutputTextStream { value: String }
type _OutputBinaryStream { value: String }
input _InputTextStream { value: String }
input _InputBinaryStream { value: String }
type _OutputAccessBinding { name: String status: String }
type PageInfo { startCursor: String endCursor: String hasNextPage: Boolean hasPreviousPage: Boolean }
type _AggregateDecimal { sum: Decimal avg: Decimal min: Decimal max: Decimal distinctCount: Int }
type _AggregateInt { sum: Decimal avg: Decimal min: Int max: Int distinctCount: Int }
type _AggregateString { min: String max: String distinctCount: Int }
type _AggregateDate { min: Date max: Date distinctCount: Int }
type _AggregateDatetime { min: Datetime max: Datetime distinctCount: Int }
type _AggregateCount { distinctCount: Int }
type _AsyncTracker { trackingId: String }
type _AsyncTracking { status: String errorMessage: String result: String }
`;

/** The whole schema of a release as text, in the vendor's layout: root, package, node, operation. */
export function printModel(model: Model, naming: ContainerNaming): string {
  const nodes = [...model.nodes.values()];
  const text = [
    SHARED,
    ...[...model.enums].map(([name, members]) => `enum ${name} { ${members.join(' ')} }`),
    ...[...model.enums.keys()].map((name) => `scalar ${name}_EnumInput`),
    ...model.definitions.map(print),
    ...nodes.map((node) => printNode(node, naming, model)),
    printRoot(nodes, naming),
  ].join('\n');
  return model.idsAreKeys ? text.replaceAll('IntReference', 'ExternalReference') : text;
}

function printRoot(nodes: readonly NodeModel[], naming: ContainerNaming): string {
  const packages = Map.groupBy(nodes, (node) => node.package);
  const parts: string[] = [];
  const queries: string[] = [];
  const mutations: string[] = [];
  for (const [name, members] of packages) {
    queries.push(`${name}: ${name}Query`);
    parts.push(
      block(
        'type',
        `${name}Query`,
        members.map((node) => `${node.field}: ${containerNames(naming, node.name).queries}`),
      ),
    );
    const changing = members.filter((node) => mutationFields(node).length > 0);
    if (changing.length === 0) continue;
    mutations.push(`${name}: ${name}Mutation`);
    const fields = changing.map((node) => `${node.field}: ${containerNames(naming, node.name).mutations}`);
    parts.push(block('type', `${name}Mutation`, fields));
  }
  return [...parts, block('type', 'Query', queries), block('type', 'Mutation', mutations)].join('\n');
}

function printNode(node: NodeModel, naming: ContainerNaming, model: Model): string {
  const { name } = node;
  const names = containerNames(naming, name);
  const properties = [...node.properties.values()];
  const parts = [
    block('type', name, [
      '_access: [_OutputAccessBinding]',
      ...(model.nodes.has('MetaNodeFactory') ? ['_factory: MetaNodeFactory'] : []),
      ...properties.map(outputField),
    ]),
    block('type', names.queries, queryFields(node, naming)),
    `type ${names.page} { totalCount: Int edges: [${names.edge}] pageInfo: PageInfo }`,
    `type ${names.edge} { node: ${name} cursor: String }`,
    block('type', `${name}_Collection`, pageFields(node, naming)),
  ];
  const inputs = inputFields(node);
  if (inputs.length > 0) parts.push(block('input', `${name}_Input`, inputs));
  if (node.operations.has('readAggregate')) parts.push(printAggregates(node, properties));
  const lookups = properties.filter((each) => each.kind === 'reference' && !each.name.startsWith('_'));
  if (node.operations.has('lookups') && lookups.length > 0) {
    const fields = lookups.map((each) => `${each.name}(${PAGE}): ${containerNames(naming, each.target ?? '').page}`);
    parts.push(block('type', `${name}_Lookups`, fields));
  }
  const changes = mutationFields(node);
  if (changes.length > 0) parts.push(block('type', names.mutations, changes));
  for (const operation of asynchronous(node)) {
    const start = operation === 'asyncExport' ? 'id: String, filter: String, orderBy: String' : 'filter: String';
    parts.push(
      `type ${name}_Mutations_${operation} { start(${start}): _AsyncTracker stop(trackingId: String!, reason: String): Boolean }`,
      `type ${name}_Connection_${operation} { track(trackingId: String!): _AsyncTracking }`,
    );
  }
  return parts.join('\n');
}

const outputField = (property: PropertyModel): string =>
  property.column === '_customData'
    ? '_customData(selector: String): Json'
    : `${property.name}: ${property.typeName}${property.name === '_id' ? '!' : ''}`;

function pageFields(node: NodeModel, naming: ContainerNaming): string[] {
  const fields = [`query(${PAGE}): ${containerNames(naming, node.name).page}`];
  if (node.operations.has('readAggregate')) {
    fields.push(`readAggregate(filter: String): ${node.name}_AggregateValues`);
    fields.push(`queryAggregate(${PAGE}): ${node.name}_QueryAggregate`);
  }
  return fields;
}

function queryFields(node: NodeModel, naming: ContainerNaming): string[] {
  const { name, operations } = node;
  const fields = [`read(_id: Id!): ${name}`, ...pageFields(node, naming)];
  if (operations.has('getDefaults')) fields.push(`getDefaults(data: ${name}_Input): ${name}`);
  if (operations.has('lookups')) fields.push(`lookups(_id: Id, data: ${name}_Input): ${name}_Lookups`);
  if (operations.has('getDuplicate')) fields.push(`getDuplicate(_id: Id): ${name}`);
  return [
    ...fields,
    ...asynchronous(node).map((operation) => `${operation}: ${name}_Connection_${operation}`),
    ...node.queries.map(print),
  ];
}

function mutationFields(node: NodeModel): string[] {
  const { name, operations } = node;
  const fields: string[] = [];
  if (operations.has('create')) fields.push(`create(data: ${name}_Input!): ${name}`);
  if (operations.has('update')) fields.push(`update(data: ${name}_Input!): ${name}`);
  if (operations.has('delete')) fields.push('delete(_id: Id!): Int');
  if (operations.has('bulkUpdate')) fields.push(`bulkUpdate(filter: String, data: ${name}_Input): Boolean`);
  if (operations.has('duplicate')) fields.push(`duplicate(_id: ID, data: ${name}_Input): ${name}`);
  return [
    ...fields,
    ...asynchronous(node).map((operation) => `${operation}: ${name}_Mutations_${operation}`),
    ...node.mutations.map(print),
  ];
}

const asynchronous = (node: NodeModel) =>
  (['asyncExport', 'bulkDelete'] as const).filter((operation) => node.operations.has(operation));

function inputFields(node: NodeModel): string[] {
  const writable = [...node.properties.values()].filter((property) => property.writable);
  if (writable.length === 0) return [];
  const isChild = node.properties.has('_sortValue');
  return [...(isChild ? ['_action: String'] : []), ...writable.map((each) => `${each.name}: ${inputType(each)}`)];
}

function inputType(property: PropertyModel): string {
  if (property.name === '_id') return 'Id';
  if (property.kind === 'collection') return `[${property.target}_Input]`;
  if (property.target) return property.vital ? `${property.target}_Input` : 'IntReference';
  if (property.kind === 'enum') return `${property.typeName}_EnumInput`;
  if (property.kind === 'stream') return property.typeName.replace('_Output', '_Input');
  return property.kind === 'int' ? 'IntOrString' : property.typeName;
}

const AGGREGATE_TYPES: Partial<Record<PropertyKind, string>> = {
  id: '_AggregateCount',
  boolean: '_AggregateCount',
  enum: '_AggregateCount',
  string: '_AggregateString',
  int: '_AggregateInt',
  decimal: '_AggregateDecimal',
  date: '_AggregateDate',
  datetime: '_AggregateDatetime',
};

function printAggregates(node: NodeModel, properties: readonly PropertyModel[]): string {
  const { name } = node;
  const values: string[] = [];
  const group = node.properties.has('_customData') ? ['_customData(selector: String): Json'] : [];
  for (const property of properties) {
    const type = property.kind === 'reference' ? `${property.target}_AggregateValues` : AGGREGATE_TYPES[property.kind];
    if (!type) continue;
    values.push(`${property.name}: ${type}`);
    group.push(
      `${property.name}: ${property.kind === 'reference' ? `${property.target}_AggregateGroup` : property.typeName}`,
    );
  }
  return [
    block('type', `${name}_AggregateValues`, values),
    block('type', `${name}_AggregateGroup`, group),
    `type ${name}_QueryAggregate { edges: [${name}_QueryAggregateEdge] pageInfo: PageInfo }`,
    `type ${name}_QueryAggregateEdge { node: ${name}_QueryAggregateNode cursor: String }`,
    `type ${name}_QueryAggregateNode { group: ${name}_AggregateGroup values: ${name}_AggregateValues }`,
  ].join('\n');
}

const block = (keyword: 'type' | 'input', name: string, fields: readonly string[]): string =>
  `${keyword} ${name} {\n${fields.map((field) => `  ${field}\n`).join('')}}`;
