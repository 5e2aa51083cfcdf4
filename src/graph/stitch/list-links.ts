import { type GraphQLCompositeType, Kind, type SelectionSetNode } from 'graphql';
import type { OperationShape } from '../operation/classify-operation.ts';
import type { DocumentLinks } from './document-links.ts';
import type { LinkField } from './link.ts';

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
