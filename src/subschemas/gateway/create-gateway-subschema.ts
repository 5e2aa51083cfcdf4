import type { DocumentNode, GraphQLResolveInfo } from 'graphql';
import type { GatewayContext, Subschema } from '../../graph/subschema.ts';
import { GatewayError } from '../../kit/errors/index.ts';
import { createClientFields } from './clients/client-fields.ts';
import type { ClientParts } from './clients/client-parts.ts';
import { createGatewayMutations, type GatewayMutationsOptions } from './gateway-mutations.ts';
import {
  type BreakerOf,
  createGatewayResolvers,
  type GatewayResolversOptions,
  type ListConnections,
  type Shown,
  toSignIn,
  toTenant,
} from './gateway-resolvers.ts';

export interface GatewaySubschemaOptions extends Pick<GatewayMutationsOptions, 'reload' | 'audit'> {
  /** schema/root.graphql, parsed: the root types, with the fields of every source. */
  readonly typeDefs: DocumentNode;
  readonly listConnections: ListConnections;
  /** @default none */
  readonly givenConnections?: readonly string[];
  /** @default all are closed */
  readonly breakerOf?: BreakerOf;
  /** Without it, there is no directory of clients. */
  readonly clients?: ClientParts | undefined;
  /** @default Date.now */
  readonly now?: () => number;
}

/** Maximum number of ids in one `nodes`. */
const MAX_NODES = 100;

/** The gateway itself as a source of the graph: `gateway`, and objects of all sources by id. */
export function createGatewaySubschema({
  typeDefs,
  listConnections,
  givenConnections = [],
  breakerOf = () => 'closed',
  clients,
  reload,
  audit,
  now = Date.now,
}: GatewaySubschemaOptions): Subschema<Shown> {
  const options: GatewayResolversOptions = {
    listConnections,
    givenConnections,
    breakerOf,
    now,
    shownIn: (context) => context.scopeOf(subschema),
  };
  const ofClients = createClientFields({
    clients,
    listConnections,
    toSignIn,
    toTenant: (name, graph) => toTenant(name, graph, options),
  });
  const subschema: Subschema<Shown> = {
    name: 'gateway',
    title: 'the gateway',
    about:
      '`gateway` says who you are, and shows sign-ins and tenants with their state; `node` and `nodes` find objects by id.',
    own: {
      typeDefs,
      resolvers: {
        ...createGatewayResolvers(options, ofClients.Gateway),
        GatewayClient: ofClients.GatewayClient,
        ...createGatewayMutations({ reload, audit, clients, now }),
        Query: {
          gateway: () => ({}),
          node: (_root: unknown, { id }: { id: string }, context, info) => readNode(id, context, info),
          nodes: (_root: unknown, { ids }: { ids: readonly string[] }, context, info) => {
            if (ids.length > MAX_NODES) {
              throw new GatewayError(
                'BAD_USER_INPUT',
                `nodes takes ${MAX_NODES} ids at most. Read the rest with more fields.`,
              );
            }
            // Not awaited together, so that each fails separately.
            return ids.map((id) => readNode(id, context, info));
          },
        },
      },
    },
    roots: {
      node: { objectAt: (given) => given('id') },
      nodes: {
        objectAt(given, index) {
          const ids = given('ids');
          return Array.isArray(ids) ? ids[Number(index)] : ids;
        },
      },
    },
    openScope: () => [],
    lossOf(shown) {
      try {
        for (const assertUsable of shown) assertUsable();
        return undefined;
      } catch (error) {
        if (error instanceof GatewayError) return error;
        throw error;
      }
    },
  };
  return subschema;
}

/** `async`, so that synchronous errors only reject this object. */
async function readNode(id: string, context: GatewayContext, info: GraphQLResolveInfo): Promise<unknown> {
  const source = context.graph.subschemas.find(({ node }) => node?.isOwn(id));
  if (!source?.node)
    throw new GatewayError('BAD_USER_INPUT', 'This is not a global id. Use an id exactly as the gateway returned it.');
  return source.node.read(context.scopeOf(source), id, info);
}
