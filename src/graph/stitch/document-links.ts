import { memoize2 } from '@graphql-tools/utils';
import {
  type FieldNode,
  type FragmentDefinitionNode,
  type FragmentSpreadNode,
  type GraphQLCompositeType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  type InlineFragmentNode,
  isAbstractType,
  isCompositeType,
  isUnionType,
  Kind,
  type NamedTypeNode,
  OperationTypeNode,
  parseType,
  print,
  type SelectionNode,
  type SelectionSetNode,
  type TypeNode,
  type VariableDefinitionNode,
  visit,
} from 'graphql';
import { field, fieldsAlong } from '../../kit/graphql-nodes.ts';
import type { OperationShape } from '../operation/classify-operation.ts';
import { type Extract, extractDocument, isCondition } from '../operation/extract-document.ts';
import type { Variables } from '../operation/plan-operation.ts';
import type { JoinedSchema } from '../schema/combine-schemas.ts';
import type { LinkField, LinkSet, MadeQuery } from './link.ts';

type WithCondition = { readonly typeCondition?: NamedTypeNode | undefined };

/** The link fields of an operation, and the operation without them. Created once for each operation and schema. */
export class DocumentLinks {
  readonly schema: GraphQLSchema;
  /** Names of all its fields. */
  readonly names: ReadonlySet<string>;
  /** Names of all types in it. */
  readonly typeNames: ReadonlySet<string>;
  /** Prefix of the gateway's aliases: nothing in the document begins with it. */
  readonly prefix: string;
  /** Whether the operation selects a link field anywhere. */
  readonly isReached: boolean;
  readonly #shape: OperationShape;
  readonly #links: LinkSet;
  readonly #reach = new Map<SelectionSetNode, boolean>();
  readonly #way = new Set<string>();
  #fragments: Map<string, FragmentDefinitionNode> | undefined;

  constructor(shape: OperationShape, { schema, links }: JoinedSchema) {
    this.schema = schema;
    this.#links = links;
    this.#shape = shape;
    const { names, typeNames, others } = namesIn(shape);
    this.names = names;
    this.typeNames = typeNames;
    this.prefix = unusedPrefix([...names, ...others]);
    // Without looking at types: most documents have no field with the name of a link.
    this.isReached = [...names].some((name) => links.names.has(name)) && this.#findWays();
  }

  /**
   * A field that leads to a link at one place is followed at every place, since a type has one shape. That may add other
   * fields on the way, so this repeats until nothing is new.
   */
  #findWays(): boolean {
    const { operation } = this.#shape;
    const root = this.schema.getRootType(operation.operation);
    for (;;) {
      const { size } = this.#way;
      this.#reach.clear();
      const isReached = root ? this.reaches(operation.selectionSet, root) : false;
      if (this.#way.size === size) return isReached;
    }
  }

  /** Whether there is a link below that field, here or at another place of the operation. */
  isOnTheWay(type: GraphQLCompositeType, name: string): boolean {
    return this.concreteTypes(type).some((each) => this.#way.has(`${each.name}.${name}`));
  }

  /** The object types that are possible for that type. */
  concreteTypes(type: GraphQLCompositeType): readonly GraphQLObjectType[] {
    return isAbstractType(type) ? this.schema.getPossibleTypes(type) : [type];
  }

  get typeAlias(): string {
    return `${this.prefix}type`;
  }

  /** A record's key: selected in place of the link field, once for each of its names. */
  keyAlias({ keyPath }: Pick<LinkField, 'keyPath'>, responseKey: string): string {
    return `${this.prefix}key_${keyPath.join('_')}_${responseKey}`;
  }

  linkAt(type: GraphQLCompositeType, name: string): LinkField | undefined {
    return this.#links.fields.get(type.name)?.get(name);
  }

  /** Whether a selection on that type leads to a link field, or contains a field that does so elsewhere. */
  reaches(set: SelectionSetNode, type: GraphQLCompositeType): boolean {
    const known = this.#reach.get(set);
    if (known !== undefined) return known;
    // A fragment that spreads itself is invalid, which is reported elsewhere; here the recursion only has to end.
    this.#reach.set(set, false);
    // All are checked, since each may put fields on the way.
    const found = set.selections.filter((selection) => this.#selectsLink(selection, type)).length > 0;
    this.#reach.set(set, found);
    return found;
  }

  #selectsLink(selection: SelectionNode, type: GraphQLCompositeType): boolean {
    if (selection.kind !== Kind.FIELD) {
      const fragment = this.fragmentOf(selection);
      const next = fragment && this.conditionOf(fragment, type);
      return next ? this.reaches(fragment.selectionSet, next) : false;
    }
    const { name, selectionSet } = selection;
    const next = selectionSet && this.typeOf(selection, type);
    const isWay = next ? this.reaches(selectionSet, next) : false;
    if (this.linkAt(type, name.value)) return true;
    if (isWay) for (const each of this.concreteTypes(type)) this.#way.add(`${each.name}.${name.value}`);
    return isWay || this.isOnTheWay(type, name.value);
  }

  /** The type below a field; undefined for plain values and for fields that are not in the schema. */
  typeOf({ name }: FieldNode, type: GraphQLCompositeType): GraphQLCompositeType | undefined {
    const field = isUnionType(type) ? undefined : type.getFields()[name.value];
    const named = field && getNamedType(field.type);
    return isCompositeType(named) ? named : undefined;
  }

  fragmentOf(selection: FragmentSpreadNode | InlineFragmentNode) {
    return selection.kind === Kind.FRAGMENT_SPREAD ? this.#shape.fragments.get(selection.name.value) : selection;
  }

  conditionOf({ typeCondition }: WithCondition, type: GraphQLCompositeType): GraphQLCompositeType | undefined {
    const named = typeCondition ? this.schema.getType(typeCondition.name.value) : type;
    return isCompositeType(named) ? named : undefined;
  }

  /** Whether the fields of a fragment apply to an object of that type. */
  isMet(fragment: WithCondition, type: GraphQLObjectType): boolean {
    const condition = this.conditionOf(fragment, type);
    return condition === type || (isAbstractType(condition) && this.schema.isSubType(condition, type));
  }

  /** The operation's fragments, without link fields. */
  get fragments(): ReadonlyMap<string, FragmentDefinitionNode> {
    this.#fragments ??= new Map(
      [...this.#shape.fragments].map(([name, fragment]) => {
        const type = this.schema.getType(fragment.typeCondition.name.value);
        return [name, isCompositeType(type) ? this.#bare(fragment, type) : fragment];
      }),
    );
    return this.#fragments;
  }

  #bare<Node extends { readonly selectionSet: SelectionSetNode }>(node: Node, type: GraphQLCompositeType): Node {
    return { ...node, selectionSet: this.withoutLinks(node.selectionSet, type) };
  }

  /** Replaces link fields with the keys that they need. Selections without links remain the same objects. */
  withoutLinks(set: SelectionSetNode, type: GraphQLCompositeType): SelectionSetNode {
    if (!this.reaches(set, type)) return set;
    const selections = set.selections.map((selection): SelectionNode => {
      if (selection.kind === Kind.FRAGMENT_SPREAD) return selection;
      if (selection.kind === Kind.INLINE_FRAGMENT) {
        const next = this.conditionOf(selection, type);
        return next ? this.#bare(selection, next) : selection;
      }
      const link = this.linkAt(type, selection.name.value);
      if (!link) return this.fieldWithoutLinks(selection, type);
      const { directives = [], alias, name } = selection;
      const key = fieldsAlong(link.keyPath, undefined, this.keyAlias(link, (alias ?? name).value));
      return { ...key, directives: directives.filter(isCondition) };
    });
    if (isAbstractType(type)) selections.push(field('__typename', { alias: this.typeAlias }));
    return { ...set, selections };
  }

  fieldWithoutLinks(node: FieldNode, type: GraphQLCompositeType): FieldNode {
    const next = this.typeOf(node, type);
    return next && node.selectionSet ? { ...node, selectionSet: this.withoutLinks(node.selectionSet, next) } : node;
  }
}

/** Root fields as a separate document, without their link fields. */
export function extractPart(
  shape: OperationShape,
  fields: Iterable<FieldNode>,
  variables: Variables,
  links: DocumentLinks | undefined,
): Extract {
  const root = links?.schema.getRootType(shape.operation.operation);
  if (!links || !root) return extractDocument(shape, fields, variables);
  const bare = [...fields].map((field) => links.fieldWithoutLinks(field, root));
  return extractDocument({ ...shape, fragments: links.fragments }, bare, variables);
}

/**
 * The variables that the gateway itself coerces: those of its own fields, and those in `@skip` and `@include`. The tenant
 * validates all others.
 */
export function ownVariables(
  shape: OperationShape,
  ownFields: Iterable<FieldNode>,
  links: DocumentLinks | undefined,
): readonly VariableDefinitionNode[] {
  const used = extractPart(shape, ownFields, {}, links).variableNames;
  return (shape.operation.variableDefinitions ?? []).filter(
    ({ variable, type }) => used.has(variable.name.value) || isBoolean(type),
  );
}

export const isBoolean = (type: TypeNode): boolean => /^Boolean!?$/.test(print(type));

const documentLinks = memoize2(
  (shape: OperationShape, joined: JoinedSchema): DocumentLinks => new DocumentLinks(shape, joined),
);

/** Undefined if the operation has no link field. */
export function linksIn(shape: OperationShape, joined: JoinedSchema): DocumentLinks | undefined {
  const links = joined.links.names.size > 0 ? documentLinks(shape, joined) : undefined;
  return links?.isReached ? links : undefined;
}

/** A query of one root field with the caller's fragments and variables that it uses, and variables of the gateway. */
export function toLinkDocument(
  shape: OperationShape,
  links: DocumentLinks,
  { root, types }: MadeQuery,
  variables: Variables,
): Extract {
  const { name: _name, ...operation } = shape.operation;
  const variableDefinitions = [...(operation.variableDefinitions ?? []), ...definitionsOf(types)];
  const asked = { ...operation, operation: OperationTypeNode.QUERY, variableDefinitions };
  return extractDocument({ ...shape, fragments: links.fragments, operation: asked }, [root], variables);
}

export const definitionsOf = (types: MadeQuery['types']): readonly VariableDefinitionNode[] =>
  Object.entries(types).map(([name, type]) => ({
    kind: Kind.VARIABLE_DEFINITION,
    variable: { kind: Kind.VARIABLE, name: { kind: Kind.NAME, value: name } },
    type: parseType(type),
  }));

/** The selections for each record that the link leads to. @param nodes all places that select it under one key */
export function selectionsBelow(
  links: DocumentLinks,
  { target }: LinkField,
  nodes: readonly FieldNode[],
): readonly SelectionNode[] {
  const type = links.schema.getType(target.typeName);
  if (!isCompositeType(type)) return [];
  return nodes.flatMap(({ selectionSet }) => (selectionSet ? links.withoutLinks(selectionSet, type).selections : []));
}

/** The link fields of an operation, by their paths in its answer: `sales.orders.nodes.buyer`. */
export function listLinks(links: DocumentLinks, { operation }: OperationShape): ReadonlyMap<string, LinkField> {
  const found = new Map<string, LinkField>();
  const walk = (set: SelectionSetNode, type: GraphQLCompositeType, path: readonly string[]): void => {
    if (!links.reaches(set, type)) return;
    for (const selection of set.selections) {
      if (selection.kind !== Kind.FIELD) {
        const fragment = links.fragmentOf(selection);
        const next = fragment && links.conditionOf(fragment, type);
        if (fragment && next) walk(fragment.selectionSet, next, path);
        continue;
      }
      const place = [...path, (selection.alias ?? selection.name).value];
      const link = links.linkAt(type, selection.name.value);
      if (link) found.set(place.join('.'), link);
      const next = links.typeOf(selection, type);
      if (next && selection.selectionSet) walk(selection.selectionSet, next, place);
    }
  };
  const root = links.schema.getRootType(operation.operation);
  if (root) walk(operation.selectionSet, root, []);
  return found;
}

/** Names of all fields, of types, and of aliases and variables. */
function namesIn({ operation, fragments }: OperationShape) {
  const found = { names: new Set<string>(), typeNames: new Set<string>(), others: new Set<string>() };
  for (const definition of [operation, ...fragments.values()])
    visit(definition, {
      Field({ name, alias }) {
        found.names.add(name.value);
        if (alias) found.others.add(alias.value);
      },
      NamedType: ({ name }) => void found.typeNames.add(name.value),
      Variable: ({ name }) => void found.others.add(name.value),
    });
  return found;
}

function unusedPrefix(names: readonly string[]): string {
  let prefix = 'gateway_';
  while (names.some((name) => name.startsWith(prefix))) prefix += '_';
  return prefix;
}
