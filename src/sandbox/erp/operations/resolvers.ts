import { type GraphQLFieldResolver, type GraphQLSchema, isObjectType } from 'graphql';
import type { Call } from './call.ts';

/** The schema determines source and arguments, so each resolver declares its own types. */
export type Resolver = GraphQLFieldResolver<never, Call, never>;
export type Resolvers = Readonly<Record<string, Resolver>>;

/** graphql-js keeps resolvers untyped. */
export const anyResolver = (resolver: Resolver) => resolver as GraphQLFieldResolver<unknown, unknown>;

/** Sets resolvers on those of the named fields that the type has. */
export function set(schema: GraphQLSchema, typeName: string, resolvers: Resolvers): void {
  const type = schema.getType(typeName);
  if (!isObjectType(type)) return;
  const fields = type.getFields();
  for (const [name, resolve] of Object.entries(resolvers)) {
    const field = fields[name];
    if (field) field.resolve = anyResolver(resolve);
  }
}
