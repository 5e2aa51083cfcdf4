import { isDeepStrictEqual } from 'node:util';
import { ONE_CUSTOMER_ID, type Operation } from './operations.ts';
import { erpCustomers } from './stub/erp-schema.ts';
import { currencies, customers, orders, type Row } from './stub/sage200-rows.ts';

/**
 * The data that an operation must answer with, made from the stub's tables and not from its answers. Ids that a gateway
 * makes up itself are left out here and only counted: see `checkAnswer`.
 */
const EXPECTED: Readonly<Record<Operation['id'], () => object>> = {
  customers: () => ({ sage200: { customers: { nodes: customers.map(customer) } } }),
  orders: () => ({ sage200: { sopOrders: { nodes: orders.map(order) } } }),
  erp: () => ({ xtremMasterData: { customer: { query: { edges: erpCustomers.map(erpEdge) } } } }),
  both: () => ({ ...EXPECTED.customers(), ...EXPECTED.erp() }),
  link: () => ({
    sage200: { customers: { nodes: customers.map((row) => ({ ...customer(row), erpCustomer: linkedTo(row) })) } },
  }),
  back: () => ({ xtremMasterData: { customer: { query: { edges: erpCustomers.map(backEdge) } } } }),
  one: () => ({ sage200: { customer: pick(byId(customers, ONE_CUSTOMER_ID), ['reference', 'name', 'balance']) } }),
};

/** @throws Error when an answer is not exactly what it must be */
export function checkAnswer(who: string, operation: Operation, answer: unknown): void {
  const { data, errors } = answer as { data?: { sage200?: object }; errors?: unknown };
  const fail = (what: string) => new Error(`${who}, ${operation.name}: ${what}`);
  if (errors) throw fail(`errors ${JSON.stringify(errors).slice(0, 1_000)}`);
  const ids: unknown[] = [];
  const seen = { ...data, ...(data?.sage200 && { sage200: plain(data.sage200, ids) }) };
  const expected = EXPECTED[operation.id]();
  if (!isDeepStrictEqual(seen, expected))
    throw fail(
      `a wrong answer:\n${JSON.stringify(seen).slice(0, 600)}\nnot\n${JSON.stringify(expected).slice(0, 600)}`,
    );
  if (new Set(ids).size !== ids.length || !ids.every((id) => typeof id === 'string' && id !== ''))
    throw fail('ids that are not unique texts');
}

/** Without ids, and with decimals in one spelling: 49.80 and 49.8 are the same amount. */
function plain(value: unknown, ids: unknown[], name = ''): unknown {
  if (Array.isArray(value)) return value.map((item) => plain(item, ids));
  if (typeof value === 'object' && value !== null) {
    if ('id' in value) ids.push(value.id);
    const members = Object.entries(value).filter(([key]) => key !== 'id');
    return Object.fromEntries(members.map(([key, member]) => [key, plain(member, ids, key)]));
  }
  return DECIMALS.has(name) && typeof value === 'string' ? String(Number(value)) : value;
}

const DECIMALS = new Set(['balance', 'creditLimit', 'totalGrossValue']);
const DATES = new Set(['accountOpened', 'documentDate']);

const customer = (row: Row) =>
  pick(row, [
    'reference',
    'name',
    'shortName',
    'balance',
    'creditLimit',
    'onHold',
    'vatNumber',
    'website',
    'paymentTermsDays',
    'accountOpened',
    'currencyId',
  ]);

function order(row: Row): object {
  const owner = byId(customers, row.get('customer_id'));
  const { symbol } = pick(byId(currencies, owner.get('currency_id')), ['symbol']);
  return {
    ...pick(row, ['documentNo', 'documentDate', 'totalGrossValue']),
    customer: { ...pick(owner, ['name']), currency: { symbol } },
  };
}

function linkedTo(row: Row): object | null {
  const { reference } = pick(row, ['reference']);
  const found = erpCustomers.find(({ id }) => id === reference);
  if (!found) return null;
  // Ids are made up by gateways: see `checkAnswer`.
  return {
    name: found.name,
    creditLimit: String(Number(found.creditLimit)),
    currency: { symbol: found.currency.symbol },
  };
}

function backEdge({ _id, id, name, isActive, currency }: (typeof erpCustomers)[number]): object {
  const row = customers.find((each) => read(each, 'reference') === id);
  const sage200Customer = row ? pick(row, ['reference', 'name', 'shortName']) : null;
  return { node: { _id, id, name, isActive, currency: { symbol: currency.symbol }, sage200Customer } };
}

function erpEdge({ currency, country, ...own }: (typeof erpCustomers)[number]): object {
  return { node: { ...own, currency: { id: currency.id, symbol: currency.symbol }, country: { name: country.name } } };
}

function pick(row: Row, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(names.map((name) => [name, read(row, name)]));
}

function read(row: Row, name: string): unknown {
  const text = row.get(name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)) ?? 'null';
  const value: unknown = JSON.parse(text);
  if (DECIMALS.has(name) || name.endsWith('Id')) return String(value);
  return DATES.has(name) ? String(value).slice(0, 10) : value;
}

function byId(rows: readonly Row[], id: string | undefined): Row {
  const found = rows.find((row) => row.get('id') === id);
  if (!found) throw new Error(`There is no row ${id}.`);
  return found;
}
