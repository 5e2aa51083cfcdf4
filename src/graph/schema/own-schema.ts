import { makeExecutableSchema } from '@graphql-tools/schema';
import type { IResolvers } from '@graphql-tools/utils';
import {
  assertValidSchema,
  buildASTSchema,
  type DocumentNode,
  type GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  isScalarType,
  lexicographicSortSchema,
  printSchema,
} from 'graphql';
import { lightDocument } from '../../subschemas/sage200/index.ts';
import type { OwnFields } from '../operation/classify-operation.ts';
import { type TakenNames, withoutNames } from './without-names.ts';

/** What the gateway answers itself: root.graphql, Sage 200, and what resolves them. */
export interface OwnSubgraph {
  readonly typeDefs: DocumentNode;
  readonly resolvers: IResolvers;
}

/** The schema of ours alone, or what of it stays beside a tenant that has some of its names itself. */
export function createOwnSchema({ typeDefs, resolvers }: OwnSubgraph, taken?: TakenNames): GraphQLSchema {
  const schema = makeExecutableSchema({
    typeDefs: taken ? withoutNames(typeDefs, taken) : typeDefs,
    resolvers: withoutDescriptions(resolvers),
    // Checked whenever it is printed, which a test does: here that would be a tenth of a second of every start.
    assumeValid: true,
    assumeValidSDL: true,
    // Beside a tenant with names of ours there are resolvers without a field, and only there.
    resolverValidationOptions: { requireResolversToMatchSchema: taken ? 'ignore' : 'error' },
    updateResolversInPlace: true,
  });
  forgetSource(schema);
  return schema;
}

/** What a scalar does; its description stays the one of the SDL. */
const withoutDescriptions = (resolvers: IResolvers): IResolvers =>
  Object.fromEntries(
    Object.entries(resolvers).map(([name, given]) => {
      if (!isScalarType(given)) return [name, given];
      const { serialize, parseValue, parseLiteral } = given;
      return [name, { serialize, parseValue, parseLiteral }];
    }),
  );

/** Lets go of the syntax trees that the types were made from: as large as the schema, and only error locations use them. */
function forgetSource(schema: GraphQLSchema): void {
  for (const type of Object.values(schema.getTypeMap())) {
    type.astNode = undefined;
    type.extensionASTNodes = [];
    if (isEnumType(type)) for (const value of type.getValues()) value.astNode = undefined;
    if (!isObjectType(type) && !isInterfaceType(type) && !isInputObjectType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      field.astNode = undefined;
      if ('args' in field) for (const argument of field.args) argument.astNode = undefined;
    }
  }
}

export const ownFieldsOf = (schema: GraphQLSchema): OwnFields => ({
  query: new Set(Object.keys(schema.getQueryType()?.getFields() ?? {})),
  mutation: new Set(Object.keys(schema.getMutationType()?.getFields() ?? {})),
});

/** The schema callers without an ERP tenant see, as text in a stable order: schema/gateway.graphql. @throws GraphQLError when it is no valid schema */
export function printGatewaySchema(typeDefs: DocumentNode): string {
  const schema = buildASTSchema(typeDefs);
  assertValidSchema(schema);
  return `${printSchema(lexicographicSortSchema(schema))}\n`;
}

/** One document of several, and no more in memory than these are. */
export const joinDocuments = (...documents: readonly DocumentNode[]): DocumentNode =>
  lightDocument(() => documents.flatMap(({ definitions }) => definitions));
