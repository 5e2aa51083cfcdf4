import { BusinessError } from '../business-error.ts';
import type { Row } from '../data/row.ts';
import type { Store } from '../data/store.ts';
import { compileFilter, type Filter } from '../filter/compile-filter.ts';
import { compileOrder, type OrderKey, sortRows } from '../filter/order.ts';
import { type PageArguments, takePage, toCursor } from '../filter/page.ts';
import type { Call } from './call.ts';

export interface QueryArguments extends PageArguments {
  readonly filter?: string | null;
  readonly orderBy?: string | null;
}

/** Records of an operation: a collection has its own, a node's container means all. */
export interface RowSource {
  readonly rows?: readonly Row[];
}

/** Resolver of `query` on a node, a collection or a look-up. `totalCount` is counted only when it is selected. */
export const queryRows = (node: string) => (source: RowSource, args: QueryArguments, call: Call) => {
  const { store } = call;
  checkAllowed(call, node);
  const filter = compileFilter(args.filter, node, store);
  const keys = compileOrder(args.orderBy, node, store);
  const ordered = orderedRows(store, node, source.rows, filter, keys, args.orderBy ?? '');
  const page = takePage(ordered, filter.matches, keys, args);
  const cursorAt = (at: number) => () => {
    const row = page.rows.at(at);
    return row ? toCursor(row, keys) : null;
  };
  return {
    totalCount: () => (args.filter ? count(ordered, filter) : ordered.length),
    edges: page.rows.map((row, at) => ({ node: row, cursor: cursorAt(at) })),
    pageInfo: {
      startCursor: cursorAt(0),
      endCursor: cursorAt(-1),
      hasNextPage: page.hasNextPage,
      hasPreviousPage: page.hasPreviousPage,
    },
  };
};

function orderedRows(
  store: Store,
  node: string,
  own: readonly Row[] | undefined,
  filter: Filter,
  keys: readonly OrderKey[],
  orderBy: string,
): readonly Row[] {
  if (own) return sortRows(own, keys);
  if (filter.candidates) return sortRows(filter.candidates, keys);
  return keys.length === 0 ? store.rows(node) : store.ordered(node, orderBy, (rows) => sortRows(rows, keys));
}

function count(rows: readonly Row[], { matches }: Filter): number {
  let total = 0;
  for (const row of rows) if (matches(row)) total++;
  return total;
}

/** All matching records, in `_id` order, for aggregates and bulk changes. */
export function matchingRows(
  call: Call,
  node: string,
  source: RowSource,
  filterText: string | null | undefined,
): Row[] {
  checkAllowed(call, node);
  const filter = compileFilter(filterText, node, call.store);
  return (source.rows ?? filter.candidates ?? call.store.rows(node)).filter(filter.matches);
}

/** @throws BusinessError when the API user has no right to a node. */
export function checkAllowed({ forbidden }: Call, node: string): void {
  if (forbidden.has(node)) throw new BusinessError(`You are not allowed to read ${node}.`);
}
