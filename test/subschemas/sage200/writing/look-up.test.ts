// What is promised of writes whose answer is lost, or cannot be read.
import { parse, validate } from 'graphql';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { lookUpAction, lookUpCreated, lookUpRow } from '../../../../src/subschemas/sage200/writing/look-up.ts';
import { CUTS, createCustomer, fresh, methodsOf, startWriteWorld, writesOf } from './world.ts';

const world = await startWriteWorld();
const { mutate, read, lookUp, makeCustomer } = world;
afterEach(() => world.reset());
afterAll(() => world[Symbol.asyncDispose]());

describe('a write whose connection is cut', () => {
  test.each(CUTS)(
    '%s: a create is never sent twice, and the query in the error shows whether it was done',
    async (_name, fault, isDone) => {
      const reference = fresh();
      world.sandbox.sage200.fault({ ...fault, match: '/customers', method: 'POST' });

      const lost = await mutate(createCustomer(reference));

      expect(lost.data.sage200.answer).toBeNull();
      expect(lost.errors).toMatchObject([{ code: 'OUTCOME_UNKNOWN', path: 'sage200.answer' }]);
      expect(lost.errors[0]?.message).toMatch(/may or may not/);
      expect(methodsOf(lost)).toEqual(['POST']);
      const found = await lookUp(lost);
      expect(found.nodes).toEqual(isDone ? [expect.objectContaining({ reference })] : []);
    },
  );

  test.each(CUTS)(
    '%s: an update is never sent twice, and the row shows whether it was done',
    async (_name, fault, isDone) => {
      const id = await makeCustomer();
      world.sandbox.sage200.fault({ ...fault, match: '/customers', method: 'PUT' });

      const lost = await mutate(`updateCustomer(id: "${id}", input: { name: "Changed" }) { customer { name } }`);

      expect(lost.errors).toMatchObject([{ code: 'OUTCOME_UNKNOWN' }]);
      expect(methodsOf(lost)).toEqual(['PUT']);
      expect((await lookUp(lost)).sageId).toBe(id);
      expect((await read(`customer(id: "${id}") { name }`)).name).toBe(isDone ? 'Changed' : 'New');
    },
  );

  test.each(CUTS)('%s: a delete is never sent twice, and the row exists or not', async (_name, fault, isDone) => {
    const id = await makeCustomer();
    world.sandbox.sage200.fault({ ...fault, match: '/customers', method: 'DELETE' });

    const lost = await mutate(`deleteCustomer(id: "${id}") { deletedId }`);

    expect(lost.errors).toMatchObject([{ code: 'OUTCOME_UNKNOWN' }]);
    expect(methodsOf(lost)).toEqual(['DELETE']);
    expect((await lookUp(lost))?.sageId).toBe(isDone ? undefined : id);
  });

  test.each(CUTS)('%s: a posting is never sent twice, and is found by its reference', async (_name, fault, isDone) => {
    const customerId = await makeCustomer();
    world.sandbox.sage200.fault({ ...fault, match: '/sales_invoices', method: 'POST' });

    const lost = await mutate(
      `createSalesInvoice(input: { customerId: "${customerId}", reference: "SAME", documentGoodsValue: "10" }) { urn }`,
    );

    expect(lost.errors).toMatchObject([{ code: 'OUTCOME_UNKNOWN' }]);
    expect(methodsOf(lost)).toEqual(['POST']);
    expect((await lookUp(lost)).nodes).toHaveLength(isDone ? 1 : 0);
  });

  test('before a byte is sent was certainly not done, and says so', async () => {
    world.refusals.count = 1;
    const reference = fresh();

    const failed = await mutate(createCustomer(reference, `k-${reference}`));
    const repeated = await mutate(createCustomer(reference, `k-${reference}`));

    expect(failed.errors).toMatchObject([{ code: 'UPSTREAM_UNAVAILABLE' }]);
    expect(writesOf(failed)).toEqual([]);
    expect(repeated.errors).toEqual([]);
    expect(repeated.data.sage200.answer.customer.name).toBe('New');
  });

  test('does not stop later writes, which are sent in the order of the document', async () => {
    const [first, second, third] = [fresh(), fresh(), fresh()];
    world.sandbox.sage200.fault({ kind: 'cut', cutAt: 'afterProcessing', match: '/customers', method: 'POST' });
    // Sent side by side, the third would overtake it.
    world.sandbox.sage200.fault({ kind: 'delay', delayMs: 40, match: '/customers', method: 'POST' });

    const { data, errors, requests } = await world.run(
      `mutation { sage200 { one: ${createCustomer(first)} two: ${createCustomer(second)} three: ${createCustomer(third)} } }`,
    );

    expect(errors).toMatchObject([{ code: 'OUTCOME_UNKNOWN', path: 'sage200.one' }]);
    expect(data.sage200).toMatchObject({ one: null, two: { userErrors: [] }, three: { userErrors: [] } });
    const posts = requests.filter(({ method }) => method === 'POST');
    expect(posts.map(({ body }) => (body as { reference: string }).reference)).toEqual([first, second, third]);
  });

  test('without an identifying value in the input, the error names the newest rows to look through', async () => {
    const customerId = await makeCustomer();
    world.sandbox.sage200.fault({ kind: 'cut', cutAt: 'midBody', match: '/sop_orders', method: 'POST' });

    const lost = await mutate(`createSopOrder(input: { customerId: "${customerId}" }) { sopOrder { id } }`);

    const { nodes } = await lookUp(lost);
    expect(nodes).toEqual([expect.objectContaining({ customerId })]);
  });
});

test('every query in an OUTCOME_UNKNOWN is valid', () => {
  const { model } = world.sage200;
  const company = { site: 's', company: '1' };
  const types = [...model.rowTypes.values()].filter(({ resource }) => resource);
  const found = types.flatMap((type) => {
    const given = Object.fromEntries((type.resource?.naturalKey ?? []).map((name) => [name, 'O"Brien\\']));
    return [lookUpCreated(type, given, company), lookUpCreated(type, {}, company), lookUpRow(type, '5', company)];
  });
  for (const action of model.actions.values()) found.push(lookUpAction(model, action, {}, undefined, company));
  const queries = found.flatMap((lookUp) => lookUp?.query ?? []);

  const faults = queries.flatMap((query) => validate(world.schema, parse(query)).map(({ message }) => message));

  expect(faults).toEqual([]);
  expect(queries.length).toBeGreaterThan(200);
});

test('Sage can filter by every field that names a natural key', () => {
  const types = [...world.sage200.model.rowTypes.values()];
  const unknown = types.flatMap(({ fields, resource }) =>
    (resource?.naturalKey ?? []).filter((name) => {
      const field = fields.get(name);
      return field?.kind !== 'scalar' || !field.filterable;
    }),
  );
  const actions = [...world.sage200.model.actions.values()];
  const nowhere = actions.filter(({ foundIn }) => foundIn && !world.sage200.model.rowTypes.has(foundIn));

  expect([unknown, nowhere]).toEqual([[], []]);
});

test.each(['', '{}'])('a row that Sage answers with nothing (%j) is read if selected', async (body) => {
  const id = await makeCustomer();
  world.sandbox.sage200.fault({ kind: 'status', status: 200, body, match: '/customers', method: 'PUT' });

  const { data, errors } = await mutate(
    `updateCustomer(id: "${id}", input: { name: "X" }) { customer { reference name } userErrors { message } }`,
  );

  expect(errors).toEqual([]);
  expect(data.sage200.answer).toEqual({ customer: { reference: expect.any(String), name: 'New' }, userErrors: [] });
});

test.each(['[{"id":5,"name":"X"}]', '[]', '', '{}', '"saved"', '17', 'null', '{"id":null}', '{"urn":"1"}'])(
  'a create that is answered with %s is unknown, never null without an error',
  async (body) => {
    world.sandbox.sage200.fault({ kind: 'status', status: 200, body, match: '/customers', method: 'POST' });

    const { data, errors } = await mutate(createCustomer(fresh()));

    expect(data.sage200.answer).toBeNull();
    expect(errors).toMatchObject([{ code: 'OUTCOME_UNKNOWN', extensions: { lookUp: { field: 'customers' } } }]);
  },
);

test.each(['[]', '', '"done"'])('a posting that is answered with %j is unknown', async (body) => {
  const customerId = await makeCustomer();
  world.sandbox.sage200.fault({ kind: 'status', status: 200, body, match: '/sales_receipts', method: 'POST' });

  const { data, errors } = await mutate(
    `createSalesReceipt(input: { customerId: "${customerId}", bankId: "1", chequeValue: "5", transactionDate: "2026-03-31" }) { urn }`,
  );

  expect(data.sage200.answer).toBeNull();
  expect(errors).toMatchObject([{ code: 'OUTCOME_UNKNOWN' }]);
});
