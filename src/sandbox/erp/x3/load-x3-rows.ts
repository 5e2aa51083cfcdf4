import type { ErpData } from '../../seed/index.ts';
import type { Store } from '../data/store.ts';

/** Fills a folder of the X3 with the seed's rows. @returns `_id`, as the store counts, of the allowed user. */
export function loadX3Rows(store: Store, data: ErpData, user: string): number {
  const add = (node: string, values: Readonly<Record<string, unknown>>): number =>
    store.insert(node, { ...values, _createStamp: STAMP, _updateStamp: STAMP, _etag: `${STAMP}/1` })._id;
  const all = <Row extends { readonly id: string }>(node: string, rows: readonly Row[], map: (row: Row) => object) =>
    new Map(rows.map((row) => [row.id, add(node, { ...map(row) })]));

  const currencies = all('Currency', data.currencies, ({ id }) => ({ code: id, isoCode: id, numberOfDecimals: 2 }));
  const sites = all('Site', data.sites, ({ id, name }) => ({ code: id, name, isSales: true }));
  const partners = all('BusinessPartner', data.businessEntities, ({ id, name, isCustomer, isSupplier }) => ({
    code: id,
    companyName1: name,
    isCustomer,
    isSupplier,
  }));
  const currencyOf = new Map(data.businessEntities.map(({ id, currency }) => [id, currencies.get(currency)]));
  const customers = all('Customer', data.customers, ({ id, creditLimit }) => ({
    code: partners.get(id),
    currency: currencyOf.get(id),
    creditLimit,
  }));
  all('Product', data.items, ({ id, name }) => ({ code: id, description1: name, productStatus: 'active' }));
  for (const order of data.salesOrders) {
    add('SalesOrder', {
      id: order.number,
      category: 'normal',
      salesSite: sites.get(order.site),
      soldToCustomer: customers.get(order.soldToCustomer),
      currency: currencyOf.get(order.soldToCustomer),
      orderDate: order.orderDate,
    });
  }
  return add('SysUser', { code: user, name: 'Gateway' });
}

const STAMP = '2025-01-06T08:00:00.000Z';
