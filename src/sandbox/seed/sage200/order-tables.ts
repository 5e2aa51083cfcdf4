import { LAST_DAY, sageDate, stamps } from '../dates.ts';
import { money, sum } from '../money.ts';
import type { Random } from '../random.ts';
import type { ProductRow, Sage200Data, SopOrderLineRow, SopOrderRow } from '../types.ts';
import type { CompanyProfile } from './profiles.ts';
import { exchangeRate, TAX_ZERO, unitId } from './settings-tables.ts';
import type { StockTables } from './stock-tables.ts';
import type { CustomerDraft, SupplierDraft } from './trader-tables.ts';

export type SalesOrderTables = Pick<Sage200Data, 'sop_orders' | 'sop_order_lines'>;
export type PurchaseOrderTables = Pick<Sage200Data, 'pop_orders' | 'pop_order_lines'>;

/** No customer has more orders than this. */
const MOST_ORDERS = 50;
const FIRST_SALES_ORDER_ID = 61_001;
const FIRST_SALES_LINE_ID = 200_001;
const FIRST_PURCHASE_ORDER_ID = 51_001;
const FIRST_PURCHASE_LINE_ID = 150_001;
const MARKUP = 1.6;

export function createSalesOrderTables(
  random: Random,
  profile: CompanyProfile,
  customers: readonly CustomerDraft[],
  stock: StockTables,
): SalesOrderTables {
  const orders: SopOrderRow[] = [];
  const lines: SopOrderLineRow[] = [];
  customers.forEach((customer, index) => {
    for (let at = orderCount(random, index); at > 0; at--) {
      const id = FIRST_SALES_ORDER_ID + orders.length;
      const day = random.int(60, LAST_DAY);
      const isComplete = day < LAST_DAY - 60;
      const dates = { requested_delivery_date: sageDate(day + 7), promised_delivery_date: sageDate(day + 9) };
      const made = stamps(day, day + random.int(0, 20), id);
      const own = orderLines(random, profile, stock, customer.default_tax_code_id, MARKUP).map((line, lineAt) => ({
        ...line.shared,
        id: FIRST_SALES_LINE_ID + lines.length + lineAt,
        line_number: lineAt + 1,
        is_complete: isComplete,
        sop_order_id: id,
        allocated_quantity: isComplete ? 0 : line.shared.line_quantity,
        despatch_receipt_quantity: isComplete ? line.shared.line_quantity : 0,
        invoice_credit_quantity: isComplete ? line.shared.line_quantity : 0,
        selling_unit_id: unitId('Each'),
        selling_unit_description: 'Each',
        selling_unit_price: line.price,
        cost_price: line.product.standard_cost,
        ...dates,
        show_on_customer_docs: true,
        ...made,
      }));
      lines.push(...own);
      const totals = orderTotals(own);
      orders.push({
        id,
        customer_id: customer.id,
        is_draft: false,
        document_no: String(orders.length + 1).padStart(10, '0'),
        customer_type: 'EnumCustomerTypeCredit',
        document_date: sageDate(day),
        document_status: isComplete ? 'EnumDocumentStatusComplete' : 'EnumDocumentStatusLive',
        despatch_receipt_status: isComplete ? 'Full' : 'None',
        invoice_credit_status: isComplete ? 'Full' : 'None',
        cancelled_status: 'None',
        currency_id: customer.currency_id,
        exchange_rate: exchangeRate(profile, customer.currency_id),
        subtotal_charge_net_value: 0,
        subtotal_charge_tax_value: 0,
        ...totals,
        customer_document_no: random.chance(0.7) ? `${customer.reference}-${random.int(1_000, 9_999)}` : '',
        is_credit_limit_exceeded: false,
        use_invoice_address: true,
        is_triangulated: false,
        settlement_discount_days: 0,
        settlement_discount_percent: 0,
        document_discount_percent: 0,
        document_created_by: 'Alice Adams',
        ...dates,
        order_priority: customer.order_priority,
        external_reference: random.chance(0.3) ? `WEB-${100_000 + orders.length}` : '',
        payment_with_order: false,
        payment_value: 0,
        ...made,
      });
    }
  });
  return { sop_orders: orders, sop_order_lines: lines };
}

export function createPurchaseOrderTables(
  random: Random,
  profile: CompanyProfile,
  suppliers: readonly SupplierDraft[],
  stock: StockTables,
): PurchaseOrderTables {
  const orders: Sage200Data['pop_orders'][number][] = [];
  const lines: Sage200Data['pop_order_lines'][number][] = [];
  for (const supplier of suppliers) {
    for (let at = random.int(0, 4); at > 0; at--) {
      const id = FIRST_PURCHASE_ORDER_ID + orders.length;
      const day = random.int(60, LAST_DAY);
      const isComplete = day < LAST_DAY - 45;
      const made = stamps(day, day + random.int(0, 20), id);
      const own = orderLines(random, profile, stock, supplier.default_tax_code_id, 1).map((line, lineAt) => ({
        ...line.shared,
        id: FIRST_PURCHASE_LINE_ID + lines.length + lineAt,
        line_number: lineAt + 1,
        is_complete: isComplete,
        pop_order_id: id,
        supplier_part_ref: line.product.part_number,
        receipt_return_quantity: isComplete ? line.shared.line_quantity : 0,
        invoice_credit_quantity: isComplete ? line.shared.line_quantity : 0,
        buying_unit_id: unitId('Each'),
        buying_unit_description: 'Each',
        unit_buying_price: line.price,
        show_on_supplier_docs: true,
        ...made,
      }));
      lines.push(...own);
      const totals = orderTotals(own);
      orders.push({
        id,
        supplier_id: supplier.id,
        is_draft: false,
        document_no: String(orders.length + 1).padStart(10, '0'),
        document_date: sageDate(day),
        document_status: isComplete ? 'EnumDocumentStatusComplete' : 'EnumDocumentStatusLive',
        receipt_return_status: isComplete ? 'Full' : 'None',
        invoice_credit_status: isComplete ? 'Full' : 'None',
        cancelled_status: 'None',
        exchange_rate: exchangeRate(profile, supplier.currency_id),
        subtotal_charges_net_value: 0,
        subtotal_landed_costs_value: 0,
        ...totals,
        supplier_document_no: random.chance(0.5) ? `INV${random.int(10_000, 99_999)}` : '',
        settlement_discount_days: 0,
        settlement_discount_percent: 0,
        document_discount_percent: 0,
        document_created_by: 'Bob Barker',
        requested_delivery_date: sageDate(day + 10),
        ...made,
      });
    }
  }
  return { pop_orders: orders, pop_order_lines: lines };
}

/** Most have few; one in twenty-five has many, and one in two hundred has the maximum. */
function orderCount(random: Random, index: number): number {
  if (index === 0) return 4;
  if (index % 200 === 3) return MOST_ORDERS;
  if (index % 25 === 7) return random.int(10, 20);
  return random.pick([0, 0, 1, 1, 2, 3]);
}

function orderLines(random: Random, profile: CompanyProfile, stock: StockTables, taxCodeId: number, markup: number) {
  return Array.from({ length: random.int(1, 4) }, () => {
    const product = random.pick(stock.products);
    const warehouseId = stock.warehouses[0]?.id ?? 0;
    const quantity = random.pick([1, 2, 5, 10, 25, 100]);
    const price = Math.round(product.standard_cost * markup * (1 + profile.index / 10) * 1e4) / 1e4;
    const value = money(price * quantity);
    const rate = taxCodeId === TAX_ZERO.id ? 0 : profile.standardTaxRate;
    return { product, price, shared: sharedLine(product, warehouseId, quantity, price, value, taxCodeId, rate) };
  });
}

function sharedLine(
  product: ProductRow,
  warehouse_id: number,
  quantity: number,
  price: number,
  value: number,
  tax_code_id: number,
  taxRate: number,
) {
  return {
    line_type: 'EnumLineTypeStandard',
    product_id: product.id,
    warehouse_id,
    code: product.code,
    description: product.name,
    use_description: false,
    line_quantity: quantity,
    tax_code_id,
    nominal_reference: '41100',
    nominal_cost_centre: '',
    nominal_department: '',
    unit_discount_percent: 0,
    unit_discount_value: 0,
    discounted_unit_price: money(price),
    pricing_unit_id: unitId('Each'),
    pricing_unit_description: 'Each',
    stock_unit_line_quantity: quantity,
    confirmation_intent_type: 'ConfirmOnDespatch',
    line_total_value: value,
    line_tax_value: money((value * taxRate) / 100),
  };
}

function orderTotals(lines: readonly { readonly line_total_value: number; readonly line_tax_value: number }[]) {
  const net = sum(lines.map((line) => line.line_total_value));
  const tax = sum(lines.map((line) => line.line_tax_value));
  return {
    subtotal_goods_value: net,
    subtotal_discount_value: 0,
    total_net_value: net,
    total_tax_value: tax,
    total_gross_value: money(net + tax),
  };
}
