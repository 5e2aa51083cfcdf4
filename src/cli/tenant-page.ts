import { type GraphQLObjectType, type GraphQLSchema, getNamedType, isObjectType } from 'graphql';

/** Rows in one request: no known tenant refuses a page of this size. */
const ERP_PAGE = 100;

/** A query for one page of a node's keys, with the names in the tenant's schema. */
export interface TenantPage {
  readonly source: string;
  /** The cursor before the page. */
  readonly isPaged: boolean;
}

/** @param path where the key is on the node */
export function tenantPage(schema: GraphQLSchema, to: string, path: readonly string[]): TenantPage {
  const [packageName = '', nodeName = ''] = to.split('.');
  const operations = below(below(schema.getQueryType() ?? undefined, packageName), nodeName);
  const query = operations?.getFields()['query'];
  const page = below(operations, 'query');
  const edge = below(page, 'edges');
  const node = below(edge, 'node');
  const typeOf = (name: string) => query?.args.find((each) => each.name === name)?.type;
  const wanted = {
    filter: '"{}"',
    first: getNamedType(typeOf('first'))?.name === 'String' ? `"${ERP_PAGE}"` : String(ERP_PAGE),
    orderBy: has(node, '_id') ? '"{\\"_id\\":1}"' : undefined,
    after: '$after',
  };
  const given = Object.entries(wanted).filter(([name, value]) => value !== undefined && typeOf(name) !== undefined);
  const after = typeOf('after');
  const info = ['hasNextPage', 'endCursor'].filter((name) => has(below(page, 'pageInfo'), name));
  const selection = [
    `edges { ${has(edge, 'cursor') ? 'cursor' : ''} node { ${has(node, '_id') ? 'name: _id' : ''} ${path.join(' { ')}${' }'.repeat(path.length)}`,
    '}',
    info.length > 0 ? `pageInfo { ${info.join(' ')} }` : '',
  ];
  const variables = after ? `($after: ${String(after).replace('!', '')})` : '';
  const listed = given.map(([name, value]) => `${name}: ${value}`).join(', ');
  return {
    source: `query ${variables} { ${packageName} { ${nodeName} { query(${listed}) { ${selection.join(' ')} } } } }`,
    isPaged: after !== undefined,
  };
}

function below(type: GraphQLObjectType | undefined, name: string): GraphQLObjectType | undefined {
  const next = getNamedType(type?.getFields()[name]?.type);
  return isObjectType(next) ? next : undefined;
}

const has = (type: GraphQLObjectType | undefined, name: string): boolean => type?.getFields()[name] !== undefined;
