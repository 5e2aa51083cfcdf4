import { stamps } from '../dates.ts';
import type { Sage200Data } from '../types.ts';
import type { CompanyProfile } from './profiles.ts';

/** What a company sets up once: its details, currencies, countries, tax codes and the nominal ledger's frame. */
export type SettingsTables = Pick<
  Sage200Data,
  | 'company_details'
  | 'currency_iso_codes'
  | 'currencies'
  | 'country_codes'
  | 'tax_codes'
  | 'cost_centres'
  | 'departments'
  | 'nominal_codes'
  | 'units'
>;

type Currency = CompanyProfile['currencies'][number];

export const CURRENCIES = {
  GBP: { symbol: '£', name: 'Pound Sterling', isoId: 147 },
  EUR: { symbol: '€', name: 'Euro', isoId: 48 },
  USD: { symbol: '$', name: 'US Dollar', isoId: 149 },
} as const;

/** Units of a currency for one pound. */
const PER_POUND = { GBP: 1, EUR: 1.17, USD: 1.27 } as const;

export const COUNTRIES = [
  { code: 'GB', name: 'Great Britain', isEu: false, currency: 'GBP', alpha3: 'GBR' },
  { code: 'IE', name: 'Ireland', isEu: true, currency: 'EUR', alpha3: 'IRL' },
  { code: 'DE', name: 'Germany', isEu: true, currency: 'EUR', alpha3: 'DEU' },
  { code: 'FR', name: 'France', isEu: true, currency: 'EUR', alpha3: 'FRA' },
  { code: 'NL', name: 'Netherlands', isEu: true, currency: 'EUR', alpha3: 'NLD' },
  { code: 'PL', name: 'Poland', isEu: true, currency: 'EUR', alpha3: 'POL' },
  { code: 'US', name: 'United States', isEu: false, currency: 'USD', alpha3: 'USA' },
] as const;

const FIRST_COUNTRY_ID = 301;
export const TAX_STANDARD = { id: 1729, code: 1 } as const;
export const TAX_ZERO = { id: 1728, code: 0 } as const;
export const TAX_REDUCED = { id: 1731, code: 5 } as const;

/** @throws RangeError for a country outside the list. */
export function countryId(code: string): number {
  const index = COUNTRIES.findIndex((country) => country.code === code);
  if (index < 0) throw new RangeError(`No country ${code}`);
  return FIRST_COUNTRY_ID + index;
}

export const countryName = (code: string): string => COUNTRIES.find((country) => country.code === code)?.name ?? code;

/** Ids are counted in the profile's order. */
export function currencyId(profile: CompanyProfile, code: Currency): number {
  return profile.currencies.indexOf(code) + 1;
}

/** Units of the account's currency for one unit of the company's base currency. */
export function exchangeRate(profile: CompanyProfile, currencyIdWanted: number): number {
  const base = PER_POUND[profile.currencies[0] ?? 'GBP'];
  const wanted = PER_POUND[profile.currencies[currencyIdWanted - 1] ?? 'GBP'];
  return Math.round((wanted / base) * 1e6) / 1e6;
}

const COST_CENTRES = [
  ['ADM', 'Administration'],
  ['MCH', 'Machine Shop'],
  ['SAL', 'Sales & Marketing'],
  ['WHS', 'Warehouse'],
] as const;
const DEPARTMENTS = [
  ['NTH', 'North'],
  ['STH', 'South'],
  ['EXP', 'Export'],
  ['WEB', 'Web Shop'],
] as const;

/** Reference, name, and whether it is in the balance sheet. */
const NOMINALS = [
  ['01100', 'Debtors Control', true],
  ['01200', 'Stock', true],
  ['01220', 'Bank Current Account', true],
  ['02100', 'Creditors Control', true],
  ['02200', 'VAT Output Tax', true],
  ['02201', 'VAT Input Tax', true],
  ['03100', 'Share Capital', true],
  ['41100', 'Sales - Fixings', false],
  ['41200', 'Sales - Tools', false],
  ['41300', 'Sales - Services', false],
  ['42100', 'Sales - Export', false],
  ['51100', 'Cost of Sales', false],
  ['51200', 'Stock Issues', false],
  ['51300', 'Goods Received Accruals', true],
  ['61100', 'Salaries & Wages', false],
  ['62100', 'Rent & Rates', false],
  ['63100', 'Carriage', false],
  ['71100', 'Travelling & Entertainment', false],
] as const;
const FIRST_NOMINAL_ID = 26_001;

/** @throws RangeError for a reference outside the list. */
export function nominalId(reference: string): number {
  const index = NOMINALS.findIndex(([known]) => known === reference);
  if (index < 0) throw new RangeError(`No nominal code ${reference}`);
  return FIRST_NOMINAL_ID + index;
}

const UNITS = ['Each', 'Box of 100', 'Metre', 'Kilogram', 'Hour'];
const FIRST_UNIT_ID = 501;
export const unitId = (name: string): number => FIRST_UNIT_ID + Math.max(0, UNITS.indexOf(name));

export function createSettingsTables(profile: CompanyProfile): SettingsTables {
  const made = stamps(0, 30, profile.index);
  return {
    company_details: [companyDetails(profile)],
    currency_iso_codes: Object.entries(CURRENCIES).map(([code, { name, isoId }]) => ({
      id: isoId,
      code,
      name,
      ...made,
    })),
    currencies: profile.currencies.map((code, index) => ({
      id: index + 1,
      symbol: CURRENCIES[code].symbol,
      name: CURRENCIES[code].name,
      core_currency_rate: exchangeRate(profile, index + 1),
      euro_currency_rate: 0,
      is_base_currency: index === 0,
      is_euro_currency: code === 'EUR',
      use_for_new_accounts: index === 0,
      exchange_rate_type: 'ExchangeRateSingle',
      currency_iso_code_id: CURRENCIES[code].isoId,
      ...made,
    })),
    country_codes: COUNTRIES.map(({ code, name, isEu }) => ({
      id: countryId(code),
      code,
      name,
      eu_member: isEu,
      ...made,
    })),
    tax_codes: taxCodes(profile).map((row) => ({ ...row, ...made })),
    cost_centres: divisions(COST_CENTRES, 701, profile),
    departments: divisions(DEPARTMENTS, 801, profile),
    nominal_codes: NOMINALS.map(([reference, name, isBalance], index) => {
      const value = (((index + 3) * (profile.index + 2) * 7919) % 90_000) / 4;
      return {
        id: FIRST_NOMINAL_ID + index,
        name: profile.index === 0 ? name : `${name} (${profile.siteShortName} ${profile.companyId})`,
        reference,
        cost_centre_id: null,
        cost_centre_code: '',
        department_id: null,
        department_code: '',
        nominal_account_type: 'NominalAccountTypePosting',
        account_status_type: 'AccountStatusActive',
        report_category_id: isBalance ? 901 : 902,
        balance_year_to_date: value,
        debit_balance_year_to_date: value,
        credit_balance_year_to_date: 0,
        brought_forward_balance: 0,
        allow_manual_journal_entries: !reference.startsWith('0'),
        use_batch_postings: false,
        ...made,
      };
    }),
    units: UNITS.map((name, index) => ({
      id: FIRST_UNIT_ID + index,
      name,
      multiple_of_base_unit: name === 'Box of 100' ? 100 : 1,
      each_value: name === 'Each',
      ...made,
    })),
  };
}

function companyDetails(profile: CompanyProfile): SettingsTables['company_details'][number] {
  const isIrish = profile.country === 'IE';
  const made = stamps(0, 400, profile.index);
  return {
    id: 1,
    name: profile.name,
    telephone: isIrish ? '01 555 0100' : '0114 555 0100',
    fax: '',
    email: `accounts@${profile.siteShortName.toLowerCase()}.example`,
    website: `https://www.${profile.siteShortName.toLowerCase()}.example`,
    tax_registration_number: isIrish ? 'IE 1234567T' : `GB ${100 + profile.index} 4567 89`,
    years_accounts_held_for: 6,
    country_code_id: countryId(profile.country),
    eori_number: isIrish ? 'IE1234567T' : 'GB123456789000',
    is_supplier_payments_enabled: false,
    address: {
      id: 1,
      address_1: 'Riverside Works',
      address_2: `${profile.index + 1} Foundry Street`,
      address_3: '',
      address_4: '',
      city: isIrish ? 'Dublin' : 'Sheffield',
      county: isIrish ? 'Dublin' : 'South Yorkshire',
      postcode: isIrish ? 'D08 X4P2' : 'S3 8AB',
      country: countryName(profile.country),
      ...made,
    },
    ...made,
  };
}

function taxCodes({ standardTaxRate, reducedTaxRate, country }: CompanyProfile) {
  const taxCode = (id: number, code: number, name: string, tax_rate: number, is_notional_acquisition_tax = false) => ({
    id,
    code,
    name,
    tax_rate,
    terms: '',
    terms_description: '',
    is_notional_acquisition_tax,
  });
  return [
    taxCode(TAX_ZERO.id, TAX_ZERO.code, `Zero rated (${country})`, 0),
    taxCode(TAX_STANDARD.id, TAX_STANDARD.code, `Standard rate (${country})`, standardTaxRate),
    taxCode(1730, 2, `Exempt (${country})`, 0),
    taxCode(TAX_REDUCED.id, TAX_REDUCED.code, `Reduced rate (${country})`, reducedTaxRate),
    taxCode(1732, 9, `Outside the scope (${country})`, 0),
    taxCode(1733, 20, `Reverse charge (${country})`, standardTaxRate, true),
  ];
}

function divisions(list: readonly (readonly [string, string])[], firstId: number, profile: CompanyProfile) {
  return list.map(([code, name], index) => ({
    id: firstId + index,
    code,
    name: profile.index === 0 ? name : `${name}, ${profile.name}`,
    contact_name: '',
    contact_details: '',
    contact_email_address: '',
    ...stamps(0, 30, profile.index + index),
  }));
}
