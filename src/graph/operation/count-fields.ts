import { Kind, type SelectionSetNode } from 'graphql';
import type { OperationShape } from './classify-operation.ts';

/** Number of fields in an operation with its fragments expanded; each fragment is counted once. */
export function countFields({ operation, fragments }: OperationShape): number {
  const counted = new Map<string, number>();
  const ofFragment = (name: string): number => {
    const known = counted.get(name);
    if (known !== undefined) return known;
    const fragment = fragments.get(name);
    const count = fragment ? ofSelections(fragment.selectionSet) : 0;
    counted.set(name, count);
    return count;
  };
  const ofSelections = ({ selections }: SelectionSetNode): number => {
    let count = 0;
    for (const selection of selections) {
      if (selection.kind === Kind.FRAGMENT_SPREAD) count += ofFragment(selection.name.value);
      else {
        if (selection.kind === Kind.FIELD) count += 1;
        if (selection.selectionSet) count += ofSelections(selection.selectionSet);
      }
    }
    return count;
  };
  return ofSelections(operation.selectionSet);
}
