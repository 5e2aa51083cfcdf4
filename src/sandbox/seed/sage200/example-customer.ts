import type { CustomerRow } from '../types.ts';

/** Dates of the example, which is older than the made-up rows. Only the last change is printed on the page; the others are inferred. */
const MADE = '2016-05-17T08:57:38.003';

/**
 * The row on Sage's own page, unchanged, in the first company. Values that the page leaves out are made up as for any other
 * row. Source: Sage 200 API guide, customers.
 */
export const EXAMPLE_CUSTOMER = {
  id: 27_828,
  reference: 'ABS001',
  name: 'ABS Garages Ltd',
  short_name: 'ABS Gara',
  balance: 2_464.16,
  on_hold: false,
  status_reason: '',
  account_status_type: 'AccountStatusActive',
  exchange_rate_type: 'ExchangeRateSingle',
  telephone_country_code: '44',
  telephone_area_code: '0191',
  telephone_subscriber_number: '254 5909',
  fax_country_code: '44',
  fax_area_code: '0191',
  fax_subscriber_number: '254 5907',
  website: 'www.sage.co.uk',
  credit_limit: 4_000,
  vat_number: 'GB745 4584 68',
  account_type: 'TradingAccountTypeOpenItem',
  average_time_to_pay: 319,
  value_of_current_orders_in_sop: -36,
  account_opened: '2016-05-17T00:00:00.000',
  analysis_code_1: 'Trade',
  analysis_code_2: 'George',
  analysis_code_3: 'Tyne & Wear',
  date_time_created: MADE,
  date_time_updated: '2016-07-08T15:28:48.66',
} as const satisfies Partial<CustomerRow>;
