import type { JsonRow, Table } from '../table.ts';
import type { OrderKind } from './order-kinds.ts';
import type { Body } from './parse-body.ts';
import type { WriteContext } from './write-rows.ts';

type Id = number | bigint;

/** The defaults of a new order: dates, rate, state, and the address it goes to. */
export function initialState(context: WriteContext, kind: OrderKind, trader: JsonRow, body: Body): JsonRow {
  const today = `${new Date(context.now()).toISOString().slice(0, 10)}T00:00:00`;
  const currency = context.store.table('currencies').get(trader['currency_id'] as Id);
  const given = (name: string, value: unknown) => (body[name] === undefined ? { [name]: value } : {});
  return {
    ...(kind.orders === 'sop_orders'
      ? { currency_id: trader['currency_id'], ...deliveryState(context, trader, body) }
      : {}),
    ...given('document_date', today),
    ...given('requested_delivery_date', today),
    ...given('exchange_rate', currency?.['core_currency_rate'] ?? 1),
    document_status: 'EnumDocumentStatusLive',
    is_draft: false,
  };
}

function deliveryState(context: WriteContext, trader: JsonRow, body: Body): JsonRow {
  const stored = body['customer_delivery_address_id'];
  const found = stored === undefined ? undefined : context.store.table('customer_delivery_addresses').get(stored as Id);
  const address = (found ?? trader['main_address']) as JsonRow | null | undefined;
  if (!address || body['delivery_address'] !== undefined) return { use_invoice_address: false };
  const lines = [
    'address_1',
    'address_2',
    'address_3',
    'address_4',
    'city',
    'county',
    'country',
    'postcode',
    'contact',
  ];
  const copied = Object.fromEntries(lines.map((name) => [name, address[name] ?? '']));
  const delivery_address = { id: context.store.nextId(), postal_name: trader['name'], ...copied };
  return { use_invoice_address: found === undefined, delivery_address };
}

/** Continues from the highest existing number. */
export function nextDocumentNo(orders: Table): string {
  const [last] = orders.select({
    columns: ['document_no'],
    orderBy: [{ field: 'document_no', descending: true }],
    top: 1,
  });
  const text = String(last?.['document_no'] ?? '0000000000');
  const [, stem = '', digits = '0'] = /^(.*?)(\d+)$/.exec(text) ?? [];
  return stem + String(Number(digits) + 1).padStart(digits.length, '0');
}
