import { readFileSync } from 'node:fs';
import { type ExecutionResult, parse } from 'graphql';
import { pino } from 'pino';
import { CALLER_KINDS, callerKindsSdl } from '../../src/callers/index.ts';
import { createGraph, type Graph, type Subschema } from '../../src/graph/index.ts';
import { GatewayError } from '../../src/kit/errors/index.ts';
import type { Principal } from '../../src/kit/principal.ts';
import { createErpSubschema, type Erp } from '../../src/subschemas/erp/index.ts';
import {
  type ConnectionStatus,
  createGatewaySubschema,
  type ListConnections,
} from '../../src/subschemas/gateway/index.ts';
import { createSage200Subschema, type Sage200SubschemaParts } from '../../src/subschemas/sage200/index.ts';
import { type StubTenant, startErpStub } from '../subschemas/erp/erp-stub.ts';

export const ROOT_SDL = parse(
  readFileSync(new URL('../../schema/root.graphql', import.meta.url), 'utf8') + callerKindsSdl(CALLER_KINDS),
);

/** A tenant with what the field meets: quoted enumerations, loose ids, filters as text, partial data, warnings. */
export const TENANT_SDL = `
  scalar Id
  scalar Decimal
  enum Color { red green }
  enum Color_EnumInput { red green }
  type Item { _id: Id! name: String color: Color owner: String secret: String }
  type ItemEdge { node: Item cursor: String }
  type Items { totalCount: Int edges: [ItemEdge] }
  type ItemOperations {
    read(_id: Id): Item
    query(filter: String, first: Int, color: Color_EnumInput, colors: [Color_EnumInput!]): Items
  }
  input Item_Input { _id: Id name: String color: Color_EnumInput }
  type ItemMutations { create(data: Item_Input!): Item delete(_id: Id): Int }
  type MasterData { item: ItemOperations }
  type Sales { order: String }
  type MasterDataMutations { item: ItemMutations }
  type Query { xtremMasterData: MasterData xtremSales: Sales }
  type Mutation { xtremMasterData: MasterDataMutations }
`;

interface StubContext {
  readonly tenant: string;
  readonly diagnoses: unknown[];
}

/** Written down in the order in which things were done. */
export type Journal = string[];

export function tenantRoot(journal: Journal = []): Record<string, unknown> {
  const item = (_id: string, { tenant }: StubContext) => ({
    _id,
    name: `item ${_id}`,
    color: 'green',
    owner: tenant,
    secret: () => {
      throw new Error('You may not see this.');
    },
  });
  return {
    xtremMasterData: {
      item: {
        read: ({ _id }: { _id: string }, context: StubContext) => item(String(_id), context),
        query: ({ first = 20, ...given }: { first?: number }, context: StubContext) => {
          context.diagnoses.push({ severity: 1, message: JSON.stringify(given) });
          const edges = Array.from({ length: Math.min(first, 3) }, (_, index) => ({
            node: item(`${index}`, context),
            cursor: `["${index}"]#1`,
          }));
          return { totalCount: 3, edges };
        },
        create: ({ data }: { data: { name: string } }, context: StubContext) => {
          journal.push(`erp ${data.name}`);
          return { ...item('9', context), name: data.name };
        },
        delete: () => 1,
      },
    },
    xtremSales: { order: 'SO1' },
  };
}

const SAGE200_SDL = parse(`
  type Sage200 implements Node { id: ID! company: String customer(reference: String!): Sage200Customer }
  type Sage200Customer implements Node { id: ID! reference: String name: String broken: String }
  type Sage200Mutation { createCustomer(reference: String!): Sage200Customer }
`);

interface FakeScope {
  readonly caller: string;
  readonly header: string | undefined;
  end(): void;
  assertUsable(): void;
}

/** Sage 200 in memory, with the shape of the real one. */
export function fakeSage200(journal: Journal = []): Sage200SubschemaParts {
  const customer = (reference: string, operation: FakeScope) => ({
    __typename: 'Sage200Customer',
    id: `customer:${reference}`,
    reference,
    name: `${reference} of ${operation.caller}`,
    broken: () => {
      throw new GatewayError('RATE_LIMITED', 'Sage 200 asks for fewer requests.', { source: 'sage200', retryAfter: 2 });
    },
  });
  const source = {
    typeDefs: SAGE200_SDL,
    resolvers: {
      Sage200: {
        customer: ({ operation }: { operation: FakeScope }, { reference }: { reference: string }) =>
          customer(reference, operation),
      },
      Sage200Mutation: {
        createCustomer: ({ operation }: { operation: FakeScope }, { reference }: { reference: string }) => {
          journal.push(`sage200 ${reference}`);
          return customer(reference, operation);
        },
      },
      Node: { __resolveType: ({ __typename = 'Sage200' }: { __typename?: string }) => __typename },
    },
    openScope: ({ principal, company }: { principal: Principal; company: string | undefined }): FakeScope => ({
      caller: principal.id,
      header: company,
      end: () => {},
      assertUsable: () => {},
    }),
    root: (operation: FakeScope, { company }: { company?: string | null }) => ({
      operation,
      id: 'company:1',
      company: company ?? operation.header ?? 'default',
    }),
    requestsOfWrite: () => 1,
    node: async (operation: FakeScope, id: string) => {
      if (!id.includes(':')) throw new GatewayError('BAD_USER_INPUT', 'That is not a global id.');
      return id === 'customer:gone' ? null : customer(id.split(':')[1] ?? '', operation);
    },
  };
  // The real scope is a class of many members; only this fake ever sees its own.
  return source as unknown as Sage200SubschemaParts;
}

export const caller = (given: Partial<Principal> = {}): Principal => ({
  id: 'key:web-shop',
  kind: 'apiKey',
  tenants: ['acme'],
  companies: 'all',
  readOnly: false,
  admin: false,
  ...given,
});

export interface Asking {
  readonly principal?: Principal;
  /** `X-Tenant`. */
  readonly tenant?: string;
  readonly variables?: Record<string, unknown>;
  readonly operationName?: string;
  readonly signal?: AbortSignal;
  readonly company?: string;
}

/** Asks a graph as the server does: tenant, schema, validation, execution. */
export async function ask(graph: Graph, source: string, asking: Asking = {}): Promise<ExecutionResult> {
  const { principal = caller(), variables, operationName, company } = asking;
  const tenant = graph.tenantFor(principal, asking.tenant);
  const schema = await graph.schemaFor(tenant);
  const signal = asking.signal ?? new AbortController().signal;
  const context = graph.createContext({
    principal,
    tenant,
    signal,
    requestId: 'r1',
    headers: { 'x-company': company },
  });
  const operation = { document: parse(source), source, variables, operationName };
  const faults = graph.validate(schema, operation, context);
  const result = faults.length > 0 ? { errors: faults } : await graph.execute(schema, operation, context);
  // As it travels: errors formatted, prototypes gone.
  return JSON.parse(JSON.stringify(result)) as ExecutionResult;
}

/** What a gateway is made of, with a fake Sage 200. */
export function subschemasOf(
  sage200: Sage200SubschemaParts,
  erp: Erp,
  connections: readonly ConnectionStatus[] = [],
): readonly Subschema[] {
  const listConnections: ListConnections = async (names) =>
    connections.filter(({ name }) => names === undefined || names.includes(name));
  const subschema = createSage200Subschema(sage200);
  // Ids of the fake are none of Sage 200's.
  const node = subschema.node && !('model' in sage200) && { ...subschema.node, isOwn: () => true };
  return [
    createGatewaySubschema({ typeDefs: ROOT_SDL, listConnections }),
    node ? Object.assign(subschema, { node }) : subschema,
    createErpSubschema(erp),
  ];
}

export interface WorldOptions {
  readonly subschemas?: readonly Subschema[];
  readonly tenants?: Record<string, StubTenant>;
  readonly connections?: readonly ConnectionStatus[];
  readonly deadlineMs?: number;
}

export async function startWorld(options: WorldOptions = {}) {
  const journal: Journal = [];
  const stub = await startErpStub(options.tenants ?? { acme: { sdl: TENANT_SDL, root: tenantRoot(journal) } });
  const erp: Erp = stub.erp(options.deadlineMs === undefined ? {} : { deadlineMs: options.deadlineMs });
  const lines: string[] = [];
  const graph = createGraph({
    subschemas: [...subschemasOf(fakeSage200(journal), erp, options.connections), ...(options.subschemas ?? [])],
    log: pino({ level: 'trace' }, { write: (line) => void lines.push(line) }),
  });
  return {
    stub,
    erp,
    graph,
    journal,
    lines,
    ask: (source: string, asking?: Asking) => ask(graph, source, asking),
    async [Symbol.asyncDispose]() {
      await stub[Symbol.asyncDispose]();
    },
  };
}
