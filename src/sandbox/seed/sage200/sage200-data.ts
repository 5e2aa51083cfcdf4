import { money } from '../money.ts';
import { createRandom } from '../random.ts';
import type { Sage200Data } from '../types.ts';
import { EXAMPLE_CUSTOMER } from './example-customer.ts';
import { createPurchaseOrderTables, createSalesOrderTables } from './order-tables.ts';
import type { CompanyProfile } from './profiles.ts';
import { createSettingsTables } from './settings-tables.ts';
import { createStockTables } from './stock-tables.ts';
import { createCustomerTables, createSupplierTables } from './trader-tables.ts';
import { createTransactions } from './transaction-table.ts';

/** One company, whole. Each table has its own random stream, so that more customers do not change the products. */
export function createSage200Data(profile: CompanyProfile, customerCount: number, seed: number): Sage200Data {
  const random = (table: number) => createRandom(seed * 1_000_003 + profile.index * 101 + table);
  const stock = createStockTables(random(1), profile, customerCount);
  const { customers, ...customerChildren } = createCustomerTables(random(2), profile, customerCount);
  const { suppliers, supplier_contacts } = createSupplierTables(random(3), profile, customerCount);
  const sales = createSalesOrderTables(random(4), profile, customers, stock);
  const purchases = createPurchaseOrderTables(random(5), profile, suppliers, stock);
  const transactions = createTransactions(random(6), profile, customers);

  const balances = totals(transactions, (row) => [row.customer_id, row.document_outstanding_value]);
  const openSales = totals(sales.sop_orders, openValue('customer_id'));
  const openPurchases = totals(purchases.pop_orders, openValue('supplier_id'));
  return {
    ...createSettingsTables(profile),
    ...stock,
    customers: customers.map((row) => ({
      ...row,
      balance: balances.get(row.id) ?? 0,
      value_of_current_orders_in_sop: openSales.get(row.id) ?? 0,
      ...(isExample(profile, row) && EXAMPLE_CUSTOMER),
    })),
    ...customerChildren,
    suppliers: suppliers.map((row) => ({
      ...row,
      balance: openPurchases.get(row.id) ?? 0,
      value_of_current_orders_in_pop: openPurchases.get(row.id) ?? 0,
    })),
    supplier_contacts,
    ...sales,
    ...purchases,
    sales_posted_transactions: transactions,
  };
}

const isExample = (profile: CompanyProfile, { id }: { readonly id: number }) =>
  profile.index === 0 && id === EXAMPLE_CUSTOMER.id;

const openValue =
  <Key extends string>(key: Key) =>
  (row: { readonly document_status: string; readonly total_net_value: number } & { readonly [Name in Key]: number }) =>
    [row[key], row.document_status === 'EnumDocumentStatusLive' ? row.total_net_value : 0] as const;

function totals<Row>(rows: readonly Row[], entry: (row: Row) => readonly [number, number]): Map<number, number> {
  const result = new Map<number, number>();
  for (const row of rows) {
    const [id, value] = entry(row);
    result.set(id, money((result.get(id) ?? 0) + value));
  }
  return result;
}
