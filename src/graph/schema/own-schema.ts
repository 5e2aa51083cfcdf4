import { makeExecutableSchema } from '@graphql-tools/schema';
import type { IResolvers } from '@graphql-tools/utils';
import { type DocumentNode, type GraphQLSchema, Kind, lexicographicSortSchema, printSchema } from 'graphql';
import type { OwnFields } from '../operation/classify-operation.ts';
import { type TakenNames, withoutNames } from './without-names.ts';

/** What the gateway answers itself: root.graphql, Sage 200, and what resolves them. */
export interface OwnSubgraph {
  readonly typeDefs: DocumentNode;
  readonly resolvers: IResolvers;
}

/** The schema of ours alone, or what of it stays beside a tenant that has some of its names itself. */
export function createOwnSchema({ typeDefs, resolvers }: OwnSubgraph, taken?: TakenNames): GraphQLSchema {
  return makeExecutableSchema({
    typeDefs: taken ? withoutNames(typeDefs, taken) : typeDefs,
    resolvers,
    // Beside a tenant with names of ours there are resolvers without a field, and only there.
    resolverValidationOptions: { requireResolversToMatchSchema: taken ? 'ignore' : 'error' },
  });
}

export const ownFieldsOf = (schema: GraphQLSchema): OwnFields => ({
  query: new Set(Object.keys(schema.getQueryType()?.getFields() ?? {})),
  mutation: new Set(Object.keys(schema.getMutationType()?.getFields() ?? {})),
});

/** The schema callers without an ERP tenant see, as text in a stable order: schema/gateway.graphql. */
export function printGatewaySchema(typeDefs: DocumentNode): string {
  return `${printSchema(lexicographicSortSchema(makeExecutableSchema({ typeDefs })))}\n`;
}

export const joinDocuments = (...documents: readonly DocumentNode[]): DocumentNode => ({
  kind: Kind.DOCUMENT,
  definitions: documents.flatMap(({ definitions }) => definitions),
});
