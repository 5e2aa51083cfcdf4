import type { ErpData } from '../../seed/index.ts';
import { nodeOf } from '../model/model.ts';
import type { Store } from './store.ts';

type Values = Record<string, unknown>;
/** Adds a record with its timestamps; returns its `_id`. */
type Add = (node: string, values: Values) => number;
type Ids = ReadonlyMap<string, number>;

/** E-mail address of the user that every call runs as. */
const API_USER = 'api-sandbox@localhost.domain';

/** The day on which all seeded records were created, each a second after the previous one. */
const FIRST_STAMP = Date.UTC(2025, 0, 6, 8);

/** Fills a tenant with the seed's rows, and replaces natural keys in references by ids. @returns `_id` of the API user. */
export function loadSeed(store: Store, data: ErpData): number {
  let count = 0;
  let user = 1;
  const add: Add = (node, values) => {
    const stamp = new Date(FIRST_STAMP + count++ * 1_000).toISOString();
    const service = { _createUser: user, _updateUser: user, _createStamp: stamp, _updateStamp: stamp };
    return store.insert(node, { ...withText(store, node, values), ...service, _updateTick: 1, _etag: `${stamp}/1` })
      ._id;
  };
  const all = <R extends { id: string }>(node: string, rows: readonly R[], map: (row: R) => Values): Ids =>
    new Map(rows.map((row) => [row.id, add(node, map(row))]));

  user = add('User', {
    email: API_USER,
    firstName: 'API',
    lastName: 'user',
    displayName: 'API user',
    isActive: true,
    isApiUser: true,
  });
  const vendor = add('SysVendor', { name: 'sage', description: 'Sage' });
  const currencies = all('Currency', data.currencies, (row) => ({
    ...row,
    isActive: true,
    rounding: '0.01',
    _vendor: vendor,
  }));
  const legislation = add('Legislation', { id: 'GB', name: 'United Kingdom', isActive: true, _vendor: vendor });
  const chartOfAccount = add('ChartOfAccount', {
    id: 'GB_DEFAULT',
    name: 'United Kingdom',
    isActive: true,
    legislation,
    _vendor: vendor,
  });
  const countries = all('Country', data.countries, (row) => ({
    ...row,
    currency: currencies.get(row.currency),
    legislation,
    _vendor: vendor,
  }));
  const companies = all('Company', data.companies, (row) => ({
    ...row,
    country: countries.get(row.country),
    currency: currencies.get(row.currency),
    isActive: true,
    legislation,
    chartOfAccount,
    customerOnHoldCheck: 'warning',
    taxEngine: 'genericTaxCalculation',
    priceScale: 2,
  }));
  const terms = all('PaymentTerm', data.paymentTerms, (row) => ({ ...row, isActive: true, _vendor: vendor }));
  const parties = loadBusinessEntities(add, data, countries, currencies);
  const sites = all('Site', data.sites, ({ country, currency, ...row }) => ({
    ...row,
    legalCompany: companies.get(row.legalCompany),
    businessEntity: parties.get(row.businessEntity)?.entity,
    primaryAddress: parties.get(row.businessEntity)?.address,
    isActive: true,
    isLocationManaged: true,
    timeZone: 'Europe/London',
  }));
  const customers = loadPartners(add, 'Customer', data.customers, parties, terms);
  const suppliers = loadPartners(add, 'Supplier', data.suppliers, parties, terms);
  const items = loadItems(add, all, data, sites);
  const orders: OrderTables = { add, store, sites, currencies, terms, items: items.ids, units: items.units };
  for (const { soldToCustomer, lines, ...order } of data.salesOrders) {
    loadOrder(orders, 'SalesOrder', order, customers.get(soldToCustomer), lines);
  }
  for (const { supplier, lines, ...order } of data.purchaseOrders) {
    loadOrder(orders, 'PurchaseOrder', order, suppliers.get(supplier), lines);
  }
  for (const name of ['salesOrderQuote', 'salesOrderConfirmation', 'purchaseOrder']) {
    add('Report', { name, description: null, parentPackage: 'xtremSales', isFactory: true, _vendor: vendor });
  }
  return user;
}

interface Party {
  readonly entity: number;
  readonly address: number;
  readonly addressRow: Values;
}

function loadBusinessEntities(add: Add, data: ErpData, countries: Ids, currencies: Ids): ReadonlyMap<string, Party> {
  const parties = new Map<string, Party>();
  for (const { address, contact, isSite, isCustomer, isSupplier, ...row } of data.businessEntities) {
    const entity = add('BusinessEntity', {
      ...row,
      country: countries.get(row.country),
      currency: currencies.get(row.currency),
      isActive: true,
      legalEntity: 'corporation',
    });
    const addressRow = { ...address, country: countries.get(address.country) };
    const linked = add('BusinessEntityAddress', {
      businessEntity: entity,
      address: add('Address', addressRow),
      isActive: true,
      isPrimary: true,
      _sortValue: 10,
    });
    const { phone, ...person } = contact;
    add('BusinessEntityContact', {
      businessEntity: entity,
      address: linked,
      contact: add('Contact', { ...person, locationPhoneNumber: phone }),
      isActive: true,
      isPrimary: true,
      _sortValue: 10,
    });
    parties.set(row.id, { entity, address: linked, addressRow });
  }
  return parties;
}

interface Partner extends Party {
  readonly partner: number;
}

function loadPartners(
  add: Add,
  node: 'Customer' | 'Supplier',
  rows: readonly { readonly id: string; readonly paymentTerm: string }[],
  parties: ReadonlyMap<string, Party>,
  terms: Ids,
): ReadonlyMap<string, Partner> {
  const partners = new Map<string, Partner>();
  for (const { id, ...row } of rows) {
    const party = parties.get(id);
    if (!party) continue;
    const partner = add(node, {
      ...row,
      businessEntity: party.entity,
      primaryAddress: party.address,
      [node === 'Customer' ? 'billToAddress' : 'billByAddress']: party.address,
      paymentTerm: terms.get(row.paymentTerm),
      _customData: { rating: 1 + (partners.size % 5) },
    });
    partners.set(id, { ...party, partner });
  }
  return partners;
}

function loadItems(
  add: Add,
  all: <R extends { id: string }>(node: string, rows: readonly R[], map: (row: R) => Values) => Ids,
  data: ErpData,
  sites: Ids,
): { ids: Ids; units: Ids } {
  const units = all('UnitOfMeasure', data.unitsOfMeasure, (row) => ({ ...row, description: row.name, isActive: true }));
  const categories = all('ItemCategory', data.itemCategories, (row) => ({ ...row, type: 'none' }));
  const ids = all('Item', data.items, (row) => ({
    ...row,
    isActive: row.status === 'active',
    category: categories.get(row.category),
    stockUnit: units.get(row.stockUnit),
    salesUnit: units.get(row.stockUnit),
    purchaseUnit: units.get(row.stockUnit),
    weightUnit: units.get(row.weightUnit),
  }));
  const accepted = add('StockStatus', { id: 'A', name: 'Accepted', type: 'accepted' });
  const locationType = add('LocationType', {
    id: 'STO',
    name: 'Storage',
    locationCategory: 'internal',
    isAcceptedStockAllowed: true,
  });
  const locations = new Map<string, number>();
  const itemSites = new Map<string, number>();
  const once = (map: Map<string, number>, key: string, make: () => number): number => {
    const known = map.get(key) ?? make();
    map.set(key, known);
    return known;
  };
  for (const { stockUnit, ...row } of data.stock) {
    const item = ids.get(row.item);
    const site = sites.get(row.site);
    const location = once(locations, `${row.location}|${row.site}`, () =>
      add('Location', { id: row.location, name: row.location, isActive: true, locationType, site }),
    );
    const itemSite = once(itemSites, `${row.item}|${row.site}`, () =>
      add('ItemSite', { item, site, ...ITEM_SITE, _sortValue: 10, inboundDefaultLocation: location }),
    );
    add('Stock', {
      ...row,
      item,
      site,
      location,
      itemSite,
      status: accepted,
      isInTransit: false,
      onHandQuantityInStockUnit: row.quantityInStockUnit,
      activeQuantityInStockUnit: row.quantityInStockUnit,
      inTransitQuantityInStockUnit: 0,
      totalAllocated: row.allocatedQuantityInStockUnit,
    });
  }
  return { ids, units };
}

const ITEM_SITE = {
  prodLeadTime: 0,
  purchaseLeadTime: 5,
  safetyStock: 0.5,
  isOrderToOrder: false,
  replenishmentMethod: 'byReorderPoint',
  preferredProcess: 'purchasing',
  valuationMethod: 'averageCost',
};

interface OrderTables {
  readonly add: Add;
  readonly store: Store;
  readonly sites: Ids;
  readonly currencies: Ids;
  readonly terms: Ids;
  readonly items: Ids;
  readonly units: Ids;
}

function loadOrder(
  { add, sites, currencies, terms, items, units }: OrderTables,
  node: 'SalesOrder' | 'PurchaseOrder',
  order: { readonly site: string; readonly currency: string; readonly paymentTerm: string; readonly orderDate: string },
  partner: Partner | undefined,
  lines: readonly { readonly item: string; readonly unit: string }[],
): void {
  if (!partner) return;
  const { totalAmountExcludingTax: _total, ...own } = order as typeof order & { totalAmountExcludingTax?: unknown };
  const site = sites.get(order.site);
  const document = add(node, {
    ...own,
    site,
    financialSite: site,
    currency: currencies.get(order.currency),
    paymentTerm: terms.get(order.paymentTerm),
    isPrinted: false,
    isSent: false,
    taxEngine: 'genericTaxCalculation',
    ...(node === 'SalesOrder'
      ? {
          date: order.orderDate,
          soldToCustomer: partner.partner,
          billToCustomer: partner.partner,
          soldToLinkedAddress: partner.address,
          soldToAddress: add('Address', partner.addressRow),
          shipToAddress: add('Address', partner.addressRow),
        }
      : {
          stockSite: site,
          businessRelation: partner.partner,
          billBySupplier: partner.partner,
          supplierLinkedAddress: partner.address,
          supplierAddress: add('Address', partner.addressRow),
        }),
  });
  lines.forEach((line, at) => {
    const unit = units.get(line.unit);
    const values = { ...line, item: items.get(line.item), unit, stockUnit: unit, document, site };
    add(`${node}Line`, { ...values, origin: 'direct', _sortValue: (at + 1) * 10 });
  });
}

/** Amounts and quantities are kept as text. */
function withText(store: Store, node: string, values: Values): Values {
  const { columns } = nodeOf(store.model, node);
  return Object.fromEntries(
    Object.entries(values).map(([column, value]) => [
      column,
      typeof value === 'number' && columns.get(column)?.kind === 'decimal' ? String(value) : value,
    ]),
  );
}
