import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buildSchema, type GraphQLSchema, graphql } from 'graphql';
import type { TenantAccess } from './direct-and-through.ts';

/** How a tenant pages, and what its schema says of it. */
export interface PagingOptions {
  /** Rows in one page at most; more are cut away silently. */
  readonly cap?: number;
  /** Larger pages are refused. */
  readonly refuseAbove?: number;
  /** What the refusal says. */
  readonly refusal?: string;
  /** @default `filter: String, first: Int, after: String` */
  readonly args?: string;
  /** Fields of the page beside its edges. @default `totalCount: Int pageInfo: PageInfo` */
  readonly page?: string;
  /** @default `node: Customer cursor: String` */
  readonly edge?: string;
  /** @default `_id: Id! id: String name: String` */
  readonly node?: string;
  /** Its page and its edge are types called Query and Mutation; its root has another name. */
  readonly namesAsRoots?: boolean;
  /** Shows no key to anybody. */
  readonly hides?: boolean;
  /** Has each customer so many times. @default 1 */
  readonly copies?: number;
  /** Answers null in place of each page. */
  readonly silent?: boolean;
}

interface Given {
  readonly filter: string;
  readonly first?: number | string;
  readonly after?: string;
}

const schemaOf = ({
  args = 'filter: String, first: Int, after: String',
  page = 'totalCount: Int pageInfo: PageInfo',
  edge = 'node: Customer cursor: String',
  node = '_id: Id! id: String name: String',
  namesAsRoots = false,
}: PagingOptions): GraphQLSchema => {
  const [rootType, pageType, edgeType] = namesAsRoots
    ? ['Root', 'Query', 'Mutation']
    : ['Query', 'CustomerPage', 'CustomerEdge'];
  return buildSchema(`
    schema { query: ${rootType} }
    scalar Id scalar IntOrString scalar Json
    enum Color { red green }
    input Where { id: String }
    type ${rootType} { xtremMasterData: MasterData }
    type MasterData { customer: Customers again: ${rootType} }
    type Customers { query(${args}): ${pageType} }
    type ${pageType} { edges: [${edgeType}] ${page} }
    type ${edgeType} { ${edge} }
    type Said { hasNextPage: Boolean }
    type PageInfo { hasNextPage: Boolean endCursor: String }
    type Customer { ${node} }
  `);
};

/** Customers with these keys, in this order. */
function rootOf(keys: readonly string[], options: PagingOptions) {
  const { cap = Number.POSITIVE_INFINITY, refuseAbove = Number.POSITIVE_INFINITY, hides, silent } = options;
  const { refusal = `first must be at most ${refuseAbove}` } = options;
  const query = ({ filter, first = 20, after = '0' }: Given) => {
    if (Number(first) > refuseAbove) throw new Error(refusal);
    if (silent) return null;
    const { id } = JSON.parse(filter ?? '{}') as { id?: { _in: string[] } };
    const all = keys.map((key, index) => ({ key, index })).filter(({ key }) => !id || id._in.includes(key));
    const from = Number(after);
    const rows = all.slice(from, from + Math.min(Number(first), cap));
    const end = from + rows.length;
    return {
      totalCount: all.length,
      edges: rows.map(({ key, index }, place) => ({
        cursor: String(from + place + 1),
        node: {
          _id: String(index + 1),
          name: `Customer ${key}`,
          id: () => {
            if (hides) throw new Error('You may not see this.');
            return key;
          },
        },
      })),
      pageInfo: { hasNextPage: end < all.length, endCursor: String(end) },
    };
  };
  const root = { xtremMasterData: { customer: { query }, again: () => root } };
  return root;
}

export interface PagingTenants extends AsyncDisposable {
  readonly access: Readonly<Record<string, TenantAccess>>;
  /** Documents that the tenant was sent, without introspection; forgotten with this call. */
  takeDocuments(name: string): readonly string[];
}

/** Tenants by name, all with the same customers. */
export async function startPagingTenants(
  keys: readonly string[],
  tenants: Readonly<Record<string, PagingOptions>>,
): Promise<PagingTenants> {
  const running = new Map(
    Object.entries(tenants).map(([name, options]) => [
      name,
      {
        schema: schemaOf(options),
        rootValue: rootOf(Array.from({ length: options.copies ?? 1 }, () => keys).flat(), options),
        documents: [] as string[],
      },
    ]),
  );
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const [, name = '', place] = (request.url ?? '').split('/');
    const tenant = running.get(name);
    response.setHeader('content-type', 'application/json');
    if (place === 'token' || !tenant)
      return response.end(JSON.stringify({ accessToken: name, urls: { graphQL: `${url}/${name}` } }));
    const asked = JSON.parse(Buffer.concat(chunks).toString('utf8')) as { query: string; variables?: object };
    if (!asked.query.includes('__schema')) tenant.documents.push(asked.query);
    const { schema, rootValue } = tenant;
    const variableValues = { ...asked.variables };
    return response.end(JSON.stringify(await graphql({ schema, rootValue, source: asked.query, variableValues })));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    access: Object.fromEntries(
      [...running.keys()].map((name) => {
        const credentials = { clientId: name, clientSecret: `${name}-secret`, tenantId: `tenant-${name}` };
        return [name, { tokenUrl: `${url}/${name}/token`, ...credentials }];
      }),
    ),
    takeDocuments: (name) => running.get(name)?.documents.splice(0) ?? [],
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}
