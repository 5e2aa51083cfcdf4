import { type GraphQLFieldResolver, introspectionTypes, isObjectType } from 'graphql';
import { GatewayContext } from '../operation-context.ts';
import { withResults } from './field-results.ts';

let areReplaced = false;

/**
 * Counts the results of introspection and resolves its lists in turns, as those of all other fields: a short document may
 * select the schema many times. graphql-js has one set of these types for all schemas, so their resolvers are replaced,
 * and do what they did before wherever the context is not the gateway's.
 */
export function introspectInTurns(): void {
  if (areReplaced) return;
  areReplaced = true;
  for (const type of introspectionTypes.filter(isObjectType))
    for (const field of Object.values(type.getFields())) if (field.resolve) field.resolve = inTurns(field.resolve);
}

function inTurns(resolve: GraphQLFieldResolver<unknown, unknown>): GraphQLFieldResolver<unknown, unknown> {
  const counted = withResults(resolve);
  return (parent, given, context, info) =>
    context instanceof GatewayContext ? counted(parent, given, context, info) : resolve(parent, given, context, info);
}
