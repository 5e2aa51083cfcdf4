import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLNamedOutputType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isLeafType,
  isListType,
  isObjectType,
  isRequiredArgument,
  isScalarType,
} from 'graphql';
import type { KeyKind, WantedEnd } from '../../../graph/subschema.ts';

/** Nodes of a tenant that are found by a key. */
export interface NodesByKey {
  readonly package: string;
  readonly node: string;
  readonly nodeType: GraphQLObjectType;
  /** The type of the node's `query`: `edges`, `totalCount` and so on. */
  readonly pageType: GraphQLObjectType;
  readonly query: GraphQLField<unknown, unknown>;
  /** GraphQL type of the `filter`. */
  readonly filterType: string;
  readonly paging: Paging;
  readonly keyPath: readonly string[];
  readonly keyKind: KeyKind;
  /** Whether the node has an `_id` that people can search for. */
  readonly hasId: boolean;
  readonly many: boolean;
}

/** How this tenant pages, according to its schema. */
export interface Paging {
  readonly first: GivenArgument | undefined;
  readonly after: GivenArgument | undefined;
  readonly hasNextPage: boolean;
  /** `pageInfo { endCursor }`. */
  readonly endCursor: boolean;
  /** Of an edge. */
  readonly cursor: boolean;
  readonly totalCount: boolean;
}

export interface GivenArgument {
  /** GraphQL type of its variable. */
  readonly type: string;
  readonly isText: boolean;
}

/** @returns a message for the operator if links cannot lead there */
export function findNode({ at: to, key = '', many }: WantedEnd, erp: GraphQLSchema): NodesByKey | string {
  const [packageName = '', nodeName = ''] = to.split('.');
  const operations = follow(follow(erp.getQueryType(), packageName), nodeName);
  if (!operations) return `the tenant has no ${to}`;
  const query = operations.getFields()['query'];
  const pageType = asObject(query?.type);
  const edgeType = asObject(pageType && listField(pageType, 'edges')?.type);
  const nodeType = follow(edgeType, 'node');
  const filter = query?.args.find(({ name }) => name === 'filter');
  // Containers are recognised by their shape, since their names differ between the vendor's products.
  if (!query || !filter || !pageType || !edgeType || !nodeType) return `${to} of the tenant has no query with a filter`;
  if (!takesText(filter)) return `the filter of ${to} of the tenant is ${filter.type}, which is not a string`;
  const first = query.args.find(({ name }) => name === 'first');
  const paging = pagingOf(query, pageType, edgeType);
  const others = query.args.filter((each) => each !== filter && !(paging.first && each === first));
  const required = many ? undefined : others.find(isRequiredArgument);
  if (required) return `${to} of the tenant cannot be queried without ${required.name}: ${required.type}`;
  const keyKind = keyKindOf(nodeType, key);
  if (!keyKind) return `${nodeType.name} of the tenant has no plain value at ${key}`;
  const keyPath = key.split('.');
  const hasId = plainField(nodeType, '_id') !== undefined;
  const filterType = String(filter.type);
  return {
    package: packageName,
    node: nodeName,
    nodeType,
    pageType,
    query,
    filterType,
    paging,
    keyPath,
    keyKind,
    hasId,
    many,
  };
}

function pagingOf(
  query: GraphQLField<unknown, unknown>,
  pageType: GraphQLObjectType,
  edgeType: GraphQLObjectType,
): Paging {
  const pageInfo = follow(pageType, 'pageInfo');
  const given = (wanted: string): GivenArgument | undefined => {
    const found = query.args.find(({ name }) => name === wanted);
    const type = found && getNullableType(found.type);
    if (!isScalarType(type) || type.name === 'Boolean') return undefined;
    return { type: String(found?.type), isText: type.name === 'String' || type.name === 'ID' };
  };
  return {
    first: given('first'),
    after: given('after'),
    hasNextPage: plainField(pageInfo, 'hasNextPage') !== undefined,
    endCursor: plainField(pageInfo, 'endCursor') !== undefined,
    cursor: plainField(edgeType, 'cursor') !== undefined,
    totalCount: plainField(pageType, 'totalCount') !== undefined,
  };
}

const NOT_TEXT = new Set(['Int', 'Float', 'Boolean']);

function takesText({ type }: GraphQLArgument): boolean {
  const plain = getNullableType(type);
  return isScalarType(plain) && !NOT_TEXT.has(plain.name);
}

/** A field that is selected without arguments and without a selection. */
function plainField(type: GraphQLObjectType | undefined, name: string) {
  const field = type?.getFields()[name];
  const isPlain = field && !field.args.some(isRequiredArgument) && isLeafType(getNullableType(field.type));
  return isPlain ? field : undefined;
}

function listField(type: GraphQLObjectType, name: string) {
  const field = type.getFields()[name];
  return field && hasList(field.type) ? field : undefined;
}

function follow(type: GraphQLObjectType | null | undefined, name: string): GraphQLObjectType | undefined {
  return asObject(type?.getFields()[name]?.type);
}

const asObject = (type: GraphQLOutputType | undefined): GraphQLObjectType | undefined => {
  const named = getNamedType(type);
  return isObjectType(named) ? named : undefined;
};

const hasList = (type: GraphQLOutputType): boolean => isListType(getNullableType(type));

const NUMBERS = new Set(['Int', 'Float', 'Decimal', 'IntOrString']);

function keyKindOf(type: GraphQLObjectType, path: string): KeyKind | undefined {
  let current: GraphQLObjectType | undefined = type;
  const names = path.split('.');
  for (const [index, name] of names.entries()) {
    const field: GraphQLField<unknown, unknown> | undefined = current?.getFields()[name];
    if (!field || hasList(field.type) || field.args.some(isRequiredArgument)) return undefined;
    const named: GraphQLNamedOutputType = getNamedType(field.type);
    if (index < names.length - 1) current = isObjectType(named) ? named : undefined;
    else if (isLeafType(named)) return NUMBERS.has(named.name) ? 'number' : 'text';
  }
  return undefined;
}
