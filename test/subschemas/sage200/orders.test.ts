import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Fault, LoggedRequest } from '../../../src/sandbox/index.ts';
import { type Answer, startWorld, type World } from './world.ts';

let world: World;
let ids: { customer: string; supplier: string; product: string; warehouse: string };

beforeAll(async () => {
  world = await startWorld();
  const { data } = await world.run(`{ sage200 {
    customers(first: 1, filter: { onHold: { eq: false } }) { nodes { sageId } }
    suppliers(first: 1) { nodes { sageId } }
    products(first: 1) { nodes { sageId } }
    warehouses(first: 1) { nodes { sageId } }
  } }`);
  const idOf = (list: string): string => data.sage200[list].nodes[0].sageId;
  ids = {
    customer: idOf('customers'),
    supplier: idOf('suppliers'),
    product: idOf('products'),
    warehouse: idOf('warehouses'),
  };
});

afterEach(() => world.sandbox.sage200.clearFaults());

afterAll(() => world[Symbol.asyncDispose]());

type Line = Readonly<Record<string, unknown>>;

const standard = (changes: Line = {}): Line => ({
  lineType: 'EnumLineTypeStandard',
  productId: ids.product,
  warehouseId: ids.warehouse,
  lineQuantity: '2',
  ...changes,
});
const freeText = (description: string): Line => ({
  lineType: 'EnumLineTypeFreeText',
  description,
  lineQuantity: '1',
  sellingUnitPrice: '9.99',
});

const CREATE = `mutation ($input: Sage200CreateSopOrderInput!) {
  sage200 { answer: createSopOrder(input: $input) { sopOrder { sageId lines { sageId } } userErrors { message path } } }
}`;
const UPDATE = `mutation ($id: ID!, $input: Sage200UpdateSopOrderInput!, $key: String) {
  sage200 { answer: updateSopOrder(id: $id, input: $input, idempotencyKey: $key) {
    sopOrder { sageId customerDocumentNo isDraft lines { sageId description } } userErrors { code message path savedLines }
  } }
}`;

async function makeOrder(lines: readonly Line[] = []): Promise<string> {
  const { data } = await world.run(CREATE, { variables: { input: { customerId: ids.customer, lines } } });
  return data.sage200.answer.sopOrder.sageId;
}

async function makeDraft(): Promise<string> {
  const sourceId = await makeOrder([standard()]);
  const { data } = await world.run(
    `mutation { sage200 { sopOrdersDuplicate(input: { sourceId: "${sourceId}", customerId: "${ids.customer}" }) { sopOrder { sageId isDraft } } } }`,
  );
  expect(data.sage200.sopOrdersDuplicate.sopOrder.isDraft).toBe(true);
  return data.sage200.sopOrdersDuplicate.sopOrder.sageId;
}

const update = (id: string, input: Line, key?: string) => world.run(UPDATE, { variables: { id, input, key } });

/** The calls that a change consists of, the reading afterwards aside. */
const callsOf = ({ requests }: Answer): (readonly [method: string, body: unknown])[] =>
  requests
    .filter(({ method, path }) => method !== 'GET' || path.includes('is_to_lock'))
    .map(({ method, body }: LoggedRequest) => [method, body] as const);

/** With a lock on it, Sage refuses a change that names another one. */
async function isLocked(id: string, list = 'SopOrder'): Promise<boolean> {
  const { data } = await world.run(
    `mutation { sage200 { answer: update${list}(id: "${id}", input: { lockId: "1" }) { userErrors { message } } } }`,
  );
  return data.sage200.answer.userErrors.length > 0;
}

describe('a change of an order', () => {
  test('locks, changes and unlocks in two requests', async () => {
    const id = await makeOrder();

    const answer = await update(id, { customerDocumentNo: 'PO-1' });

    expect(answer.data.sage200.answer).toMatchObject({ sopOrder: { customerDocumentNo: 'PO-1' }, userErrors: [] });
    expect(callsOf(answer)).toEqual([
      ['GET', undefined],
      ['PUT', { customer_document_no: 'PO-1', lock_id: expect.any(Number), is_editing: false }],
    ]);
    expect(await isLocked(id)).toBe(false);
  });

  test.each([
    [
      'SopQuote',
      '{ customerId: "C", customerType: EnumCustomerTypeCredit, documentNo: "Q1" }',
      'customerDocumentNo: "Q"',
    ],
    ['PopOrder', '{ supplierId: "S" }', 'supplierDocumentNo: "P"'],
  ])('is the same for a %s', async (type, input, change) => {
    const single = type.charAt(0).toLowerCase() + type.slice(1);
    const given = input.replace('"C"', `"${ids.customer}"`).replace('"S"', `"${ids.supplier}"`);
    const created = await world.run(
      `mutation { sage200 { answer: create${type}(input: ${given}) { ${single} { sageId } userErrors { message } } } }`,
    );
    const id = created.data.sage200.answer[single].sageId;

    const answer = await world.run(
      `mutation { sage200 { answer: update${type}(id: "${id}", input: { ${change} }) { userErrors { message } } } }`,
    );

    expect(answer.data.sage200.answer.userErrors).toEqual([]);
    expect(callsOf(answer).map(([method]) => method)).toEqual(['GET', 'PUT']);
    expect(await isLocked(id, type)).toBe(false);
  });

  test('that Sage refuses releases the lock', async () => {
    const id = await makeOrder();

    const answer = await update(id, { paymentMethodId: '1' });

    expect(answer.data.sage200.answer).toMatchObject({ sopOrder: null, userErrors: [{ code: 'UPSTREAM_REJECTED' }] });
    expect(callsOf(answer).map(([method]) => method)).toEqual(['GET', 'PUT', 'PUT']);
    expect(callsOf(answer)[2]?.[1]).toEqual({ lock_id: expect.any(Number), is_editing: false });
    expect(await isLocked(id)).toBe(false);
  });

  const LOST: readonly (readonly [string, Fault])[] = [
    ['before it is read', { kind: 'cut', cutAt: 'beforeHeaders' }],
    ['after it is carried out', { kind: 'cut', cutAt: 'afterProcessing' }],
    ['amid its answer', { kind: 'cut', cutAt: 'midBody' }],
  ];

  test.each(LOST)('that is cut %s is sent once, and releases the lock', async (_name, fault) => {
    const id = await makeOrder();
    world.sandbox.sage200.fault({ ...fault, match: '/sop_orders', method: 'PUT' });

    const answer = await update(id, { customerDocumentNo: 'ONCE' });

    expect(answer.errors).toMatchObject([{ code: 'OUTCOME_UNKNOWN' }]);
    const changes = callsOf(answer).filter(([, body]) => JSON.stringify(body ?? {}).includes('ONCE'));
    expect(changes).toHaveLength(1);
    expect(await isLocked(id)).toBe(false);
  });

  test('whose answer for the lock was lost was not done, and the lock is released', async () => {
    const id = await makeOrder();
    world.sandbox.sage200.fault({ kind: 'cut', cutAt: 'afterProcessing', match: 'is_to_lock', method: 'GET' });

    const answer = await update(id, { customerDocumentNo: 'NEVER' });

    expect(answer.errors).toMatchObject([{ code: 'UPSTREAM_UNAVAILABLE' }]);
    expect(JSON.stringify(callsOf(answer))).not.toContain('NEVER');
    expect(await isLocked(id)).toBe(false);
  });

  test('that somebody else is editing is refused with Sage’s message', async () => {
    const id = await makeOrder();
    world.sandbox.sage200.fault({
      kind: 'status',
      status: 400,
      match: 'is_to_lock',
      body: { Message: 'The record is in use by another user.' },
    });

    const answer = await update(id, { customerDocumentNo: 'PO-2' });

    expect(answer.data.sage200.answer.userErrors).toMatchObject([{ message: 'The record is in use by another user.' }]);
    expect(callsOf(answer).map(([method]) => method)).toEqual(['GET']);
  });

  test('with the caller’s own lock uses that one', async () => {
    const id = await makeOrder();

    const answer = await update(id, { customerDocumentNo: 'PO-3', lockId: '77', isEditing: false });

    expect(callsOf(answer)).toEqual([['PUT', { customer_document_no: 'PO-3', lock_id: 77, is_editing: false }]]);
  });

  test('of a missing order is a user error', async () => {
    const { data, errors } = await update('999999999', { customerDocumentNo: 'X' });

    expect(errors).toEqual([]);
    expect(data.sage200.answer.userErrors).toMatchObject([{ message: 'Sage 200 does not have this row.' }]);
  });

  test('with an idempotency key is refused if no outcomes are kept', async () => {
    const id = await makeOrder();

    const answer = await update(id, { customerDocumentNo: 'K' }, 'no-store');

    expect(answer.errors).toMatchObject([{ code: 'BAD_USER_INPUT' }]);
    expect(answer.requests).toEqual([]);
  });
});

describe('a draft', () => {
  test('stays one when it is changed, and goes live when the caller says so', async () => {
    const id = await makeDraft();

    const changed = await update(id, { customerDocumentNo: 'D-1' });
    const live = await update(id, { isEditing: false });

    expect(changed.data.sage200.answer.sopOrder).toMatchObject({ customerDocumentNo: 'D-1', isDraft: true });
    expect(live.data.sage200.answer.sopOrder).toMatchObject({ isDraft: false });
    expect(await isLocked(id)).toBe(false);
  });

  test('does not go live with a change that Sage refuses', async () => {
    const id = await makeDraft();

    await update(id, { paymentMethodId: '1', isEditing: false });

    const { data } = await world.run(`{ sage200 { sopOrder(id: "${id}") { isDraft } } }`);
    expect(data.sage200.sopOrder.isDraft).toBe(true);
  });
});

describe('lines that Sage saves only in part', () => {
  test('are reported line by line, with the current order', async () => {
    const id = await makeOrder();

    const { data, errors } = await update(id, {
      lines: [freeText('first'), freeText('second'), standard({ productId: '1' }), freeText('fourth')],
    });

    expect(errors).toEqual([]);
    const { sopOrder, userErrors } = data.sage200.answer;
    expect(sopOrder.lines.map(({ description }: { description: string }) => description)).toEqual(['first', 'second']);
    expect(userErrors).toEqual([
      {
        code: 'UPSTREAM_REJECTED',
        message: expect.stringMatching(/The 2 lines before it are saved; the one after it is not\.$/),
        path: ['input', 'lines', '2'],
        savedLines: [0, 1],
      },
    ]);
    expect(await isLocked(id)).toBe(false);
  });

  test('of a new order are all or none', async () => {
    const { data } = await world.run(CREATE, {
      variables: { input: { customerId: ids.customer, lines: [freeText('a'), standard({ productId: '1' })] } },
    });

    expect(data.sage200.answer.sopOrder).toBeNull();
    expect(data.sage200.answer.userErrors).toHaveLength(1);
  });
});

describe("the rules of a line's type are checked before the request", () => {
  const BAD: readonly (readonly [string, () => Line, string])[] = [
    ['no type', () => ({ description: 'x' }), 'lineType'],
    ['a standard line without a product', () => standard({ productId: undefined }), 'productId'],
    ['a standard line without a warehouse', () => standard({ warehouseId: undefined }), 'warehouseId'],
    ['a standard line without a quantity', () => standard({ lineQuantity: undefined }), 'lineQuantity'],
    ['a free text line without a text', () => ({ ...freeText(''), description: '' }), 'description'],
    ['a charge without code and text', () => ({ lineType: 'EnumLineTypeCharge', sellingUnitPrice: '1' }), 'code'],
    [
      'a charge with a quantity',
      () => ({ lineType: 'EnumLineTypeCharge', code: 'C', lineQuantity: '2' }),
      'lineQuantity',
    ],
    [
      'a charge with a discount',
      () => ({ lineType: 'EnumLineTypeCharge', code: 'C', unitDiscountPercent: '5' }),
      'unitDiscountPercent',
    ],
    ['a comment without a text', () => ({ lineType: 'EnumLineTypeComment' }), 'description'],
    [
      'a comment with a price',
      () => ({ lineType: 'EnumLineTypeComment', description: 'x', sellingUnitPrice: '1' }),
      'sellingUnitPrice',
    ],
    [
      'a comment with a nominal account',
      () => ({ lineType: 'EnumLineTypeComment', description: 'x', nominalReference: '04100' }),
      'nominalReference',
    ],
    ['a free text line with a selling unit', () => ({ ...freeText('x'), sellingUnitId: '5' }), 'sellingUnitId'],
    ['a discount above 100', () => standard({ unitDiscountPercent: '100.01' }), 'unitDiscountPercent'],
    ['a surcharge above 99.99', () => standard({ unitDiscountPercent: '-99.995' }), 'unitDiscountPercent'],
    ['taking away a line without its id', () => ({ isToDelete: true }), 'sageId'],
  ];

  test.each(BAD)('%s', async (_name, line, field) => {
    const { errors, requests } = await world.run(CREATE, {
      variables: { input: { customerId: ids.customer, lines: [freeText('good'), line()] } },
    });

    expect(errors).toMatchObject([{ code: 'BAD_USER_INPUT', extensions: { inputPath: ['input', 'lines', 1, field] } }]);
    expect(requests).toEqual([]);
  });

  const GOOD: readonly (readonly [string, () => Line])[] = [
    ['a standard line by code', () => standard({ productId: ids.product, unitDiscountPercent: '-99.99' })],
    ['a free text line', () => freeText('x')],
    ['a charge', () => ({ lineType: 'EnumLineTypeCharge', description: 'Carriage', sellingUnitPrice: '5' })],
    [
      'a comment with a quantity of nothing',
      () => ({ lineType: 'EnumLineTypeComment', description: 'x', lineQuantity: '0' }),
    ],
  ];

  test.each(GOOD)('and %s is accepted', async (_name, line) => {
    const { data, errors } = await world.run(CREATE, {
      variables: { input: { customerId: ids.customer, lines: [line()] } },
    });

    expect(errors).toEqual([]);
    expect(data.sage200.answer.userErrors).toEqual([]);
  });

  test('and an existing line needs only the changed members', async () => {
    const id = await makeOrder([freeText('old')]);
    const { data } = await world.run(`{ sage200 { sopOrder(id: "${id}") { lines { sageId } } } }`);
    const { sageId } = data.sage200.sopOrder.lines[0];

    const changed = await update(id, { lines: [{ sageId, description: 'new' }] });
    const removed = await update(id, { lines: [{ sageId, isToDelete: true }] });

    expect(changed.data.sage200.answer.sopOrder.lines).toMatchObject([{ description: 'new' }]);
    expect(removed.data.sage200.answer.sopOrder.lines).toEqual([]);
  });
});

describe('the values of a posting', () => {
  const POST = `mutation ($input: Sage200CreateSalesInvoiceInput!) { sage200 { createSalesInvoice(input: $input) { urn } } }`;
  const ANALYSES = [
    [
      {
        nominalAnalysisItems: [
          { code: '04100', value: '60' },
          { code: '04100', value: '39.99' },
        ],
      },
      'nominalAnalysisItems',
    ],
    [{ taxAnalysisItems: [{ sageId: '1', goodsAmount: '100', taxAmount: '19.99' }] }, 'taxAnalysisItems'],
    [{ taxAnalysisItems: [{ sageId: '1', goodsAmount: '99' }] }, 'taxAnalysisItems'],
  ] as const;

  test.each(ANALYSES)('must add up to its header: %j', async (analysis, list) => {
    const input = { customerId: ids.customer, documentGoodsValue: '100', documentTaxValue: '20', ...analysis };

    const { errors, requests } = await world.run(POST, { variables: { input } });

    expect(errors).toMatchObject([{ code: 'BAD_USER_INPUT', extensions: { inputPath: ['input', list] } }]);
    expect(requests).toEqual([]);
  });

  test('add up exactly, in tenths and hundredths', async () => {
    const { data } = await world.run('{ sage200 { nominalCodes(first: 1) { nodes { reference } } } }');
    const code = data.sage200.nominalCodes.nodes[0].reference;
    const items = ['0.1', '0.2', '0.30'].map((value) => ({ code, value }));

    const { errors } = await world.run(POST, {
      variables: { input: { customerId: ids.customer, documentGoodsValue: '0.6', nominalAnalysisItems: items } },
    });

    expect(errors).toEqual([]);
  });

  test('of a bank payment are those of the cheque', async () => {
    const { errors, requests } = await world.run(
      'mutation { sage200 { createBankPayment(input: { bankId: "1", chequeValue: "12", nominalAnalysisItems: [{ code: "04100", grossValue: "11" }] }) { urn } } }',
    );

    expect(errors).toMatchObject([{ extensions: { inputPath: ['input', 'nominalAnalysisItems'] } }]);
    expect(requests).toEqual([]);
  });
});

describe('many rows by one request', () => {
  const BULK = `mutation ($input: [Sage200CostCentreInput!]!) {
    sage200 { updateCostCentres(input: $input) { costCentres { sageId code name } userErrors { message } } }
  }`;

  test('are added, changed and removed', async () => {
    const added = await world.run(BULK, {
      variables: {
        input: [
          { code: 'B1', name: 'One' },
          { code: 'B2', name: 'Two' },
        ],
      },
    });
    const [one, two] = added.data.sage200.updateCostCentres.costCentres;

    const { data, requests } = await world.run(BULK, {
      variables: {
        input: [
          { sageId: one.sageId, name: 'First' },
          { sageId: two.sageId, isToDelete: true },
          { code: 'B3', name: 'Three' },
        ],
      },
    });

    expect(data.sage200.updateCostCentres.userErrors).toEqual([]);
    expect(data.sage200.updateCostCentres.costCentres).toMatchObject([{ name: 'First' }, { name: 'Three' }]);
    expect(requests.filter(({ method }) => method !== 'GET')).toMatchObject([{ method: 'PUT' }]);
  });

  test('need the id of a removed row', async () => {
    const { errors, requests } = await world.run(BULK, { variables: { input: [{ code: 'B1', isToDelete: true }] } });

    expect(errors).toMatchObject([{ extensions: { inputPath: ['input', 0, 'sageId'] } }]);
    expect(requests).toEqual([]);
  });
});
