import {
  type ConstDirectiveNode,
  type DocumentNode,
  defaultTypeResolver,
  GraphQLDeprecatedDirective,
  GraphQLDirective,
  GraphQLEnumType,
  type GraphQLFieldConfigMap,
  type GraphQLFieldResolver,
  GraphQLInputObjectType,
  type GraphQLInputType,
  GraphQLInterfaceType,
  GraphQLList,
  type GraphQLNamedType,
  GraphQLNonNull,
  type GraphQLNullableType,
  GraphQLObjectType,
  GraphQLOneOfDirective,
  GraphQLScalarType,
  GraphQLSpecifiedByDirective,
  type GraphQLType,
  type GraphQLTypeResolver,
  GraphQLUnionType,
  getDirectiveValues,
  type InputValueDefinitionNode,
  introspectionTypes,
  isScalarType,
  isTypeDefinitionNode,
  isTypeExtensionNode,
  Kind,
  specifiedDirectives,
  specifiedScalarTypes,
  type TypeDefinitionNode,
  type TypeExtensionNode,
  type TypeNode,
  valueFromAST,
} from 'graphql';
import { LazySchema } from '../../kit/lazy-schema.ts';
import { builtInsIn, isStored } from '../../kit/stored-types.ts';

/** The resolvers of a type's fields, or its behaviour as a scalar. */
export type TypeResolvers = GraphQLScalarType | Readonly<Record<string, unknown>>;

interface OwnDefinitions {
  readonly typeDefs: DocumentNode;
  /** By type. Read with the type's fields. */
  readonly resolvers: Readonly<Record<string, TypeResolvers | undefined>>;
  readonly description?: string | undefined;
}

/**
 * A schema whose types get their fields when they are first used: most processes use few of the gateway's thousands of
 * types, and a start that creates all of them takes a quarter of a second longer. Not validated: `printGatewaySchema` does.
 */
export const buildOwn = (definitions: OwnDefinitions): LazySchema => new Builder(definitions).schema();

type Node = TypeDefinitionNode | TypeExtensionNode;

class Builder {
  readonly #given: OwnDefinitions;
  readonly #types = new Map<string, GraphQLNamedType>();

  constructor(given: OwnDefinitions) {
    this.#given = given;
    const { definitions } = given.typeDefs;
    const defined = definitions.filter(isTypeDefinitionNode);
    const extensions = Map.groupBy(definitions.filter(isTypeExtensionNode), ({ name }) => name.value);
    // Directives and introspection need these two.
    const builtIn = builtInsIn(definitions.filter((node) => !isStored(node)))
      .add('String')
      .add('Boolean');
    for (const { name } of defined) builtIn.add(name.value);
    for (const type of [...specifiedScalarTypes.filter(({ name }) => builtIn.has(name)), ...introspectionTypes])
      this.#types.set(type.name, type);
    for (const node of defined) {
      const name = node.name.value;
      if (!this.#types.has(name)) this.#types.set(name, this.#type(node, [node, ...(extensions.get(name) ?? [])]));
    }
  }

  schema(): LazySchema {
    const { typeDefs, description } = this.#given;
    const own = typeDefs.definitions.flatMap((node) => (node.kind === Kind.DIRECTIVE_DEFINITION ? [node] : []));
    const directives = own.map(
      ({ name, locations, repeatable, arguments: given, description: about }) =>
        new GraphQLDirective({
          name: name.value,
          description: about?.value,
          locations: locations.map(({ value }) => value as GraphQLDirective['locations'][number]),
          isRepeatable: repeatable,
          args: this.#inputs(given),
        }),
    );
    return new LazySchema({
      description,
      query: this.#types.get('Query') as GraphQLObjectType | undefined,
      mutation: this.#types.get('Mutation') as GraphQLObjectType | undefined,
      // In the order in which people look for them: the list of all types is shown in this order.
      types: [...this.#types.values()].sort((one, other) => (one.name < other.name ? -1 : 1)),
      directives: [...specifiedDirectives, ...directives],
    });
  }

  #type(node: TypeDefinitionNode, nodes: readonly Node[]): GraphQLNamedType {
    const head = { name: node.name.value, description: node.description?.value };
    const { resolvers } = this.#given;
    const interfaces = () => namesIn(nodes, 'interfaces').map((each) => this.#named(each) as GraphQLInterfaceType);
    const resolveType: GraphQLTypeResolver<unknown, unknown> = (...given) =>
      typeResolverOf(resolvers[head.name])(...given);
    switch (node.kind) {
      case Kind.SCALAR_TYPE_DEFINITION: {
        const specifiedByURL = textOf(GraphQLSpecifiedByDirective, node, 'url');
        const given = resolvers[head.name];
        if (!isScalarType(given)) return new GraphQLScalarType({ ...head, specifiedByURL });
        // The behaviour of the scalar; its description is the one in SDL.
        const { serialize, parseValue, parseLiteral } = given;
        return new GraphQLScalarType({ ...head, specifiedByURL, serialize, parseValue, parseLiteral });
      }
      case Kind.OBJECT_TYPE_DEFINITION:
        return new GraphQLObjectType({ ...head, interfaces, fields: () => this.#fields(head.name, nodes) });
      case Kind.INTERFACE_TYPE_DEFINITION:
        return new GraphQLInterfaceType({
          ...head,
          interfaces,
          resolveType,
          fields: () => this.#fields(head.name, nodes),
        });
      case Kind.UNION_TYPE_DEFINITION: {
        const types = () => namesIn(nodes, 'types').map((each) => this.#named(each) as GraphQLObjectType);
        return new GraphQLUnionType({ ...head, resolveType, types });
      }
      case Kind.ENUM_TYPE_DEFINITION:
        return new GraphQLEnumType({ ...head, values: () => valuesOf(nodes) });
      case Kind.INPUT_OBJECT_TYPE_DEFINITION: {
        const isOneOf = getDirectiveValues(GraphQLOneOfDirective, node) !== undefined;
        const fields = () =>
          this.#inputs(nodes.flatMap((each) => ('fields' in each ? (each.fields as InputValueDefinitionNode[]) : [])));
        return new GraphQLInputObjectType({ ...head, isOneOf, fields });
      }
    }
  }

  #fields(type: string, nodes: readonly Node[]): GraphQLFieldConfigMap<unknown, unknown> {
    const given = this.#given.resolvers[type] as
      | Readonly<Record<string, GraphQLFieldResolver<unknown, unknown>>>
      | undefined;
    const fields: GraphQLFieldConfigMap<unknown, unknown> = {};
    for (const node of nodes) {
      if (!('fields' in node)) continue;
      for (const field of node.fields ?? []) {
        const args = this.#inputs('arguments' in field ? field.arguments : []);
        const resolve = given && Object.hasOwn(given, field.name.value) ? given[field.name.value] : undefined;
        fields[field.name.value] = { ...this.#member(field), args, ...(resolve && { resolve }) } as never;
      }
    }
    return fields;
  }

  #inputs(nodes: readonly InputValueDefinitionNode[] = []) {
    return Object.fromEntries(
      nodes.map((node) => {
        const { type, ...member } = this.#member(node);
        const defaultValue = node.defaultValue && valueFromAST(node.defaultValue, type as GraphQLInputType);
        return [node.name.value, { ...member, type: type as GraphQLInputType, defaultValue }];
      }),
    );
  }

  #member(node: {
    readonly type: TypeNode;
    readonly description?: { readonly value: string } | undefined;
    readonly directives?: readonly ConstDirectiveNode[] | undefined;
  }) {
    const deprecationReason = textOf(GraphQLDeprecatedDirective, node, 'reason');
    return { type: this.#reference(node.type), description: node.description?.value, deprecationReason };
  }

  #reference(node: TypeNode): GraphQLType {
    if (node.kind === Kind.LIST_TYPE) return new GraphQLList(this.#reference(node.type));
    if (node.kind === Kind.NON_NULL_TYPE) return new GraphQLNonNull(this.#reference(node.type) as GraphQLNullableType);
    return this.#named(node.name.value);
  }

  #named(name: string): GraphQLNamedType {
    const type = this.#types.get(name);
    if (type) return type;
    throw new Error(`The type ${name} is not defined.`);
  }
}

const namesIn = (nodes: readonly Node[], key: 'interfaces' | 'types'): string[] =>
  nodes.flatMap((node) => {
    const given = (node as Partial<Record<typeof key, readonly { readonly name: { readonly value: string } }[]>>)[key];
    return (given ?? []).map(({ name }) => name.value);
  });

const valuesOf = (nodes: readonly Node[]) =>
  Object.fromEntries(
    nodes
      .flatMap((node) => ('values' in node ? (node.values ?? []) : []))
      .map((value) => {
        const deprecationReason = textOf(GraphQLDeprecatedDirective, value, 'reason');
        return [value.name.value, { description: value.description?.value, deprecationReason }];
      }),
  );

function textOf(
  directive: GraphQLDirective,
  node: { readonly directives?: readonly ConstDirectiveNode[] | undefined },
  argument: string,
): string | undefined {
  // Reading the values of a directive costs more than seeing that there is none.
  if (!node.directives?.length) return undefined;
  return getDirectiveValues(directive, { directives: node.directives })?.[argument] as string | undefined;
}

function typeResolverOf(given: TypeResolvers | undefined): GraphQLTypeResolver<unknown, unknown> {
  const resolve = given && !isScalarType(given) ? given['__resolveType'] : undefined;
  if (typeof resolve === 'function') return resolve as GraphQLTypeResolver<unknown, unknown>;
  return defaultTypeResolver;
}
