import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ErpSandbox } from '../../../../src/sandbox/erp/index.ts';
import { type Ask, connect, start } from '../world.ts';

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

  test('aggregates over all rows, and by groups along references', async () => {
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
