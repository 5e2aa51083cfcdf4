import { type Computed, nodeOf, type PropertyModel } from '../model/model.ts';
import { multiply, sum } from './decimal.ts';
import type { Row } from './row.ts';
import type { Store } from './store.ts';

/** Value of one property: null when empty, a record for a reference, a list of records for a collection. */
export type Read = (row: Row) => unknown;

/** Compiles how a column of a node is read; see the directives in `schema.graphql`. */
export function createReader(store: Store, node: string, column: string): Read {
  if (column === '_constructor') return () => node;
  const property = nodeOf(store.model, node).columns.get(column);
  if (!property) throw new Error(`${node} has no column ${column}`);
  const { children, target } = property;
  if (children && target) {
    return (row) => store.byColumn(target, children.by, children.of ? row[children.of] : row._id);
  }
  if (property.computed) return computedReader(store, node, property, property.computed);
  if (target) return (row) => (row[column] == null ? null : (store.byId(target, row[column]) ?? null));
  return (row) => row[column] ?? null;
}

function computedReader(store: Store, node: string, property: PropertyModel, computed: Computed): Read {
  const target = property.target ?? '';
  switch (computed.how) {
    case 'key':
      return (row) => store.keyOf(node, row) ?? null;
    case 'via':
      return createPath(store, node, computed.path);
    case 'back': {
      const { by, where } = computed;
      return (row) => store.byColumn(target, by, row._id).find((child) => !where || child[where] === true) ?? null;
    }
    case 'exists': {
      const read = store.reader(node, computed.of);
      return (row) => read(row) !== null;
    }
    case 'find': {
      const targets = computed.by.map((column) => nodeOf(store.model, node).columns.get(column)?.target ?? '');
      return (row) => {
        const keys = computed.by.map((column, at) => {
          const other = store.byId(targets[at] ?? '', row[column]);
          return other && store.keyOf(targets[at] ?? '', other);
        });
        return keys.includes(undefined) ? null : (store.byKey(target, keys.join('|')) ?? null);
      };
    }
    case 'sum': {
      const children = store.reader(node, computed.over);
      const child = nodeOf(store.model, node).columns.get(computed.over)?.target ?? '';
      return (row) =>
        sum(
          (children(row) as Row[]).map((each) =>
            product(computed.of.map((column) => store.reader(child, column)(each))),
          ),
        );
    }
    case 'product':
      return (row) =>
        row[property.column] ??
        product([computed.times, ...computed.of.map((column) => store.reader(node, column)(row))]);
    case 'join':
      return (row) => {
        const parts = computed.of.map((column) => store.reader(node, column)(row));
        return parts.filter(Boolean).join(computed.separator) || null;
      };
  }
}

const product = (factors: readonly unknown[]): string | null =>
  factors.includes(null) ? null : multiply(factors.map(String), 2);

/** Follows columns along references; null as soon as one is empty. */
export function createPath(store: Store, node: string, path: readonly string[]): Read {
  const [column = '', ...rest] = path;
  const target = nodeOf(store.model, node).columns.get(column)?.target;
  // Readers are looked up when a value is read, so that references between properties may be circular.
  if (rest.length === 0 || !target) return (row) => store.reader(node, column)(row);
  let next: Read | undefined;
  return (row) => {
    const other = store.reader(node, column)(row);
    next ??= createPath(store, target, rest);
    return other === null ? null : next(other as Row);
  };
}
