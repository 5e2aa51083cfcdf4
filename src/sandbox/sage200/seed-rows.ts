import type { Sage200Data, SiteRow } from '../seed/index.ts';
import { agedDebtorDetails, agedDebtorSummary } from './aged-debtors.ts';
import type { Catalogue } from './catalogue.ts';
import type { EnumLists } from './enum-lists.ts';
import { makeUpRows } from './made-up-rows.ts';
import type { OwnRows } from './own-rows.ts';
import { createDetails } from './seed-details.ts';
import type { Store } from './store.ts';
import type { JsonRow } from './table.ts';

export interface RowSource {
  readonly catalogue: Catalogue;
  readonly enums: EnumLists;
  readonly data: Sage200Data;
  readonly sites: readonly SiteRow[];
  /** In place of the seeded ones, by resource. */
  readonly own: OwnRows;
}

/** The first rows of a table: seeded ones, ones derived from them, and made-up ones for all the rest. */
export function toInitialRows(source: RowSource, resourceName: string, store: Store): Iterable<JsonRow> {
  const own = source.own[resourceName];
  if (own) return own;
  const seeded = (source.data as unknown as Readonly<Record<string, readonly JsonRow[] | undefined>>)[resourceName];
  if (seeded) {
    const addDetails = createDetails(resourceName, { ...source, store }) ?? ((row: JsonRow) => row);
    const { length } = seeded;
    return seeded.flatMap((row, index) => withOddities(resourceName, addDetails(row), index === length - 1));
  }
  const derived = DERIVED[resourceName];
  if (derived) return derived(source, store);
  const resource = source.catalogue.resources.get(resourceName);
  if (!resource) return [];
  const rows = makeUpRows(resource, { store, enums: source.enums });
  const correct = CORRECTIONS[resourceName];
  return correct ? rows.map(correct) : rows;
}

/** Corrections of rows that were made up field by field. */
const CORRECTIONS: Readonly<Record<string, (row: JsonRow, index: number) => JsonRow>> = {
  flow_states: (row, index) => (index === 4 ? { ...row, id: BEYOND_DOUBLE } : row),
  analysis_code_mappings: (row) => ({ ...row, analysis_code_id: (row['analysis_code'] as JsonRow)['id'] }),
};

/** An id and a decimal that a double cannot hold, where they affect only callers that look for them. */
const BEYOND_DOUBLE = 2n ** 53n + 1n;
const LONG_DECIMAL = '1234567890123.45678';

function withOddities(resourceName: string, row: JsonRow, isLast: boolean): JsonRow[] {
  if (resourceName === 'customers' && row['reference'] === 'ABS001') return [{ ...row, spare_number_1: LONG_DECIMAL }];
  if (resourceName === 'customer_memos' && isLast) {
    return [row, { ...row, id: BEYOND_DOUBLE, note: 'This memo has an id above 2^53.' }];
  }
  return [row];
}

/** Where the seeded contacts' ids of salutations begin. */
const FIRST_SALUTATION_ID = 1_001;
const SET_UP = '2024-01-08T09:00:00.000';

type Derive = (source: RowSource, store: Store) => JsonRow[];

const DERIVED: Readonly<Record<string, Derive>> = {
  sites: ({ sites }) => [...sites],
  sales_aged_debtor_summary_views: ({ data }) => agedDebtorSummary(data.sales_posted_transactions),
  sales_aged_debtor_detailed_views: ({ data }) => agedDebtorDetails(data.sales_posted_transactions),
  customer_emails: ({ data }) => toEmails(data.customer_contacts, 'customer_contact_id'),
  supplier_emails: ({ data }) => toEmails(data.supplier_contacts, 'supplier_contact_id'),
  customer_telephones: ({ data }) => toTelephones(data.customer_contacts, 'customer_contact_id'),
  supplier_telephones: ({ data }) => toTelephones(data.supplier_contacts, 'supplier_contact_id'),
  salutations: () =>
    ['Mr', 'Mrs', 'Ms', 'Miss', 'Dr'].map((code, index) => ({
      id: FIRST_SALUTATION_ID + index,
      code,
      description: code,
      is_default: index === 0,
    })),
  // The two that the seeded nominal codes belong to.
  nominal_report_categories: () =>
    [
      { id: 901, code: 'BS', description: 'Balance Sheet', account_report_type: 'NominalReportingTypeBalance' },
      { id: 902, code: 'PL', description: 'Profit and Loss', account_report_type: 'NominalReportingTypePnL' },
    ].map((row) => ({ ...row, date_time_created: SET_UP, date_time_updated: SET_UP })),
  users: () => [
    { id: 1, name: 'Sandbox User' },
    { id: 2, name: 'Warehouse' },
  ],
  licence: ({ catalogue }) => [
    Object.fromEntries((catalogue.resources.get('licence')?.fields ?? []).map((field) => [field.name, true])),
  ],
};

type ContactRow = Sage200Data['customer_contacts'][number] | Sage200Data['supplier_contacts'][number];

const toEmails = (contacts: readonly ContactRow[], column: string): JsonRow[] =>
  contacts
    .filter((contact) => contact.default_email !== '')
    .map((contact) => ({ ...childOf(contact, column), email: contact.default_email }));

const toTelephones = (contacts: readonly ContactRow[], column: string): JsonRow[] =>
  contacts
    .filter((contact) => contact.default_telephone !== '')
    .map((contact) => {
      const [area, ...rest] = contact.default_telephone.split(' ');
      const number = {
        full_number: contact.default_telephone,
        country_code: '',
        area_code: area,
        subscriber_number: rest.join(' '),
      };
      return { ...childOf(contact, column), ...number };
    });

const childOf = (contact: ContactRow, column: string): JsonRow => ({
  id: contact.id + 1_000_000,
  [column]: contact.id,
  is_default: true,
  date_time_created: contact.date_time_created,
  date_time_updated: contact.date_time_updated,
});
