import { BusinessError } from '../business-error.ts';
import type { Row } from '../data/row.ts';
import { compileFilter } from '../filter/compile-filter.ts';
import { type Model, nodeOf } from '../model/model.ts';
import type { Call } from './call.ts';

/**
 * Deletes a record with everything that it owns. To be run inside a transaction of the store.
 * @throws BusinessError when a rule forbids it or another record refers to it.
 */
export function removeRecord(call: Call, name: string, row: Row, path: readonly string[] = []): void {
  const { store } = call;
  const node = nodeOf(store.model, name);
  if (node.frozen && compileFilter(node.frozen.when, name, store).matches(row)) {
    throw new BusinessError(node.frozen.message, path);
  }
  const owned = [...node.properties.values()].filter((property) => property.vital && property.target);
  for (const { children, target = '' } of owned) {
    if (!children) continue;
    for (const child of [...store.byColumn(target, children.by, row._id)]) removeRecord(call, target, child, path);
  }
  const user = referrerOf(call, name, row);
  if (user) throw new BusinessError(`The record cannot be deleted: a ${user} refers to it.`, path);
  store.remove(name, row);
  for (const { children, column, target = '' } of owned) {
    const single = children ? undefined : store.byId(target, row[column]);
    if (single) store.remove(target, single);
  }
}

/** Name of a node with a record that refers to this one. */
function referrerOf({ store }: Call, name: string, row: Row): string | undefined {
  const found = referencesTo(store.model, name).find(({ node, column }) =>
    store.byColumn(node, column, row._id).some((other) => other !== row),
  );
  return found?.node;
}

/** Stored references to a node, except those of the service properties: a user is never deleted anyway. */
function referencesTo(model: Model, name: string): { node: string; column: string }[] {
  return [...model.nodes.values()].flatMap((node) =>
    [...node.columns.values()]
      .filter(
        (each) => each.kind === 'reference' && each.target === name && !each.computed && !each.column.startsWith('_'),
      )
      .map(({ column }) => ({ node: node.name, column })),
  );
}
