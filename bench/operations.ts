/** One measured operation: what a client sends a gateway, and what the bare proxy asks upstream for the same answer. */
export interface Operation {
  readonly id: 'customers' | 'orders' | 'erp' | 'both' | 'one' | 'link' | 'back';
  readonly name: string;
  readonly query: string;
  /** Upstream calls in waves; a later wave may use the answers before it. */
  readonly upstream: readonly ((before: readonly unknown[]) => readonly UpstreamCall[])[];
  /** Where rows of one system have those of the other in them, which peers do not do: what the proxies make of the answers. */
  readonly join?: (answers: readonly unknown[]) => unknown;
}

export type UpstreamCall =
  | { readonly to: 'sage200'; readonly path: string }
  | { readonly to: 'erp'; readonly body: string };

/** Twelve fields of every kind: a global id, texts, exact decimals, a date, a foreign id. */
const CUSTOMER_FIELDS =
  'id reference name shortName balance creditLimit onHold vatNumber website paymentTermsDays accountOpened currencyId';
const CUSTOMER_COLUMNS =
  'id,reference,name,short_name,balance,credit_limit,on_hold,vat_number,website,payment_terms_days,account_opened,currency_id';

const customers = `customers(first: 50) { nodes { ${CUSTOMER_FIELDS} } }`;
const customersPath = `customers?$select=${CUSTOMER_COLUMNS}&$orderby=id%20asc&$top=50`;

const erpCustomers =
  'xtremMasterData { customer { query(first: 50) { edges { node { _id id name isActive isOnHold creditLimit taxIdNumber currency { id symbol } country { name } } } } } }';
const erpBody = JSON.stringify({ query: `{ ${erpCustomers} }` });

const inPage = (selection: string, given: string) =>
  `xtremMasterData { customer { query(${given}) { edges { node { ${selection} } } pageInfo { hasNextPage } } } }`;
const linkedBody = (references: readonly unknown[]) =>
  JSON.stringify({
    query: `query ($filter: String) { ${inPage('id name creditLimit currency { symbol }', 'filter: $filter, first: 50')} }`,
    variables: { filter: JSON.stringify({ id: { _in: references } }) },
  });
const backBody = JSON.stringify({ query: `{ ${inPage('_id id name isActive currency { symbol }', 'first: 50')} }` });

const customersByReference = (references: readonly unknown[]) =>
  `customers?$select=reference,name,short_name&$filter=${references
    .map((reference) => `reference%20eq%20%27${reference}%27`)
    .join('%20or%20')}&$top=50`;

export const ONE_CUSTOMER_ID = '27828';

export const operations: readonly Operation[] = [
  {
    id: 'customers',
    name: '50 customers, 12 fields',
    query: `{ sage200 { ${customers} } }`,
    upstream: [() => [{ to: 'sage200', path: customersPath }]],
  },
  {
    id: 'orders',
    name: '50 orders with customer and currency',
    query:
      '{ sage200 { sopOrders(first: 50) { nodes { id documentNo documentDate totalGrossValue customer { name currency { symbol } } } } } }',
    upstream: [
      () => [
        {
          to: 'sage200',
          path: 'sop_orders?$select=id,document_no,document_date,total_gross_value,customer.name,customer.currency_id&$expand=customer&$orderby=id%20asc&$top=50',
        },
      ],
      ([orders]) => [{ to: 'sage200', path: currenciesPath(orders) }],
    ],
  },
  {
    id: 'erp',
    name: '50 ERP customers, 10 fields',
    query: `{ ${erpCustomers} }`,
    upstream: [() => [{ to: 'erp', body: erpBody }]],
  },
  {
    id: 'both',
    name: 'both systems in one operation',
    query: `{ sage200 { ${customers} } ${erpCustomers} }`,
    upstream: [
      () => [
        { to: 'sage200', path: customersPath },
        { to: 'erp', body: erpBody },
      ],
    ],
  },
  {
    id: 'one',
    name: 'one customer by id',
    query: `{ sage200 { customer(id: "${ONE_CUSTOMER_ID}") { id reference name balance } } }`,
    upstream: [() => [{ to: 'sage200', path: `customers/${ONE_CUSTOMER_ID}?$select=id,reference,name,balance` }]],
  },
  {
    id: 'link',
    name: '50 customers with one link to the ERP',
    query: `{ sage200 { customers(first: 50) { nodes { ${CUSTOMER_FIELDS} erpCustomer { id name creditLimit currency { symbol } } } } } }`,
    upstream: [
      () => [{ to: 'sage200', path: customersPath }],
      ([rows]) => [{ to: 'erp', body: linkedBody((rows as readonly Referenced[]).map(({ reference }) => reference)) }],
    ],
    join([rows, answer]) {
      const byId = new Map(nodesIn(answer).map((node) => [node.id, node]));
      return joined(rows as readonly Referenced[], 'erpCustomer', ({ reference }) => reference, byId);
    },
  },
  {
    id: 'back',
    name: '50 ERP customers with one link to Sage 200',
    query: `{ xtremMasterData { customer { query(first: 50) { edges { node { _id id name isActive currency { symbol } sage200Customer { reference name shortName } } } } } } }`,
    upstream: [
      () => [{ to: 'erp', body: backBody }],
      ([answer]) => [{ to: 'sage200', path: customersByReference(nodesIn(answer).map(({ id }) => id)) }],
    ],
    join([answer, rows]) {
      const byReference = new Map((rows as readonly Referenced[]).map((row) => [row.reference, row]));
      return joined(nodesIn(answer), 'sage200Customer', ({ id }) => id, byReference);
    },
  },
];

interface Referenced {
  readonly reference: unknown;
}

function nodesIn(answer: unknown): { id: unknown }[] {
  const { data } = answer as {
    data: { xtremMasterData: { customer: { query: { edges: { node: { id: unknown } }[] } } } };
  };
  return data.xtremMasterData.customer.query.edges.map(({ node }) => node);
}

/** Rows with what has their key beside them. */
function joined<Row extends object>(
  rows: readonly Row[],
  name: string,
  keyOf: (row: Row) => unknown,
  others: ReadonlyMap<unknown, object>,
): object[] {
  return rows.map((row) => ({ ...row, [name]: others.get(keyOf(row)) ?? null }));
}

export function operationOf(id: Operation['id']): Operation {
  const found = operations.find((operation) => operation.id === id);
  if (!found) throw new Error(`There is no operation ${id}.`);
  return found;
}

function currenciesPath(orders: unknown): string {
  const rows = Array.isArray(orders) ? (orders as { customer?: { currency_id?: number } }[]) : [];
  const ids = new Set(rows.flatMap(({ customer }) => (customer?.currency_id ? [customer.currency_id] : [])));
  const filter = [...ids].map((id) => `id eq ${id}`).join(' or ');
  return `currencies?$select=id,symbol&$filter=${encodeURIComponent(filter)}`;
}
