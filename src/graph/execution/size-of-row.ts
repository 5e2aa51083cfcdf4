import { type FieldNode, type GraphQLResolveInfo, Kind, type SelectionSetNode } from 'graphql';
import { scalarsInArguments } from '../../kit/measure-values.ts';

/** Cost of a plain value, in objects. */
const LEAF = 0.1;

/** Cost for each member of an input object's type, since graphql-js looks at all of them: a filter has over a hundred. */
const OBJECT_ARGUMENT = 6;

/**
 * The cost of one row of a list, in objects: the objects in it, its plain values, and the arguments of its
 * fields, which graphql-js reads again in every row. Nested lists count their own rows.
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
    if (!given?.length) return 1 + sizeOf(selectionSet);
    const objects = given.filter(({ value }) => value.kind === Kind.OBJECT || value.kind === Kind.LIST).length;
    return 1 + scalarsInArguments(given, Number.POSITIVE_INFINITY) + objects * OBJECT_ARGUMENT;
  };
  return 1 + fieldNodes.reduce((sum, { selectionSet = NOTHING }) => sum + sizeOf(selectionSet), 0);
}

const NOTHING: SelectionSetNode = { kind: Kind.SELECTION_SET, selections: [] };
