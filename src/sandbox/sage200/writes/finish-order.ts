import type { JsonRow } from '../table.ts';
import { round } from './line-rules.ts';
import type { OrderKind } from './order-kinds.ts';
import type { Body } from './parse-body.ts';
import { asList, rowsBelow, type WriteContext } from './write-rows.ts';

type Id = number | bigint;

/** Renumbers lines where asked, adds the totals up, and keeps the account's value of open orders. */
export function finishOrder(context: WriteContext, kind: OrderKind, id: Id, body: Body): void {
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
export function tellTrader(context: WriteContext, kind: OrderKind, traderId: Id): void {
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
