import {
  type FieldNode,
  type GraphQLAbstractType,
  type GraphQLObjectType,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isObjectType,
  OperationTypeNode,
} from 'graphql';
import {
  type OperationShape,
  type OwnFields,
  ownTest,
  rootFieldsOf,
  type Side,
} from '../operation/classify-operation.ts';
import type { DocumentLinks } from './document-links.ts';
import type { LinkField } from './link.ts';

/** A value that its source has already validated: it is passed on unchanged, with everything below it. */
const VALUE = 'gateway_Value';

/** Root types of a slice: a tenant may have types called `Query` and `Mutation` that are not root types. */
const QUERY = 'gateway_Query';
const MUTATION = 'gateway_Mutation';

/** A type on the way from a root field to a link, with those of its fields that have a name in the document. */
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
  /** Abstract types that the document goes through, with their sides. */
  readonly unions = new Map<GraphQLAbstractType, Side>();
  readonly #roots: Readonly<Record<Side, Map<string, string>>> = { own: new Map(), hosted: new Map() };
  readonly #links: DocumentLinks | undefined;
  /** Types of its fragments. */
  readonly #conditions: readonly GraphQLAbstractType[];
  readonly #isQuery: boolean;

  constructor(shape: OperationShape, own: OwnFields, links: DocumentLinks | undefined) {
    const { operation } = shape.operation;
    this.#links = links;
    this.#conditions = [...(links?.typeNames ?? [])].map((name) => links?.schema.getType(name)).filter(isAbstractType);
    this.#isQuery = operation === OperationTypeNode.QUERY;
    const isOwn = ownTest(shape.operation, own);
    const root = links?.schema.getRootType(operation) ?? undefined;
    for (const node of rootFieldsOf(shape)) {
      const side = isOwn(node.name.value) ? 'own' : 'hosted';
      this.#roots[side].set(rootName(node), this.#typeBelow(root, node.name.value, side));
    }
  }

  /** The schema of one side; undefined if the operation does not use it. */
  sdlOf(side: Side): string | undefined {
    const here = [...this.types].filter(([, type]) => type.side === side);
    const root = printFields(this.#roots[side]);
    const followed = new Set([...this.types.values()].flatMap(({ links }) => [...links.values()]));
    const virtual = [...followed].filter((link) => link.target.side === side).map(printVirtualRoot);
    if (root === '' && here.length === 0 && virtual.length === 0) return undefined;
    const hasMutation = !this.#isQuery && root !== '';
    return [
      rootNames(hasMutation),
      `scalar ${VALUE}`,
      `type ${QUERY} { ${this.#isQuery ? root : ''} ${virtual.join(' ')} ${FILLER} }`,
      hasMutation ? `type ${MUTATION} { ${root} }` : '',
      ...here.map(([name, { fields }]) => `type ${name} { ${printFields(fields)} ${FILLER} }`),
      ...[...this.unions]
        .filter(([, unionSide]) => unionSide === side)
        .map(([type]) => `union ${type.name} = ${this.#members(type).join(' | ') || QUERY}`),
    ].join('\n');
  }

  /** Joins both sides' types: the roots, and the link fields, which are on types of one side and lead to the other. */
  get joints(): string {
    const linked = [...this.types].filter(([, { links }]) => links.size > 0);
    return [
      rootNames(!this.#isQuery),
      ...linked.map(([name, { links }]) => {
        const fields = [...links.values()].map((link) => `${link.name}: ${link.target.typeName || VALUE}`);
        return `extend type ${name} { ${fields.join(' ')} }`;
      }),
    ].join('\n');
  }

  #members(type: GraphQLAbstractType): readonly string[] {
    const names = (this.#links?.concreteTypes(type) ?? []).map(({ name }) => name);
    return names.filter((name) => this.types.has(name));
  }

  #typeBelow(type: GraphQLObjectType | undefined, name: string, side: Side): string {
    const field = type?.getFields()[name];
    const below = getNamedType(field?.type);
    if (!type || !field || !isCompositeType(below) || !this.#links?.isOnTheWay(type, name)) return VALUE;
    if (isAbstractType(below)) this.unions.set(below, side);
    for (const each of this.#links.concreteTypes(below)) this.#add(each, side);
    return String(field.type).replaceAll('!', '');
  }

  #add(type: GraphQLObjectType, side: Side): void {
    const links = this.#links;
    if (!links || this.types.has(type.name)) return;
    const added: SliceType = { side, fields: new Map(), links: new Map() };
    this.types.set(type.name, added);
    for (const condition of this.#conditions)
      if (links.schema.isSubType(condition, type)) this.unions.set(condition, side);
    for (const name of links.names) {
      const link = links.linkAt(type, name);
      if (!link) {
        if (type.getFields()[name]) added.fields.set(name, this.#typeBelow(type, name, side));
        continue;
      }
      added.links.set(name, link);
      const target = links.schema.getType(link.target.typeName);
      if (isObjectType(target)) this.#add(target, link.target.side);
    }
  }
}

/** A type must have a field, but the document may select none of its fields. */
const FILLER = `gateway_filler: ${VALUE}`;

const rootNames = (hasMutation: boolean): string =>
  `schema { query: ${QUERY} ${hasMutation ? `mutation: ${MUTATION}` : ''} }`;

const printFields = (fields: ReadonlyMap<string, string>): string =>
  [...fields].map(([name, type]) => `${name}: ${type}`).join(' ');

/** Introspection and `__typename` of the root are answered with the gateway's own fields, so they are fields too. */
export const rootName = ({ name }: FieldNode): string =>
  name.value.startsWith('__') ? `gateway_${name.value.slice(2)}` : name.value;

/** Rows by their keys: a root field that no caller sees, which the target side of a link answers with its own queries. */
export const virtualRootOf = ({ owner, name }: LinkField): string => `gateway_${owner}_${name}`;

const printVirtualRoot = (link: LinkField): string => `${virtualRootOf(link)}(keys: [${VALUE}]): [${VALUE}]`;
