import { badRequest, notFound } from '../api-error.ts';
import type { Resource } from '../catalogue.ts';
import { makeUpRow } from '../made-up-rows.ts';
import type { Route } from '../routes.ts';
import { columnTo } from '../scope.ts';
import type { JsonRow } from '../table.ts';
import { checkValue } from './check-value.ts';
import { tellTrader } from './finish-order.ts';
import type { Locks } from './locks.ts';
import { nextDocumentNo } from './order-defaults.ts';
import { type OrderKind, orderKindOf } from './order-kinds.ts';
import { createOrder, draftState, duplicateOrder, removeOrder, updateOrder } from './orders.ts';
import { asObject, type Body } from './parse-body.ts';
import { checkRequest, isPosting, post } from './postings.ts';
import { enquirePrice } from './price-enquiry.ts';
import { asList, createRow, removeRow, rowsBelow, updateRow, type WriteContext } from './write-rows.ts';

type Id = number | bigint;

/** Numbered as orders are: a number that is sent is ignored. */
const SELF_NUMBERED: ReadonlySet<string> = new Set(['sop_quotes', 'sop_returns']);

export interface WriteState extends WriteContext {
  readonly locks: Locks;
  /** Who writes. */
  readonly user: string;
}

/** The result of a write: rows of a resource, or an object that is not a row. */
export type Outcome =
  | { readonly kind: 'row'; readonly resourceName: string; readonly id: Id; readonly message?: string | undefined }
  | { readonly kind: 'rows'; readonly resourceName: string; readonly ids: readonly Id[] }
  | { readonly kind: 'object'; readonly value: JsonRow };

/** Carries out a POST or PUT, all or nothing except for order lines. */
export function write(state: WriteState, route: Route, body: unknown): Outcome {
  const { resource } = route;
  if (route.verb === 'BULK')
    return { kind: 'rows', resourceName: resource.name, ids: writeBulk(state, resource, body) };
  const object = asObject(body ?? {});
  return route.verb === 'POST' ? create(state, route, object) : change(state, route, object);
}

/** Removes the row that `route` names. @throws ApiError 404 when there is none, 400 when it is in use. */
export function remove(state: WriteState, route: Route): void {
  const id = route.id ?? 0;
  const { name } = route.resource;
  const table = state.store.table(name);
  if (!table.get(id)) throw notFound();
  state.locks.checkOwner(`${name}/${id}`, state.user);
  checkUnused(state, name, id);
  const kind = orderKindOf(name);
  if (kind) removeOrder(state, kind, id);
  else removeRow(state, table, id);
}

function create(state: WriteState, route: Route, body: Body): Outcome {
  const { resource } = route;
  const kind = orderKindOf(resource.name.replace(/_(new|duplicate)$/, ''));
  if (kind && resource.name !== kind.orders) return createDraft(state, kind, resource, body);
  if (kind) return { kind: 'row', resourceName: kind.orders, id: createOrder(state, kind, body) };
  if (isPosting(resource.name)) return { kind: 'object', value: { urn: post(state, resource, body) } };
  if (resource.fieldByName.has('is_draft') && resource.kind === 'action')
    return createPlainDraft(state, resource, body);
  if (/^sop_(orders|returns)_status$/.test(resource.name))
    return { kind: 'object', value: changeStatus(state, resource, body) };
  if (resource.name === 'customer_price_enquiry') return { kind: 'object', value: enquirePrice(state, resource, body) };
  if (resource.kind === 'action') return { kind: 'object', value: act(state, resource, body) };
  const table = state.store.table(resource.name);
  const parents = route.ancestors.flatMap((ancestor) => {
    const column = columnTo(resource, ancestor);
    return column ? [[column, ancestor.id]] : [];
  });
  const numbered = SELF_NUMBERED.has(resource.name) ? { document_no: nextDocumentNo(table) } : {};
  const id = createRow(state, table, body, { ...(Object.fromEntries(parents) as JsonRow), ...numbered });
  return { kind: 'row', resourceName: resource.name, id };
}

function change(state: WriteState, route: Route, body: Body): Outcome {
  const resourceName = route.resource.name.replace(/_new$/, '');
  const id = route.id ?? 0;
  const key = `${resourceName}/${id}`;
  state.locks.check(key, body['lock_id']);
  const kind = orderKindOf(resourceName);
  const message = kind ? updateOrder(state, kind, id, body) : undefined;
  if (!kind) updatePlain(state, resourceName, id, body);
  if (body['is_editing'] === false) state.locks.release(key);
  return { kind: 'row', resourceName, id, message };
}

function updatePlain(state: WriteState, resourceName: string, id: Id, body: Body): void {
  const table = state.store.table(resourceName);
  updateRow(state, table, id, body);
  const isLeavingDraft = body['is_editing'] === false && table.get(id)?.['is_draft'] === true;
  if (isLeavingDraft) table.update(id, { is_draft: false, document_status: 'EnumDocumentStatusLive' });
}

/** `*_new` and `*_duplicate` leave a draft, which a PUT makes live. */
function createDraft(state: WriteState, kind: OrderKind, resource: Resource, body: Body): Outcome {
  checkRequest(state, resource, body);
  const traderId = body[kind.traderColumn] as Id;
  const id = resource.name.endsWith('_new')
    ? createOrder(state, kind, { [kind.traderColumn]: traderId }, draftState())
    : duplicateOrder(state, kind, body['source_id'] as Id, traderId, body['prices_and_discounts'] === true);
  return { kind: 'row', resourceName: kind.orders, id };
}

/** Drafts of quotes and returns: kept as their own row, whose lines have no rules here. */
function createPlainDraft(state: WriteState, resource: Resource, body: Body): Outcome {
  const { source_id: sourceId, ...sent } = { ...checkRequest(state, resource, body) };
  const resourceName = resource.name.replace(/_(new|duplicate)$/, '');
  const table = state.store.table(resourceName);
  const source = sourceId === undefined ? {} : { lines: table.get(sourceId as Id)?.['lines'] ?? [] };
  const documentNo = nextDocumentNo(table);
  const fixed = { ...source, ...draftState(), document_no: documentNo, customer_type: 'EnumCustomerTypeCredit' };
  delete sent['prices_and_discounts'];
  return { kind: 'row', resourceName, id: createRow(state, table, sent, fixed) };
}

/** Takes a document on or off hold, or closes it (methods and fields inferred from the 2025 R1 notes). */
function changeStatus(state: WriteState, resource: Resource, body: Body): JsonRow {
  const value = (name: string) => {
    const field = resource.fieldByName.get(name);
    if (!field || body[name] === undefined) throw badRequest(`SageNullFieldException: '${name}' is required.`);
    return checkValue(state, field, body[name]);
  };
  const id = value('id') as Id;
  const status = value('status');
  const resourceName = resource.name.replace(/_status$/, '');
  const table = state.store.table(resourceName);
  state.locks.checkOwner(`${resourceName}/${id}`, state.user);
  table.update(id, { document_status: status, date_time_updated: new Date(state.now()).toISOString() });
  const kind = orderKindOf(resourceName);
  if (kind) tellTrader(state, kind, table.get(id)?.[kind.traderColumn] as Id);
  return { id, status };
}

/** Other actions check their body and return an object of their kind; they change nothing here. */
function act(state: WriteState, resource: Resource, body: Body): JsonRow {
  const plain = checkRequest(state, resource, body);
  if (resource.name.endsWith('_new')) return { ...unsavedDefaults(resource), ...plain };
  return { ...makeUpRow(resource, 0, state), ...plain };
}

/** An unsaved account or document has its defaults and no id. */
const unsavedDefaults = (resource: Resource): JsonRow =>
  Object.fromEntries(
    resource.fields.map((field) => [
      field.name,
      field.kind === 'bool' ? field.defaultValue === 'true' : field.kind === 'arr' ? [] : (field.defaultValue ?? null),
    ]),
  );

function writeBulk(state: WriteState, resource: Resource, body: unknown): Id[] {
  const table = state.store.table(resource.name);
  return asList({ name: 'body' }, body).flatMap((item) => {
    const id = item['id'] as Id | undefined;
    if (id === undefined) return [createRow(state, table, item)];
    if (!table.get(id)) throw badRequest(`There is no ${resource.name} with id ${String(id)}.`);
    if (item['is_to_delete'] === true) {
      removeRow(state, table, id);
      return [];
    }
    updateRow(state, table, id, item);
    return [id];
  });
}

/** Where accounts and items may be in use: `resource.column`. */
const USES: Readonly<Record<string, readonly string[]>> = {
  customers: ['sop_orders.customer_id', 'sales_posted_transactions.customer_id'],
  suppliers: ['pop_orders.supplier_id'],
  products: ['sop_order_lines.product_id', 'pop_order_lines.product_id'],
  warehouses: ['sop_order_lines.warehouse_id', 'pop_order_lines.warehouse_id', 'warehouse_holdings.warehouse_id'],
  departments: ['nominal_codes.department_id'],
  cost_centres: ['nominal_codes.cost_centre_id'],
};

/** Rows in use cannot be removed: a business rule whose exact reach is not documented (inferred). */
function checkUnused(state: WriteState, resourceName: string, id: Id): void {
  for (const use of USES[resourceName] ?? []) {
    const [user = '', column = ''] = use.split('.');
    if (rowsBelow(state.store.table(user), column, id).length > 0) {
      throw badRequest(`The record cannot be deleted: it is in use by ${user}.`);
    }
  }
}
