import {
  type GraphQLFieldConfigMap,
  type GraphQLNamedType,
  GraphQLObjectType,
  GraphQLSchema,
  isIntrospectionType,
  isSpecifiedScalarType,
} from 'graphql';
import { type LinkOptions, type LinkSet, NO_LINKS, resolveLinks, showLinks, toLinkSet } from '../links/index.ts';
import type { OwnFields } from '../operation/classify-operation.ts';
import { createOwnSchema, type OwnSubgraph, ownFieldsOf } from './own-schema.ts';
import type { TakenNames } from './without-names.ts';

/** A schema that callers see, and what of its root is ours. */
export interface Generation {
  readonly schema: GraphQLSchema;
  readonly own: OwnFields;
  /** False: ours alone. */
  readonly hasTenant: boolean;
  /** Names of ours that the tenant uses itself, such as `Query.node` or `Node`. */
  readonly collisions: readonly string[];
  readonly links: LinkSet;
  /** Why links of the configuration are not there, in words for the operator. */
  readonly problems: readonly string[];
}

/**
 * One schema of a tenant's and ours. Both sides' types are taken as they are: nothing but the two roots is new, so a
 * tenant of thousands of types costs its introspected schema and little more. With links, ours is copied and fields are
 * added to the tenant's. The tenant's part is never executed here, only shown and checked against; neither is a link.
 * @throws Error when the tenant's types refer to its root type, which no known release does.
 */
export function combineSchemas(
  erp: GraphQLSchema,
  subgraph: OwnSubgraph,
  ownAlone: GraphQLSchema,
  options: readonly LinkOptions[] = [],
): Generation {
  const taken = takenNames(erp, ownAlone);
  const takenByTenant = listCollisions(taken);
  const plain = takenByTenant.length > 0 ? createOwnSchema(subgraph, taken) : ownAlone;
  const { links, problems, ...resolved } = resolveLinks(options, erp, plain);
  const own = links.length > 0 ? showLinks(plain, erp, links) : plain;
  const collisions = [...takenByTenant, ...resolved.collisions];
  const roots = new Set([erp.getQueryType(), erp.getMutationType(), own.getQueryType(), own.getMutationType()]);
  const types = [...Object.values(erp.getTypeMap()), ...Object.values(own.getTypeMap())].filter(
    (type) => !roots.has(type as GraphQLObjectType) && !isIntrospectionType(type) && !isSpecifiedScalarType(type),
  );
  const directives = new Map([...own.getDirectives(), ...erp.getDirectives()].map((each) => [each.name, each]));
  const schema = new GraphQLSchema({
    description: erp.description,
    query: joinRoots(erp.getQueryType(), own.getQueryType()),
    mutation: joinRoots(erp.getMutationType(), own.getMutationType()),
    types,
    directives: [...directives.values()],
    // The tenant's side is the tenant's business, ours is checked at the start: walking thousands of types again would block everybody.
    assumeValid: true,
  });
  return {
    schema,
    own: ownFieldsOf(own),
    hasTenant: true,
    collisions,
    links: links.length > 0 ? toLinkSet(links) : NO_LINKS,
    problems,
  };
}

/** Under the tenant's name for it: its documents may spread fragments on the root. */
function joinRoots(
  theirs: GraphQLObjectType | null | undefined,
  ours: GraphQLObjectType | null | undefined,
): GraphQLObjectType | null {
  const first = theirs ?? ours;
  if (!first) return null;
  const fields: GraphQLFieldConfigMap<unknown, unknown> = {
    ...theirs?.toConfig().fields,
    ...ours?.toConfig().fields,
  };
  return new GraphQLObjectType({ name: first.name, description: first.description, fields });
}

function takenNames(erp: GraphQLSchema, own: GraphQLSchema): TakenNames {
  const root = new Set<GraphQLNamedType | null | undefined>([own.getQueryType(), own.getMutationType()]);
  const shared = Object.values(own.getTypeMap()).filter((type) => {
    if (root.has(type) || isIntrospectionType(type) || isSpecifiedScalarType(type)) return false;
    return erp.getType(type.name) !== undefined;
  });
  const both = (a: GraphQLObjectType | null | undefined, b: GraphQLObjectType | null | undefined) =>
    new Set(Object.keys(a?.getFields() ?? {}).filter((name) => name in (b?.getFields() ?? {})));
  return {
    types: new Set(shared.map(({ name }) => name)),
    query: both(own.getQueryType(), erp.getQueryType()),
    mutation: both(own.getMutationType(), erp.getMutationType()),
  };
}

const listCollisions = ({ types, query, mutation }: TakenNames): string[] => [
  ...types,
  ...[...query].map((name) => `Query.${name}`),
  ...[...mutation].map((name) => `Mutation.${name}`),
];
