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
  type SelectionNode,
  type SelectionSetNode,
  type VariableNode,
  visit,
} from 'graphql';
import { field, fieldsAlong } from '../../kit/graphql-nodes.ts';
import type { OperationShape } from '../operation/classify-operation.ts';
import { type Extract, extractDocument, isCondition } from '../operation/extract-document.ts';
import type { Variables } from '../operation/plan-operation.ts';
import type { LinkField, LinkSet } from './link.ts';

/** The link fields of an operation, and the operation without them. Created once for each operation and schema. */
export class DocumentLinks {
  readonly schema: GraphQLSchema;
  /** Prefix of the gateway's aliases: nothing in the document begins with it. */
  readonly prefix: string;
  /** Whether the operation selects a link field anywhere. */
  readonly isReached: boolean;
  readonly #shape: OperationShape;
  readonly #links: LinkSet;
  readonly #reach = new Map<SelectionSetNode, boolean>();
  readonly #way = new Set<string>();
  #fragments: Map<string, FragmentDefinitionNode> | undefined;

  constructor(schema: GraphQLSchema, links: LinkSet, shape: OperationShape) {
    this.schema = schema;
    this.#links = links;
    this.#shape = shape;
    this.prefix = unusedPrefix(shape);
    this.isReached = this.#findWays();
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
    if (selection.kind === Kind.FIELD) {
      const next = selection.selectionSet && this.typeOf(selection, type);
      const isWay = next && selection.selectionSet ? this.reaches(selection.selectionSet, next) : false;
      if (this.linkAt(type, selection.name.value)) return true;
      if (!isWay) return this.isOnTheWay(type, selection.name.value);
      for (const each of this.concreteTypes(type)) this.#way.add(`${each.name}.${selection.name.value}`);
      return true;
    }
    const fragment = this.fragmentOf(selection);
    const next = fragment && this.conditionOf(fragment, type);
    return next !== undefined && fragment !== undefined && this.reaches(fragment.selectionSet, next);
  }

  /** The type below a field; undefined for plain values and for fields that are not in the schema. */
  typeOf({ name }: FieldNode, type: GraphQLCompositeType): GraphQLCompositeType | undefined {
    const field = isUnionType(type) ? undefined : type.getFields()[name.value];
    const named = field && getNamedType(field.type);
    return named && isCompositeType(named) ? named : undefined;
  }

  fragmentOf(selection: FragmentSpreadNode | InlineFragmentNode) {
    return selection.kind === Kind.FRAGMENT_SPREAD ? this.#shape.fragments.get(selection.name.value) : selection;
  }

  conditionOf(
    { typeCondition }: { readonly typeCondition?: NamedTypeNode | undefined },
    type: GraphQLCompositeType,
  ): GraphQLCompositeType | undefined {
    const named = typeCondition ? this.schema.getType(typeCondition.name.value) : type;
    return named && isCompositeType(named) ? named : undefined;
  }

  /** Whether the fields of a fragment apply to an object of that type. */
  isMet(fragment: { readonly typeCondition?: NamedTypeNode | undefined }, type: GraphQLObjectType): boolean {
    const condition = this.conditionOf(fragment, type);
    return condition === type || (isAbstractType(condition) && this.schema.isSubType(condition, type));
  }

  /** The operation's fragments, without link fields. */
  get fragments(): ReadonlyMap<string, FragmentDefinitionNode> {
    this.#fragments ??= new Map(
      [...this.#shape.fragments].map(([name, fragment]) => {
        const type = this.schema.getType(fragment.typeCondition.name.value);
        if (!isCompositeType(type)) return [name, fragment];
        return [name, { ...fragment, selectionSet: this.withoutLinks(fragment.selectionSet, type) }];
      }),
    );
    return this.#fragments;
  }

  /** Replaces link fields with the keys that they need. Selections without links remain the same objects. */
  withoutLinks(set: SelectionSetNode, type: GraphQLCompositeType): SelectionSetNode {
    if (!this.reaches(set, type)) return set;
    const selections = set.selections.map((selection): SelectionNode => {
      if (selection.kind === Kind.FRAGMENT_SPREAD) return selection;
      if (selection.kind === Kind.INLINE_FRAGMENT) {
        const next = this.conditionOf(selection, type);
        return next ? { ...selection, selectionSet: this.withoutLinks(selection.selectionSet, next) } : selection;
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

const found = new WeakMap<OperationShape, WeakMap<LinkSet, DocumentLinks>>();

/** Undefined if the operation has no link field. */
export function linksIn(shape: OperationShape, schema: GraphQLSchema, links: LinkSet): DocumentLinks | undefined {
  if (links.names.size === 0 || !mayReach(shape, links)) return undefined;
  const known = found.get(shape) ?? new WeakMap<LinkSet, DocumentLinks>();
  found.set(shape, known);
  const document = known.get(links) ?? new DocumentLinks(schema, links, shape);
  known.set(links, document);
  return document.isReached ? document : undefined;
}

/** Without looking at types: most documents have no field with the name of a link. */
function mayReach(shape: OperationShape, { names }: LinkSet): boolean {
  for (const name of namesIn(shape)) if (names.has(name)) return true;
  return false;
}

const namesOf = new WeakMap<OperationShape, Set<string>>();

/** Names of all fields, aliases and variables. */
function namesIn(shape: OperationShape): Set<string> {
  const known = namesOf.get(shape);
  if (known) return known;
  const names = new Set<string>();
  const collect = {
    Field(node: FieldNode) {
      names.add(node.name.value);
      if (node.alias) names.add(node.alias.value);
    },
    Variable: ({ name }: VariableNode) => void names.add(name.value),
  };
  visit(shape.operation, collect);
  for (const fragment of shape.fragments.values()) visit(fragment, collect);
  namesOf.set(shape, names);
  return names;
}

function unusedPrefix(shape: OperationShape): string {
  let prefix = 'gateway_';
  const names = [...namesIn(shape)];
  while (names.some((name) => name.startsWith(prefix))) prefix += '_';
  return prefix;
}
