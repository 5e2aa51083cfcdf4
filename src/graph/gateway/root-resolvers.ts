import type { IResolvers } from '@graphql-tools/utils';
import { GatewayError } from '../../kit/errors/index.ts';
import type { Sage200Subgraph } from '../../subschemas/sage200/index.ts';
import type { GatewayContext } from '../graph.ts';

/** As much of Sage 200 as the root needs. */
export type Sage200Source = Pick<
  Sage200Subgraph,
  'typeDefs' | 'resolvers' | 'openScope' | 'root' | 'node' | 'planCompany' | 'requestsOfWrite'
>;

/** Ids that one `nodes` takes. */
export const MAX_NODES = 100;

interface CompanyArguments {
  readonly site?: string | null;
  readonly company?: string | null;
}

/** The root fields of ours. */
export function createRootResolvers(sage200: Sage200Source): IResolvers<unknown, GatewayContext> {
  const company = (_root: unknown, choice: CompanyArguments, context: GatewayContext) =>
    sage200.root(context.sage200, choice);
  return {
    Query: {
      sage200: company,
      gateway: () => ({}),
      node: (_root: unknown, { id }: { id: string }, context, info) => sage200.node(context.sage200, id, info),
      nodes: (_root: unknown, { ids }: { ids: readonly string[] }, context, info) => {
        if (ids.length > MAX_NODES) {
          throw new GatewayError(
            'BAD_USER_INPUT',
            `nodes takes ${MAX_NODES} ids at most. Ask for the rest in further fields.`,
          );
        }
        // Not awaited together: each fails alone. `async` turns what is thrown at once into a rejection of that one.
        return ids.map(async (id) => sage200.node(context.sage200, id, info));
      },
    },
    Mutation: { sage200: company },
  };
}
