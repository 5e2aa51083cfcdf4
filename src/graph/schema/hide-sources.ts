import { GraphQLObjectType, isTypeDefinitionNode } from 'graphql';
import { LazySchema } from '../../kit/lazy-schema.ts';
import type { Subschema } from '../subschema.ts';
import { type JoinedSchema, newJoinedId } from './combine-schemas.ts';

/** The schema as shown to callers without a right to these sources: without their root fields and types. */
export function hideSources(joined: JoinedSchema, hidden: readonly Subschema[]): JoinedSchema {
  const { schema, own, collisions } = joined;
  // Types and fields that the tenant has under the same name stay.
  const isOurs = (name: string) => !collisions.includes(name);
  const namesOf = (root: 'Query' | 'Mutation') =>
    new Set(hidden.flatMap((each) => rootNames(each, root)).filter((name) => isOurs(`${root}.${name}`)));
  const fields = { query: namesOf('Query'), mutation: namesOf('Mutation') };
  const query = withoutFields(schema.getQueryType(), fields.query);
  const mutation = withoutFields(schema.getMutationType(), fields.mutation);
  const gone = new Set(hidden.flatMap((each) => typeNames(each).filter(isOurs)));
  for (const root of [schema.getQueryType(), schema.getMutationType()]) if (root) gone.add(root.name);
  const types = Object.values(schema.getTypeMap()).filter(({ name }) => !gone.has(name));
  return {
    ...joined,
    id: newJoinedId(),
    schema: new LazySchema({
      description: hidden.reduce(
        (text, { about }) => text?.replace(`\n\n${about}`, ''),
        schema.description ?? undefined,
      ),
      query,
      mutation,
      types: [...types, ...[query, mutation].filter((root) => root !== null)],
      directives: schema.getDirectives(),
    }),
    own: { query: without(own.query, fields.query), mutation: without(own.mutation, fields.mutation) },
  };
}

const without = (names: ReadonlySet<string>, gone: ReadonlySet<string>) =>
  new Set([...names].filter((name) => !gone.has(name)));

const rootNames = ({ own }: Subschema, root: 'Query' | 'Mutation'): string[] =>
  Object.keys((own?.resolvers as Readonly<Record<string, object>> | undefined)?.[root] ?? {});

const typeNames = ({ own }: Subschema): string[] =>
  (own?.typeDefs.definitions ?? []).filter(isTypeDefinitionNode).map(({ name }) => name.value);

function withoutFields(
  root: GraphQLObjectType | null | undefined,
  names: ReadonlySet<string>,
): GraphQLObjectType | null {
  if (!root) return null;
  const { fields, ...config } = root.toConfig();
  const left = Object.entries(fields).filter(([name]) => !names.has(name));
  return left.length > 0 ? new GraphQLObjectType({ ...config, fields: Object.fromEntries(left) }) : null;
}
