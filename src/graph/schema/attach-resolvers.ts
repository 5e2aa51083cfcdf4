import type { IResolvers } from '@graphql-tools/utils';
import { type GraphQLScalarType, type GraphQLSchema, isInterfaceType, isObjectType, isScalarType } from 'graphql';

export interface AttachOptions {
  /** Whether resolvers may be there without their type or field. */
  readonly isPartial: boolean;
}

/**
 * Puts resolvers into a schema as it is: copying one of 1,500 types, as the tools for any schema do, costs tens of
 * megabytes and a tenth of a second. @throws Error for a resolver without a place, which is a mistake of ours
 */
export function attachResolvers(schema: GraphQLSchema, resolvers: IResolvers, { isPartial }: AttachOptions): void {
  for (const [typeName, given] of Object.entries(resolvers)) {
    const type = schema.getType(typeName);
    if (isScalarType(type)) attachScalar(type, given as GraphQLScalarType);
    else if (isObjectType(type) || isInterfaceType(type)) {
      const fields = type.getFields();
      for (const [name, resolve] of Object.entries(given)) {
        if (name === '__resolveType' && isInterfaceType(type)) type.resolveType = resolve;
        else if (fields[name]) fields[name].resolve = resolve;
        else if (!isPartial) throw new Error(`There is a resolver for ${typeName}.${name}, but no such field.`);
      }
    } else if (!isPartial) throw new Error(`There are resolvers for ${typeName}, but no such type has fields.`);
  }
}

/** The description stays the one of the SDL. */
function attachScalar(type: GraphQLScalarType, given: GraphQLScalarType): void {
  const { serialize, parseValue, parseLiteral } = given;
  Object.assign(type, { serialize, parseValue, parseLiteral });
}
