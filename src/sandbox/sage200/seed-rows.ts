import type { Sage200Data, SiteRow } from '../seed/index.ts';
import type { Catalogue } from './catalogue.ts';
import type { EnumLists } from './enum-lists.ts';
import { makeUpRows } from './made-up-rows.ts';
import { createDetails } from './seed-details.ts';
import type { Store } from './store.ts';
import type { JsonRow } from './table.ts';

export interface RowSource {
  readonly catalogue: Catalogue;
  readonly enums: EnumLists;
  readonly data: Sage200Data;
  readonly sites: readonly SiteRow[];
}

/** The first rows of a table: seeded ones, ones derived from them, and made-up ones for all the rest. */
export function toInitialRows(source: RowSource, resourceName: string, store: Store): Iterable<JsonRow> {
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
  return resourceName === 'flow_states'
    ? rows.map((row, index) => (index === 4 ? { ...row, id: BEYOND_DOUBLE } : row))
    : rows;
}

/** An id and a decimal that a double cannot hold, where nobody is hurt who does not look for them. */
const BEYOND_DOUBLE = 2n ** 53n + 1n;
const LONG_DECIMAL = '1234567890123.45678';

function withOddities(resourceName: string, row: JsonRow, isLast: boolean): JsonRow[] {
  if (resourceName === 'customers' && row['reference'] === 'ABS001') return [{ ...row, spare_number_1: LONG_DECIMAL }];
  if (resourceName === 'customer_memos' && isLast) {
    return [row, { ...row, id: BEYOND_DOUBLE, note: 'This memo has an id above 2^53.' }];
  }
  return [row];
}

type Derive = (source: RowSource, store: Store) => JsonRow[];

const DERIVED: Readonly<Record<string, Derive>> = {
  sites: ({ sites }) => [...sites],
  customer_emails: ({ data }) => toEmails(data.customer_contacts, 'customer_contact_id'),
  supplier_emails: ({ data }) => toEmails(data.supplier_contacts, 'supplier_contact_id'),
  customer_telephones: ({ data }) => toTelephones(data.customer_contacts, 'customer_contact_id'),
  supplier_telephones: ({ data }) => toTelephones(data.supplier_contacts, 'supplier_contact_id'),
  salutations: () =>
    ['Mr', 'Mrs', 'Ms', 'Miss', 'Dr'].map((code, index) => ({
      id: index + 1,
      code,
      description: code,
      is_default: index === 0,
    })),
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
