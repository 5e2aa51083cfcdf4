import { makeExecutableSchema } from '@graphql-tools/schema';
import type { IResolvers } from '@graphql-tools/utils';
import {
  assertValidSchema,
  buildASTSchema,
  type DocumentNode,
  type GraphQLFieldResolver,
  type GraphQLScalarType,
  type GraphQLSchema,
  isEnumType,
  isScalarType,
  lexicographicSortSchema,
  printSchema,
} from 'graphql';
import { lightDocument } from '../../kit/light-document.ts';
import { withResults } from '../execution/field-results.ts';
import type { GatewayContext } from '../graph.ts';
import type { OwnFields } from '../operation/classify-operation.ts';
import { assertRight } from '../own-roots.ts';
import type { Subschema } from '../subschema.ts';
import { describeOwn, describeSchema } from './describe-own.ts';
import { type TakenNames, withoutNames } from './without-names.ts';

/** The gateway's own types and their resolvers. */
export interface JoinedTypes {
  readonly typeDefs: DocumentNode;
  readonly resolvers: IResolvers;
  readonly description?: string;
}

/** Joins the types of sources that are written here; each source resolves its own root fields. */
export function joinOwn(subschemas: readonly Subschema[]): JoinedTypes {
  const resolvers: Record<string, unknown> = {};
  for (const subschema of subschemas)
    for (const [type, given] of Object.entries(subschema.own?.resolvers ?? {}))
      resolvers[type] = isScalarType(given)
        ? withoutDescription(given)
        : { ...(resolvers[type] as object | undefined), ...toResolvers(subschema, type, given as Fields) };
  return {
    typeDefs: lightDocument(() => subschemas.flatMap(({ own }) => own?.typeDefs.definitions ?? [])),
    resolvers: resolvers as IResolvers,
    description: describeSchema(subschemas),
  };
}

type Resolver = GraphQLFieldResolver<unknown, GatewayContext>;
type Fields = Readonly<Record<string, Resolver>>;

/** The behaviour of a scalar; its description remains the one in SDL. */
const withoutDescription = ({ serialize, parseValue, parseLiteral }: GraphQLScalarType) => ({
  serialize,
  parseValue,
  parseLiteral,
});

/** Fields whose results are counted; root fields check the right to their source first. Type resolvers are not fields. */
function toResolvers(subschema: Subschema, type: string, fields: Fields): Fields {
  const kind = type === 'Query' ? 'query' : type === 'Mutation' ? 'mutation' : undefined;
  const checked = (resolve: Resolver): Resolver => {
    if (!kind || !subschema.right) return resolve;
    return (root, given, context, info) => {
      assertRight(subschema, context.principal, kind);
      return resolve(root, given, context, info);
    };
  };
  return Object.fromEntries(
    Object.entries(fields).map(([name, resolve]) => [
      name,
      name.startsWith('__') ? resolve : withResults(checked(resolve)),
    ]),
  );
}

/** The gateway's own schema, or the part that remains beside a tenant that uses some of its names itself. */
export function createOwnSchema({ typeDefs, resolvers, description }: JoinedTypes, taken?: TakenNames): GraphQLSchema {
  const schema = makeExecutableSchema({
    typeDefs: taken ? withoutNames(typeDefs, taken) : typeDefs,
    resolvers,
    // Validated whenever it is printed, which a test does: here it would add a tenth of a second to every start.
    assumeValid: true,
    assumeValidSDL: true,
    // Resolvers without a field exist only beside a tenant that uses names of the gateway.
    resolverValidationOptions: { requireResolversToMatchSchema: taken ? 'ignore' : 'error' },
    updateResolversInPlace: true,
  });
  forgetSource(schema);
  if (description) schema.description = description;
  sortTypes(schema.getTypeMap());
  return schema;
}

/** In the order in which people look for them: the list of all types is shown in this order. */
function sortTypes(types: ReturnType<GraphQLSchema['getTypeMap']>): void {
  const sorted = Object.values(types).sort(byName);
  for (const { name } of sorted) delete types[name];
  for (const type of sorted) types[type.name] = type;
}

export const byName = (one: { readonly name: string }, other: { readonly name: string }): number =>
  one.name < other.name ? -1 : 1;

/** Releases the syntax trees of the types: they are as large as the schema, and only error locations use them. */
function forgetSource(schema: GraphQLSchema): void {
  for (const type of Object.values(schema.getTypeMap())) {
    type.astNode = undefined;
    type.extensionASTNodes = [];
    const members = isEnumType(type) ? type.getValues() : 'getFields' in type ? Object.values(type.getFields()) : [];
    for (const member of members) {
      member.astNode = undefined;
      if ('args' in member) for (const argument of member.args) argument.astNode = undefined;
    }
  }
}

export const ownFieldsOf = (schema: GraphQLSchema): OwnFields => ({
  query: new Set(Object.keys(schema.getQueryType()?.getFields() ?? {})),
  mutation: new Set(Object.keys(schema.getMutationType()?.getFields() ?? {})),
});

/** The schema that callers without a tenant see, printed in a stable order: schema/gateway.graphql. @throws GraphQLError if it is invalid */
export function printGatewaySchema(subschemas: readonly Subschema[]): string {
  const { typeDefs, description } = joinOwn(subschemas);
  const schema = buildASTSchema(typeDefs);
  assertValidSchema(schema);
  schema.description = description;
  describeOwn(schema, subschemas);
  return `${printSchema(lexicographicSortSchema(schema))}\n`;
}
