import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { parseRelaxedJson } from '../../src/sandbox/erp/filter/relaxed-json.ts';
import {
  ACME_TENANT_ID,
  type ErpSandbox,
  type ErpSandboxOptions,
  GLOBEX_TENANT_ID,
  startErpSandbox,
} from '../../src/sandbox/erp/index.ts';
import { createSeed, type ErpData, type Seed } from '../../src/sandbox/seed/index.ts';

const TENANT_ID = 'a1b2c3d4-0000-4000-8000-000000000001';
const OTHER_TENANT_ID = 'a1b2c3d4-0000-4000-8000-000000000002';

/** Thirty customers C01 to C30, five items, and an order for each of the first ten customers. */
function smallData(prefix = 'C'): ErpData {
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

const seedOf = (data: ErpData): Seed => ({ sites: [], company: () => undefined, erp: () => data });

const start = (options: Partial<ErpSandboxOptions> = {}) =>
  startErpSandbox({
    seed: seedOf(smallData()),
    tenants: [
      { name: 'acme', tenantId: TENANT_ID, data: () => smallData() },
      { name: 'globex', tenantId: OTHER_TENANT_ID, data: () => smallData('G'), release: '2025.R7' },
    ],
    ...options,
  });

interface Answer {
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of many shapes
  readonly data?: any;
  readonly errors?: readonly { message: string; path?: readonly unknown[]; extensions?: { diagnoses?: unknown } }[];
  readonly extensions?: { readonly diagnoses?: unknown };
}

interface Tokens {
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly urls: Readonly<Record<string, string | undefined>>;
}

const requestTokens = (erp: ErpSandbox, fields: Record<string, string> = {}) =>
  fetch(erp.tokenUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ clientId: erp.clientId, clientSecret: erp.clientSecret, tenantId: TENANT_ID, ...fields }),
  });

const signIn = async (erp: ErpSandbox, tenantId = TENANT_ID) =>
  (await (await requestTokens(erp, { tenantId })).json()) as Tokens;

const post = (url: string, token: string, query: string, variables?: Record<string, unknown>) =>
  fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query, variables }),
  });

type Ask = (query: string, variables?: Record<string, unknown>) => Promise<Answer>;

async function connect(erp: ErpSandbox, tenantId = TENANT_ID): Promise<Ask> {
  const tokens = await signIn(erp, tenantId);
  const url = tokens.urls['graphQL'] ?? '';
  return async (query, variables) => (await (await post(url, tokens.accessToken, query, variables)).json()) as Answer;
}

describe('the filter language', () => {
  test('reads all of JSON, and the same with single quotes and bare keys', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value);
        expect(JSON.stringify(parseRelaxedJson(text))).toBe(JSON.stringify(JSON.parse(text)));
      }),
    );
    fc.assert(
      fc.property(fc.string(), (value) => {
        const quoted = value.replaceAll('\\', '\\\\').replaceAll("'", "\\'");
        expect(parseRelaxedJson(`{ key: '${quoted}', other: [+1, -.5, ], }`)).toEqual({ key: value, other: [1, -0.5] });
      }),
    );
  });

  test.each(['', '{', '{a 1}', "{a: 'x}", '[1 2]', '{a: b}', '{a: 1} x', '{"a": "\\u12"}', '['.repeat(100_000)])(
    'refuses the text %#',
    (text) => {
      expect(() => parseRelaxedJson(text)).toThrow(/at position \d+/);
    },
  );
});

describe('the token API', () => {
  test('answers the JSON request with a pair, addresses of its own and one nobody can guess', async () => {
    await using erp = await start();

    const response = await requestTokens(erp);
    const body = (await response.json()) as Record<string, unknown> & Tokens;

    expect(response.status).toBe(200);
    expect(new Set(Object.keys(body.urls))).toEqual(
      new Set([
        'asyncContextErrorUrl',
        'asyncContextUploadUrl',
        'graphQL',
        'invalidateToken',
        'refreshToken',
        'websocketUrl',
      ]),
    );
    expect(body.urls['graphQL']).toMatch(new RegExp(`^${erp.url}/[\\w-]{20,}/api$`));
    expect(body.urls['graphQL']).not.toBe((await signIn(erp, OTHER_TENANT_ID)).urls['graphQL']);
    expect(Date.parse(String(body['accessTokenExpiry'])) - Date.now()).toBeGreaterThan(14 * 60_000);
  });

  test('answers the form request in the newer shape, with the address under apps', async () => {
    await using erp = await start({ spelling: 'graphQl' });

    const response = await fetch(erp.tokenUrl, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: erp.clientId,
        client_secret: erp.clientSecret,
        scope: `tenantid:${TENANT_ID}`,
      }),
    });
    const body = (await response.json()) as {
      access_token: string;
      expires_in: number;
      apps: { sdmo: { graphQl: string } };
    };
    const answer = await post(body.apps.sdmo.graphQl, body.access_token, '{ __typename }');

    expect(body).not.toHaveProperty('refreshToken');
    expect(body.expires_in).toBe(900);
    expect(await answer.json()).toEqual({ data: { __typename: 'Query' }, extensions: { diagnoses: [] } });
  });

  test('refuses a wrong secret, an unknown tenant and a missing API user, each in its own words', async () => {
    await using erp = await start();
    erp.setApiUser('globex', false);

    const answers = await Promise.all([
      requestTokens(erp, { clientSecret: 'wrong' }),
      requestTokens(erp, { tenantId: 'nobody' }),
      requestTokens(erp, { tenantId: OTHER_TENANT_ID }),
    ]);
    const bodies = (await Promise.all(answers.map((each) => each.json()))) as { $diagnoses: { $message: string }[] }[];

    expect(answers.every(({ status }) => status >= 400)).toBe(true);
    expect(new Set(bodies.map((body) => body.$diagnoses[0]?.$message)).size).toBe(3);
  });

  test('renews once per refresh token and remembers who presented a spent one', async () => {
    await using erp = await start();
    const first = await signIn(erp);
    const renew = () =>
      fetch(first.urls['refreshToken'] ?? '', {
        method: 'POST',
        headers: { authorization: `Bearer ${first.refreshToken}` },
      });

    const renewed = (await (await renew()).json()) as Tokens;
    const again = await renew();

    expect(renewed.refreshToken).not.toBe(first.refreshToken);
    expect((await post(renewed.urls['graphQL'] ?? '', renewed.accessToken, '{ __typename }')).status).toBe(200);
    expect(again.status).toBe(401);
    expect(erp.renewals().map(({ kind, status, spent }) => ({ kind, status, spent }))).toEqual([
      { kind: 'obtain', status: 200, spent: false },
      { kind: 'renew', status: 200, spent: false },
      { kind: 'renew', status: 401, spent: true },
    ]);
  });

  test('ends tokens when asked to, by the clock, and for another tenant', async () => {
    await using erp = await start();
    const tokens = await signIn(erp);
    const url = tokens.urls['graphQL'] ?? '';
    const statusOf = async (token: string) => (await post(url, token, '{ __typename }')).status;

    expect(await statusOf((await signIn(erp, OTHER_TENANT_ID)).accessToken)).toBe(401);
    const header = `accessToken=${tokens.accessToken};refreshToken=${tokens.refreshToken}`;
    await fetch(tokens.urls['invalidateToken'] ?? '', { method: 'DELETE', headers: { 'x-tokens': header } });
    expect(await statusOf(tokens.accessToken)).toBe(401);
    erp.clock.set({ accessTokenSeconds: 2 });
    const short = await signIn(erp);
    expect(await statusOf(short.accessToken)).toBe(200);
    erp.clock.set({ skewMs: 3_000 });
    const refused = await post(url, short.accessToken, '{ __typename }');
    expect(refused.status).toBe(401);
    expect(await refused.json()).toEqual({ $diagnoses: [{ $severity: 'error', $message: expect.any(String) }] });
  });

  test('can leave the address out, spell it otherwise, and move the tenant', async () => {
    await using erp = await start({ withoutAddress: true });
    expect((await signIn(erp)).urls).not.toHaveProperty('graphQL');
    erp.configure({ withoutAddress: false, spelling: 'graphql' });
    const before = await signIn(erp);

    erp.move('acme');

    expect((await post(before.urls['graphql'] ?? '', before.accessToken, '{ __typename }')).status).toBe(404);
    const after = await signIn(erp);
    expect((await post(after.urls['graphql'] ?? '', after.accessToken, '{ __typename }')).status).toBe(200);
  });
});

describe('reading', () => {
  let erp: ErpSandbox;
  let ask: Ask;
  beforeAll(async () => {
    erp = await start();
    ask = await connect(erp);
  });
  afterAll(() => erp.close());

  const idsOf = async (node: string, filter: string, property = 'id'): Promise<string[]> => {
    const { data, errors } = await ask(
      `query ($filter: String) { ${node.replace('.', ' { ')} { query(first: 100, filter: $filter) { edges { node { ${property} } } } } } }`,
      { filter },
    );
    if (errors) throw new Error(JSON.stringify(errors));
    const [pkg = '', field = ''] = node.split('.');
    return data[pkg][field].query.edges.map((edge: { node: Record<string, string> }) => edge.node[property]);
  };

  test('a record is read by id, by bare number, by #KEY and by a key of several parts', async () => {
    const { data } = await ask(`{
      xtremMasterData {
        customer { byKey: read(_id: "#C05") { _id name creditLimit currency { id } country { name } primaryAddress { city address { postcode } } }
                   byNumber: read(_id: 5) { id } byText: read(_id: "5") { id } none: read(_id: "#nobody") { id } }
        businessEntityAddress { read(_id: "#C05|10") { name isPrimary businessEntity { customer { id } isCustomer isSupplier } } }
        itemSite { read(_id: "#I01|S1") { inStockQuantity stockUnit { id } stockRecords { query { edges { node { quantityInStockUnit } } } } } }
      }
    }`);

    expect(data.xtremMasterData).toEqual({
      customer: {
        byKey: {
          _id: '5',
          name: "O'Brien & Sons",
          creditLimit: '500.5',
          currency: { id: 'GBP' },
          country: { name: 'United Kingdom' },
          primaryAddress: { city: 'Leeds', address: { postcode: 'LS1 1AA' } },
        },
        byNumber: { id: 'C05' },
        byText: { id: 'C05' },
        none: null,
      },
      businessEntityAddress: {
        read: {
          name: "O'Brien & Sons",
          isPrimary: true,
          businessEntity: { customer: { id: 'C05' }, isCustomer: true, isSupplier: false },
        },
      },
      itemSite: {
        read: {
          inStockQuantity: '10',
          stockUnit: { id: 'EACH' },
          stockRecords: { query: { edges: [{ node: { quantityInStockUnit: '10' } }] } },
        },
      },
    });
  });

  test.each([
    ["{id: 'C05'}", ['C05']],
    ['{"id": {"_eq": "C05"}}', ['C05']],
    ["{name: 'O\\'Brien & Sons'}", ['C05']],
    ["{id: {_in: ['C02', 'C01', 'nobody']}}", ['C01', 'C02']],
    ["{id: {_nin: ['C01']}, creditLimit: {_lt: 400}}", ['C02', 'C03']],
    ['{creditLimit: {_gt: 2800, _lte: 2900.5}}', ['C28', 'C29']],
    ["{_or: [{id: 'C01'}, {creditLimit: {_gte: '3000'}}]}", ['C01', 'C30']],
    ["{_and: [{currency: {id: 'EUR'}}, {isActive: true}, {id: {_ne: 'C26'}}]}", ['C27', 'C28', 'C29']],
    ["[{currency: {id: 'EUR'}}, {isActive: false}]", ['C30']],
    ["{name: {_regex: '^O'}}", ['C05']],
    ['{isOnHold: true, internalNote: null}', ['C03']],
    ['{_id: 7}', ['C07']],
    ["{businessEntity: {currency: {name: {_nin: ['Pound sterling']}}}, isActive: false}", ['C30']],
    ["{businessEntity: '#C09'}", ['C09']],
    ["{_id: {_in: ['#C09', 8, '7']}, isActive: true}", ['C07', 'C08', 'C09']],
    ["{businessEntity: {id: {_in: ['C04', 'C02']}}, isOnHold: false}", ['C02', 'C04']],
    ['{_customData: {rating: {_gte: 5}}, creditLimit: {_lt: 1100}}', ['C05', 'C10']],
    ["{deliveryAddresses: {_atLeast: 1, postcode: 'LS1 1AA'}, id: {_regex: '1$'}}", ['C01', 'C11', 'C21']],
    ["{_createStamp: {_lt: '2024-01-01T00:00:00.000Z'}}", []],
  ])('customers by the filter %s', async (filter, expected) => {
    expect(await idsOf('xtremMasterData.customer', filter)).toEqual(expected);
  });

  test.each([
    ['{lines: {_atLeast: 9}}', ['SO000009', 'SO000010']],
    ['{lines: {_atMost: 2}}', ['SO000001', 'SO000002']],
    ["{lines: {_every: true, status: 'closed'}}", ['SO000001']],
    ["{soldToCustomer: {id: {_in: ['C03', 'C02', 'C29']}}}", ['SO000002', 'SO000003']],
    ["{soldToCustomer: {_id: 4}, site: {id: {_ne: 'S2'}}}", ['SO000004']],
    ["{lines: {_none: true, item: {id: 'I02'}}}", ['SO000001']],
    ["{lines: {_atLeast: 2, item: {id: 'I01'}}, date: {_lt: '2025-03-07'}}", ['SO000006']],
  ])('sales orders by the quantifier %s', async (filter, expected) => {
    expect(await idsOf('xtremSales.salesOrder', filter, 'number')).toEqual(expected);
  });

  test.each([
    ['{nosuch: 1}', /nosuch/],
    ["{id: {_like: 'x'}}", /_like/],
    ["{id: 'x'", /position/],
    ["{creditLimit: 'much'}", /number/],
    ["{lines: {status: 'closed'}}", /lines/],
    ["{displayStatus: 'nosuch'}", /CustomerDisplayStatus/],
  ])('the faulty filter %s is refused with a diagnosis', async (filter, message) => {
    const { data, errors, extensions } = await ask(
      'query ($f: String) { xtremMasterData { customer { query(filter: $f) { totalCount } } } }',
      {
        f: filter,
      },
    );

    expect(data.xtremMasterData.customer.query).toBeNull();
    expect(errors?.[0]?.message).toMatch(message);
    expect(errors?.[0]?.extensions?.diagnoses).toEqual([{ severity: 3, message: errors?.[0]?.message, path: [] }]);
    expect(extensions).toEqual({ diagnoses: [] });
  });

  test('twenty records come without first, in collections too, and every page once by its cursor', async () => {
    const page = async (after?: string) => {
      const { data } = await ask(
        `query ($after: String) { xtremMasterData { customer { query(first: 12, after: $after, orderBy: "{currency: {id: 1}, name: -1}") {
          totalCount edges { cursor node { id } } pageInfo { startCursor endCursor hasNextPage hasPreviousPage } } } } }`,
        { after },
      );
      return data.xtremMasterData.customer.query;
    };
    const plain = await ask(
      '{ xtremMasterData { customer { query { totalCount edges { node { id } } pageInfo { hasNextPage } } } } }',
    );
    expect(plain.data.xtremMasterData.customer.query).toMatchObject({
      totalCount: 30,
      pageInfo: { hasNextPage: true },
    });
    expect(plain.data.xtremMasterData.customer.query.edges).toHaveLength(20);

    const pages = [await page()];
    while (pages.at(-1).pageInfo.hasNextPage)
      pages.push(await page(pages.at(-1).pageInfo.endCursor.replaceAll('"', "'")));

    expect(pages[0].edges[0].cursor).toMatch(/^\["EUR","Customer 30"\]#\d+$/);
    expect(pages.map((each) => each.edges.length)).toEqual([12, 12, 6]);
    expect(pages[1].pageInfo.hasPreviousPage).toBe(true);
    expect(
      new Set(pages.flatMap((each) => each.edges.map((edge: { node: { id: string } }) => edge.node.id))).size,
    ).toBe(30);
  });

  test('last and before page backwards', async () => {
    const { data } = await ask('{ xtremMasterData { customer { query(last: 2) { edges { cursor node { id } } } } } }');
    const [edge] = data.xtremMasterData.customer.query.edges;
    const before = await ask(
      'query ($c: String) { xtremMasterData { customer { query(last: 2, before: $c) { edges { node { id } } pageInfo { hasPreviousPage } } } } }',
      { c: edge.cursor },
    );

    expect(edge.node.id).toBe('C29');
    expect(before.data.xtremMasterData.customer.query).toEqual({
      edges: [{ node: { id: 'C27' } }, { node: { id: 'C28' } }],
      pageInfo: { hasPreviousPage: true },
    });
  });

  test('lines are a collection with filter, order and totals that are exact', async () => {
    const { data } = await ask(`{ xtremSales { salesOrder { read(_id: "#SO000003") {
      totalAmountExcludingTax soldToCustomer { id } site { id }
      lines { query(first: 2, orderBy: "{_sortValue: -1}") { totalCount edges { node { _sortValue documentNumber quantity netPrice itemSite { id } } } }
              readAggregate { quantity { sum avg } } } } } } }`);

    expect(data.xtremSales.salesOrder.read).toEqual({
      totalAmountExcludingTax: '0.9',
      soldToCustomer: { id: 'C03' },
      site: { id: 'S1' },
      lines: {
        query: {
          totalCount: 3,
          edges: [
            {
              node: {
                _sortValue: 30,
                documentNumber: 'SO000003',
                quantity: '3',
                netPrice: '0.1',
                itemSite: { id: 'I03' },
              },
            },
            {
              node: {
                _sortValue: 20,
                documentNumber: 'SO000003',
                quantity: '3',
                netPrice: '0.1',
                itemSite: { id: 'I02' },
              },
            },
          ],
        },
        readAggregate: { quantity: { sum: '9', avg: '3' } },
      },
    });
  });

  test('aggregates: over all, and by groups along references', async () => {
    const { data } = await ask(`{ xtremMasterData { customer {
      readAggregate(filter: "{isActive: true}") { creditLimit { sum min max } id { distinctCount } currency { id { distinctCount } } }
      queryAggregate(orderBy: "{currency: {id: -1}}") { edges { node { group { currency { id } rating: _customData(selector: "none") } values { creditLimit { avg max } name { min } } } } pageInfo { hasNextPage } } } } }`);

    expect(data.xtremMasterData.customer).toEqual({
      readAggregate: {
        creditLimit: { sum: '40513.5', min: '100.5', max: '2900.5' },
        id: { distinctCount: 27 },
        currency: { id: { distinctCount: 2 } },
      },
      queryAggregate: {
        edges: [
          {
            node: {
              group: { currency: { id: 'GBP' }, rating: null },
              values: { creditLimit: { avg: '1300.5', max: '2500.5' }, name: { min: 'Customer 01' } },
            },
          },
          {
            node: {
              group: { currency: { id: 'EUR' }, rating: null },
              values: { creditLimit: { avg: '2800.5', max: '3000.5' }, name: { min: 'Customer 26' } },
            },
          },
        ],
        pageInfo: { hasNextPage: false },
      },
    });
  });

  test('the tenant describes its own nodes', async () => {
    const { data } =
      await ask(`{ xtremMasterData { item { read(_id: "#I01") { _factory { name naturalKey package { name } } _createUser { email } _etag } } }
      xtremMetadata { metaNodeProperty { query(filter: "{factory: {name: 'SalesOrder'}, name: 'soldToCustomer'}") { edges { node { type isRequired targetFactory { name } } } } } } }`);

    expect(data.xtremMasterData.item.read).toMatchObject({
      _factory: { name: 'Item', naturalKey: '["id"]', package: { name: 'xtremMasterData' } },
      _createUser: { email: expect.stringContaining('api') },
    });
    expect(data.xtremMetadata.metaNodeProperty.query.edges).toEqual([
      { node: { type: 'reference', isRequired: true, targetFactory: { name: 'Customer' } } },
    ]);
  });

  test('look-ups, searches and other custom queries answer', async () => {
    const { data } = await ask(`{ xtremMasterData {
      customer { lookups(data: {}) { currency(filter: "{id: 'EUR'}") { edges { node { symbol } } } } }
      unitOfMeasure { getUnitConversionFactor(fromUnit: "#EACH", toUnit: 1, type: "sales") { conversionFactor } } }
      xtremStockData { stock { searchStock(searchCriteria: { item: "#I02" }) { stockRecord { site { id } } quantityInStockUnit } } } }`);

    expect(data).toEqual({
      xtremMasterData: {
        customer: { lookups: { currency: { edges: [{ node: { symbol: '€' } }] } } },
        unitOfMeasure: { getUnitConversionFactor: { conversionFactor: '1' } },
      },
      xtremStockData: { stock: { searchStock: [{ stockRecord: { site: { id: 'S1' } }, quantityInStockUnit: '10' }] } },
    });
  });

  test('a document that does not fit the schema is refused, with diagnoses as always', async () => {
    const { errors, extensions } = await ask('{ xtremMasterData { customer { query { nosuch } } } }');

    expect(errors?.[0]?.message).toMatch(/nosuch/);
    expect(extensions).toEqual({ diagnoses: [] });
  });
});

describe('writing', () => {
  let erp: ErpSandbox;
  let ask: Ask;
  beforeEach(async () => {
    erp = await start();
    ask = await connect(erp);
    return () => erp.close();
  });

  test('a sales order is created with defaults, and its lines are changed through it', async () => {
    const created = await ask(`mutation { xtremSales { salesOrder { create(data: {
      site: "#S1", soldToCustomer: 1, approvalStatus: "approved", internalNote: { value: "<p>hi</p>" },
      lines: [{ item: "#I01", quantity: 2 }, { item: "#I02", quantity: "1.5", grossPrice: "0.333" }] }) {
        _id number status approvalStatus date currency { id } paymentTerm { days } shipToAddress { city } internalNote { value }
        totalAmountExcludingTax lines { query { edges { node { _id _sortValue grossPrice unit { id } } } } } } } } }`);
    const order = created.data.xtremSales.salesOrder.create;

    expect(created.errors).toBeUndefined();
    expect(order).toMatchObject({
      number: 'SO000011',
      status: 'draft',
      approvalStatus: 'approved',
      date: new Date().toISOString().slice(0, 10),
      currency: { id: 'GBP' },
      paymentTerm: { days: 30 },
      shipToAddress: { city: 'Leeds' },
      internalNote: { value: '<p>hi</p>' },
      totalAmountExcludingTax: '2.5',
      lines: {
        query: {
          edges: [{ node: { _sortValue: 10, grossPrice: '1', unit: { id: 'EACH' } } }, { node: { _sortValue: 20 } }],
        },
      },
    });
    const [first, second] = order.lines.query.edges.map((edge: { node: { _id: string } }) => edge.node._id);
    const updated = await ask(
      `mutation ($data: SalesOrder_Input!) { xtremSales { salesOrder { update(data: $data) {
        shipToAddress { city postcode } lines { query { edges { node { _id quantity item { id } netPrice } } } } } } } }`,
      {
        data: {
          _id: order._id,
          shipToAddress: { city: 'York' },
          lines: [
            { _id: first, _action: 'update', quantity: 7, grossPrice: '2.5' },
            { _id: second, _action: 'delete' },
            { _id: '-1', _action: 'create', item: '#I03', quantity: 1 },
          ],
        },
      },
    );

    expect(updated.errors).toBeUndefined();
    expect(updated.data.xtremSales.salesOrder.update).toEqual({
      shipToAddress: { city: 'York', postcode: 'LS1 1AA' },
      lines: {
        query: {
          edges: [
            { node: { _id: first, quantity: '7', item: { id: 'I01' }, netPrice: '2.5' } },
            { node: { _id: expect.any(String), quantity: '1', item: { id: 'I03' }, netPrice: '3' } },
          ],
        },
      },
    });
    const customer = await ask('{ xtremMasterData { customer { read(_id: "#C01") { primaryAddress { city } } } } }');
    expect(customer.data.xtremMasterData.customer.read.primaryAddress.city).toBe('Leeds');
    const lines = await ask('{ __type(name: "SalesOrderLine_Mutations") { fields { name } } }');
    expect(lines.data.__type.fields).toEqual([{ name: 'asyncExport' }]);
  });

  test('what fails leaves nothing behind and says where', async () => {
    const { data, errors } = await ask(`mutation { xtremSales { salesOrder { create(data: {
      number: "SO-X", site: "#S1", soldToCustomer: "#C01", lines: [{ item: "#I01", quantity: 1 }, { quantity: 1 }] }) { _id } } } }`);
    const after = await ask(
      '{ xtremSales { salesOrder { read(_id: "#SO-X") { _id } query { totalCount } } salesOrderLine { query { totalCount } } } }',
    );

    expect(data.xtremSales.salesOrder.create).toBeNull();
    expect(errors?.[0]?.extensions?.diagnoses).toEqual([
      { severity: 3, message: expect.stringContaining('SalesOrderLine.item'), path: ['lines', '1', 'item'] },
    ]);
    expect(after.data.xtremSales).toEqual({
      salesOrder: { read: null, query: { totalCount: 10 } },
      salesOrderLine: { query: { totalCount: 55 } },
    });
  });

  test('a second record with the same key, a stale one and a shipped one are refused; a warning is not a failure', async () => {
    const duplicate = await ask(
      'mutation { xtremMasterData { customer { create(data: { businessEntity: "#C01" }) { _id } } } }',
    );
    const stale = await ask(
      'mutation { xtremMasterData { customer { update(data: { _id: "#C01", isOnHold: true, _updateTick: 99 }) { _id } } } }',
    );
    const shipped = await ask('mutation { xtremSales { salesOrder { delete(_id: "#SO000010") } } }');
    const used = await ask('mutation { xtremMasterData { customer { delete(_id: "#C01") } } }');
    const onHold = await ask(
      'mutation { xtremSales { salesOrder { create(data: { site: 1, soldToCustomer: "#C03" }) { number } } } }',
    );

    expect(duplicate.errors?.[0]?.message).toBe('A record already exists with the same data.');
    expect(stale.errors?.[0]?.message).toMatch(/changed by somebody else/);
    expect(shipped.errors?.[0]?.message).toMatch(/shipped/);
    expect(used.errors?.[0]?.message).toMatch(/SalesOrder/);
    expect(onHold.data.xtremSales.salesOrder.create.number).toBe('SO000011');
    expect(onHold.extensions?.diagnoses).toEqual([{ severity: 2, message: 'The customer is on hold.', path: [] }]);
  });

  test('a business entity, its address and its customer are created, found by key and deleted', async () => {
    const { data, errors } =
      await ask(`mutation { xtremMasterData { businessEntity { create(data: { id: "NEW1", name: "New Ltd", country: "#GB", currency: "#EUR",
      addresses: [{ isPrimary: true, name: "Head office", city: "Hull", country: "#GB" }] }) { _id primaryAddress { _sortValue city concatenatedAddress } isCustomer } } } }`);
    const customer = await ask(
      'mutation { xtremMasterData { customer { create(data: { businessEntity: "#NEW1", paymentTerm: "#Net 30" }) { _id id name currency { id } primaryAddress { city } isActive } } } }',
    );
    const found = await ask(
      '{ xtremMasterData { customer { read(_id: "#NEW1") { businessEntity { isCustomer } } query(filter: "{id: \'NEW1\'}") { totalCount } } } }',
    );
    const gone = await ask('mutation { xtremMasterData { customer { delete(_id: "#NEW1") } } }');

    expect(errors).toBeUndefined();
    expect(data.xtremMasterData.businessEntity.create).toMatchObject({
      primaryAddress: { _sortValue: 10, city: 'Hull', concatenatedAddress: 'Head office\nHull' },
      isCustomer: false,
    });
    expect(customer.data.xtremMasterData.customer.create).toMatchObject({
      id: 'NEW1',
      name: 'New Ltd',
      currency: { id: 'EUR' },
      primaryAddress: { city: 'Hull' },
      isActive: true,
    });
    expect(found.data.xtremMasterData.customer).toEqual({
      read: { businessEntity: { isCustomer: true } },
      query: { totalCount: 1 },
    });
    expect(gone.data.xtremMasterData.customer.delete).toBe(1);
  });

  test('custom data is merged by an update, and one field of it is read as JSON text', async () => {
    const { data } = await ask(
      `mutation ($d: Json) { xtremMasterData { customer { update(data: { _id: "#C01", _customData: $d, creditLimit: 12.50 }) {
        all: _customData rating: _customData(selector: "rating") since: _customData(selector: "since") creditLimit _updateTick } } } }`,
      { d: '{"since":"2020-01-01"}' },
    );

    expect(data.xtremMasterData.customer.update).toEqual({
      all: '{"rating":1,"since":"2020-01-01"}',
      rating: '1',
      since: '"2020-01-01"',
      creditLimit: '12.50',
      _updateTick: 2,
    });
  });

  test('bulkUpdate changes what it may and says nothing about the rest', async () => {
    const { data } = await ask(
      `mutation { xtremSales { salesOrder { bulkUpdate(filter: "{lines: {_atLeast: 9}}", data: { customerNumber: "B" }) } } }`,
    );
    const after = await ask(
      '{ xtremSales { salesOrder { query(filter: "{customerNumber: \'B\'}") { edges { node { number } } } } } }',
    );

    expect(data.xtremSales.salesOrder.bulkUpdate).toBe(true);
    expect(after.data.xtremSales.salesOrder.query.edges).toEqual([{ node: { number: 'SO000009' } }]);
  });

  test('duplicates and defaults: stored only by duplicate', async () => {
    const { data, errors } = await ask(`{ xtremMasterData { item { getDuplicate(_id: "#I01") { id name weight }
      getDefaults(data: { id: "D1", stockUnit: "#EACH" }) { id status salesUnit { id } } query { totalCount } } } }`);
    const copy = await ask(
      'mutation { xtremMasterData { item { duplicate(_id: "1", data: { id: "I01B" }) { id name weight stockUnit { id } status } } } }',
    );

    expect(errors).toBeUndefined();
    expect(data.xtremMasterData.item).toEqual({
      getDuplicate: { id: null, name: 'Item 01', weight: '1.1' },
      getDefaults: { id: 'D1', status: 'active', salesUnit: { id: 'EACH' } },
      query: { totalCount: 5 },
    });
    expect(copy.data.xtremMasterData.item.duplicate).toEqual({
      id: 'I01B',
      name: 'Item 01',
      weight: '1.1',
      stockUnit: { id: 'EACH' },
      status: 'active',
    });
  });

  test('asynchronous operations go through a state in between, and can be stopped or fail', async () => {
    const begin = async (report: string) =>
      (
        await ask(
          `mutation { xtremReporting { report { generateReportPdf { start(reportName: "${report}", reportSettings: { locale: "en-US" }) { trackingId } } } } }`,
        )
      ).data.xtremReporting.report.generateReportPdf.start.trackingId;
    const track = async (id: string) =>
      (
        await ask(
          `{ xtremReporting { report { generateReportPdf { track(trackingId: "${id}") { status result { key filename mimeType contentLength } } } } } }`,
        )
      ).data.xtremReporting.report.generateReportPdf.track;
    const [good, stopped, bad] = await Promise.all([
      begin('salesOrderQuote'),
      begin('salesOrderQuote'),
      begin('nosuch'),
    ]);
    await ask(`mutation { xtremReporting { report { generateReportPdf { stop(trackingId: "${stopped}") } } } }`);

    const states = [await track(good), await track(good), await track(good)];
    for (let look = 0; look < 2; look++) await track(bad);

    expect(states.map((each) => each.status)).toEqual(['pending', 'running', 'success']);
    expect(states[2].result).toMatchObject({ filename: 'salesOrderQuote.pdf', mimeType: 'application/pdf' });
    expect((await track(stopped)).status).toBe('stopped');
    expect((await track(bad)).status).toBe('error');
    const started = await ask(
      'mutation { xtremMasterData { customer { asyncExport { start(filter: "{}") { trackingId } } } } }',
    );
    expect(started.data.xtremMasterData.customer.asyncExport.start.trackingId).toEqual(expect.any(String));
  });
});

describe('tenants and switches', () => {
  test('two tenants come by themselves, with other rows under the same keys', async () => {
    await using erp = await startErpSandbox({ seed: createSeed({ customers: 30 }) });
    const query = '{ xtremMasterData { customer { read(_id: "#ABS001") { id name } } } }';

    const [acme, globex] = await Promise.all(
      [ACME_TENANT_ID, GLOBEX_TENANT_ID].map(async (tenantId) => (await connect(erp, tenantId))(query)),
    );

    expect(erp.tenants.map(({ name }) => name)).toEqual(['acme', 'globex']);
    expect(acme?.data.xtremMasterData.customer.read).toEqual({ id: 'ABS001', name: 'ABS Garages Ltd' });
    expect(globex?.data.xtremMasterData.customer.read).toEqual({ id: 'ABS001', name: 'ABS Garages Ltd (Globex)' });
  });

  test('a tenant has its own data and release, and an upgrade takes both along', async () => {
    await using erp = await start();
    const ask = await connect(erp, OTHER_TENANT_ID);
    const order = (field: string) =>
      `{ xtremSales { salesOrder { read(_id: "#SO000001") { ${field} { id } soldToCustomer { id } } } } }`;

    expect((await ask(order('salesSite'))).data.xtremSales.salesOrder.read).toEqual({
      salesSite: { id: 'S1' },
      soldToCustomer: { id: 'G01' },
    });
    expect((await ask(order('site'))).errors?.[0]?.message).toMatch(/site/);
    expect(erp.upgrade('globex')).toBe('2025.R8');
    expect((await ask(order('salesSite'))).errors?.[0]?.message).toMatch(/salesSite/);
    expect((await ask(order('site'))).data.xtremSales.salesOrder.read.site).toEqual({ id: 'S1' });
    expect(erp.upgrade('globex')).toBe('2025.R9');
    const item = await ask(
      '{ xtremMasterData { item { read(_id: "#I05") { status } } } __type(name: "ItemStatus") { enumValues { name } } }',
    );
    expect(item.data.xtremMasterData.item.read.status).toBe('obsolete');
    expect(item.data.__type.enumValues.map((each: { name: string }) => each.name)).not.toContain('notRenewed');
  });

  test('the containers bear the other names when asked, and the same operations work', async () => {
    await using erp = await start({ naming: 'x3' });
    const ask = await connect(erp);

    const { data } =
      await ask(`{ a: __type(name: "Customer_Operations") { name } b: __type(name: "Customer_QueryEdge") { name }
      xtremMasterData { customer { query(first: 1) { __typename edges { __typename node { __typename id } } } } } }`);

    expect(data).toEqual({
      a: { name: 'Customer_Operations' },
      b: null,
      xtremMasterData: {
        customer: {
          query: {
            __typename: 'Customer_Connection',
            edges: [{ __typename: 'Customer_Edge', node: { __typename: 'Customer', id: 'C01' } }],
          },
        },
      },
    });
  });

  test('a forbidden sub-node is null beside its error, and the rest arrives', async () => {
    await using erp = await start({ forbidden: ['PaymentTerm', 'Customer.creditLimit'] });
    const ask = await connect(erp);

    const { data, errors } = await ask(
      '{ xtremMasterData { customer { read(_id: "#C01") { id creditLimit paymentTerm { days } _access { name status } } } } }',
    );

    expect(data.xtremMasterData.customer.read).toEqual({
      id: 'C01',
      creditLimit: null,
      paymentTerm: null,
      _access: [{ name: 'creditLimit', status: 'unauthorized' }],
    });
    expect(errors?.map((error) => error.path?.at(-1))).toEqual(['creditLimit', 'paymentTerm']);
    expect(errors?.[0]?.extensions?.diagnoses).toEqual([
      { severity: 3, message: errors?.[0]?.message, path: ['creditLimit'] },
    ]);
  });

  test('the limit cuts the answer and not the work', async () => {
    await using erp = await start();
    const ask = await connect(erp);
    erp.configure({ workMs: 60, limitMs: 20 });

    const answer = await ask(
      'mutation { xtremMasterData { customer { update(data: { _id: "#C01", isOnHold: true }) { _id } } } }',
    );
    erp.configure({ workMs: 0 });

    expect(answer.data).toBeNull();
    expect(answer.errors?.[0]?.message).toMatch(/longer than/);
    await expect
      .poll(
        async () =>
          (await ask('{ xtremMasterData { customer { read(_id: "#C01") { isOnHold } } } }')).data.xtremMasterData
            .customer.read.isOnHold,
      )
      .toBe(true);
  });

  test('a schema of thousands of types can be had, and is introspected', async () => {
    await using erp = await start({
      tenants: [{ name: 'big', tenantId: TENANT_ID, data: () => smallData(), types: 2_000 }],
    });
    const ask = await connect(erp);

    const { data } = await ask('{ __schema { types { name } } }');
    const generated = await ask(
      '{ xtremGenerated01 { generated0001 { query { totalCount } } } xtremMasterData { customer { query { totalCount } } } }',
    );

    expect(data.__schema.types.length).toBeGreaterThanOrEqual(2_000);
    expect(generated.data).toEqual({
      xtremGenerated01: { generated0001: { query: { totalCount: 0 } } },
      xtremMasterData: { customer: { query: { totalCount: 30 } } },
    });
  });

  test('faults and the request log work on the token API and on the GraphQL address', async () => {
    await using erp = await start();
    const ask = await connect(erp);
    erp.fault({ match: '/api', kind: 'status', status: 503 });

    const failed = await ask('{ __typename }');
    const fine = await ask('{ __typename }');

    expect(failed).toHaveProperty('$diagnoses');
    expect(fine.data).toEqual({ __typename: 'Query' });
    expect(erp.requests().map(({ status }) => status)).toEqual([200, 503, 200]);
    expect(JSON.stringify(erp.requests())).not.toContain(erp.clientSecret);
  });
});
