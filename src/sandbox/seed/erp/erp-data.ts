import { domainOf, personName, pickTown, postcode, streetLine } from '../names.ts';
import { createRandom, type Random } from '../random.ts';
import { COUNTRIES, CURRENCIES } from '../sage200/settings-tables.ts';
import type {
  CustomerRow,
  ErpAddress,
  ErpBusinessEntity,
  ErpCustomer,
  ErpData,
  ErpSupplier,
  Sage200Data,
  SupplierRow,
} from '../types.ts';
import { createErpItems, createErpStock } from './erp-items.ts';
import { createErpPurchaseOrders, createErpSalesOrders } from './erp-orders.ts';

/** In each list, one of this many rows is only in Sage 200. */
const SAGE_ONLY_EVERY = 5;
/** The first row, Sage's own example, is in both. */
const isLinked = (index: number) => index % SAGE_ONLY_EVERY !== SAGE_ONLY_EVERY - 1;

const SITES = [
  ['SHF01', 'Sheffield Works', 'HALLAM', true],
  ['LDS01', 'Leeds Distribution', 'HALLAM', false],
  ['DUB01', 'Dublin Depot', 'HALLAMIE', false],
] as const;
const COMPANIES = [
  ['HALLAM', 'Hallam Fixings Ltd', 'GB', 'GBP'],
  ['HALLAMIE', 'Hallam Tools (Ireland) Ltd', 'IE', 'EUR'],
] as const;
const CATEGORIES = ['FIXINGS', 'TOOLS', 'SERVICE', 'MADE'];

/** The tenant's data: most accounts and items of the first Sage 200 company under the same keys, and some of its own. */
export function createErpData(sage200: Sage200Data, seed: number): ErpData {
  const random = createRandom(seed * 1_000_003 + 7_777);
  const currencyOf = (id: number) =>
    sage200.currencies.find((row) => row.id === id)?.name === CURRENCIES.GBP.name
      ? 'GBP'
      : sage200.currencies.find((row) => row.id === id)?.is_euro_currency
        ? 'EUR'
        : 'USD';
  const countryOf = (id: number) => sage200.country_codes.find((row) => row.id === id)?.code ?? 'GB';

  const entities = new Map<string, ErpBusinessEntity>();
  const customers: ErpCustomer[] = [];
  const suppliers: ErpSupplier[] = [];
  for (const row of sage200.customers.filter((_, index) => isLinked(index))) {
    addEntity(
      entities,
      linkedEntity(random, row, currencyOf(row.currency_id), countryOf(row.country_code_id)),
      'isCustomer',
    );
    customers.push(customerOf(random, row.reference, row.credit_limit, row.on_hold));
  }
  for (const row of sage200.suppliers.filter((_, index) => isLinked(index))) {
    addEntity(
      entities,
      linkedEntity(random, row, currencyOf(row.currency_id), countryOf(row.country_code_id)),
      'isSupplier',
    );
    suppliers.push(supplierOf(random, row.reference));
  }
  for (let index = 0; index < Math.max(5, Math.floor(sage200.customers.length / 10)); index++) {
    const entity = ownEntity(random, index);
    addEntity(entities, entity, 'isCustomer');
    customers.push(customerOf(random, entity.id, 5_000, index === 1));
    // A few are both, as business entities are.
    if (index % 5 === 0) {
      addEntity(entities, entity, 'isSupplier');
      suppliers.push(supplierOf(random, entity.id));
    }
  }
  for (const [id, name, company] of SITES) addEntity(entities, siteEntity(random, id, name, company), 'isSite');

  const items = createErpItems(
    random,
    sage200.products.filter((_, index) => isLinked(index)),
  );
  const siteIds = SITES.map(([id]) => id);
  return {
    currencies: Object.entries(CURRENCIES).map(([id, { name, symbol }]) => ({ id, name, symbol, decimalDigits: 2 })),
    countries: COUNTRIES.map(({ code, name, isEu, currency, alpha3 }) => ({
      id: code,
      name,
      iso31661Alpha3: alpha3,
      continent: code === 'US' ? 'northAmerica' : 'europe',
      isEuMember: isEu,
      currency,
    })),
    companies: COMPANIES.map(([id, name, country, currency]) => ({ id, name, description: name, country, currency })),
    businessEntities: [...entities.values()],
    sites: SITES.map(([id, name, company, isManufacturing]) => ({
      id,
      name,
      description: name,
      legalCompany: company,
      businessEntity: id,
      country: company === 'HALLAMIE' ? 'IE' : 'GB',
      currency: company === 'HALLAMIE' ? 'EUR' : 'GBP',
      isFinance: true,
      isPurchase: true,
      isInventory: true,
      isSales: true,
      isManufacturing,
    })),
    paymentTerms: [14, 30, 60].map((days) => ({
      id: `NET${days}`,
      name: `Net ${days} days`,
      businessEntityType: 'all',
      dueDateType: 'afterInvoiceDate',
      days,
    })),
    unitsOfMeasure: [
      { id: 'EACH', name: 'Each', symbol: 'ea', decimalDigits: 0, type: 'each' },
      { id: 'KILOGRAM', name: 'Kilogram', symbol: 'kg', decimalDigits: 3, type: 'weight' },
      { id: 'HOUR', name: 'Hour', symbol: 'h', decimalDigits: 2, type: 'time' },
    ],
    itemCategories: CATEGORIES.map((id) => ({ id, name: id.charAt(0) + id.slice(1).toLowerCase() })),
    customers,
    suppliers,
    items,
    stock: createErpStock(random, siteIds, items),
    salesOrders: createErpSalesOrders(random, siteIds, customers, items, entities),
    purchaseOrders: createErpPurchaseOrders(random, siteIds, suppliers, items, entities),
  };
}

/** The first mention of an id creates the entity; later ones add their role. */
function addEntity(
  entities: Map<string, ErpBusinessEntity>,
  entity: ErpBusinessEntity,
  role: 'isCustomer' | 'isSupplier' | 'isSite',
) {
  entities.set(entity.id, { ...(entities.get(entity.id) ?? entity), [role]: true });
}

const ROLES = { isSite: false, isCustomer: false, isSupplier: false } as const;

function linkedEntity(
  random: Random,
  row: CustomerRow | SupplierRow,
  currency: string,
  country: string,
): ErpBusinessEntity {
  const { main_address: address } = row;
  const phone = `${row.telephone_area_code} ${row.telephone_subscriber_number}`;
  return {
    id: row.reference,
    name: row.name,
    country,
    currency,
    taxIdNumber: row.vat_number,
    website: row.website,
    ...ROLES,
    address: {
      name: 'Main address',
      addressLine1: address.address_1,
      addressLine2: address.address_2,
      city: address.city,
      region: address.county,
      postcode: address.postcode,
      country,
      locationPhoneNumber: phone,
    },
    contact: contactOf(random, row.name, phone),
  };
}

function ownEntity(random: Random, index: number): ErpBusinessEntity {
  const name = ['Aerospace', 'Rail', 'Offshore', 'Defence', 'Café & Bar'][index % 5] ?? 'Rail';
  const address = addressOf(random);
  const entityName = `${personName(random).lastName} ${name} Ltd`;
  return {
    id: `ERP${String(index + 1).padStart(5, '0')}`,
    name: entityName,
    country: address.country,
    currency: address.country === 'GB' ? 'GBP' : address.country === 'US' ? 'USD' : 'EUR',
    taxIdNumber: `${address.country}${random.int(100_000_000, 999_999_999)}`,
    website: `https://www.${domainOf(entityName)}`,
    ...ROLES,
    address,
    contact: contactOf(random, entityName, address.locationPhoneNumber),
  };
}

function siteEntity(random: Random, id: string, name: string, company: string): ErpBusinessEntity {
  const country = company === 'HALLAMIE' ? 'IE' : 'GB';
  return {
    id,
    name,
    country,
    currency: country === 'IE' ? 'EUR' : 'GBP',
    taxIdNumber: '',
    website: 'https://www.hallam.example',
    ...ROLES,
    address: { ...addressOf(random), country },
    contact: contactOf(random, 'hallam', '0114 555 0100'),
  };
}

function addressOf(random: Random): ErpAddress {
  const town = pickTown(random, 0.2);
  return {
    name: 'Main address',
    addressLine1: streetLine(random),
    addressLine2: '',
    city: town.city,
    region: town.county,
    postcode: postcode(random, town),
    country: town.country,
    locationPhoneNumber: `${town.areaCode} 555 0${random.int(100, 999)}`,
  };
}

function contactOf(random: Random, account: string, phone: string) {
  const { firstName, lastName } = personName(random);
  return { firstName, lastName, email: `office@${domainOf(account)}`, phone };
}

const customerOf = (random: Random, id: string, creditLimit: number, isOnHold: boolean): ErpCustomer => ({
  id,
  paymentTerm: random.pick(['NET14', 'NET30', 'NET60']),
  minimumOrderAmount: random.pick([0, 0, 25, 50]),
  isOnHold,
  creditLimit,
  displayStatus: isOnHold ? 'onHold' : 'active',
  isActive: true,
});

const supplierOf = (random: Random, id: string): ErpSupplier => ({
  id,
  paymentTerm: random.pick(['NET14', 'NET30', 'NET60']),
  minimumOrderAmount: random.pick([0, 100]),
  supplierType: 'other',
  isActive: true,
});
