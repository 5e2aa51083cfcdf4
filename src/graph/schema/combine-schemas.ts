import {
  type GraphQLFieldConfigMap,
  type GraphQLNamedType,
  GraphQLObjectType,
  type GraphQLSchema,
  isIntrospectionType,
  isSpecifiedScalarType,
} from 'graphql';
import { LazySchema } from '../../kit/lazy-schema.ts';
import type { OwnFields } from '../operation/classify-operation.ts';
import {
  type EndFinders,
  type LinkOptions,
  type LinkSet,
  resolveLinks,
  showLinks,
  toLinkSet,
} from '../stitch/index.ts';
import { byName, createOwnSchema, type JoinedTypes, ownFieldsOf } from './own-schema.ts';
import type { TakenNames } from './without-names.ts';

/** A schema that callers see, and which root fields are the gateway's. */
export interface JoinedSchema {
  /** Different each time that schemas are joined. */
  readonly id: number;
  readonly schema: GraphQLSchema;
  readonly own: OwnFields;
  /** False: only the gateway's. */
  readonly hasTenant: boolean;
  /** Names of the gateway that the tenant uses itself, such as `Query.node` or `Node`. */
  readonly collisions: readonly string[];
  /** Coordinates that the tenant has but introspection cannot show. The tenant's own documents may still use them. */
  readonly notShown: readonly string[];
  readonly links: LinkSet;
  /** Why configured links are missing, for the operator. */
  readonly problems: readonly string[];
}

/**
 * A schema of a tenant's types and the gateway's. Both sides' types are used unchanged: only the two roots are new, so
 * a tenant with thousands of types costs little more than its introspected schema. With links, the gateway's types are
 * copied and fields are added to the tenant's. The tenant's part is never executed here, only shown and validated
 * against, and neither are links. A tenant field of its root type leads to its own root, without the gateway's fields.
 * @throws Error if both sides have a type of the same name, which is a bug
 */
export function combineSchemas(
  hosted: GraphQLSchema,
  ownTypes: JoinedTypes,
  ownAlone: GraphQLSchema,
  options: readonly LinkOptions[] = [],
  ends: EndFinders = NO_ENDS,
  description: string | null | undefined = hosted.description,
): JoinedSchema {
  const taken = takenNames(hosted, ownAlone);
  const takenByTenant = listCollisions(taken);
  const plain = takenByTenant.length > 0 ? ownWithout(ownTypes, taken) : ownAlone;
  const { links, problems, ...resolved } = resolveLinks(options, { hosted, own: plain, ends });
  const own = links.length > 0 ? showLinks(plain, hosted, links) : plain;
  const collisions = [...takenByTenant, ...resolved.collisions];
  const roots = new Set<GraphQLNamedType | null | undefined>([
    hosted.getQueryType(),
    hosted.getMutationType(),
    own.getQueryType(),
    own.getMutationType(),
  ]);
  const isTaken = (name: string) =>
    (hosted.getType(name) ?? (roots.has(own.getType(name)) ? undefined : own.getType(name))) !== undefined;
  const query = joinRoots(hosted.getQueryType(), own.getQueryType(), isTaken);
  const mutation = joinRoots(hosted.getMutationType(), own.getMutationType(), isTaken);
  // Scalars and introspection types are the same objects on both sides.
  const types = new Set([...Object.values(hosted.getTypeMap()), ...Object.values(own.getTypeMap())]);
  for (const root of roots) if (root) types.delete(root);
  for (const root of [query, mutation]) if (root) types.add(root);
  const directives = new Map([...own.getDirectives(), ...hosted.getDirectives()].map((each) => [each.name, each]));
  // The tenant validates its own side, and the gateway's is validated at the start: a walk over thousands of types
  // would create them all, and delay everybody.
  const schema = new LazySchema({
    description,
    query,
    mutation,
    types: [...types].sort(byName),
    directives: [...directives.values()],
  });
  return {
    id: newJoinedId(),
    schema,
    own: ownFieldsOf(own),
    hasTenant: true,
    collisions,
    notShown: hosted instanceof LazySchema ? hosted.notShown : [],
    links: toLinkSet(links),
    problems,
  };
}

let joinedSoFar = 0;

export function newJoinedId(): number {
  joinedSoFar += 1;
  return joinedSoFar;
}

const NO_ENDS: EndFinders = { own: [], hosted: undefined };

const reduced = new WeakMap<JoinedTypes, { readonly key: string; readonly schema: GraphQLSchema }>();

/**
 * Own types without the tenant's names, kept: creating them delays everybody, and the next release has the same names.
 */
function ownWithout(ownTypes: JoinedTypes, taken: TakenNames): GraphQLSchema {
  const key = JSON.stringify([[...taken.types], [...taken.query], [...taken.mutation]]);
  const known = reduced.get(ownTypes);
  if (known?.key === key) return known.schema;
  const schema = createOwnSchema(ownTypes, taken);
  reduced.set(ownTypes, { key, schema });
  return schema;
}

/**
 * Under the tenant's name for it: its documents may spread fragments on the root. If it has no such root, but another
 * type with the gateway's root name, the gateway's root gets a different name.
 */
function joinRoots(
  theirs: GraphQLObjectType | null | undefined,
  ours: GraphQLObjectType | null | undefined,
  isTaken: (name: string) => boolean,
): GraphQLObjectType | null {
  const first = theirs ?? ours;
  if (!first) return null;
  let { name } = first;
  while (!theirs && isTaken(name)) name = `Gateway${name}`;
  const fields: GraphQLFieldConfigMap<unknown, unknown> = {
    // A tenant has dozens, which would hide those few.
    ...ours?.toConfig().fields,
    ...theirs?.toConfig().fields,
  };
  const interfaces = theirs?.getInterfaces() ?? [];
  return new GraphQLObjectType({ name, description: first.description, fields, interfaces });
}

function takenNames(hosted: GraphQLSchema, own: GraphQLSchema): TakenNames {
  const root = new Set<GraphQLNamedType | null | undefined>([own.getQueryType(), own.getMutationType()]);
  const shared = Object.values(own.getTypeMap()).filter((type) => {
    if (root.has(type) || isIntrospectionType(type) || isSpecifiedScalarType(type)) return false;
    return hosted.getType(type.name) !== undefined;
  });
  const both = (a: GraphQLObjectType | null | undefined, b: GraphQLObjectType | null | undefined) =>
    new Set(Object.keys(a?.getFields() ?? {}).filter((name) => b?.getFields()[name]));
  return {
    types: new Set(shared.map(({ name }) => name)),
    query: both(own.getQueryType(), hosted.getQueryType()),
    mutation: both(own.getMutationType(), hosted.getMutationType()),
  };
}

const listCollisions = ({ types, query, mutation }: TakenNames): string[] => [
  ...types,
  ...[...query].map((name) => `Query.${name}`),
  ...[...mutation].map((name) => `Mutation.${name}`),
];
