import {
  type GraphQLFieldConfig,
  type GraphQLFieldConfigMap,
  GraphQLID,
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
import { LazySchema } from '../../subschemas/erp/index.ts';
import type { ErpTarget, LinkField, Sage200Target } from './link.ts';
import { LINK_MARK } from './resolve-links.ts';

/**
 * Ours with link fields, which lead to the tenant's types, and the tenant's types with links back to it. Ours is
 * copied, since every tenant's schema needs its own; input types reach no link and are shared. The tenant's types are
 * changed where they are: copying thousands of them for a field or two would double what a schema costs.
 */
export function showLinks(own: GraphQLSchema, erp: GraphQLSchema, links: readonly LinkField[]): GraphQLSchema {
  const copy = copyTypes(own, (type) => {
    const added = links.flatMap((link) =>
      link.owner === type.name && link.target.kind === 'erp'
        ? [[link.name, toErpField(link, link.target)] as const]
        : [],
    );
    return Object.fromEntries(added);
  });
  for (const { owner, name, target, ...link } of links) {
    if (target.kind !== 'sage200') continue;
    const node = erp.getType(owner);
    const type = copy.getType(target.typeName);
    if (isObjectType(node) && isObjectType(type)) addField(node, name, toSage200Field(link.keyPath, target, type));
  }
  return copy;
}

function toErpField(link: LinkField, target: ErpTarget): GraphQLFieldConfig<unknown, unknown> {
  const { nodeType, pageType, many, keyPath } = target;
  const what = `${target.package}.${target.node}`;
  const how = `whose \`${keyPath.join('.')}\` is this record's \`${link.keyPath.join('.')}\``;
  return {
    type: many ? pageType : nodeType,
    description: many
      ? `Records of ${what} of the ERP tenant ${how}.`
      : `The record of ${what} of the ERP tenant ${how}.`,
    extensions: { [LINK_MARK]: true },
    args: many
      ? Object.fromEntries(
          target.pageArguments.map(({ name, type, description, defaultValue }) => [
            name,
            { type, description, defaultValue },
          ]),
        )
      : {},
  };
}

function toSage200Field(
  keyPath: readonly string[],
  { keyField }: Sage200Target,
  type: GraphQLObjectType,
): GraphQLFieldConfig<unknown, unknown> {
  return {
    type,
    description: `The ${type.name} of Sage 200 whose \`${keyField}\` is this record's \`${keyPath.join('.')}\`.`,
    extensions: { [LINK_MARK]: true },
    args: {
      site: { type: GraphQLID, description: 'Site to look in; left out, chosen as for `sage200`.' },
      company: { type: GraphQLID, description: 'Company to look in.' },
    },
  };
}

function addField(type: GraphQLObjectType, name: string, config: GraphQLFieldConfig<unknown, unknown>): void {
  const [field] = Object.values(new GraphQLObjectType({ name: 'Holder', fields: { [name]: config } }).getFields());
  if (field) type.getFields()[name] = field;
}

type Composite = GraphQLObjectType | GraphQLInterfaceType | GraphQLUnionType;

/** A schema whose output types are new and whose input types are the same. Fields are copied when they are asked for. */
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
    if (isObjectType(type)) {
      const { isTypeOf } = type;
      const fields = () => ({ ...fieldsOf(type), ...added(type) });
      const interfaces = () => type.getInterfaces().map(copied);
      copies.set(type, new GraphQLObjectType({ ...head, isTypeOf, fields, interfaces }));
    } else if (isInterfaceType(type)) {
      const { resolveType } = type;
      const fields = () => fieldsOf(type);
      const interfaces = () => type.getInterfaces().map(copied);
      copies.set(type, new GraphQLInterfaceType({ ...head, resolveType, fields, interfaces }));
    } else if (isUnionType(type)) {
      const { resolveType } = type;
      copies.set(type, new GraphQLUnionType({ ...head, resolveType, types: () => type.getTypes().map(copied) }));
    }
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
