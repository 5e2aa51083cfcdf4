import { readFileSync } from 'node:fs';

/** What a column holds. Moments are dates too. */
export type Kind = 'int' | 'dec' | 'text' | 'bool' | 'date' | 'enum';

export type Columns = Partial<Record<Kind, readonly string[]>>;

interface Expandable {
  /** A resource by name, or what the object holds. */
  readonly of: string | Columns;
  readonly list?: true;
  readonly always?: true;
}

/** One resource as Sage's reference describes it. */
export interface Contract {
  readonly name: string;
  /** `GET /sop_orders[]` answers a list, `GET /sop_orders/{Id}` a row. */
  readonly operations: readonly string[];
  readonly columns: Columns;
  readonly required?: readonly string[];
  readonly expand?: Readonly<Record<string, Expandable>>;
  /** Columns that only an `$expand` brings, with the names that do. */
  readonly switched?: Readonly<Record<string, readonly string[]>>;
}

/** Made from Sage's eleven OpenAPI documents and the release notes since. */
export const readContracts = (): readonly Contract[] =>
  JSON.parse(readFileSync(new URL('../../../fixtures/sage200-contract.json', import.meta.url), 'utf8')) as Contract[];

const known = new WeakMap<Columns, ReadonlyMap<string, Kind>>();

export function kindsOf(columns: Columns): ReadonlyMap<string, Kind> {
  const found =
    known.get(columns) ??
    new Map(Object.entries(columns).flatMap(([kind, names]) => names.map((name) => [name, kind as Kind] as const)));
  known.set(columns, found);
  return found;
}

/** Lists that take these names in a filter and no others. */
export const FILTERED_BY: Readonly<Record<string, ReadonlyMap<string, Kind>>> = (() => {
  const despatch = new Map<string, Kind>([
    ['confirmation_intent_type', 'enum'],
    ['trader_id', 'int'],
    ['warehouse_id', 'int'],
    ['document_no', 'text'],
    ['document_date', 'date'],
  ]);
  const codes = Array.from({ length: 20 }, (_, index) => [`analysis_code_${index + 1}`, 'text'] as const);
  const figures = new Map<string, Kind>([
    ['no_of_periods', 'int'],
    ['warehouse_name', 'text'],
    ['source_area_reference', 'text'],
    ...codes,
  ]);
  return {
    sop_confirm_despatch: despatch,
    sop_despatch_discrete_orders: despatch,
    product_sales_figures: figures,
    product_purchase_figures: figures,
  };
})();

/** Options beyond OData, and the lists that take them. */
export const LIST_OPTIONS: Readonly<Record<string, { readonly lists: RegExp; readonly value: RegExp }>> = {
  $ageingdatetype: {
    lists: /^(purchase_aged_creditor|sales_aged_debtor|sales_aged_transaction_period)_.*views$/,
    value: /^(transactiondate|duedate|calendarmonth)$/,
  },
  $periodnumber: { lists: /^sales_aged_transaction_period_views$/, value: /^\d+$/ },
};
