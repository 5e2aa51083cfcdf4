import type { Sage200Data } from '../seed/index.ts';
import type { Catalogue } from './catalogue.ts';
import type { JsonRow } from './columns.ts';
import { type MakingContext, makeUpField } from './made-up-rows.ts';

export interface DetailContext extends MakingContext {
  readonly catalogue: Catalogue;
  readonly data: Sage200Data;
}

/** Adds the children inside a row, which the seed leaves out. Undefined: the rows are complete. */
export function createDetails(resourceName: string, context: DetailContext): ((row: JsonRow) => JsonRow) | undefined {
  switch (resourceName) {
    case 'nominal_codes':
      return withYears(context);
    case 'products':
      return withHolding(context.data);
    case 'sales_posted_transactions':
      return withAnalysis(context.data);
    default:
      return undefined;
  }
}

function withYears(context: DetailContext): (row: JsonRow) => JsonRow {
  const field = context.catalogue.resources.get('nominal_codes')?.fieldByName.get('financial_years');
  if (!field) return (row) => row;
  return (row) => {
    const years = [0, 1].flatMap((index) => makeUpField(field, index, 'nominal_codes', context) as JsonRow[]);
    const kept = years.map((year, index) => ({
      ...year,
      nominal_code_id: row['id'],
      year_relative_to_current_year: -index,
      closing_balance: index === 0 ? row['balance_year_to_date'] : row['brought_forward_balance'],
    }));
    return { ...row, financial_years: kept };
  };
}

/** The sum of a product's warehouse holdings. */
function withHolding({ warehouse_holdings: holdings }: Sage200Data): (row: JsonRow) => JsonRow {
  const byProduct = Map.groupBy(holdings, (holding) => holding.product_id);
  return (row) => {
    const own = byProduct.get(Number(row['id'])) ?? [];
    const sum = (name: 'quantity_in_stock' | 'quantity_allocated' | 'quantity_on_order') =>
      own.reduce((total, holding) => total + holding[name], 0);
    const holding = {
      average_buying_price: row['average_buying_price'],
      quantity_on_order_for_direct_delivery: 0,
      quantity_in_stock: sum('quantity_in_stock'),
      quantity_allocated: sum('quantity_allocated'),
      quantity_on_order: sum('quantity_on_order'),
    };
    return { ...row, holding };
  };
}

/** One line of tax and one of nominal analysis, as a posting with one tax code and one nominal code has them. */
function withAnalysis({
  customers,
  tax_codes: taxCodes,
  nominal_codes: nominals,
}: Sage200Data): (row: JsonRow) => JsonRow {
  const customerById = new Map(customers.map((customer) => [customer.id, customer]));
  const taxCodeById = new Map(taxCodes.map((taxCode) => [taxCode.id, taxCode]));
  const nominalById = new Map(nominals.map((nominal) => [nominal.id, nominal]));
  return (row) => {
    const customer = customerById.get(Number(row['customer_id']));
    const taxCode = taxCodeById.get(customer?.default_tax_code_id ?? 0);
    const nominal = nominalById.get(customer?.default_nominal_code_id ?? 0);
    if (!taxCode || !nominal || Number(row['document_tax_value']) === 0) return row;
    const { document_goods_value: goods, document_tax_value: tax, base_goods_value: base, reference } = row;
    const taxItem = {
      id: taxCode.id,
      code: taxCode.code,
      name: taxCode.name,
      goods_amount: goods,
      tax_amount: tax,
      tax_discount_amount: 0,
    };
    const nominalItem = {
      code: nominal.reference,
      cost_centre: nominal.cost_centre_code,
      department: nominal.department_code,
      name: nominal.name,
      reference,
      value: goods,
      base_value: base,
    };
    return { ...row, tax_analysis_items: [taxItem], nominal_analysis_items: [nominalItem] };
  };
}
