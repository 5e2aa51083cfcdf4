import { ApiError, badRequest, notFound } from '../api-error.ts';
import type { JsonRow, Table } from '../table.ts';
import { round, toLine } from './line-rules.ts';
import type { OrderKind } from './order-kinds.ts';
import type { Body } from './parse-body.ts';
import { asList, checkFields, createRow, removeRow, rowsBelow, updateRow, type WriteContext } from './write-rows.ts';

type Id = number | bigint;

/** Creates an order with its lines, all or nothing. @throws ApiError 400 for the first thing that is wrong. */
export function createOrder(context: WriteContext, kind: OrderKind, body: Body, fixed: JsonRow = {}): Id {
  const orders = context.store.table(kind.orders);
  const trader = traderOf(context, kind, body[kind.traderColumn] ?? fixed[kind.traderColumn]);
  if (trader['on_hold'] === true && body['override_on_hold'] !== true) {
    throw badRequest(`The account ${String(trader['reference'])} is on hold.`);
  }
  const documentNo = nextDocumentNo(orders);
  // Numbering is automatic here, and a number that is sent is then ignored.
  const header = { document_no: documentNo, ...initialState(context, kind, trader, body), ...fixed };
  const id = createRow(context, orders, { ...body, document_no: documentNo }, header);
  for (const line of body['lines'] === undefined ? [] : asList({ name: 'lines' }, body['lines'])) {
    saveLine(context, kind, id, line, trader);
  }
  finish(context, kind, id, body);
  return id;
}

/**
 * Changes an order. Its lines are saved one by one: when one fails, those before it stay, those after it are not
 * saved. Source: Sage 200 API reference, `PUT /sop_orders/{Id}`.
 * @returns the failure of a line, which stands in the body of the answer.
 */
export function updateOrder(context: WriteContext, kind: OrderKind, id: Id, body: Body): string | undefined {
  const orders = context.store.table(kind.orders);
  const before = orders.get(id);
  if (!before) throw notFound();
  const trader = traderOf(context, kind, before[kind.traderColumn]);
  updateRow(context, orders, id, body);
  // A draft goes live when editing ends.
  if (before['is_draft'] === true && body['is_editing'] === false) {
    orders.update(id, { is_draft: false, document_status: 'EnumDocumentStatusLive' });
  }
  const failure = saveLines(context, kind, id, body, trader);
  finish(context, kind, id, body);
  return failure;
}

/** Removes an order with its lines. */
export function removeOrder(context: WriteContext, kind: OrderKind, id: Id): void {
  const order = context.store.table(kind.orders).get(id);
  if (!order) throw notFound();
  removeRow(context, context.store.table(kind.orders), id);
  tellTrader(context, kind, order[kind.traderColumn] as Id);
}

/** Copies an order into a draft for another account. */
export function duplicateOrder(
  context: WriteContext,
  kind: OrderKind,
  sourceId: Id,
  traderId: Id,
  withPrices: boolean,
): Id {
  const lines = context.store.table(kind.lines);
  const kept = ['line_type', 'product_id', 'warehouse_id', 'code', 'description', 'line_quantity', 'tax_code_id'];
  const prices = withPrices ? [kind.price, 'unit_discount_percent'] : [];
  const copies = rowsBelow(lines, kind.orderColumn, sourceId).map((lineId) => {
    const line = lines.get(lineId) ?? {};
    return Object.fromEntries([...kept, ...prices].flatMap((name) => (line[name] ? [[name, line[name]]] : [])));
  });
  return createOrder(context, kind, { [kind.traderColumn]: traderId, lines: copies }, draftState());
}

/** What makes an order a draft. */
export const draftState = (): JsonRow => ({ is_draft: true, document_status: 'EnumDocumentStatusDraft' });

function saveLines(context: WriteContext, kind: OrderKind, id: Id, body: Body, trader: JsonRow): string | undefined {
  if (body['lines'] === undefined) return undefined;
  const lines = asList({ name: 'lines' }, body['lines']);
  for (const [index, line] of lines.entries()) {
    try {
      context.store.transact(() => saveLine(context, kind, id, line, trader));
    } catch (error) {
      if (error instanceof ApiError) return `Line ${index + 1}: ${error.message}`;
      throw error;
    }
  }
  return undefined;
}

function saveLine(context: WriteContext, kind: OrderKind, orderId: Id, body: Body, trader: JsonRow): void {
  const lines = context.store.table(kind.lines);
  const existing = rowsBelow(lines, kind.orderColumn, orderId);
  const stamp = new Date(context.now()).toISOString();
  if (body['id'] === undefined) {
    const line = toLine(context, kind, body, undefined, trader);
    const number =
      existing.reduce<number>((last, id) => Math.max(last, Number(lines.get(id)?.['line_number'] ?? 0)), 0) + 1;
    const keys = { id: context.store.nextId(), [kind.orderColumn]: orderId, line_number: number };
    lines.insert({ ...line, ...keys, date_time_created: stamp, date_time_updated: stamp });
    return;
  }
  const id = existing.find((row) => String(row) === String(body['id']));
  if (id === undefined) throw badRequest(`There is no line with id ${String(body['id'])} on this order.`);
  if (body['is_to_delete'] === true) removeRow(context, lines, id);
  else lines.update(id, { ...toLine(context, kind, body, lines.get(id), trader), date_time_updated: stamp });
}

/** Renumbers lines where asked, adds the totals up, and keeps the account's value of open orders. */
function finish(context: WriteContext, kind: OrderKind, id: Id, body: Body): void {
  const orders = context.store.table(kind.orders);
  const lines = context.store.table(kind.lines);
  const ids = rowsBelow(lines, kind.orderColumn, id);
  if (body['is_to_sequence_lines'] === true) {
    const order = asList({ name: 'lines' }, body['lines'] ?? []).map((line) => String(line['id']));
    const placed = [...ids].sort((a, b) => rank(order, a) - rank(order, b));
    placed.forEach((lineId, index) => {
      lines.update(lineId, { line_number: index + 1 });
    });
  }
  const percent = Number(orders.get(id)?.['document_discount_percent'] ?? 0);
  orders.update(
    id,
    toTotals(
      kind,
      ids.map((lineId) => lines.get(lineId) ?? {}),
      percent,
    ),
  );
  tellTrader(context, kind, orders.get(id)?.[kind.traderColumn] as Id);
}

/** The account shows the net value of its live orders. */
function tellTrader(context: WriteContext, kind: OrderKind, traderId: Id): void {
  const where = {
    sql: `"${kind.traderColumn}" = ? AND "document_status" = 'EnumDocumentStatusLive'`,
    params: [traderId],
    equalTo: new Set([kind.traderColumn]),
  };
  const orders = context.store.table(kind.orders).select({ columns: ['total_net_value'], where });
  const value = round(
    orders.reduce((sum, order) => sum + Number(order['total_net_value'] ?? 0), 0),
    2,
  );
  context.store.table(kind.traders).update(traderId, { [kind.openValue]: value });
}

/** Lines that the body did not name, and new ones, follow those it named. */
const rank = (order: readonly string[], id: Id) =>
  order.includes(String(id)) ? order.indexOf(String(id)) : order.length;

function toTotals(kind: OrderKind, lines: readonly JsonRow[], discountPercent: number): JsonRow {
  const sum = (name: string, from: readonly JsonRow[]) =>
    round(
      from.reduce((total, line) => total + Number(line[name] ?? 0), 0),
      2,
    );
  const charges = lines.filter((line) => line['line_type'] === 'EnumLineTypeCharge');
  const goods = lines.filter((line) => line['line_type'] !== 'EnumLineTypeCharge');
  const goodsValue = sum('line_total_value', goods);
  const discount = round((goodsValue * discountPercent) / 100, 2);
  const goodsTax = round(sum('line_tax_value', goods) * (1 - discountPercent / 100), 2);
  const net = round(goodsValue - discount + sum('line_total_value', charges), 2);
  const tax = round(goodsTax + sum('line_tax_value', charges), 2);
  return {
    subtotal_goods_value: goodsValue,
    [kind.charges]: sum('line_total_value', charges),
    ...(kind.orders === 'sop_orders' ? { subtotal_charge_tax_value: sum('line_tax_value', charges) } : {}),
    subtotal_discount_value: discount,
    total_net_value: net,
    total_tax_value: tax,
    total_gross_value: round(net + tax, 2),
  };
}

function traderOf(context: WriteContext, kind: OrderKind, id: unknown): JsonRow {
  if (id === undefined) throw badRequest(`SageNullFieldException: '${kind.traderColumn}' is required.`);
  // Checked as any other field, so that a text or an unknown id is refused in the same words.
  const { fields } = context.store.table(kind.orders).resource;
  checkFields(context, kind.orders, fields, { [kind.traderColumn]: id });
  return context.store.table(kind.traders).get(id as Id) ?? {};
}

function initialState(context: WriteContext, kind: OrderKind, trader: JsonRow, body: Body): JsonRow {
  const today = `${new Date(context.now()).toISOString().slice(0, 10)}T00:00:00`;
  const currency = context.store.table('currencies').get(trader['currency_id'] as Id);
  const given = (name: string, value: unknown) => (body[name] === undefined ? { [name]: value } : {});
  return {
    ...(kind.orders === 'sop_orders'
      ? { currency_id: trader['currency_id'], ...deliveryState(context, trader, body) }
      : {}),
    ...given('document_date', today),
    ...given('requested_delivery_date', today),
    ...given('exchange_rate', currency?.['core_currency_rate'] ?? 1),
    document_status: 'EnumDocumentStatusLive',
    is_draft: false,
  };
}

function deliveryState(context: WriteContext, trader: JsonRow, body: Body): JsonRow {
  const stored = body['customer_delivery_address_id'];
  const found = stored === undefined ? undefined : context.store.table('customer_delivery_addresses').get(stored as Id);
  const address = (found ?? trader['main_address']) as JsonRow | null | undefined;
  if (!address || body['delivery_address'] !== undefined) return { use_invoice_address: false };
  const lines = [
    'address_1',
    'address_2',
    'address_3',
    'address_4',
    'city',
    'county',
    'country',
    'postcode',
    'contact',
  ];
  const copied = Object.fromEntries(lines.map((name) => [name, address[name] ?? '']));
  const delivery_address = { id: context.store.nextId(), postal_name: trader['name'], ...copied };
  return { use_invoice_address: found === undefined, delivery_address };
}

function nextDocumentNo(orders: Table): string {
  const [last] = orders.select({
    columns: ['document_no'],
    orderBy: [{ field: 'document_no', descending: true }],
    top: 1,
  });
  const text = String(last?.['document_no'] ?? '0000000000');
  const [, stem = '', digits = '0'] = /^(.*?)(\d+)$/.exec(text) ?? [];
  return stem + String(Number(digits) + 1).padStart(digits.length, '0');
}
