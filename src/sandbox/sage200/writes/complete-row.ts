import type { Store } from '../store.ts';
import type { JsonRow } from '../table.ts';
import type { WriteContext } from './write-rows.ts';

/** Adds the values that Sage 200 calculates when an account, contact or number is saved. */
export function createCompleteRow(store: Store): WriteContext['complete'] {
  return (resourceName, row, isNew) => {
    switch (resourceName) {
      case 'customers':
      case 'suppliers':
        return completeTrader(store, row, isNew);
      case 'customer_contacts':
      case 'supplier_contacts':
        return completeContact(store, resourceName, row, isNew);
      case 'customer_emails':
      case 'supplier_emails':
      case 'customer_telephones':
      case 'supplier_telephones':
        tellContact(store, resourceName, row);
        return row;
      default:
        return row;
    }
  };
}

function completeTrader(store: Store, row: JsonRow, isNew: boolean): JsonRow {
  const currency = findFirst(store, 'currencies', '"is_base_currency" = 1');
  const defaults = isNew
    ? {
        short_name: String(row['name']).slice(0, 8),
        balance: 0,
        credit_limit: 0,
        currency_id: currency,
        default_tax_code_id: findFirst(store, 'tax_codes', '"code" = 1'),
        country_code_id: findFirst(store, 'country_codes', `"code" = 'GB'`),
        payment_terms_days: 30,
        terms_agreed: false,
      }
    : {};
  return { ...defaults, ...row, ...nominalCodeId(store, row) };
}

function nominalCodeId(store: Store, row: JsonRow): JsonRow {
  const reference = row['default_nominal_code_reference'];
  if (!reference) return {};
  const parts = [
    reference,
    row['default_nominal_code_cost_centre'] ?? '',
    row['default_nominal_code_department'] ?? '',
  ];
  const where = {
    sql: `"reference" = ? AND coalesce("cost_centre_code", '') = ? AND coalesce("department_code", '') = ?`,
    params: parts.map(String),
    equalTo: new Set(['reference']),
  };
  return {
    default_nominal_code_id: store.table('nominal_codes').select({ columns: ['id'], where, top: 1 })[0]?.['id'] ?? null,
  };
}

function completeContact(store: Store, resourceName: string, row: JsonRow, isNew: boolean): JsonRow {
  const names = [row['first_name'], row['middle_name'], row['last_name']].filter(Boolean);
  const named = names.length > 0 ? { ...row, name: names.join(' ') } : row;
  if (!isNew) return named;
  const column = resourceName.replace('contacts', 'id');
  const where = { sql: `"${column}" = ?`, params: [Number(row[column])], equalTo: new Set([column]) };
  return { ...named, is_default: store.table(resourceName).count(where) === 0 };
}

/** A contact repeats its first e-mail address and telephone number. */
function tellContact(store: Store, resourceName: string, row: JsonRow): void {
  const [owner = ''] = resourceName.split('_');
  const contacts = store.table(`${owner}_contacts`);
  const id = row[`${owner}_contact_id`] as number | undefined;
  const contact = id === undefined ? undefined : contacts.get(id);
  if (id === undefined || !contact) return;
  const isEmail = resourceName.endsWith('emails');
  const name = isEmail ? 'default_email' : 'default_telephone';
  const parts = ['country_code', 'area_code', 'subscriber_number'].map((part) => row[part]).filter(Boolean);
  const text = isEmail ? row['email'] : parts.join(' ');
  if (row['is_default'] === true || !contact[name]) contacts.update(id, { [name]: text ?? '' });
}

function findFirst(store: Store, resourceName: string, sql: string): unknown {
  const where = { sql, params: [], equalTo: new Set<string>() };
  return store.table(resourceName).select({ columns: ['id'], where, top: 1 })[0]?.['id'] ?? null;
}
