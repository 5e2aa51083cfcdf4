import { type ErpSandbox, type ErpSandboxOptions, startErpSandbox } from '../../../src/sandbox/erp/index.ts';
import type { ErpData, Seed } from '../../../src/sandbox/seed/index.ts';

export const TENANT_ID = 'a1b2c3d4-0000-4000-8000-000000000001';
export const OTHER_TENANT_ID = 'a1b2c3d4-0000-4000-8000-000000000002';

/** Thirty customers C01 to C30, five items, and an order for each of the first ten customers. */
export function smallData(prefix = 'C'): ErpData {
  const numbers = Array.from({ length: 30 }, (_, at) => String(at + 1).padStart(2, '0'));
  const address = (name: string) => ({
    name,
    addressLine1: '1 High Street',
    addressLine2: '',
    city: 'Leeds',
    region: 'West Yorkshire',
    postcode: 'LS1 1AA',
    country: 'GB',
    locationPhoneNumber: '0113 496 0000',
  });
  const entity = (id: string, name: string, currency = 'GBP') => ({
    id,
    name,
    country: 'GB',
    currency,
    taxIdNumber: `GB${id}`,
    website: '',
    isSite: id === 'S1',
    isCustomer: id.startsWith(prefix),
    isSupplier: id === 'SUP1',
    address: address(name),
    contact: { firstName: 'Ann', lastName: id, email: `${id}@example.com`, phone: '0113 496 0001' },
  });
  const status = { status: 'pending', displayStatus: 'confirmed', approvalStatus: 'approved' } as const;
  return {
    currencies: [
      { id: 'GBP', name: 'Pound sterling', symbol: '£', decimalDigits: 2 },
      { id: 'EUR', name: 'Euro', symbol: '€', decimalDigits: 2 },
    ],
    countries: [
      {
        id: 'GB',
        name: 'United Kingdom',
        iso31661Alpha3: 'GBR',
        continent: 'europe',
        isEuMember: false,
        currency: 'GBP',
      },
    ],
    companies: [{ id: 'CO1', name: 'Sandbox Ltd', description: '', country: 'GB', currency: 'GBP' }],
    businessEntities: [
      entity('S1', 'Main site'),
      entity('SUP1', 'Supplier One'),
      ...numbers.map((n) =>
        entity(`${prefix}${n}`, n === '05' ? "O'Brien & Sons" : `Customer ${n}`, Number(n) > 25 ? 'EUR' : 'GBP'),
      ),
    ],
    sites: [
      {
        id: 'S1',
        name: 'Main site',
        description: '',
        legalCompany: 'CO1',
        businessEntity: 'S1',
        country: 'GB',
        currency: 'GBP',
        isFinance: true,
        isPurchase: true,
        isInventory: true,
        isSales: true,
        isManufacturing: false,
      },
    ],
    paymentTerms: [
      { id: 'NET30', name: 'Net 30', businessEntityType: 'all', dueDateType: 'afterInvoiceDate', days: 30 },
    ],
    unitsOfMeasure: [{ id: 'EACH', name: 'Each', symbol: 'ea', decimalDigits: 0, type: 'each' }],
    itemCategories: [{ id: 'PARTS', name: 'Parts' }],
    customers: numbers.map((n) => ({
      id: `${prefix}${n}`,
      paymentTerm: 'NET30',
      minimumOrderAmount: 0,
      isOnHold: n === '03',
      creditLimit: Number(n) * 100 + 0.5,
      displayStatus: 'active',
      isActive: Number(n) % 10 !== 0,
    })),
    suppliers: [{ id: 'SUP1', paymentTerm: 'NET30', minimumOrderAmount: 0, supplierType: 'other', isActive: true }],
    items: numbers.slice(0, 5).map((n) => ({
      id: `I${n}`,
      name: `Item ${n}`,
      description: `Description ${n}`,
      status: n === '05' ? 'notRenewed' : 'active',
      type: 'good',
      isBought: true,
      isManufactured: false,
      isSold: Number(n) % 2 === 1,
      isStockManaged: true,
      eanNumber: '',
      commodityCode: '',
      category: 'PARTS',
      stockUnit: 'EACH',
      weight: Number(n) * 1.1,
      weightUnit: 'EACH',
      basePrice: Number(n),
      minimumPrice: 0,
    })),
    stock: numbers.slice(0, 5).map((n) => ({
      item: `I${n}`,
      site: 'S1',
      stockUnit: 'EACH',
      location: 'A01',
      quantityInStockUnit: 10,
      allocatedQuantityInStockUnit: 1,
      availableQuantityInStockUnit: 9,
    })),
    salesOrders: numbers.slice(0, 10).map((n, at) => ({
      number: `SO0000${n}`,
      site: 'S1',
      soldToCustomer: `${prefix}${n}`,
      currency: 'GBP',
      paymentTerm: 'NET30',
      ...status,
      displayStatus: n === '10' ? 'shipped' : 'confirmed',
      invoiceStatus: 'notInvoiced',
      customerNumber: '',
      orderDate: `2025-03-${n}`,
      requestedDeliveryDate: '2025-04-01',
      totalAmountExcludingTax: 0.3 * (at + 1),
      totalTaxAmount: 0.06,
      lines: Array.from({ length: at + 1 }, (_, line) => ({
        item: `I0${1 + (line % 5)}`,
        itemDescription: 'Part',
        unit: 'EACH',
        quantity: 3,
        grossPrice: 0.1,
        netPrice: 0.1,
        status: line === 0 ? 'closed' : 'pending',
        shippingStatus: 'notShipped',
        invoiceStatus: 'notInvoiced',
        requestedDeliveryDate: '2025-04-01',
      })),
    })),
    purchaseOrders: [
      {
        number: 'PO000001',
        site: 'S1',
        supplier: 'SUP1',
        currency: 'GBP',
        paymentTerm: 'NET30',
        ...status,
        supplierOrderReference: 'X1',
        orderDate: '2025-02-01',
        totalAmountExcludingTax: 20,
        lines: [
          {
            item: 'I01',
            itemDescription: 'Part',
            unit: 'EACH',
            quantity: 2,
            quantityToReceive: 2,
            grossPrice: 10,
            netPrice: 10,
            status: 'pending',
            expectedReceiptDate: '2025-03-01',
          },
        ],
      },
    ],
  };
}

export const seedOf = (data: ErpData): Seed => ({ sites: [], company: () => undefined, erp: () => data });

export const start = (options: Partial<ErpSandboxOptions> = {}) =>
  startErpSandbox({
    seed: seedOf(smallData()),
    tenants: [
      { name: 'acme', tenantId: TENANT_ID, data: () => smallData() },
      { name: 'globex', tenantId: OTHER_TENANT_ID, data: () => smallData('G'), release: '2025.R7' },
    ],
    ...options,
  });

export interface Answer {
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of many shapes
  readonly data?: any;
  readonly errors?: readonly { message: string; path?: readonly unknown[]; extensions?: { diagnoses?: unknown } }[];
  readonly extensions?: { readonly diagnoses?: unknown };
}

export interface Tokens {
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly urls: Readonly<Record<string, string | undefined>>;
}

export const requestTokens = (erp: ErpSandbox, fields: Record<string, string> = {}) =>
  fetch(erp.tokenUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ clientId: erp.clientId, clientSecret: erp.clientSecret, tenantId: TENANT_ID, ...fields }),
  });

export const signIn = async (erp: ErpSandbox, tenantId = TENANT_ID) =>
  (await (await requestTokens(erp, { tenantId })).json()) as Tokens;

export const post = (url: string, token: string, query: string, variables?: Record<string, unknown>) =>
  fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query, variables }),
  });

export type Ask = (query: string, variables?: Record<string, unknown>) => Promise<Answer>;

export async function connect(erp: ErpSandbox, tenantId = TENANT_ID): Promise<Ask> {
  const tokens = await signIn(erp, tenantId);
  const url = tokens.urls['graphQL'] ?? '';
  return async (query, variables) => (await (await post(url, tokens.accessToken, query, variables)).json()) as Answer;
}
