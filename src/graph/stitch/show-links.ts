import {
  type GraphQLFieldConfig,
  type GraphQLFieldConfigMap,
  GraphQLInterfaceType,
  GraphQLList,
  type GraphQLNamedType,
  GraphQLNonNull,
  GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  GraphQLUnionType,
  isInterfaceType,
  isIntrospectionType,
  isListType,
  isNonNullType,
  isObjectType,
  isUnionType,
} from 'graphql';
import { LazySchema } from '../../kit/lazy-schema.ts';
import type { LinkField } from './link.ts';
import { LINK_MARK } from './resolve-links.ts';

/**
 * The gateway's schema with link fields to the tenant's types, and the tenant's types with links back to it. The
 * gateway's is copied, since every tenant's schema needs its own; input types contain no links and are shared. The
 * tenant's types are changed in place: copying thousands of them for a field or two would double the cost of a schema.
 */
export function showLinks(own: GraphQLSchema, hosted: GraphQLSchema, links: readonly LinkField[]): GraphQLSchema {
  const copy = copyTypes(own, (type) =>
    Object.fromEntries(
      links
        .filter((link) => link.owner === type.name && link.target.side === 'hosted')
        .flatMap((link) => toField(link, hosted)),
    ),
  );
  for (const link of links) {
    const node = hosted.getType(link.owner);
    if (link.target.side === 'own' && isObjectType(node))
      for (const [name, field] of toField(link, copy)) addField(node, name, field);
  }
  return copy;
}

function toField(
  { name, keyPath, target }: LinkField,
  schema: GraphQLSchema,
): [string, GraphQLFieldConfig<unknown, unknown>][] {
  const type = schema.getType(target.typeName);
  if (!isObjectType(type)) return [];
  const { args, describe } = target;
  return [[name, { type, args, description: describe(keyPath), extensions: { [LINK_MARK]: true } }]];
}

function addField(type: GraphQLObjectType, name: string, config: GraphQLFieldConfig<unknown, unknown>): void {
  const [field] = Object.values(new GraphQLObjectType({ name: 'Holder', fields: { [name]: config } }).getFields());
  if (field) type.getFields()[name] = field;
}

type Composite = GraphQLObjectType | GraphQLInterfaceType | GraphQLUnionType;

/** A schema with new output types and the same input types. Fields are copied on first use. */
function copyTypes(
  schema: GraphQLSchema,
  added: (type: GraphQLObjectType) => GraphQLFieldConfigMap<unknown, unknown>,
): GraphQLSchema {
  const copies = new Map<GraphQLNamedType, Composite>();
  const copied = <Type extends GraphQLNamedType>(type: Type): Type => (copies.get(type) as Type | undefined) ?? type;
  const output = (type: GraphQLOutputType): GraphQLOutputType => {
    if (isNonNullType(type)) return new GraphQLNonNull(output(type.ofType) as typeof type.ofType);
    return isListType(type) ? new GraphQLList(output(type.ofType)) : copied(type);
  };
  const fieldsOf = (type: GraphQLObjectType | GraphQLInterfaceType) =>
    Object.fromEntries(
      Object.entries(type.toConfig().fields).map(([name, field]) => [name, { ...field, type: output(field.type) }]),
    );
  for (const type of Object.values(schema.getTypeMap())) {
    if (isIntrospectionType(type)) continue;
    const { name, description, extensions } = type;
    const head = { name, description, extensions };
    if (isUnionType(type)) {
      const types = () => type.getTypes().map(copied);
      copies.set(type, new GraphQLUnionType({ ...head, resolveType: type.resolveType, types }));
    }
    if (!isObjectType(type) && !isInterfaceType(type)) continue;
    const more = { ...head, interfaces: () => type.getInterfaces().map(copied) };
    const copy = isObjectType(type)
      ? new GraphQLObjectType({
          ...more,
          isTypeOf: type.isTypeOf,
          fields: () => ({ ...fieldsOf(type), ...added(type) }),
        })
      : new GraphQLInterfaceType({ ...more, resolveType: type.resolveType, fields: () => fieldsOf(type) });
    copies.set(type, copy);
  }
  const [query, mutation] = [schema.getQueryType(), schema.getMutationType()];
  return new LazySchema({
    description: schema.description,
    query: query && copied(query),
    mutation: mutation && copied(mutation),
    types: Object.values(schema.getTypeMap()).map(copied),
    directives: schema.getDirectives(),
  });
}
