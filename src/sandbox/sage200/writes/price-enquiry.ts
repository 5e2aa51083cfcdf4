import type { Resource } from '../catalogue.ts';
import type { JsonRow } from '../table.ts';
import { round } from './line-rules.ts';
import type { Body } from './parse-body.ts';
import { checkRequest } from './postings.ts';
import type { WriteContext } from './write-rows.ts';

/** Sales price over standard cost, as on order lines. */
const MARK_UP = 1.5;
const MOST_PREVIOUS = 5;

/** The price that an order line for this customer, product and quantity would have, and what was paid before. */
export function enquirePrice(context: WriteContext, resource: Resource, body: Body): JsonRow {
  const asked = checkRequest(context, resource, body);
  const customer = context.store.table('customers').get(asked['customer_id'] as number) ?? {};
  const product = context.store.table('products').get(asked['product_id'] as number) ?? {};
  const currency = context.store.table('currencies').get(customer['currency_id'] as number) ?? {};
  const quantity = Number(asked['quantity'] ?? 1);
  const price = round(Number(product['standard_cost'] ?? 0) * MARK_UP, 2);
  const total = round(price * quantity, 2);
  const unit = { id: asked['selling_unit_id'] ?? product['stock_unit_id'], name: 'Each' };
  return {
    ...asked,
    product_type: 'EnumStockItemTypeStock',
    selling_unit_id: unit.id ?? null,
    selling_unit: unit.name,
    selling_unit_multiple: 1,
    pricing_unit_id: asked['pricing_unit_id'] ?? unit.id ?? null,
    pricing_unit: unit.name,
    pricing_unit_multiple: 1,
    quantity,
    currency_id: currency['id'] ?? null,
    currency_name: currency['name'] ?? null,
    currency_symbol: currency['symbol'] ?? null,
    unit_price: price,
    discounted_unit_price: price,
    total_price_before_discount: total,
    total_discount: 0,
    total_discounted_price: total,
    include_previous_prices: asked['include_previous_prices'] === true,
    previous_prices: asked['include_previous_prices'] === true ? previousPrices(context, asked) : [],
  };
}

function previousPrices({ store }: WriteContext, asked: JsonRow): JsonRow[] {
  const { customer_id: customerId, product_id: productId } = asked;
  store.table('sop_orders');
  const lines = store.table('sop_order_lines').select({
    columns: ['sop_order_id', 'line_quantity', 'discounted_unit_price'],
    where: {
      sql: '"product_id" = ? AND "sop_order_id" IN (SELECT "id" FROM "sop_orders" WHERE "customer_id" = ?)',
      params: [productId as number, customerId as number],
      equalTo: new Set(['product_id']),
    },
    orderBy: [{ field: 'sop_order_id', descending: true }],
    top: MOST_PREVIOUS,
  });
  return lines.map((line) => {
    const order = store.table('sop_orders').get(line['sop_order_id'] as number);
    return {
      sop_document_no: order?.['document_no'],
      sop_document_date: order?.['document_date'],
      quantity: line['line_quantity'],
      discounted_unit_price: line['discounted_unit_price'],
    };
  });
}
