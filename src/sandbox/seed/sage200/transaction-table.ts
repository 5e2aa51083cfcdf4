import { LAST_DAY, sageDate, stamps } from '../dates.ts';
import { money } from '../money.ts';
import type { Random } from '../random.ts';
import type { SalesPostedTransactionRow } from '../types.ts';
import { EXAMPLE_CUSTOMER } from './example-customer.ts';
import type { CompanyProfile } from './profiles.ts';
import { exchangeRate, TAX_ZERO } from './settings-tables.ts';
import type { CustomerDraft } from './trader-tables.ts';

const FIRST_ID = 300_001;

/** Invoices and some credit notes; what is outstanding on them adds up to the customers' balances. */
export function createTransactions(
  random: Random,
  profile: CompanyProfile,
  customers: readonly CustomerDraft[],
): SalesPostedTransactionRow[] {
  const rows: SalesPostedTransactionRow[] = [];
  customers.forEach((customer, index) => {
    const isExample = index === 0 && profile.index === 0;
    const values = isExample ? EXAMPLE_VALUES : grossValues(random);
    for (const { gross, outstanding } of values) {
      rows.push(transaction(random, profile, customer, FIRST_ID + rows.length, gross, outstanding));
    }
  });
  return rows;
}

interface Values {
  readonly gross: number;
  readonly outstanding: number;
}

const EXAMPLE_VALUES: readonly Values[] = [
  { gross: 1_500, outstanding: 1_500 },
  { gross: 820.8, outstanding: 0 },
  { gross: 964.16, outstanding: money(EXAMPLE_CUSTOMER.balance - 1_500) },
];

function grossValues(random: Random): Values[] {
  return Array.from({ length: random.pick([0, 1, 2, 2, 3, 5]) }, () => {
    const gross = money(random.int(1_200, 480_000) / 100);
    if (random.chance(0.08)) return { gross: -gross, outstanding: -gross };
    return { gross, outstanding: random.chance(0.4) ? 0 : random.chance(0.2) ? money(gross / 2) : gross };
  });
}

function transaction(
  random: Random,
  profile: CompanyProfile,
  customer: CustomerDraft,
  id: number,
  gross: number,
  outstanding: number,
): SalesPostedTransactionRow {
  const day = random.int(100, LAST_DAY);
  const rate = customer.default_tax_code_id === TAX_ZERO.id ? 0 : profile.standardTaxRate;
  const goods = money(gross / (1 + rate / 100));
  const exchange = exchangeRate(profile, customer.currency_id);
  const isCredit = gross < 0;
  return {
    id,
    customer_id: customer.id,
    trader_transaction_type: isCredit ? 'TradingAccountEntryTypeCreditNote' : 'TradingAccountEntryTypeInvoice',
    reference: `${isCredit ? 'CN' : 'IN'}${String(id - FIRST_ID + 1).padStart(8, '0')}`,
    second_reference: random.chance(0.3) ? `PO ${random.int(1_000, 9_999)}` : '',
    queried: random.chance(0.03) ? 'Q' : '',
    transaction_date: sageDate(day),
    posted_date: sageDate(day),
    due_date: sageDate(day + customer.payment_terms_days),
    document_goods_value: goods,
    document_gross_value: gross,
    document_tax_value: money(gross - goods),
    document_discount_value: 0,
    discount_percent: 0,
    document_allocated_value: money(gross - outstanding),
    document_outstanding_value: outstanding,
    base_goods_value: money(goods / exchange),
    base_gross_value: money(gross / exchange),
    base_tax_value: money((gross - goods) / exchange),
    exchange_rate: exchange,
    settled_immediately: false,
    discount_days: 0,
    urn: id - FIRST_ID + 1_001,
    user_name: 'Alice Adams',
    ...stamps(day, day + random.int(0, 30), id),
  };
}
