import {
  type GraphQLDirective,
  type GraphQLInterfaceType,
  type GraphQLNamedType,
  type GraphQLObjectType,
  GraphQLSchema,
  introspectionTypes,
  isInterfaceType,
  isObjectType,
  specifiedScalarTypes,
} from 'graphql';

interface LazySchemaOptions {
  readonly description?: string | null | undefined;
  readonly query: GraphQLObjectType | null | undefined;
  readonly mutation: GraphQLObjectType | null | undefined;
  /** All existing types, including the root types: a reference to any other type has no target. */
  readonly types: readonly GraphQLNamedType[];
  readonly directives: readonly GraphQLDirective[];
  /** Coordinates such as `Query.matrix` that its server has but introspection cannot show. @default none */
  readonly notShown?: readonly string[];
}

type TypeMap = ReturnType<GraphQLSchema['getTypeMap']>;
interface Implementations {
  readonly objects: GraphQLObjectType[];
  readonly interfaces: GraphQLInterfaceType[];
}

/**
 * A schema that receives a list of its types. graphql-js finds them by walking every field of every type, which creates
 * them all: with thousands of types, that takes seconds and tens of megabytes. Here a type's fields are created on
 * first use. Not validated: an introspected schema is its tenant's responsibility.
 */
export class LazySchema extends GraphQLSchema {
  readonly notShown: readonly string[];
  readonly #query: GraphQLObjectType | null | undefined;
  readonly #mutation: GraphQLObjectType | null | undefined;
  readonly #types: TypeMap;
  #implementations: ReadonlyMap<string, Implementations> | undefined;

  /** @throws Error if two types have the same name */
  constructor({ description, query, mutation, types, directives, notShown = [] }: LazySchemaOptions) {
    super({ description: description ?? null, directives, assumeValid: true });
    this.notShown = notShown;
    this.#query = query;
    this.#mutation = mutation;
    this.#types = Object.create(null) as TypeMap;
    for (const type of types) {
      if (this.#types[type.name]) throw new Error(`There are two types named "${type.name}".`);
      this.#types[type.name] = type;
    }
    // The base class has those that are in every schema.
    for (const type of [...specifiedScalarTypes, ...introspectionTypes])
      if (super.getTypeMap()[type.name]) this.#types[type.name] ??= type;
  }

  override getQueryType(): GraphQLObjectType | null | undefined {
    return this.#query;
  }

  override getMutationType(): GraphQLObjectType | null | undefined {
    return this.#mutation;
  }

  override getTypeMap(): TypeMap {
    return this.#types;
  }

  override getImplementations({ name }: GraphQLInterfaceType): Implementations {
    this.#implementations ??= implementationsIn(Object.values(this.#types));
    return this.#implementations.get(name) ?? { objects: [], interfaces: [] };
  }
}

function implementationsIn(types: readonly GraphQLNamedType[]): ReadonlyMap<string, Implementations> {
  const found = new Map<string, Implementations>();
  for (const type of types) {
    if (!isObjectType(type) && !isInterfaceType(type)) continue;
    for (const { name } of type.getInterfaces()) {
      const known = found.get(name) ?? { objects: [], interfaces: [] };
      found.set(name, known);
      if (isObjectType(type)) known.objects.push(type);
      else known.interfaces.push(type);
    }
  }
  return found;
}
