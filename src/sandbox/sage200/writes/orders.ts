import { ApiError, badRequest, notFound } from '../api-error.ts';
import type { JsonRow } from '../table.ts';
import { finishOrder, tellTrader } from './finish-order.ts';
import { toLine } from './line-rules.ts';
import { initialState, nextDocumentNo } from './order-defaults.ts';
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
  finishOrder(context, kind, id, body);
  return id;
}

/**
 * Changes an order. Its lines are saved one by one: when one fails, those before it stay, those after it are not saved.
 * Source: Sage 200 API reference, `PUT /sop_orders/{Id}`.
 * @returns the failure of a line, for the body of the answer.
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
  finishOrder(context, kind, id, body);
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

function traderOf(context: WriteContext, kind: OrderKind, id: unknown): JsonRow {
  if (id === undefined) throw badRequest(`SageNullFieldException: '${kind.traderColumn}' is required.`);
  // Checked like any other field, so that a text or an unknown id is refused with the same message.
  const { fields } = context.store.table(kind.orders).resource;
  checkFields(context, kind.orders, fields, { [kind.traderColumn]: id });
  return context.store.table(kind.traders).get(id as Id) ?? {};
}
