import type { Catalogue, Field, Resource } from '../catalogue.ts';
import type { Store } from '../store.ts';

/** Names that a filter accepts although the rows do not have them, and where they are looked up. */
export type FilterNames = ReadonlyMap<string, FilterName>;

export interface FilterName {
  readonly field: Field;
  /** The SQL condition for a comparison such as `= ?`. */
  readonly where: (comparison: string) => string;
}

/** Lists that accept only five names in a filter: the column that holds the order's id. Source: Sage 200 API reference. */
const RESTRICTED: Readonly<Record<string, string>> = {
  sop_confirm_despatch: 'sop_order_return_id',
  sop_despatch_discrete_orders: 'id',
};

/** Each name with the table that knows it, its column there, and the column that holds the order's id. */
const NAMES = {
  confirmation_intent_type: ['sop_order_lines', 'confirmation_intent_type', 'sop_order_id'],
  trader_id: ['sop_orders', 'customer_id', 'id'],
  warehouse_id: ['sop_order_lines', 'warehouse_id', 'sop_order_id'],
  document_no: ['sop_orders', 'document_no', 'id'],
  document_date: ['sop_orders', 'document_date', 'id'],
} as const;

export const isAllowedInFilter = (resource: Resource, name: string): boolean =>
  RESTRICTED[resource.name] === undefined || Object.hasOwn(NAMES, name);

/** Undefined if a list is filtered only by its own fields. */
export function filterNamesOf(catalogue: Catalogue, store: Store, resource: Resource): FilterNames | undefined {
  const key = RESTRICTED[resource.name];
  if (key === undefined) return undefined;
  const names = new Map<string, FilterName>();
  for (const [name, [table, column, link]] of Object.entries(NAMES)) {
    const field = catalogue.resources.get(table)?.fieldByName.get(column);
    if (!field || resource.fieldByName.has(name)) continue;
    // Created and filled before the condition uses it.
    store.table(table);
    names.set(name, {
      field,
      where: (comparison) =>
        `EXISTS (SELECT 1 FROM "${table}" x WHERE x."${link}" = "${resource.name}"."${key}" AND x."${column}" ${comparison})`,
    });
  }
  return names;
}
