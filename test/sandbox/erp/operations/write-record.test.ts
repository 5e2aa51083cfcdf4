import { beforeEach, describe, expect, test } from 'vitest';
import type { ErpSandbox } from '../../../../src/sandbox/erp/index.ts';
import { type Ask, connect, start } from '../world.ts';

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

  test('a failed write leaves nothing behind and says where it failed', async () => {
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

  test('bulkUpdate changes the allowed records and does not mention the rest', async () => {
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

  test('asynchronous operations have an intermediate state, and can be stopped or fail', async () => {
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
