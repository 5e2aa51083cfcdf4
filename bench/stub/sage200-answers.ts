import { currencies, customers, orders, type Row } from './sage200-rows.ts';

const TABLES: Readonly<Record<string, readonly Row[]>> = { customers, currencies, sop_orders: orders };

/** What belongs to an order's customer when it is expanded. */
const customersById = new Map(customers.map((customer) => [customer.get('id'), customer]));

export const SITE = '6f4c1e0a-52b7-4d38-9a61-0c8f2d7b9e11';

const SITES = JSON.stringify([
  { company_id: 1, company_name: 'Hallam Fixings Ltd', site_id: SITE, site_name: 'Hallam', site_short_name: 'HALLAM' },
]);

/**
 * The answer of the few documented reads that the comparison needs: `$select` (dotted too), `$expand`, `$filter` by
 * `eq` terms joined with `or`, `$orderby` by id, `$top` and `$skip`. What it does not know is undefined: then the
 * comparison stops, rather than measure a wrong answer.
 * @param target path below the base address, with its query
 */
export function answerRead(target: string): string | undefined {
  const [path = '', search = ''] = target.split('?');
  if (path === 'sites') return SITES;
  const [resource = '', key] = path.split('/');
  const table = TABLES[resource];
  if (!table) return undefined;
  const query = new URLSearchParams(search);
  const print = printerOf(query.get('$select')?.split(',') ?? [], query.get('$expand')?.split(',') ?? []);
  if (key !== undefined) {
    const found = table.find((row) => row.get('id') === key);
    return found && print(found);
  }
  const rows = filtered(table, query.get('$filter'));
  if (!rows) return undefined;
  const skip = Number(query.get('$skip') ?? 0);
  return `[${rows
    .slice(skip, skip + Number(query.get('$top') ?? 500))
    .map(print)
    .join(',')}]`;
}

function filtered(rows: readonly Row[], filter: string | null): readonly Row[] | undefined {
  if (!filter) return rows;
  const terms = filter.replace(/[()]/g, '').split(/ or /i);
  const wanted = terms.map((term) => /^\s*(\w+) eq '?([^']*?)'?\s*$/.exec(term));
  if (wanted.includes(null)) return undefined;
  return rows.filter((row) => wanted.some((term) => term && textOf(row.get(term[1] ?? '')) === term[2]));
}

/** A value as a filter names it. */
const textOf = (json: string | undefined) => json?.replace(/^"(.*)"$/, '$1');

function printerOf(select: readonly string[], expand: readonly string[]): (row: Row) => string {
  const own = select.filter((column) => !column.includes('.'));
  const nested = select.filter((column) => column.startsWith('customer.')).map((column) => column.split('.')[1] ?? '');
  return (row) => {
    const members = printColumns(row, own.length > 0 ? own : [...row.keys()]);
    const customer = expand.includes('customer') ? customersById.get(row.get('customer_id')) : undefined;
    if (customer) {
      const columns = nested.length > 0 ? nested : [...customer.keys()];
      members.push(`"customer":{${printColumns(customer, columns).join(',')}}`);
    }
    return `{${members.join(',')}}`;
  };
}

function printColumns(row: Row, columns: readonly string[]): string[] {
  return columns.flatMap((column) => {
    const text = row.get(column);
    return text === undefined ? [] : [`"${column}":${text}`];
  });
}
