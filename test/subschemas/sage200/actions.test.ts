import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadSdl } from '../../../src/kit/load-sdl.ts';
import { createSage200, encodeGlobalId } from '../../../src/subschemas/sage200/index.ts';
import { createSchema, startWorld, type World } from './world.ts';

let world: World;
let customerId: string;
let taxCodeId: string;

beforeAll(async () => {
  world = await startWorld();
  const { data } = await world.run(
    '{ sage200 { customers(first: 1) { nodes { sageId } } taxCodes(first: 1) { nodes { sageId } } } }',
  );
  customerId = data.sage200.customers.nodes[0].sageId;
  taxCodeId = data.sage200.taxCodes.nodes[0].sageId;
});

afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

const POST_INVOICE = `mutation ($input: Sage200CreateSalesInvoiceInput!, $found: Boolean = true) {
  sage200 { createSalesInvoice(input: $input) {
    urn
    salesPostedTransactions @include(if: $found) { nodes { reference documentGrossValue transactionDate customer { sageId } } }
    userErrors { message }
  } }
}`;

const invoice = (changes: object = {}) => ({
  customerId,
  reference: 'INV-77',
  transactionDate: '2026-03-31',
  documentGoodsValue: '100.00',
  documentTaxValue: '20',
  taxAnalysisItems: [{ sageId: taxCodeId, goodsAmount: '100', taxAmount: '20' }],
  ...changes,
});

test('an invoice is posted once, and found by its number from Sage', async () => {
  const { data, errors, requests } = await world.run(POST_INVOICE, { variables: { input: invoice() } });

  expect(errors).toEqual([]);
  expect(data.sage200.createSalesInvoice.urn).toMatch(/^\d+$/);
  expect(data.sage200.createSalesInvoice.salesPostedTransactions.nodes).toEqual([
    {
      reference: 'INV-77',
      documentGrossValue: '120.00',
      transactionDate: '2026-03-31',
      customer: { sageId: customerId },
    },
  ]);
  expect(requests.filter(({ method }) => method === 'POST')).toHaveLength(1);
});

test('the posting is looked up only if selected', async () => {
  const { data, requests } = await world.run(POST_INVOICE, { variables: { input: invoice(), found: false } });

  expect(data.sage200.createSalesInvoice.urn).toMatch(/^\d+$/);
  expect(requests.map(({ method }) => method)).toEqual(['POST']);
});

test('an action accepts a global id for an id, but not one of another type', async () => {
  const company = world.sandbox.companies[0];
  const place = { site: company?.siteId ?? '', company: String(company?.companyId) };
  const customer = encodeGlobalId({ ...place, typeName: 'Sage200Customer', key: customerId });
  const supplier = encodeGlobalId({ ...place, typeName: 'Sage200Supplier', key: customerId });

  const right = await world.run(POST_INVOICE, { variables: { input: invoice({ customerId: customer }) } });
  const wrong = await world.run(POST_INVOICE, { variables: { input: invoice({ customerId: supplier }) } });

  expect(right.data.sage200.createSalesInvoice.userErrors).toEqual([]);
  expect(wrong.errors[0]).toMatchObject({ code: 'BAD_USER_INPUT', extensions: { inputPath: ['input', 'customerId'] } });
  expect(wrong.requests.filter(({ method }) => method === 'POST')).toEqual([]);
});

test('a text that is too long, or too many decimals, deep in an action’s input cause no request', async () => {
  const long = invoice({ nominalAnalysisItems: [{ code: '01100', costCentre: 'LONG' }] });
  const fine = invoice({ taxAnalysisItems: [{ sageId: taxCodeId, goodsAmount: '0.123' }] });

  const [tooLong, tooFine] = [
    await world.run(POST_INVOICE, { variables: { input: long } }),
    await world.run(POST_INVOICE, { variables: { input: fine } }),
  ];

  expect(tooLong.errors[0]?.extensions).toEqual({ inputPath: ['input', 'nominalAnalysisItems', 0, 'costCentre'] });
  expect(tooFine.errors[0]?.extensions).toEqual({ inputPath: ['input', 'taxAnalysisItems', 0, 'goodsAmount'] });
  expect([...tooLong.requests, ...tooFine.requests]).toEqual([]);
});

test('a refusal of Sage with a message is a user error of the action', async () => {
  const { data, errors } = await world.run(POST_INVOICE, {
    variables: { input: invoice({ customerId: '1' }) },
  });

  expect(errors).toEqual([]);
  expect(data.sage200.createSalesInvoice.urn).toBeNull();
  expect(data.sage200.createSalesInvoice.userErrors[0].message).toMatch(/no customers with id 1/);
});

test('a caller who may only read gets prices and defaults, and posts nothing', async () => {
  const read = await world.run(
    `{ sage200 { salesInvoicesNew(customerId: "${customerId}") { customer { name } } customersNew { name } } }`,
    { readOnly: true },
  );
  const write = await world.run(POST_INVOICE, { variables: { input: invoice() }, readOnly: true });

  expect(read.errors).toEqual([]);
  expect(read.data.sage200.salesInvoicesNew.customer.name).toEqual(expect.any(String));
  expect(write.errors[0]?.code).toBe('FORBIDDEN');
  expect(write.requests).toEqual([]);
});

test('an order is copied into a draft, which is changed and made live', async () => {
  const { data: before } = await world.run('{ sage200 { sopOrders(first: 1) { nodes { sageId lines { sageId } } } } }');
  const [order] = before.sage200.sopOrders.nodes;
  const { data } = await world.run(
    `mutation ($input: Sage200SopOrdersDuplicateInput!) { sage200 { sopOrdersDuplicate(input: $input) {
      sopOrder { id sageId documentStatus lines { sageId } } userErrors { message } } } }`,
    { variables: { input: { sourceId: order.sageId, customerId, pricesAndDiscounts: true } } },
  );
  const { sopOrder: draft } = data.sage200.sopOrdersDuplicate;

  const { data: after } = await world.run(
    `mutation ($id: ID!) { sage200 { sopOrdersNew(id: $id, input: { isEditing: false }) {
      sopOrder { id documentStatus } userErrors { message } } } }`,
    { variables: { id: draft.id } },
  );

  expect(draft.lines).toHaveLength(order.lines.length);
  expect(draft.sageId).not.toBe(order.sageId);
  expect(after.sage200.sopOrdersNew).toMatchObject({ sopOrder: { id: draft.id }, userErrors: [] });
  expect(after.sage200.sopOrdersNew.sopOrder.documentStatus).toBe('EnumDocumentStatusLive');
});

test('one request changes, adds and removes many rows', async () => {
  const { data: made } = await world.run(
    'mutation { sage200 { updateCouriers(input: [{ name: "Van" }, { name: "Bike" }]) { couriers { id sageId name } userErrors { message } } } }',
  );
  const [van, bike] = made.sage200.updateCouriers.couriers;
  const { data, requests } = await world.run(
    `mutation ($input: [Sage200CourierInput!]!) { sage200 { updateCouriers(input: $input) { couriers { name } userErrors { message } } } }`,
    {
      variables: {
        input: [
          { sageId: van.id, name: 'Lorry' },
          { sageId: bike.sageId, isToDelete: true },
        ],
      },
    },
  );

  expect(data.sage200.updateCouriers).toEqual({ couriers: [{ name: 'Lorry' }], userErrors: [] });
  expect(requests.map(({ method }) => method)).toEqual(['PUT']);
});

test('a row that Sage creates only under its parent has the parent as an argument', async () => {
  const { data, requests } = await world.run(
    `mutation { sage200 { createCustomerContact(customerId: "${customerId}", input: { firstName: "Ann" }) {
      customerContact { customer { sageId } } userErrors { message } } } }`,
  );

  expect(data.sage200.createCustomerContact.customerContact.customer.sageId).toBe(customerId);
  expect(requests[0]?.path).toMatch(new RegExp(`/customers/${customerId}/customer_contacts$`));
});

test('one argument selects rows changed since an instant, beside any filter', async () => {
  const { errors, requests } = await world.run(
    '{ sage200 { customers(changedSince: "2026-01-01T00:00:00Z", filter: { onHold: { eq: false } }) { nodes { name } } } }',
  );

  expect(errors).toEqual([]);
  expect(decodeURIComponent(requests.at(-1)?.path ?? '')).toContain(
    '$filter=on_hold eq false and date_time_updated gt 2026-01-01T00:00:00Z',
  );
});

test('only aged views have the date and the period from which age is counted', async () => {
  const { errors, requests } = await world.run(
    '{ sage200 { salesAgedTransactionPeriodViews(periodNumber: 2, ageingDateType: DueDate) { nodes { customerId } } } }',
  );
  const other = await world.run('{ sage200 { customers(periodNumber: 2) { nodes { name } } } }');

  expect(errors).toEqual([]);
  expect(requests.at(-1)?.path).toContain('$ageingdatetype=duedate&$periodnumber=2');
  expect(other.errors[0]?.message).toMatch(/Unknown argument/);
});

test('a product’s figures are calculated with conditions given as arguments', async () => {
  const { data: found } = await world.run('{ sage200 { products(first: 1) { nodes { sageId } } } }');
  const { errors, requests } = await world.run(
    `{ sage200 { productSalesFigures(id: "${found.sage200.products.nodes[0].sageId}", noOfPeriods: 3, warehouseName: "O'Brien's") { valueSoldThisPeriod } } }`,
  );

  expect(errors).toEqual([]);
  expect(decodeURIComponent(requests.at(-1)?.path ?? '')).toContain(
    "$filter=no_of_periods eq 3 and warehouse_name eq 'O''Brien''s'",
  );
});

test('a release too old for a resource says which one it needs', async () => {
  world.sandbox.sage200.fault({ match: '/sop_returns', kind: 'status', status: 404, times: 1 });

  const { errors } = await world.run('{ sage200 { sopReturns { nodes { documentNo } } } }');

  expect(errors[0]).toMatchObject({ code: 'UPSTREAM_REJECTED', message: expect.stringMatching(/2025 R1 or later/) });
});

test('Standard has neither the actions nor the inputs that only Professional has', () => {
  const schema = createSchema(
    createSage200({
      sdl: loadSdl(new URL('../../../schema/sage200/', import.meta.url)),
      product: 'standard',
      baseUrl: 'http://127.0.0.1',
      deadlineMs: 1_000,
      maxFilterTerms: 60,
      maxUrlBytes: 2_000,
      send: () => Promise.reject(new Error('Nothing is asked here.')),
    }),
  );
  const fields = (name: string) => Object.keys((schema.getType(name) as { getFields(): object }).getFields());

  expect(fields('Sage200Mutation')).not.toContain('traceableItemsAssign');
  expect(fields('Sage200Mutation')).toContain('traceableItemsAmend');
  expect(fields('Sage200ProductsDuplicateInput')).not.toContain('units');
});
