import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { encodeGlobalId } from '../../../../src/subschemas/sage200/index.ts';
import { CUTS, createCustomer, fresh, startWriteWorld, writesOf } from './world.ts';

const KEPT_MS = 7 * 24 * 3600_000;

const world = await startWriteWorld();
const { mutate, read, lookUp, makeCustomer } = world;
afterEach(() => world.reset());
afterAll(() => world[Symbol.asyncDispose]());

/** What a write that Sage answers with this status ends with. */
function codeAfter(status: number): string {
  if (status === 403) return 'FORBIDDEN';
  if (status === 429) return 'RATE_LIMITED';
  return status >= 500 || status === 408 || status === 425 ? 'OUTCOME_UNKNOWN' : 'UPSTREAM_REJECTED';
}

describe('an idempotency key', () => {
  test('returns the first outcome for the same values, without another write', async () => {
    const [reference, key] = [fresh(), 'repeat'];

    const first = await mutate(createCustomer(reference, key));
    const again = await mutate(createCustomer(reference, key));

    expect(first.data.sage200.answer.customer).toMatchObject({ name: 'New', currency: { symbol: '£' } });
    expect(again.data).toEqual(first.data);
    expect(writesOf(again)).toEqual([]);
  });

  test('is free again when Sage refused: the same write is sent once more, and may succeed', async () => {
    const [reference, key] = [fresh(), 'refused'];
    const { data } = await mutate(createCustomer(reference));

    const first = await mutate(createCustomer(reference, key));
    await mutate(`deleteCustomer(id: "${data.sage200.answer.customer.sageId}") { deletedId }`);
    const again = await mutate(createCustomer(reference, key));

    expect(first.data.sage200.answer).toEqual({
      customer: null,
      userErrors: [{ code: 'UPSTREAM_REJECTED', message: expect.stringContaining('already in use') }],
    });
    expect(again.data.sage200.answer).toMatchObject({ customer: { name: 'New' }, userErrors: [] });
  });

  test('with other values is refused', async () => {
    const reference = fresh();
    await mutate(createCustomer(reference, 'other-values'));

    const { data, errors, requests } = await mutate(createCustomer(reference, 'other-values', 'Changed'));

    expect(data.sage200.answer).toBeNull();
    expect(errors).toMatchObject([{ code: 'BAD_USER_INPUT', extensions: { inputPath: ['idempotencyKey'] } }]);
    expect(requests).toEqual([]);
  });

  test('treats a global id and a sageId as the same value', async () => {
    const sageId = await makeCustomer();
    const [company] = world.sandbox.companies;
    const place = { site: company?.siteId ?? '', company: String(company?.companyId) };
    const globalId = encodeGlobalId({ ...place, typeName: 'Sage200Customer', key: sageId });
    const update = (id: string) =>
      `updateCustomer(id: "${id}", input: { name: "By key" }, idempotencyKey: "both-ids") { customer { name } }`;

    const first = await mutate(update(sageId));
    const again = await mutate(update(globalId));

    expect(again.data).toEqual(first.data);
    expect(writesOf(again)).toEqual([]);
  });

  test.each(CUTS)(
    'cut %s: a repeat learns that the outcome is unknown, and where to look, and sends nothing',
    async (name, fault, isDone) => {
      const [reference, key] = [fresh(), `lost ${name}`];
      world.sandbox.sage200.fault({ ...fault, match: '/customers', method: 'POST' });

      await mutate(createCustomer(reference, key));
      const again = await mutate(createCustomer(reference, key));

      expect(again.errors).toMatchObject([{ code: 'OUTCOME_UNKNOWN' }]);
      expect(again.requests).toEqual([]);
      expect((await lookUp(again)).nodes).toHaveLength(isDone ? 1 : 0);
    },
  );

  test('is free again after every status except those with an unknown outcome', async () => {
    const statuses = Array.from({ length: 300 }, (_, index) => 300 + index).filter((status) => status !== 401);
    const wrong: unknown[] = [];
    for (const status of statuses) {
      const [reference, key] = [fresh(), `status ${status}`];
      world.sandbox.sage200.fault({ kind: 'status', status, match: '/customers', method: 'POST', body: '' });

      const failed = await mutate(createCustomer(reference, key));
      const again = await mutate(createCustomer(reference, key));

      const refusal = failed.data.sage200.answer?.userErrors[0] ?? failed.errors[0];
      const isUnknown = again.errors[0]?.code === 'OUTCOME_UNKNOWN' && again.requests.length === 0;
      const isDone = again.data.sage200.answer?.customer.name === 'New';
      if (
        refusal?.code !== codeAfter(status) ||
        isUnknown !== (refusal.code === 'OUTCOME_UNKNOWN') ||
        isDone === isUnknown
      )
        wrong.push([status, refusal, again.errors]);
    }

    expect(wrong).toEqual([]);
  });

  test('returns which lines of an order were saved; one of a document in use stays free', async () => {
    const customerId = await makeCustomer();
    const created = await mutate(`createSopOrder(input: { customerId: "${customerId}" }) { sopOrder { sageId } }`);
    const id = created.data.sage200.answer.sopOrder.sageId;
    const line = '{ lineType: EnumLineTypeFreeText, description: "x", lineQuantity: "1" }';
    const bad = '{ lineType: EnumLineTypeFreeText, description: "x", lineQuantity: "1", taxCodeId: "1" }';
    const update = `updateSopOrder(id: "${id}", input: { lines: [${line}, ${bad}] }, idempotencyKey: "lines") { sopOrder { lines { description } } userErrors { message path savedLines } }`;
    const inUse = { Message: 'The record is in use by another user.' };
    world.sandbox.sage200.fault({ kind: 'status', status: 400, match: 'is_to_lock', body: inUse });

    const refused = await mutate(update);
    const first = await mutate(update);
    const again = await mutate(update);

    expect(refused.data.sage200.answer.userErrors).toMatchObject([{ message: inUse.Message }]);
    expect(first.data.sage200.answer.userErrors).toMatchObject([{ path: ['input', 'lines', '1'], savedLines: [0] }]);
    expect(again.data).toEqual(first.data);
    expect(writesOf(again)).toEqual([]);
  });

  test('used twice at the same moment writes once', async () => {
    const [reference, key] = [fresh(), 'race'];
    // One that arrives later still gets the outcome.
    world.sandbox.sage200.fault({ kind: 'delay', delayMs: 50, match: '/customers', method: 'POST' });

    const answers = await Promise.all([1, 2, 3].map(() => mutate(createCustomer(reference, key))));

    const codes = answers.map(({ errors }) => errors[0]?.code).sort();
    expect(codes).toEqual([undefined, undefined, undefined]);
    const { nodes } = await read(`customers(filter: { reference: { eq: "${reference}" } }) { nodes { id } }`);
    expect(nodes).toHaveLength(1);
  });

  test('of another caller, or of another mutation, is a different key', async () => {
    const [mine, theirs] = [fresh(), fresh()];
    const id = await makeCustomer();

    await mutate(createCustomer(mine, 'shared'), { caller: 'key:mine' });
    const other = await mutate(createCustomer(theirs, 'shared'), { caller: 'key:theirs' });
    const update = await mutate(
      `updateCustomer(id: "${id}", input: { name: "X" }, idempotencyKey: "shared") { customer { name } }`,
      { caller: 'key:mine' },
    );

    expect(other.errors).toEqual([]);
    expect(other.data.sage200.answer.customer.name).toBe('New');
    expect(update.data.sage200.answer.customer.name).toBe('X');
  });

  test('is kept for seven days', async () => {
    const key = 'old';
    const values = createCustomer(fresh(), key);
    await mutate(values);
    world.clock.now += KEPT_MS - 1;
    const late = await mutate(values);
    world.clock.now += 2;

    const tooLate = await mutate(values);

    expect(writesOf(late)).toEqual([]);
    // Carried out again: Sage itself says that the reference is taken.
    expect(tooLate.data.sage200.answer.userErrors).toMatchObject([{ code: 'UPSTREAM_REJECTED' }]);
  });

  test.each(['', ' ', 'x'.repeat(201)])(
    'that is empty or too long (%#) is refused before anything is sent',
    async (key) => {
      const { errors, requests } = await world.run(
        'mutation ($key: String) { sage200 { createCustomer(input: { reference: "KEY", name: "K" }, idempotencyKey: $key) { customer { id } } } }',
        { variables: { key } },
      );

      expect(errors).toMatchObject([{ code: 'BAD_USER_INPUT' }]);
      expect(requests).toEqual([]);
    },
  );

  test('works for actions, and returns their answer', async () => {
    const customerId = await makeCustomer();
    const post = `createSalesInvoice(input: { customerId: "${customerId}", documentGoodsValue: "5" }, idempotencyKey: "post") { urn }`;

    const first = await mutate(post);
    const again = await mutate(post);

    expect(first.data.sage200.answer.urn).toMatch(/^\d+$/);
    expect(again.data).toEqual(first.data);
    expect(writesOf(again)).toEqual([]);
  });
});
