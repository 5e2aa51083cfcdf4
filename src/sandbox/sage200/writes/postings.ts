import { badRequest } from '../api-error.ts';
import type { Resource } from '../catalogue.ts';
import type { JsonRow } from '../table.ts';
import { checkValue } from './check-value.ts';
import { round } from './line-rules.ts';
import { asObject, type Body } from './parse-body.ts';
import { asList, checkFields, checkRequired, type WriteContext } from './write-rows.ts';

interface Posting {
  /** Where the transaction can be found, by its `urn`. */
  readonly transactions: string;
  readonly type: string;
  /** +1 adds to what the account owes or is owed, -1 takes from it. */
  readonly sign: 1 | -1;
}

const INVOICE = 'TradingAccountEntryTypeInvoice';
const CREDIT_NOTE = 'TradingAccountEntryTypeCreditNote';
const MONEY_FOR_INVOICES = 'TradingAccountEntryTypePurchasePaymentSalesReceipt';
const MONEY_BACK = 'TradingAccountEntryTypePurchaseReceiptSalesPayment';

const POSTINGS: Readonly<Record<string, Posting>> = {
  sales_invoices: { transactions: 'sales_posted_transactions', type: INVOICE, sign: 1 },
  sales_credit_notes: { transactions: 'sales_posted_transactions', type: CREDIT_NOTE, sign: -1 },
  sales_receipts: { transactions: 'sales_posted_transactions', type: MONEY_FOR_INVOICES, sign: -1 },
  sales_payments: { transactions: 'sales_posted_transactions', type: MONEY_BACK, sign: 1 },
  purchase_invoices: { transactions: 'purchase_posted_transactions', type: INVOICE, sign: 1 },
  purchase_credit_notes: { transactions: 'purchase_posted_transactions', type: CREDIT_NOTE, sign: -1 },
  purchase_payments: { transactions: 'purchase_posted_transactions', type: MONEY_FOR_INVOICES, sign: -1 },
  purchase_receipts: { transactions: 'purchase_posted_transactions', type: MONEY_BACK, sign: 1 },
  bank_receipt: { transactions: 'bank_posted_transactions', type: 'Receipt', sign: 1 },
  bank_payment: { transactions: 'bank_posted_transactions', type: 'Payment', sign: -1 },
};

export const isPosting = (resourceName: string): boolean => Object.hasOwn(POSTINGS, resourceName);

/** Posts to a ledger and returns the unique reference number; the posting itself cannot be read back. */
export function post(context: WriteContext, resource: Resource, body: Body): number {
  const posting = POSTINGS[resource.name];
  if (!posting) throw new Error(`${resource.name} is not a posting.`);
  const plain = checkRequest(context, resource, body);
  const urn = context.store.nextId();
  const gross = checkSums(body);
  const tableName = posting.transactions;
  const stamp = new Date(context.now()).toISOString();
  const today = `${stamp.slice(0, 10)}T00:00:00`;
  const transaction = toTransaction(context, body, plain, posting, gross);
  const dates = { transaction_date: today, posted_date: today, date_time_created: stamp, date_time_updated: stamp };
  context.store.table(tableName).insert({ id: context.store.nextId(), ...dates, ...plain, ...transaction, urn });
  changeBalance(context, plain, posting.sign * gross);
  return urn;
}

/** Checks the body of an action against its request fields, nested rows included; returns its plain values. */
export function checkRequest(context: WriteContext, resource: Resource, body: Body): JsonRow {
  const fields = resource.request ?? resource.fields;
  const plain = checkFields(context, resource.name, fields, body);
  checkRequired(fields, body);
  for (const field of fields) {
    if (field.kind !== 'arr' || !field.children || body[field.name] === undefined) continue;
    for (const item of asList(field, body[field.name])) {
      for (const [name, value] of Object.entries(item)) {
        const child = field.children.find((candidate) => candidate.name === name);
        if (!child) throw badRequest(`Could not find member '${name}' on object of type '${field.name}'.`);
        if (child.kind !== 'arr' && child.kind !== 'obj') checkValue(context, child, value);
      }
      checkRequired(field.children, item);
    }
  }
  return plain;
}

/** The analysis must add up to the header. @returns the gross value. */
function checkSums(body: Body): number {
  const cheque = body['cheque_value'];
  if (cheque !== undefined) return Number(cheque);
  const goods = Number(body['document_goods_value'] ?? 0);
  const tax = Number(body['document_tax_value'] ?? 0);
  const check = (list: string, name: string, expected: number) => {
    const items = body[list] === undefined ? [] : asList({ name: list }, body[list]);
    const sum = round(
      items.reduce((total, item) => total + Number(item[name] ?? 0), 0),
      2,
    );
    if (items.length > 0 && sum !== round(expected, 2)) {
      throw badRequest(`The ${name} of ${list} add up to ${sum.toFixed(2)} and not to ${expected.toFixed(2)}.`);
    }
  };
  check('tax_analysis_items', 'goods_amount', goods);
  check('tax_analysis_items', 'tax_amount', tax);
  check('nominal_analysis_items', 'value', goods);
  return round(goods + tax, 2);
}

function toTransaction(context: WriteContext, body: Body, plain: JsonRow, posting: Posting, gross: number): JsonRow {
  if (posting.transactions === 'bank_posted_transactions') {
    return { bank_transaction_type: posting.type, cheque_value: posting.sign * gross };
  }
  const money = plain['cheque_value'] !== undefined;
  const goods = posting.sign * (money ? gross : Number(plain['document_goods_value'] ?? 0));
  const tax = posting.sign * Number(plain['document_tax_value'] ?? 0);
  const value = posting.sign * gross;
  return {
    trader_transaction_type: posting.type,
    queried: '',
    document_goods_value: goods,
    document_tax_value: tax,
    document_gross_value: value,
    document_allocated_value: 0,
    document_outstanding_value: value,
    base_goods_value: goods,
    base_tax_value: tax,
    base_gross_value: value,
    exchange_rate: plain['exchange_rate'] ?? 1,
    user_name: 'sandbox',
    tax_analysis_items: toTaxItems(context, body),
    nominal_analysis_items: body['nominal_analysis_items'] ?? [],
  };
}

/** In a request the `id` is that of the tax code; the transaction shows its code and name beside it. */
function toTaxItems(context: WriteContext, body: Body): JsonRow[] {
  const items =
    body['tax_analysis_items'] === undefined ? [] : asList({ name: 'tax_analysis_items' }, body['tax_analysis_items']);
  return items.map(asObject).map((item) => {
    const taxCode = context.store.table('tax_codes').get(item['id'] as number);
    return { ...item, code: taxCode?.['code'], name: taxCode?.['name'] };
  });
}

function changeBalance(context: WriteContext, plain: JsonRow, change: number): void {
  for (const [column, ledger] of [
    ['customer_id', 'customers'],
    ['supplier_id', 'suppliers'],
  ] as const) {
    const id = plain[column] as number | undefined;
    const accounts = context.store.table(ledger);
    const account = id === undefined ? undefined : accounts.get(id);
    if (id !== undefined && account)
      accounts.update(id, { balance: round(Number(account['balance'] ?? 0) + change, 2) });
  }
}
