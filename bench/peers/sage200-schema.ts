import { Buffer } from 'node:buffer';
import { type FieldNode, type GraphQLResolveInfo, Kind, type SelectionNode } from 'graphql';

/**
 * The part of Sage 200 that the measured operations touch, as a good engineer would write it down in a day. The peers
 * share it, so that they differ only in what serves it.
 */
export const sage200TypeDefs = /* GraphQL */ `
  extend type Query {
    sage200: Sage200
  }
  type Sage200 {
    customers(first: Int = 100): Sage200Customers
    customer(id: ID!): Sage200Customer
    sopOrders(first: Int = 100): Sage200SopOrders
  }
  type Sage200Customers {
    nodes: [Sage200Customer!]
  }
  type Sage200SopOrders {
    nodes: [Sage200SopOrder!]
  }
  type Sage200Customer {
    id: ID!
    reference: String!
    name: String!
    shortName: String
    balance: String
    creditLimit: String
    onHold: Boolean
    vatNumber: String
    website: String
    paymentTermsDays: Int
    accountOpened: String
    currencyId: ID
    currency: Sage200Currency
  }
  type Sage200SopOrder {
    id: ID!
    documentNo: String
    documentDate: String
    totalGrossValue: String
    customerId: ID
    customer: Sage200Customer
  }
  type Sage200Currency {
    id: ID!
    name: String
    symbol: String
  }
`;

export type Row = Readonly<Record<string, unknown>>;

/** What the resolvers need of a request. Both loaders batch by key: one `$filter` for all rows of a wave. */
export interface Sage200Context {
  readonly sage200: {
    list(path: string, query: Readonly<Record<string, string>>): Promise<Row[]>;
    row(path: string, query: Readonly<Record<string, string>>): Promise<Row>;
  };
  readonly customers: { load(id: number): Promise<Row> };
  readonly currencies: { load(id: number): Promise<Row> };
}

type Resolver = (
  source: Row,
  args: Readonly<Record<string, unknown>>,
  context: Sage200Context,
  info: GraphQLResolveInfo,
) => unknown;

const text =
  (column: string): Resolver =>
  (row) =>
    row[column];
const decimal =
  (column: string): Resolver =>
  (row) =>
    row[column] == null ? null : String(row[column]);
const date =
  (column: string): Resolver =>
  (row) =>
    row[column] == null ? null : String(row[column]).slice(0, 10);
const id =
  (type: string): Resolver =>
  (row) =>
    Buffer.from(`${type}:${String(row['id'])}`).toString('base64url');

export const sage200Resolvers: Readonly<Record<string, Readonly<Record<string, Resolver>>>> = {
  Query: { sage200: () => ({}) },
  Sage200: {
    customers: async (_source, { first }, { sage200 }, info) => ({
      nodes: await sage200.list('customers', {
        ...columnsIn(info, 'nodes'),
        $orderby: 'id asc',
        $top: String(first),
      }),
    }),
    customer: (_source, args, { sage200 }, info) =>
      sage200.row(`customers/${String(args['id'])}`, { ...columnsIn(info) }),
    sopOrders: async (_source, { first }, { sage200 }, info) => ({
      nodes: await sage200.list('sop_orders', {
        ...columnsIn(info, 'nodes'),
        $orderby: 'id asc',
        $top: String(first),
      }),
    }),
  },
  Sage200Customer: {
    id: id('Customer'),
    shortName: text('short_name'),
    balance: decimal('balance'),
    creditLimit: decimal('credit_limit'),
    onHold: text('on_hold'),
    vatNumber: text('vat_number'),
    paymentTermsDays: text('payment_terms_days'),
    accountOpened: date('account_opened'),
    currencyId: text('currency_id'),
    currency: (row, _args, { currencies }) => currencies.load(Number(row['currency_id'])),
  },
  Sage200SopOrder: {
    id: id('SopOrder'),
    documentNo: text('document_no'),
    documentDate: date('document_date'),
    totalGrossValue: decimal('total_gross_value'),
    customerId: text('customer_id'),
    customer: (row, _args, { customers }) => customers.load(Number(row['customer_id'])),
  },
  Sage200Currency: { id: id('Currency') },
};

/** Columns that a batch by key reads: what was selected may differ from row to row of a wave. */
const LOADER_COLUMNS = { customers: 'id,reference,name,currency_id', currencies: 'id,name,symbol' } as const;

/** One request for all rows of a wave. */
export async function loadByKey(
  { list }: Sage200Context['sage200'],
  path: keyof typeof LOADER_COLUMNS,
  ids: readonly number[],
): Promise<Row[]> {
  const $filter = ids.map((one) => `id eq ${one}`).join(' or ');
  const rows = await list(path, { ...(SELECTS && { $select: LOADER_COLUMNS[path] }), $filter });
  const byId = new Map(rows.map((row) => [row['id'], row]));
  return ids.map((one) => byId.get(one) ?? { id: one });
}

/** Whether this peer asks for the selected columns only; most gateways written in a day ask for whole rows. */
const SELECTS = process.argv[3] === 'select';

/** `$select` from what the caller selected; an object stands for the key that it is read by. */
function columnsIn(info: GraphQLResolveInfo, below?: string): { $select?: string } {
  if (!SELECTS) return {};
  const own = info.fieldNodes.flatMap((node) => fieldsOf(node.selectionSet?.selections ?? [], info));
  const wanted = below
    ? own
        .filter(({ name }) => name.value === below)
        .flatMap((node) => fieldsOf(node.selectionSet?.selections ?? [], info))
    : own;
  const columns = wanted.map(({ name, selectionSet }) => snakeCase(selectionSet ? `${name.value}Id` : name.value));
  return { $select: [...new Set(['id', ...columns])].join() };
}

function fieldsOf(selections: readonly SelectionNode[], info: GraphQLResolveInfo): FieldNode[] {
  return selections.flatMap((selection) => {
    if (selection.kind === Kind.FIELD) return selection.name.value.startsWith('__') ? [] : [selection];
    const inner = selection.kind === Kind.INLINE_FRAGMENT ? selection : info.fragments[selection.name.value];
    return fieldsOf(inner?.selectionSet.selections ?? [], info);
  });
}

const snakeCase = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
