import {
  type FieldNode,
  type GraphQLObjectType,
  getNamedType,
  isAbstractType,
  isCompositeType,
  Kind,
  OperationTypeNode,
  type SelectionSetNode,
} from 'graphql';
import {
  collectRootFields,
  type OperationShape,
  type OwnFields,
  ownTest,
  type Side,
} from '../operation/classify-operation.ts';
import type { DocumentLinks } from './document-links.ts';
import { type LinkField, sideOfTarget } from './link.ts';

/** A value that its source has already validated: it is passed on unchanged, with everything below it. */
export const VALUE = 'gateway_Value';

/** Root types of a slice: a tenant may have types called `Query` and `Mutation` that are not root types. */
const QUERY = 'gateway_Query';
const MUTATION = 'gateway_Mutation';

/** A type on the way from a root field to a link, with the fields that the document selects on it. */
interface SliceType {
  readonly side: Side;
  /** Names with their types, written as in SDL. */
  readonly fields: Map<string, string>;
  readonly links: Map<string, LinkField>;
}

/**
 * The types of an operation that lead to its links, each on its side. Only the shape: everything that leads to no link is
 * one opaque value, nothing is non-null and no field has arguments, so only the source validates values.
 */
export class SliceTypes {
  readonly types = new Map<string, SliceType>();
  /** Abstract types, with their possible types. */
  readonly unions = new Map<string, { readonly side: Side; readonly members: Set<string> }>();
  readonly #roots: Readonly<Record<Side, Map<string, string>>> = { own: new Map(), hosted: new Map() };
  readonly #links: DocumentLinks | undefined;
  readonly #operation: OperationTypeNode;
  readonly #seen = new WeakMap<SelectionSetNode, Set<string>>();

  constructor(shape: OperationShape, own: OwnFields, links: DocumentLinks | undefined) {
    this.#links = links;
    this.#operation = shape.operation.operation;
    const isOwn = ownTest(shape.operation, own);
    const root = links?.schema.getRootType(this.#operation) ?? undefined;
    for (const node of [...collectRootFields(shape, () => true).values()].flat()) {
      const side = isOwn(node.name.value) ? 'own' : 'hosted';
      this.#roots[side].set(rootName(node), this.#typeBelow(node, root, side));
    }
  }

  /** The schema of one side; undefined if the operation does not use it. */
  sdlOf(side: Side): string | undefined {
    const here = [...this.types].filter(([, type]) => type.side === side);
    const root = printFields(this.#roots[side]);
    const virtual = this.#followed.filter((link) => sideOfTarget(link) === side).map(printVirtualRoot);
    if (root === '' && here.length === 0 && virtual.length === 0) return undefined;
    const isQuery = this.#operation === OperationTypeNode.QUERY;
    const hasMutation = !isQuery && root !== '';
    return [
      rootNames(hasMutation),
      `scalar ${VALUE}`,
      `type ${QUERY} { ${isQuery ? root : ''} ${virtual.join(' ')} ${FILLER} }`,
      hasMutation ? `type ${MUTATION} { ${root} }` : '',
      ...here.map(([name, { fields }]) => `type ${name} { ${printFields(fields)} ${FILLER} }`),
      ...[...this.unions]
        .filter(([, union]) => union.side === side)
        .map(([name, { members }]) => `union ${name} = ${[...members].join(' | ') || QUERY}`),
    ].join('\n');
  }

  /** Joins both sides' types: the roots, and the link fields, which are on types of one side and lead to the other. */
  get joints(): string {
    const linked = [...this.types].filter(([, { links }]) => links.size > 0);
    return [
      rootNames(this.#operation !== OperationTypeNode.QUERY),
      ...linked.map(([name, { links }]) => {
        const fields = [...links.values()].map((link) => `${link.name}: ${link.target?.typeName ?? VALUE}`);
        return `extend type ${name} { ${fields.join(' ')} }`;
      }),
    ].join('\n');
  }

  get #followed(): readonly LinkField[] {
    return [...new Set([...this.types.values()].flatMap(({ links }) => [...links.values()]))];
  }

  #typeBelow(node: FieldNode, type: GraphQLObjectType | undefined, side: Side): string {
    const field = type?.getFields()[node.name.value];
    const links = this.#links;
    if (!type || !field || !node.selectionSet || !links?.isOnTheWay(type, node.name.value)) return VALUE;
    const below = getNamedType(field.type);
    if (!isCompositeType(below)) return VALUE;
    if (isAbstractType(below)) this.#addUnion(below.name, links.concreteTypes(below), side);
    this.#walk(node.selectionSet, links.concreteTypes(below), side);
    return String(field.type).replaceAll('!', '');
  }

  #addUnion(name: string, types: readonly GraphQLObjectType[], side: Side): void {
    const union = this.unions.get(name) ?? { side, members: new Set() };
    this.unions.set(name, union);
    for (const type of types) union.members.add(type.name);
  }

  /** @param types the possible types */
  #walk(set: SelectionSetNode, types: readonly GraphQLObjectType[], side: Side): void {
    const links = this.#links;
    const seen = this.#seen.get(set) ?? new Set();
    this.#seen.set(set, seen);
    const key = types.map(({ name }) => name).join();
    if (!links || seen.has(key)) return;
    seen.add(key);
    for (const { name } of types) if (!this.types.has(name)) this.types.set(name, emptyType(side));
    for (const selection of set.selections) {
      if (selection.kind === Kind.FIELD) {
        for (const type of types) this.#select(selection, type, side);
        continue;
      }
      const fragment = links.fragmentOf(selection);
      const met = fragment ? types.filter((type) => links.isMet(fragment, type)) : [];
      if (!fragment || met.length === 0) continue;
      const condition = fragment.typeCondition && links.schema.getType(fragment.typeCondition.name.value);
      if (isAbstractType(condition)) this.#addUnion(condition.name, met, side);
      this.#walk(fragment.selectionSet, met, side);
    }
  }

  #select(node: FieldNode, type: GraphQLObjectType, side: Side): void {
    const name = node.name.value;
    const known = this.types.get(type.name);
    const link = this.#links?.linkAt(type, name);
    if (link) {
      known?.links.set(name, link);
      const target = this.#links?.schema.getType(link.target?.typeName ?? '');
      if (isCompositeType(target) && !isAbstractType(target) && node.selectionSet)
        this.#walk(node.selectionSet, [target], sideOfTarget(link));
    } else if (!name.startsWith('__')) known?.fields.set(name, this.#typeBelow(node, type, side));
  }
}

/** A type must have a field, but the document may select none of its fields. */
const FILLER = `gateway_filler: ${VALUE}`;

const rootNames = (hasMutation: boolean): string =>
  `schema { query: ${QUERY} ${hasMutation ? `mutation: ${MUTATION}` : ''} }`;

const emptyType = (side: Side): SliceType => ({ side, fields: new Map(), links: new Map() });

const printFields = (fields: ReadonlyMap<string, string>): string =>
  [...fields].map(([name, type]) => `${name}: ${type}`).join(' ');

/** Introspection and `__typename` of the root are answered with the gateway's own fields, so they are fields too. */
export const rootName = ({ name }: FieldNode): string =>
  name.value.startsWith('__') ? `gateway_${name.value.slice(2)}` : name.value;

/** Rows by their keys: a root field that no caller sees, which the target side of a link answers with its own queries. */
export const virtualRootOf = ({ owner, name }: LinkField): string => `gateway_${owner}_${name}`;

const printVirtualRoot = (link: LinkField): string => `${virtualRootOf(link)}(keys: [${VALUE}]): [${VALUE}]`;
