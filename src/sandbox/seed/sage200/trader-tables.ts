import { LAST_DAY, sageDate, stamps } from '../dates.ts';
import {
  createReferences,
  customerName,
  domainOf,
  type Person,
  personName,
  pickTown,
  postcode,
  streetLine,
  supplierName,
  type Town,
} from '../names.ts';
import type { Random } from '../random.ts';
import type { CustomerRow, Sage200Data, SupplierRow } from '../types.ts';
import { EXAMPLE_CUSTOMER } from './example-customer.ts';
import type { CompanyProfile } from './profiles.ts';
import { countryId, countryName, currencyId, nominalId, TAX_STANDARD, TAX_ZERO } from './settings-tables.ts';

/** Balances and order values come later, from the transactions and orders. */
export type CustomerDraft = Omit<CustomerRow, 'balance' | 'value_of_current_orders_in_sop'>;
export type SupplierDraft = Omit<SupplierRow, 'balance' | 'value_of_current_orders_in_pop'>;

export type CustomerTables = { readonly customers: readonly CustomerDraft[] } & Pick<
  Sage200Data,
  'customer_contacts' | 'customer_memos' | 'customer_delivery_addresses'
>;
export type SupplierTables = { readonly suppliers: readonly SupplierDraft[] } & Pick<Sage200Data, 'supplier_contacts'>;

/** Foreign customers are a good tenth of all. */
const FOREIGN_SHARE = 0.12;
const FIRST_SUPPLIER_ID = 41_001;

type Mutable<List> = List extends readonly (infer Row)[] ? Row[] : never;

export function createCustomerTables(random: Random, profile: CompanyProfile, count: number): CustomerTables {
  const reference = createReferences();
  const customers: CustomerDraft[] = [];
  const contacts: Mutable<Sage200Data['customer_contacts']> = [];
  const memos: Mutable<Sage200Data['customer_memos']> = [];
  const deliveries: Mutable<Sage200Data['customer_delivery_addresses']> = [];

  for (let index = 0; index < count; index++) {
    const id = EXAMPLE_CUSTOMER.id + index;
    const name = index === 0 ? firstCustomerName(profile) : customerName(random, index, profile.index);
    const trader = createTrader(random, profile, { id, name, index, reference: reference(name) });
    const people = Array.from({ length: index === 0 ? 2 : random.int(0, 3) }, () => personName(random));
    const madeOn = stamps(trader.openedDay, random.int(trader.openedDay, LAST_DAY), index);
    customers.push({
      ...trader.row,
      average_time_to_pay: random.int(10, 75),
      invoice_discount_percent: random.pick([0, 0, 0, 2.5, 5]),
      invoice_line_discount_percent: 0,
      produce_statements_for_customer: true,
      use_consolidated_billing: false,
      use_tax_code_as_default: true,
      main_address: { ...trader.address, customer_id: id, contact_name: fullName(people[0]), ...madeOn },
      ...madeOn,
    });
    people.forEach((person, at) => {
      const contact = contactRow(random, trader.town, name, person, 80_001 + contacts.length, at === 0);
      contacts.push({ ...contact, customer_id: id, ...madeOn });
    });
    if (index % 6 === 0) memos.push({ ...memo(random, 95_001 + memos.length), customer_id: id, ...madeOn });
    for (let at = 0; at < (index % 4 === 0 ? 2 : 0); at++) {
      const { address_country_code_id, ...address } = trader.address;
      deliveries.push({
        ...address,
        id: 88_001 + deliveries.length,
        customer_id: id,
        is_default: at === 0,
        description: at === 0 ? 'Goods in' : `Site ${at + 1}`,
        postal_name: name,
        address_country_code_id,
        address_1: streetLine(random),
        contact: fullName(people[0]),
        telephone: `${trader.town.areaCode} 555 0${random.int(100, 999)}`,
        fax: '',
        email: `goods-in@${domainOf(name)}`,
        tax_number: trader.row.vat_number,
        tax_code_id: trader.row.default_tax_code_id,
        country_code_id: address_country_code_id,
        ...madeOn,
      });
    }
  }
  return { customers, customer_contacts: contacts, customer_memos: memos, customer_delivery_addresses: deliveries };
}

export function createSupplierTables(random: Random, profile: CompanyProfile, customers: number): SupplierTables {
  const reference = createReferences();
  const suppliers: SupplierDraft[] = [];
  const contacts: Mutable<Sage200Data['supplier_contacts']> = [];

  const count = Math.min(2_000, Math.max(12, Math.ceil(customers / 5)));
  for (let index = 0; index < count; index++) {
    const id = FIRST_SUPPLIER_ID + index;
    const name = supplierName(random, index, profile.index);
    const trader = createTrader(random, profile, { id, name, index, reference: reference(name) });
    const madeOn = stamps(trader.openedDay, random.int(trader.openedDay, LAST_DAY), index + 3);
    const person = personName(random);
    suppliers.push({
      ...trader.row,
      is_supplier_payments_enabled: false,
      main_address: { ...trader.address, supplier_id: id, contact_name: fullName(person), ...madeOn },
      ...madeOn,
    });
    contacts.push({
      ...contactRow(random, trader.town, name, person, 85_001 + index, true),
      supplier_id: id,
      ...madeOn,
    });
  }
  return { suppliers, supplier_contacts: contacts };
}

// The second company has the same id and reference under another name: so mixing up companies is noticed.
const firstCustomerName = ({ index }: CompanyProfile) =>
  index === 0
    ? EXAMPLE_CUSTOMER.name
    : index === 1
      ? 'Abstract Stoves (Ireland) Ltd'
      : `Absolute Tools No. ${index + 1}`;

interface TraderNames {
  readonly id: number;
  readonly name: string;
  readonly reference: string;
  readonly index: number;
}

function createTrader(random: Random, profile: CompanyProfile, { id, name, reference, index }: TraderNames) {
  const town = pickTown(random, index === 0 ? 0 : FOREIGN_SHARE);
  const isForeign = town.country !== profile.country;
  const currency = index === 0 ? profile.currencies[0] : currencyOf(town.country);
  const openedDay = random.int(1, 500);
  const isOnHold = index > 0 && random.chance(0.04);
  const address = {
    id: id + 100_000,
    address_1: streetLine(random),
    address_2: random.chance(0.3) ? `Unit ${random.int(1, 30)}` : '',
    address_3: '',
    address_4: '',
    city: town.city,
    county: town.county,
    postcode: postcode(random, town),
    country: countryName(town.country),
    address_country_code_id: countryId(town.country),
  };
  const row = {
    id,
    reference,
    name,
    short_name: name.slice(0, 8),
    on_hold: isOnHold,
    status_reason: isOnHold ? 'Overdue' : '',
    account_status_type: 'AccountStatusActive',
    currency_id: currencyId(profile, currency ?? 'GBP'),
    exchange_rate_type: 'ExchangeRateSingle',
    telephone_country_code: '',
    telephone_area_code: town.areaCode,
    telephone_subscriber_number: `555 0${random.int(100, 999)}`,
    website: `https://www.${domainOf(name)}`,
    credit_limit: random.pick([0, 1_000, 5_000, 10_000, 25_000]),
    country_code_id: countryId(town.country),
    default_tax_code_id: isForeign ? TAX_ZERO.id : TAX_STANDARD.id,
    vat_number: `${town.country} ${random.int(100, 999)} ${random.int(1_000, 9_999)} ${random.int(10, 99)}`,
    account_type: 'TradingAccountTypeOpenItem',
    early_settlement_discount_percent: 0,
    early_settlement_discount_days: 0,
    payment_terms_days: random.pick([14, 30, 30, 60]),
    payment_terms_basis: 'PaymentDueFromDocumentDate',
    terms_agreed: true,
    trading_terms: '30 days net',
    credit_reference: '',
    account_opened: sageDate(openedDay),
    order_priority: random.pick(['A', 'B', 'C']),
    months_to_keep_transactions: 24,
    default_nominal_code_id: nominalId('41100'),
    default_nominal_code_reference: '41100',
    default_nominal_code_cost_centre: '',
    default_nominal_code_department: '',
  };
  return { row, address, town, openedDay };
}

const currencyOf = (country: string) => (country === 'GB' ? 'GBP' : country === 'US' ? 'USD' : 'EUR');

const fullName = (person: Person | undefined) => (person ? `${person.firstName} ${person.lastName}` : '');

function contactRow(random: Random, town: Town, account: string, person: Person, id: number, isDefault: boolean) {
  const mailbox = `${person.firstName}.${person.lastName}`
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[^a-z.]/g, '');
  return {
    id,
    salutation_id: 1_001 + random.int(0, 3),
    name: fullName(person),
    first_name: person.firstName,
    middle_name: '',
    last_name: person.lastName,
    default_telephone: `${town.areaCode} 555 0${random.int(100, 999)}`,
    default_email: `${mailbox}@${domainOf(account)}`,
    is_default: isDefault,
  };
}

const MEMOS = [
  'Prefers delivery before 10 am.',
  'Ask for "Priya" at the gate; mind the 3.5 m bridge.',
  'Discount of 5 % agreed for orders > £1,000.',
];

const memo = (random: Random, id: number) => ({
  id,
  note: random.pick(MEMOS),
  created_by: 'Alice Adams',
  is_active: true,
});
