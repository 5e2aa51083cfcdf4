import {
  type ArgumentNode,
  type DirectiveNode,
  type FieldNode,
  type GraphQLResolveInfo,
  Kind,
  type SelectionSetNode,
  type TypeNode,
  type ValueNode,
} from 'graphql';

/**
 * The result of a walk that met more levels of lists and objects than its limit. It is not a number, so every sum with
 * it becomes the same. No walk goes deeper than its limit, however deep the value is.
 */
const TOO_DEEP = Number.NaN;

/** Scalars in plain data, and empty lists and objects; or `TOO_DEEP`. */
export function scalarsIn(value: unknown, room: number): number {
  if (typeof value !== 'object' || value === null) return 1;
  if (room === 0) return TOO_DEEP;
  let count = 0;
  if (Array.isArray(value)) for (const each of value) count += scalarsIn(each, room - 1);
  else for (const each of Object.values(value)) count += scalarsIn(each, room - 1);
  return count === 0 ? 1 : count;
}

/** The same for a literal. A variable is counted where its value is. */
export function scalarsInLiteral(node: ValueNode, room: number): number {
  if (node.kind === Kind.VARIABLE) return 0;
  if (node.kind !== Kind.LIST && node.kind !== Kind.OBJECT) return 1;
  if (room === 0) return TOO_DEEP;
  const members = node.kind === Kind.LIST ? node.values : node.fields.map(({ value }) => value);
  let count = members.length === 0 ? 1 : 0;
  for (const member of members) count += scalarsInLiteral(member, room - 1);
  return count;
}

/** The same for the arguments of a field or directive. */
export function scalarsInArguments(given: readonly ArgumentNode[] | undefined, room: number): number {
  let count = 0;
  for (const { value } of given ?? []) count += scalarsInLiteral(value, room);
  return count;
}

export function scalarsInDirectives(directives: readonly DirectiveNode[] | undefined, room: number): number {
  let count = 0;
  for (const directive of directives ?? []) count += scalarsInArguments(directive.arguments, room);
  return count;
}

/** 0, or `TOO_DEEP` for a type with more nested lists than that. */
export function levelsOfType(type: TypeNode, room: number): number {
  if (type.kind === Kind.NAMED_TYPE) return 0;
  // Each list may also be non-null, which is one more level.
  return room === 0 ? TOO_DEEP : levelsOfType(type.type, type.kind === Kind.LIST_TYPE ? room - 1 : room);
}

/** Cost of a plain value, in objects. */
const LEAF = 0.1;

/** Cost of a list besides its rows: its request and its page. */
const LIST = 3;

/**
 * The cost of one row of a list, in objects: the objects in it, its plain values, and its lists with arguments, which
 * count their own rows.
 */
export function sizeOfRow({ fieldNodes, fragments }: Pick<GraphQLResolveInfo, 'fieldNodes' | 'fragments'>): number {
  const sizeOf = ({ selections }: SelectionSetNode): number => {
    let size = 0;
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) size += sizeOfField(selection);
      else if (selection.kind === Kind.INLINE_FRAGMENT) size += sizeOf(selection.selectionSet);
      else size += sizeOf(fragments[selection.name.value]?.selectionSet ?? NOTHING);
    }
    return size;
  };
  const sizeOfField = ({ selectionSet, arguments: given }: FieldNode): number => {
    if (!selectionSet) return LEAF;
    return given?.length ? LIST : 1 + sizeOf(selectionSet);
  };
  return 1 + fieldNodes.reduce((sum, { selectionSet = NOTHING }) => sum + sizeOf(selectionSet), 0);
}

const NOTHING: SelectionSetNode = { kind: Kind.SELECTION_SET, selections: [] };
