import {
  type GraphQLField,
  type GraphQLNamedOutputType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  isInputObjectType,
  isLeafType,
  isListType,
  isObjectType,
} from 'graphql';
import type { ErpTarget, KeyKind, LinkField, LinkOptions, Sage200Target } from './link.ts';

export interface ResolvedLinks {
  readonly links: readonly LinkField[];
  /** Fields left out because the type has one of that name: `Customer.sage200Customer`. */
  readonly collisions: readonly string[];
  /** Why links that are in the configuration cannot be there, in words for the operator. */
  readonly problems: readonly string[];
}

/** Marks fields that we added to a tenant's type. */
export const LINK_MARK = 'sageGatewayLink';

/**
 * Finds both ends of each link. A link whose end is missing in this tenant's schema is left out, and so is a field
 * whose name is taken; the other direction of it stays.
 */
export function resolveLinks(options: readonly LinkOptions[], erp: GraphQLSchema, own: GraphQLSchema): ResolvedLinks {
  const links: LinkField[] = [];
  const collisions: string[] = [];
  const problems: string[] = [];
  const add = (link: LinkField, type: GraphQLObjectType) => {
    const taken = type.getFields()[link.name];
    const twice = links.some(({ owner, name }) => owner === link.owner && name === link.name);
    if (twice || (taken && !taken.extensions[LINK_MARK])) collisions.push(`${link.owner}.${link.name}`);
    else links.push(link);
  };
  for (const option of options) {
    const sage200 = findSage200(option, own);
    const target = findErp(option, erp);
    if (typeof sage200 === 'string') problems.push(`${option.name}: ${sage200}`);
    if (typeof target === 'string') problems.push(`${option.name}: ${target}`);
    if (typeof sage200 === 'string' || typeof target === 'string') continue;
    const { match } = option;
    const { type, keyField, back } = sage200;
    add({ owner: type.name, name: option.name, keyPath: [keyField], match, target }, type);
    if (option.reverse === undefined) continue;
    if (typeof back === 'string') problems.push(`${option.reverse}: ${back}`);
    else {
      const { nodeType, keyPath } = target;
      add({ owner: nodeType.name, name: option.reverse, keyPath, match, target: back }, nodeType);
    }
  }
  return { links, collisions, problems };
}

/** Links of Sage 200 types while there is no tenant's schema: their fields are known, and fail. */
export function absentLinks(options: readonly LinkOptions[], own: GraphQLSchema): LinkField[] {
  return options.flatMap((option): LinkField[] => {
    const found = findSage200(option, own);
    if (typeof found === 'string' || found.type.getFields()[option.name]) return [];
    const { type, keyField } = found;
    return [
      { owner: type.name, name: option.name, keyPath: [keyField], match: option.match, target: { kind: 'absent' } },
    ];
  });
}

interface FoundSage200 {
  readonly type: GraphQLObjectType;
  readonly keyField: string;
  /** How its rows are found by the key, or why they cannot be. */
  readonly back: Sage200Target | string;
}

function findSage200({ from }: LinkOptions, own: GraphQLSchema): FoundSage200 | string {
  const [typeName = '', keyField = ''] = from.split('.');
  const type = own.getType(typeName);
  if (!isObjectType(type)) return `Sage 200 has no type ${typeName}`;
  const field = type.getFields()[keyField];
  if (!field) return `${typeName} has no field ${keyField}`;
  if (!isLeafType(getNamedType(field.type))) return `${from} is no plain value`;
  return { type, keyField, back: findList(type, keyField, own) };
}

function findList(type: GraphQLObjectType, keyField: string, own: GraphQLSchema): Sage200Target | string {
  const company = own.getType('Sage200');
  const fields = isObjectType(company) ? Object.values(company.getFields()) : [];
  const list = fields.find((field) => getNamedType(field.type).name === `${type.name}Connection`);
  if (!list) return `Sage 200 has no list of ${type.name}`;
  const filter = getNamedType(list.args.find(({ name }) => name === 'filter')?.type);
  const conditions = isInputObjectType(filter) ? getNamedType(filter.getFields()[keyField]?.type) : undefined;
  const among = isInputObjectType(conditions) ? conditions.getFields()['in'] : undefined;
  if (!among) return `Sage 200 cannot filter ${type.name} by ${keyField}`;
  const keyType = getNamedType(among.type).name;
  return {
    kind: 'sage200',
    typeName: type.name,
    listField: list.name,
    keyField,
    keyType,
    keyKind: keyType === 'Int' ? 'number' : 'text',
    hasSageId: 'sageId' in type.getFields(),
  };
}

function findErp({ to, key, many }: LinkOptions, erp: GraphQLSchema): ErpTarget | string {
  const [packageName = '', nodeName = ''] = to.split('.');
  const operations = follow(follow(erp.getQueryType(), packageName), nodeName);
  if (!operations) return `the tenant has no ${to}`;
  const query = operations.getFields()['query'];
  const nodeType = query && nodeOf(query);
  const pageType = query && getNamedType(query.type);
  // Containers are found by shape: their names differ between the vendor's products.
  if (!query?.args.some(({ name }) => name === 'filter') || !nodeType || !isObjectType(pageType))
    return `${to} of the tenant has no query with a filter`;
  const keyKind = keyKindOf(nodeType, key);
  if (!keyKind) return `${nodeType.name} of the tenant has no plain value at ${key}`;
  const pageArguments = query.args.filter(({ name }) => name !== 'filter');
  const keyPath = key.split('.');
  return {
    kind: 'erp',
    package: packageName,
    node: nodeName,
    nodeType,
    pageType,
    pageArguments,
    keyPath,
    keyKind,
    many,
  };
}

function follow(type: GraphQLObjectType | null | undefined, name: string): GraphQLObjectType | undefined {
  const next = getNamedType(type?.getFields()[name]?.type);
  return isObjectType(next) ? next : undefined;
}

function nodeOf({ type }: GraphQLField<unknown, unknown>): GraphQLObjectType | undefined {
  const page = getNamedType(type);
  const edges = isObjectType(page) ? page.getFields()['edges'] : undefined;
  return edges && hasList(edges.type) ? follow(asObject(edges.type), 'node') : undefined;
}

const asObject = (type: GraphQLOutputType): GraphQLObjectType | undefined => {
  const named = getNamedType(type);
  return isObjectType(named) ? named : undefined;
};

const hasList = (type: GraphQLOutputType): boolean => isListType(type) || ('ofType' in type && isListType(type.ofType));

const NUMBERS = new Set(['Int', 'Float', 'Decimal', 'IntOrString']);

function keyKindOf(type: GraphQLObjectType, path: string): KeyKind | undefined {
  let current: GraphQLObjectType | undefined = type;
  const names = path.split('.');
  for (const [index, name] of names.entries()) {
    const field: GraphQLField<unknown, unknown> | undefined = current?.getFields()[name];
    if (!field || hasList(field.type)) return undefined;
    const named: GraphQLNamedOutputType = getNamedType(field.type);
    if (index < names.length - 1) current = isObjectType(named) ? named : undefined;
    else if (isLeafType(named)) return NUMBERS.has(named.name) ? 'number' : 'text';
  }
  return undefined;
}
