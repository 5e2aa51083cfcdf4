import { makeExecutableSchema } from '@graphql-tools/schema';
import {
  buildClientSchema,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  getIntrospectionQuery,
  type IntrospectionQuery,
  print,
  printSchema,
} from 'graphql';
import { sage200Resolvers, sage200TypeDefs } from './sage200-schema.ts';

export type AskErp<Context> = (query: string, variables: unknown, context: Context) => Promise<Record<string, unknown>>;

/**
 * One schema of both systems without stitching: each root field of the tenant sends its own part of the operation on,
 * and everything below it is read from the answer. Aliases inside that part are not handled; no measured operation has one.
 */
export async function createForwardingSchema<Context>(
  introspect: (query: string) => Promise<Record<string, unknown>>,
  askErp: AskErp<Context>,
): Promise<GraphQLSchema> {
  const { data } = await introspect(getIntrospectionQuery());
  const erp = buildClientSchema(data as unknown as IntrospectionQuery);
  const forward = async (_source: unknown, _args: unknown, context: Context, info: GraphQLResolveInfo) => {
    const answer = await askErp(printPart(info), info.variableValues, context);
    if (answer['errors']) throw new Error('The tenant answered with errors.');
    return (answer['data'] as Record<string, unknown>)[info.fieldName];
  };
  const roots = Object.keys(erp.getQueryType()?.getFields() ?? {}).map((name) => [name, forward]);
  return makeExecutableSchema({
    typeDefs: [printSchema(erp), sage200TypeDefs],
    resolvers: { ...sage200Resolvers, Query: { ...sage200Resolvers['Query'], ...Object.fromEntries(roots) } },
    assumeValidSDL: true,
    assumeValid: true,
  });
}

function printPart({ fieldNodes, fragments, operation }: GraphQLResolveInfo): string {
  const selections = fieldNodes.map((node) => print(node)).join(' ');
  const variables = (operation.variableDefinitions ?? []).map((definition) => print(definition)).join(' ');
  return `query${variables && `(${variables})`} { ${selections} } ${Object.values(fragments)
    .map((fragment) => print(fragment))
    .join(' ')}`;
}
