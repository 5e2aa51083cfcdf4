/**
 * The made-up Sage 200 data of the comparison. A row is its columns with their JSON text, so that numbers keep the
 * zeros that Sage 200 prints. 50 customers are 75 KB whole and 14.6 KB with the twelve measured columns; 50 orders
 * are 91 KB, of 25 customers with 4 currencies.
 */
export type Row = ReadonlyMap<string, string>;

export const CUSTOMERS = 50;
export const FIRST_CUSTOMER_ID = 27_828;

const ORDERS = 50;
const ORDERING_CUSTOMERS = 25;
const FIRST_ORDER_ID = 61_001;

const FIRST_WORDS = [
  'Abbey',
  'Beacon',
  'Castle',
  'Dales',
  'Eastgate',
  'Fenland',
  'Grange',
  'Harbour',
  'Ivy',
  'Junction',
];
const TRADES = ['Garages', 'Joinery', 'Interiors', 'Ironmongers', 'Fixings'];

export const currencies: readonly Row[] = ['£', '€', '$', 'kr'].map((symbol, index) =>
  row({
    id: index + 1,
    symbol,
    name: ['Pound Sterling', 'Euro', 'US Dollar', 'Swedish Krona'][index] ?? '',
    core_currency_rate: 1,
    euro_currency_rate: 0,
    is_base_currency: index === 0,
    is_euro_currency: index === 1,
    use_for_new_accounts: true,
    exchange_rate_type: 'ExchangeRateSingle',
    exchange_rate_amendability_type: null,
    currency_iso_code_id: 147 + index,
    date_time_created: '2024-01-01T08:00:00',
    date_time_updated: '2024-01-31T08:01:42.947',
  }),
);

export const customers: readonly Row[] = Array.from({ length: CUSTOMERS }, (_, index) => customerRow(index));

export const orders: readonly Row[] = Array.from({ length: ORDERS }, (_, index) => orderRow(index));

function customerRow(index: number): Row {
  const word = FIRST_WORDS[index % FIRST_WORDS.length] ?? '';
  const trade = TRADES[Math.floor(index / FIRST_WORDS.length)] ?? '';
  const balance = money(97.13 + index * 311.27);
  return row({
    id: FIRST_CUSTOMER_ID + index,
    reference: `${word.slice(0, 3).toUpperCase()}${String(index).padStart(3, '0')}`,
    name: `${word} & Co’s ${trade}`,
    short_name: word.slice(0, 8),
    balance,
    on_hold: index % 7 === 3,
    status_reason: '',
    account_status_type: 'AccountStatusActive',
    currency_id: (index % 4) + 1,
    exchange_rate_type: 'ExchangeRateSingle',
    telephone_country_code: '',
    telephone_area_code: '029',
    telephone_subscriber_number: `555 0${100 + index}`,
    website: `https://${word.toLowerCase()}${trade.toLowerCase()}.example`,
    credit_limit: money(1_000 * (1 + (index % 9))),
    country_code_id: 301,
    default_tax_code_id: 1729,
    vat_number: `GB${500 + index}${9034 - index}${10 + index}`,
    duns_code: null,
    account_type: 'TradingAccountTypeOpenItem',
    early_settlement_discount_percent: money(0),
    early_settlement_discount_days: 0,
    payment_terms_days: 30 + (index % 3) * 15,
    payment_terms_basis: 'PaymentDueFromDocumentDate',
    average_time_to_pay: 21,
    terms_agreed: true,
    value_of_current_orders_in_sop: money(2_541.48),
    credit_bureau_id: null,
    credit_position_id: null,
    finance_charge_id: null,
    trading_terms: index % 2 === 0 ? '30 days net' : '2 % within 10 days',
    credit_reference: '',
    account_opened: '2024-06-09T00:00:00',
    last_credit_review: null,
    next_credit_review: null,
    office_type: null,
    associated_head_office_id: null,
    produce_statements_for_customer: true,
    order_priority: 'A',
    months_to_keep_transactions: 24,
    default_nominal_code_id: 26_008,
    default_nominal_code_reference: '41100',
    price_band_id: null,
    date_time_created: '2024-06-09T08:00:00',
    date_time_updated: '2026-01-11T08:01:42.947',
    last_follow_up_date: null,
    has_promised_payment: false,
    ...numbered('analysis_code', 4),
    ...numbered('spare_text', 1),
  });
}

function orderRow(index: number): Row {
  const net = 41.5 + index * 97.31;
  return row({
    id: FIRST_ORDER_ID + index,
    customer_id: FIRST_CUSTOMER_ID + ((index * 7) % ORDERING_CUSTOMERS),
    is_draft: false,
    is_editing: false,
    override_on_hold: false,
    recalculate_prices: false,
    customer_delivery_address_id: null,
    document_no: String(index + 1).padStart(10, '0'),
    customer_type: 'EnumCustomerTypeCredit',
    document_date: `2026-08-${String(1 + (index % 28)).padStart(2, '0')}T00:00:00`,
    document_status: 'EnumDocumentStatusLive',
    despatch_receipt_status: 'None',
    invoice_credit_status: 'None',
    cancelled_status: 'None',
    currency_id: 1,
    exchange_rate: 1,
    subtotal_goods_value: money(net),
    subtotal_charge_net_value: money(0),
    subtotal_charge_tax_value: money(0),
    subtotal_discount_value: money(0),
    total_net_value: money(net),
    total_tax_value: money(net / 5),
    total_gross_value: money(net * 1.2),
    customer_document_no: `PO-${1196 + index}`,
    is_credit_limit_exceeded: false,
    use_invoice_address: true,
    settlement_discount_days: 0,
    settlement_discount_percent: money(0),
    document_discount_percent: money(0),
    document_created_by: 'Alice Adams',
    requested_delivery_date: '2026-08-31T00:00:00',
    promised_delivery_date: '2026-09-02T00:00:00',
    quotation_expiry_date: null,
    order_priority: 'A',
    payment_with_order: false,
    payment_type: 'EnumSOPOrderPaymentTypeFull',
    payment_value: money(0),
    payment_reference: null,
    ...numbered('analysis_code', 14),
    ...numbered('spare_text', 14),
    date_time_created: '2026-08-24T12:11:06.919',
    date_time_updated: '2026-08-24T12:12:49.866',
  });
}

function numbered(name: string, count: number): Record<string, null> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`${name}_${index + 1}`, null]));
}

/** JSON text that keeps two decimals, as Sage 200 prints money. */
interface Money {
  readonly text: string;
}

function money(value: number): Money {
  return { text: value.toFixed(2) };
}

function row(columns: Record<string, string | number | boolean | null | Money>): Row {
  return new Map(
    Object.entries(columns).map(([name, value]) => [
      name,
      typeof value === 'object' && value !== null ? value.text : JSON.stringify(value),
    ]),
  );
}
