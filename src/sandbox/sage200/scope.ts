import { notFound } from './api-error.ts';
import type { Catalogue, Resource } from './catalogue.ts';
import type { Condition } from './odata/compile-filter.ts';
import type { Ancestor, Route } from './routes.ts';
import type { Store } from './store.ts';

/** Column of `resource` that points to rows of `ancestor`. */
export function columnTo(
  resource: Resource,
  ancestor: Pick<Ancestor, 'resourceName' | 'parameter'>,
): string | undefined {
  if (resource.fieldByName.has(ancestor.parameter)) return ancestor.parameter;
  return resource.fields.find((field) => field.kind === 'int' && field.ref === ancestor.resourceName)?.name;
}

/**
 * The rows a nested path leaves: `/customers/5/sop_orders` those of customer 5.
 * @throws ApiError 404 when a row named in the path does not exist or is not below the one before it.
 */
export function toScope(catalogue: Catalogue, store: Store, route: Route): Condition | undefined {
  const conditions: { sql: string; column: string; id: number | bigint }[] = [];
  route.ancestors.forEach((ancestor, index) => {
    checkAncestor(catalogue, store, ancestor, route.ancestors[index - 1]);
    const column = columnTo(route.resource, ancestor);
    if (column) conditions.push({ sql: `"${column}" = ?`, column, id: ancestor.id });
    else if (route.resource.name === 'warehouses') conditions.push(warehousesOf(store, ancestor));
  });
  if (conditions.length === 0) return undefined;
  return {
    sql: conditions.map(({ sql }) => sql).join(' AND '),
    params: conditions.map(({ id }) => id),
    equalTo: new Set(conditions.map(({ column }) => column)),
  };
}

/** `/products/{id}/warehouses`: the warehouses that hold the product. */
function warehousesOf(store: Store, ancestor: Ancestor) {
  // Created and filled before the condition uses it.
  store.table('warehouse_holdings');
  const sql = '"id" IN (SELECT "warehouse_id" FROM "warehouse_holdings" WHERE "product_id" = ?)';
  return { sql, column: 'id', id: ancestor.id };
}

function checkAncestor(catalogue: Catalogue, store: Store, ancestor: Ancestor, above: Ancestor | undefined): void {
  const resource = catalogue.resources.get(ancestor.resourceName);
  if (!resource?.fieldByName.has('id')) return;
  const row = store.table(ancestor.resourceName).get(ancestor.id);
  if (!row) throw notFound();
  const column = above && columnTo(resource, above);
  if (above && column && String(row[column]) !== String(above.id)) throw notFound();
}
