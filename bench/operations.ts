/** One measured operation: what a client sends the gateway, and what the bare proxy asks upstream for the same answer. */
export interface Operation {
  readonly name: string;
  readonly query: string;
  /** Upstream calls in waves; a later wave may use the answers before it. */
  readonly upstream: readonly ((before: readonly unknown[]) => readonly UpstreamCall[])[];
}

export type UpstreamCall =
  | { readonly to: 'sage200'; readonly path: string }
  | { readonly to: 'erp'; readonly body: string };

const CUSTOMER_FIELDS =
  'reference name shortName balance onHold creditLimit vatNumber telephoneSubscriberNumber website paymentTermsDays';
const CUSTOMER_COLUMNS =
  'id,reference,name,short_name,balance,on_hold,credit_limit,vat_number,telephone_subscriber_number,website,payment_terms_days';

const customers = `customers(first: 50) { nodes { id sageId ${CUSTOMER_FIELDS} } }`;
const customersPath = `customers?$select=${CUSTOMER_COLUMNS}&$orderby=id%20asc&$top=50`;

const erpCustomers =
  'xtremMasterData { customer { query(first: 50) { edges { node { _id id name isActive isOnHold creditLimit taxIdNumber currency { id symbol } country { name } } } } } }';
const erpBody = JSON.stringify({ query: `{ ${erpCustomers} }` });

const currencyIdsOf = (orders: unknown): string[] => {
  const rows = Array.isArray(orders) ? (orders as { customer?: { currency_id?: number } }[]) : [];
  return [...new Set(rows.flatMap(({ customer }) => (customer?.currency_id ? [String(customer.currency_id)] : [])))];
};

export const operations: readonly Operation[] = [
  {
    name: '50 customers, 12 fields',
    query: `{ sage200 { ${customers} } }`,
    upstream: [() => [{ to: 'sage200', path: customersPath }]],
  },
  {
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
      ([orders]) => [
        {
          to: 'sage200',
          path: `currencies?$select=id,symbol&$filter=${encodeURIComponent(
            currencyIdsOf(orders)
              .map((id) => `id eq ${id}`)
              .join(' or '),
          )}`,
        },
      ],
    ],
  },
  {
    name: '50 ERP customers, 10 fields',
    query: `{ ${erpCustomers} }`,
    upstream: [() => [{ to: 'erp', body: erpBody }]],
  },
  {
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
    name: 'one customer by id',
    query: '{ sage200 { customer(id: "27828") { id reference name balance } } }',
    upstream: [() => [{ to: 'sage200', path: 'customers/27828?$select=id,reference,name,balance' }]],
  },
];
