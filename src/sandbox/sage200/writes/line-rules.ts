import { badRequest } from '../api-error.ts';
import type { Field } from '../catalogue.ts';
import type { JsonRow, Table } from '../table.ts';
import { checkValue } from './check-value.ts';
import type { OrderKind } from './order-kinds.ts';
import type { Body } from './parse-body.ts';
import type { WriteContext } from './write-rows.ts';

/** Fields of a line that Sage calculates or that only control the write; all others may be sent in an order. */
const COMPUTED =
  /^(id|sop_order_id|pop_order_id|line_number|line_t(ax|otal)_value|.*_status|.*(allocated|despatch|receipt_return|invoice_credit|on_order|available).*|is_complete|is_line_deletable|has_.*|date_time_.*|is_to_.*|create_.*|stock_unit_.*|discounted_unit_price|.*_unit_description|total_landed_costs_value)$/;

/**
 * Checks a line and fills in what it leaves out: price, tax code and nominal code come from the product, else from the
 * account (inferred), and the totals from quantity, price and discount.
 * @param before the current line, if it is changed and not added.
 * @throws ApiError 400 by the rules of its `line_type`. Source: Sage 200 API reference, order lines.
 */
export function toLine(
  context: WriteContext,
  kind: OrderKind,
  body: Body,
  before: JsonRow | undefined,
  trader: JsonRow,
): JsonRow {
  const resource = context.store.table(kind.lines).resource;
  const sent: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(body)) {
    const field = resource.fieldByName.get(name);
    if (!field) throw badRequest(`Could not find member '${name}' on object of type '${kind.lines}'.`);
    if (isSendable(field)) sent[name] = checkValue(context, field, value);
  }
  const merged: Record<string, unknown> = { ...before, ...sent };
  const line = { ...merged, ...toProduct(context, merged, sent) };
  checkLineType(line, sent);
  return priceLine(context, kind, line, trader);
}

const isSendable = (field: Field) => field.kind !== 'obj' && field.kind !== 'arr' && !COMPUTED.test(field.name);

function toProduct(context: WriteContext, line: JsonRow, sent: JsonRow): JsonRow {
  if (line['line_type'] !== 'EnumLineTypeStandard') return {};
  const products = context.store.table('products');
  const id = sent['product_id'] ?? findProduct(products, sent['code']) ?? line['product_id'];
  if (id === undefined || id === null) throw badRequest("A standard line needs a valid 'product_id' or 'code'.");
  const product = products.get(id as number);
  return {
    product_id: id,
    code: product?.['code'],
    description: line['description'] ?? product?.['name'],
    // Public clients leave the warehouse out; that the product's first one is taken is inferred.
    warehouse_id: line['warehouse_id'] ?? firstWarehouse(context, id as number),
  };
}

function firstWarehouse({ store }: WriteContext, productId: number): unknown {
  const where = { sql: '"product_id" = ?', params: [productId], equalTo: new Set(['product_id']) };
  return store.table('warehouse_holdings').select({ columns: ['warehouse_id'], where, top: 1 })[0]?.['warehouse_id'];
}

function findProduct(products: Table, code: unknown): unknown {
  if (code === undefined) return undefined;
  const where = { sql: '"code" = ?', params: [String(code)], equalTo: new Set(['code']) };
  return products.select({ columns: ['id'], where, top: 1 })[0]?.['id'] ?? null;
}

function checkLineType(line: JsonRow, sent: JsonRow): void {
  const has = (name: string) => line[name] !== undefined && line[name] !== null && line[name] !== '';
  const need = (isMet: boolean, text: string) => {
    if (!isMet) throw badRequest(text);
  };
  const type = line['line_type'];
  need(has('line_type'), "SageNullFieldException: 'line_type' is required on an order line.");
  if (type === 'EnumLineTypeStandard') need(has('warehouse_id'), "A standard line needs a 'warehouse_id'.");
  if (type === 'EnumLineTypeStandard' || type === 'EnumLineTypeFreeText') {
    need(Number(line['line_quantity']) > 0, "The line needs a 'line_quantity' above 0.");
  } else {
    need(!Number(sent['line_quantity'] ?? 0), "Only standard and free text lines have a 'line_quantity'.");
  }
  if (type === 'EnumLineTypeFreeText' || type === 'EnumLineTypeComment') {
    need(has('description'), "The line needs a 'description'.");
  }
  if (type === 'EnumLineTypeCharge')
    need(has('code') || has('description'), "A charge needs a 'code' or 'description'.");
  const percent = Number(line['unit_discount_percent'] ?? 0);
  need(percent >= -99.99 && percent <= 100, 'The discount percent must be between -99.99 and 100.');
}

function priceLine(context: WriteContext, kind: OrderKind, line: JsonRow, trader: JsonRow): JsonRow {
  if (line['line_type'] === 'EnumLineTypeComment')
    return { ...line, line_quantity: 0, line_total_value: 0, line_tax_value: 0 };
  const isCharge = line['line_type'] === 'EnumLineTypeCharge';
  const product = line['product_id'] ? context.store.table('products').get(line['product_id'] as number) : undefined;
  const price = Number(line[kind.price] ?? Number(product?.['standard_cost'] ?? 0) * kind.markUp);
  const quantity = isCharge ? 1 : Number(line['line_quantity']);
  const percent = Number(line['unit_discount_percent'] ?? 0);
  const net = round(price * (1 - percent / 100), 5);
  const taxCodeId = line['tax_code_id'] ?? product?.['tax_code_id'] ?? trader['default_tax_code_id'];
  const taxCode = taxCodeId ? context.store.table('tax_codes').get(taxCodeId as number) : undefined;
  const total = round(quantity * net, 2);
  return {
    ...line,
    ...toNominal(context, line, product, trader),
    tax_code_id: taxCodeId ?? null,
    [kind.price]: round(price, 5),
    unit_discount_percent: percent,
    unit_discount_value: round(price - net, 5),
    discounted_unit_price: net,
    stock_unit_line_quantity: isCharge ? 0 : quantity,
    line_total_value: total,
    line_tax_value: round((total * Number(taxCode?.['tax_rate'] ?? 0)) / 100, 2),
  };
}

function toNominal(context: WriteContext, line: JsonRow, product: JsonRow | undefined, trader: JsonRow): JsonRow {
  if (line['nominal_reference']) return {};
  const id = product?.['revenue_nominal_code_id'] ?? trader['default_nominal_code_id'];
  const nominal = id ? context.store.table('nominal_codes').get(id as number) : undefined;
  if (!nominal) return {};
  return {
    nominal_reference: nominal['reference'],
    nominal_cost_centre: nominal['cost_centre_code'],
    nominal_department: nominal['department_code'],
  };
}

export const round = (value: number, places: number): number => {
  const factor = 10 ** places;
  // Nudged by less than the last place, so that 1.005 is not taken for 1.00499….
  return Math.round(value * factor * (1 + Number.EPSILON)) / factor;
};
