import { type Catalogue, type Field, isEmbedded, isNested, type Resource } from './catalogue.ts';

/** Views that show one row for each row of a table, joined with what that row points to. */
const BASES: Readonly<Record<string, string>> = {
  customer_views: 'customers',
  supplier_views: 'suppliers',
  product_views: 'products',
  lookup_customers: 'customers',
  lookup_suppliers: 'suppliers',
  lookup_products: 'products',
  lookup_product_groups: 'product_groups',
  lookup_nominal_codes: 'nominal_codes',
  lookup_sop_orders: 'sop_orders',
  lookup_sop_returns: 'sop_returns',
  sop_despatch_discrete_orders: 'sop_orders',
  lookup_pop_orders: 'pop_orders',
  nominal_code_views: 'nominal_codes',
  sop_order_line_views: 'sop_order_lines',
  pop_order_line_views: 'pop_order_lines',
  product_warehouse_views: 'warehouse_holdings',
  sales_transaction_views: 'sales_posted_transactions',
  sales_transaction_enquiry_views: 'sales_posted_transactions',
};

/** What a view puts before its base's own fields, where that is not the base's name. */
const OWN_PREFIXES: Readonly<Record<string, string>> = { sales_posted_transactions: 'posted_customer_transaction' };

/** View fields whose name is neither the table's nor formed by joining. */
const ALIASES: Readonly<Record<string, string>> = {
  base_balance: 'balance',
  trader_reference: 'customer_reference',
  trader_name: 'customer_name',
  document_value: 'total_gross_value',
  default_tax_rate_id: 'default_tax_code_id',
  default_tax_rate: 'default_tax_code_tax_rate',
  default_tax_rate_code: 'default_tax_code_code',
  default_tax_rate_name: 'default_tax_code_name',
  default_order_priority: 'order_priority',
  default_nominal_account_number: 'default_nominal_code_reference',
  default_nominal_cost_centre: 'default_nominal_code_cost_centre',
  default_nominal_department: 'default_nominal_code_department',
  days_early_settlement_disc_applies: 'early_settlement_discount_days',
  payment_terms_in_days: 'payment_terms_days',
  payment_terms: 'payment_terms_basis',
  account_is_on_hold: 'on_hold',
  months_to_keep_transactions_for: 'months_to_keep_transactions',
};

export interface ViewDefinition {
  readonly sql: string;
  /** Tables that must exist before the view. */
  readonly tables: readonly string[];
  /** Columns that are the base's own, so that an index of the base serves them. */
  readonly baseColumns: ReadonlyMap<string, string>;
  readonly base: string;
}

interface Joined {
  readonly prefix: string;
  readonly alias: string;
  /** A join can only name those before it. */
  readonly order: number;
  readonly resource: Resource;
  readonly parent: Joined | undefined;
  /** Column of the parent that holds this one's id. */
  readonly column: string;
}

interface Source {
  readonly from: Joined;
  readonly column: string;
  readonly expression: string;
}

/**
 * Defines a view of the API as a view of the database, so that it always shows the latest writes: `customer_reference` is
 * the reference of the row that `customer_id` points to. Fields that cannot be found this way are null.
 */
export function toViewDefinition(catalogue: Catalogue, view: Resource): ViewDefinition | undefined {
  const base = catalogue.resources.get(BASES[view.name] ?? '');
  if (!base) return undefined;
  const joined = joinAll(catalogue, base);
  const used = new Set<Joined>();
  const baseColumns = new Map<string, string>();
  const columns = view.fields.flatMap((field) => {
    if (isNested(field) && !isEmbedded(field)) return [];
    const source = findSource(field, field.name, joined);
    for (let from = source?.from; from; from = from.parent) used.add(from);
    if (source && !source.from.parent) baseColumns.set(field.name, source.column);
    return [`${source?.expression ?? 'NULL'} AS "${field.name}"`];
  });
  if (!view.fieldByName.has('id')) columns.push('b."id" AS "_row"');
  const joins = joined
    .filter((from) => from.parent && used.has(from))
    .sort((a, b) => a.order - b.order)
    .map(
      ({ resource, alias, parent, column }) =>
        `LEFT JOIN "${resource.name}" ${alias} ON ${alias}."id" = ${parent?.alias}."${column}"`,
    );
  return {
    sql: `SELECT ${columns.join(', ')}, NULL AS "_exact" FROM "${base.name}" b ${joins.join(' ')}`,
    tables: [base.name, ...[...used].map(({ resource }) => resource.name)],
    baseColumns,
    base: base.name,
  };
}

/** The base, what it points to, and so on for two more steps (a line, its order, the order's customer, its currency). */
function joinAll(catalogue: Catalogue, base: Resource): Joined[] {
  const prefix = OWN_PREFIXES[base.name] ?? base.name.replace(/s$/, '');
  const all: Joined[] = [{ prefix, alias: 'b', order: 0, resource: base, parent: undefined, column: '' }];
  const depth = (from: Joined): number => (from.parent ? depth(from.parent) + 1 : 0);
  for (const from of all) {
    if (depth(from) === 3) continue;
    for (const field of from.resource.fields) {
      const target =
        field.kind === 'int' && field.name.endsWith('_id') ? catalogue.resources.get(field.ref ?? '') : undefined;
      const name = field.name.slice(0, -3);
      if (!target?.fieldByName.has('id') || all.some((other) => other.prefix === name)) continue;
      all.push({
        prefix: name,
        alias: `t${all.length}`,
        order: all.length,
        resource: target,
        parent: from,
        column: field.name,
      });
    }
  }
  // The longest prefix first: `sop_order_line_type` is the line's, not the order's.
  return all.sort((a, b) => b.prefix.length - a.prefix.length);
}

function findSource(field: Field, name: string, joined: readonly Joined[]): Source | undefined {
  const alias = ALIASES[name];
  if (alias) return findSource(field, alias, joined);
  for (const from of joined) {
    if (name === from.prefix) return toSource(field, from, ['code']);
    if (!name.startsWith(`${from.prefix}_`)) continue;
    const rest = name.slice(from.prefix.length + 1);
    // A line's own fields partly begin with `line_`, which the view's prefix swallows.
    const found = toSource(field, from, [rest, `line_${rest}`]);
    if (found) return found;
    const further = joined.filter((other) => rest.startsWith(`${other.prefix}_`));
    const beyond = further.length > 0 ? findSource(field, rest, further) : undefined;
    if (beyond) return beyond;
  }
  const base = joined.find((from) => !from.parent);
  return base && (toSource(field, base, [name]) ?? toAddressSource(name, base));
}

function toSource(field: Field, from: Joined, names: readonly string[]): Source | undefined {
  for (const column of names) {
    const source = from.resource.fieldByName.get(column);
    if (source && storedAs(source) === storedAs(field))
      return { from, column, expression: `${from.alias}."${column}"` };
  }
  return undefined;
}

const storedAs = (field: Field): string =>
  isNested(field)
    ? isEmbedded(field)
      ? 'json'
      : 'link'
    : field.kind === 'enum'
      ? 'str'
      : field.kind === 'dec'
        ? 'int'
        : field.kind;

function toAddressSource(name: string, base: Joined): Source | undefined {
  const [, line, part] = /_location_(?:address_line_(\d)|(city|county|country|post_code))$/.exec(name) ?? [];
  const key = line ? `address_${line}` : part?.replace('_', '');
  if (!key || !base.resource.fieldByName.has('main_address')) return undefined;
  return { from: base, column: '', expression: `json_extract(b."main_address", '$.${key}')` };
}
