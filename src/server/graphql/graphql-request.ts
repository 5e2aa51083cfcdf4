import type { GraphQLSchema } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { GatewayContext } from '../../graph/index.ts';
import type { CallerExchange } from '../routes/route.ts';

export const JSON_TYPES = ['application/graphql-response+json', 'application/json'] as const;

export type JsonType = (typeof JSON_TYPES)[number];

/** What the plugins know of one request besides what Yoga tells them: Yoga's server context. */
export interface GraphqlRequest extends Record<string, unknown> {
  readonly exchange: CallerExchange;
  readonly schema: GraphQLSchema;
  readonly gateway: GatewayContext;
  /** The form of the answer. */
  readonly mediaType: JsonType;
}

export type GraphqlPlugin = Plugin<GraphqlRequest, GraphqlRequest>;
