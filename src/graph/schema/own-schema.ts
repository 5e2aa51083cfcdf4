import {
  assertValidSchema,
  buildASTSchema,
  type DocumentNode,
  type GraphQLFieldResolver,
  type GraphQLSchema,
  isObjectType,
  isScalarType,
  lexicographicSortSchema,
  printSchema,
} from 'graphql';
import { lazyRecord } from '../../kit/lazy-record.ts';
import { lightDocument } from '../../kit/light-document.ts';
import { withResults } from '../execution/field-results.ts';
import type { GatewayContext } from '../graph.ts';
import type { OwnFields } from '../operation/classify-operation.ts';
import { assertRight } from '../own-roots.ts';
import type { Subschema } from '../subschema.ts';
import { buildOwn, type TypeResolvers } from './build-own.ts';
import { describeOwn, describeSchema } from './describe-own.ts';
import { type TakenNames, withoutNames } from './without-names.ts';

/** The gateway's own types and their resolvers. */
export interface JoinedTypes {
  readonly typeDefs: DocumentNode;
  readonly resolvers: Readonly<Record<string, TypeResolvers | undefined>>;
  readonly description?: string;
}

/** Joins the types of sources that are written here; each source resolves its own root fields. */
export function joinOwn(subschemas: readonly Subschema[]): JoinedTypes {
  const names = new Set(subschemas.flatMap(({ own }) => Object.keys(own?.resolvers ?? {})));
  const makers = [...names].map((name) => [name, () => resolversOf(name, subschemas)] as const);
  return {
    typeDefs: lightDocument(() => subschemas.flatMap(({ own }) => own?.typeDefs.definitions ?? [])),
    resolvers: lazyRecord(Object.fromEntries(makers)),
    description: describeSchema(subschemas),
  };
}

/** What all sources together say about a type. */
function resolversOf(type: string, subschemas: readonly Subschema[]): TypeResolvers {
  let joined: Fields = {};
  for (const subschema of subschemas) {
    const given = subschema.own?.resolvers[type];
    if (isScalarType(given)) return given;
    if (given) joined = { ...joined, ...toResolvers(subschema, type, given as Fields) };
  }
  return joined;
}

type Resolver = GraphQLFieldResolver<unknown, GatewayContext>;
type Fields = Readonly<Record<string, Resolver>>;

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
export const createOwnSchema = ({ typeDefs, ...own }: JoinedTypes, taken?: TakenNames): GraphQLSchema =>
  buildOwn({ ...own, typeDefs: taken ? withoutNames(typeDefs, taken) : typeDefs });

export const byName = (one: { readonly name: string }, other: { readonly name: string }): number =>
  one.name < other.name ? -1 : 1;

export const ownFieldsOf = (schema: GraphQLSchema): OwnFields => ({
  query: new Set(Object.keys(schema.getQueryType()?.getFields() ?? {})),
  mutation: new Set(Object.keys(schema.getMutationType()?.getFields() ?? {})),
});

/** The schema that callers without a tenant see, printed in a stable order: schema/gateway.graphql. @throws GraphQLError if it is invalid */
export function printGatewaySchema(subschemas: readonly Subschema[]): string {
  const { typeDefs, resolvers, description } = joinOwn(subschemas);
  const schema = buildASTSchema(typeDefs);
  assertValidSchema(schema);
  assertFields(schema, resolvers);
  schema.description = description;
  describeOwn(schema, subschemas);
  return `${printSchema(lexicographicSortSchema(schema))}\n`;
}

/** @throws Error for a resolver whose field does not exist */
function assertFields(schema: GraphQLSchema, resolvers: JoinedTypes['resolvers']): void {
  for (const [name, given] of Object.entries(resolvers)) {
    const type = schema.getType(name);
    if (isScalarType(type)) continue;
    const fields: object = isObjectType(type) ? type.getFields() : {};
    const unknown = Object.keys(given ?? {}).find((field) => !field.startsWith('__') && !(field in fields));
    if (type && unknown === undefined) continue;
    throw new Error(
      `There is a resolver for ${[name, unknown].filter((each) => each).join('.')}, which does not exist.`,
    );
  }
}
