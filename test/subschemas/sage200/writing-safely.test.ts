// Longer than most, and one thing: what is promised of writes, whatever happens on the way.
import { parse, validate } from 'graphql';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Secret } from '../../../src/kit/errors/index.ts';
import { createHttp, HttpFailure, type Send } from '../../../src/kit/http/index.ts';
import type { Fault, LoggedRequest } from '../../../src/sandbox/index.ts';
import { encodeGlobalId } from '../../../src/subschemas/sage200/index.ts';
import { lookUpAction, lookUpCreated, lookUpRow } from '../../../src/subschemas/sage200/writing/look-up.ts';
import { openVault, type Vault } from '../../../src/tokens/index.ts';
import { type Answer, startWorld, type World } from './world.ts';

const KEPT_MS = 7 * 24 * 3600_000;

let vault: Vault;
let world: World;
let clock = Date.parse('2026-03-31T09:00:00Z');
/** Calls while it is above 0 fail before a byte of them leaves. */
let refusals = 0;

beforeAll(async () => {
  vault = await openVault({
    url: 'sqlite::memory:',
    key: new Secret(Buffer.alloc(32, 7).toString('base64')),
    now: () => clock,
  });
  const http = createHttp();
  const send: Send = (request) => {
    if (request.method === 'GET' || refusals === 0) return http.send(request);
    refusals -= 1;
    return Promise.reject(new HttpFailure('refused', false));
  };
  world = await startWorld({ send, outcomes: vault.idempotency, audit: vault.audit, now: () => clock });
});

afterEach(() => {
  world.sandbox.sage200.clearFaults();
  refusals = 0;
});

afterAll(async () => {
  await world[Symbol.asyncDispose]();
  await vault.close();
});

const mutate = (field: string, options: Parameters<World['run']>[1] = {}): Promise<Answer> =>
  world.run(`mutation { sage200 { answer: ${field} } }`, options);

const read = async (field: string) => (await world.run(`{ sage200 { answer: ${field} } }`)).data.sage200.answer;

const writesOf = ({ requests }: Answer): readonly LoggedRequest[] => requests.filter(({ method }) => method !== 'GET');

const methodsOf = (answer: Answer): string[] => writesOf(answer).map(({ method }) => method);

/** Runs the query that came with an `OUTCOME_UNKNOWN`. */
async function lookUp({ errors: [error] }: Answer) {
  if (!error) throw new Error('The outcome is known.');
  const { query, field } = error.extensions['lookUp'] as { query: string; field: string };
  const { data, errors: faults } = await world.run(query);
  expect(faults).toEqual([]);
  return data.sage200[field];
}

let count = 0;
/** A reference that is taken by nobody. */
const fresh = (): string => {
  count += 1;
  return `W${String(count).padStart(5, '0')}`;
};

const createCustomer = (reference: string, key?: string, name = 'New') =>
  `createCustomer(input: { reference: "${reference}", name: "${name}" }${key ? `, idempotencyKey: "${key}"` : ''}) { customer { sageId name currency { symbol } } userErrors { code message } }`;

async function makeCustomer(): Promise<string> {
  const { data } = await mutate(createCustomer(fresh()));
  return data.sage200.answer.customer.sageId;
}

const CUTS: readonly (readonly [name: string, fault: Fault, isDone: boolean])[] = [
  ['before it is read', { kind: 'cut', cutAt: 'beforeHeaders' }, false],
  ['after it is carried out', { kind: 'cut', cutAt: 'afterProcessing' }, true],
  ['after the headers of the answer', { kind: 'cut', cutAt: 'afterHeaders' }, true],
  ['amid the answer', { kind: 'cut', cutAt: 'midBody' }, true],
  ['by a gateway that gives up', { kind: 'status', status: 504 }, false],
  ['by an answer that is not JSON', { kind: 'garbage' }, false],
];

describe('a write whose connection is cut', () => {
  test.each(CUTS)(
    '%s: a create is never sent twice, and is found or not by the query that comes with the error',
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
    '%s: an update is never sent twice, and the row tells whether it was done',
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

  test.each(CUTS)('%s: a delete is never sent twice, and the row is there or gone', async (_name, fault, isDone) => {
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

  test('before a byte leaves was certainly not done, and says so', async () => {
    refusals = 1;
    const reference = fresh();

    const failed = await mutate(createCustomer(reference, `k-${reference}`));
    const repeated = await mutate(createCustomer(reference, `k-${reference}`));

    expect(failed.errors).toMatchObject([{ code: 'UPSTREAM_UNAVAILABLE' }]);
    expect(writesOf(failed)).toEqual([]);
    expect(repeated.errors).toEqual([]);
    expect(repeated.data.sage200.answer.customer.name).toBe('New');
  });

  test('does not stop the writes behind it, which go out in the order of the document', async () => {
    const [first, second, third] = [fresh(), fresh(), fresh()];
    world.sandbox.sage200.fault({ kind: 'cut', cutAt: 'afterProcessing', match: '/customers', method: 'POST' });
    world.sandbox.sage200.fault({ kind: 'delay', delayMs: 40, match: '/customers', method: 'POST' });

    const { data, errors, requests } = await world.run(
      `mutation { sage200 { one: ${createCustomer(first)} two: ${createCustomer(second)} three: ${createCustomer(third)} } }`,
    );

    expect(errors).toMatchObject([{ code: 'OUTCOME_UNKNOWN', path: 'sage200.one' }]);
    expect(data.sage200).toMatchObject({ one: null, two: { userErrors: [] }, three: { userErrors: [] } });
    const posts = requests.filter(({ method }) => method === 'POST');
    expect(posts.map(({ body }) => (body as { reference: string }).reference)).toEqual([first, second, third]);
  });

  test('with nothing in the input to tell the row by, the newest rows are named to look through', async () => {
    const customerId = await makeCustomer();
    world.sandbox.sage200.fault({ kind: 'cut', cutAt: 'midBody', match: '/sop_orders', method: 'POST' });

    const lost = await mutate(`createSopOrder(input: { customerId: "${customerId}" }) { sopOrder { id } }`);

    const { nodes } = await lookUp(lost);
    expect(nodes).toEqual([expect.objectContaining({ customerId })]);
  });
});

test('every query that may come with an OUTCOME_UNKNOWN is valid', () => {
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

test('a field that names a natural key is one that Sage can filter by', () => {
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

test.each(['', '{}'])('a row that Sage answers with nothing (%j) is read for anyone who asks for it', async (body) => {
  const id = await makeCustomer();
  world.sandbox.sage200.fault({ kind: 'status', status: 200, body, match: '/customers', method: 'PUT' });

  const { data, errors } = await mutate(
    `updateCustomer(id: "${id}", input: { name: "X" }) { customer { reference name } userErrors { message } }`,
  );

  expect(errors).toEqual([]);
  expect(data.sage200.answer).toEqual({ customer: { reference: expect.any(String), name: 'New' }, userErrors: [] });
});

/** What a write that Sage answers with this status ends with. */
function codeAfter(status: number): string {
  if (status === 403) return 'FORBIDDEN';
  if (status === 429) return 'RATE_LIMITED';
  return status >= 500 || status === 408 || status === 425 ? 'OUTCOME_UNKNOWN' : 'UPSTREAM_REJECTED';
}

test.each(['[{"id":5,"name":"X"}]', '[]', '', '{}', '"saved"', '17', 'null', '{"id":null}', '{"urn":"1"}'])(
  'a create that is answered by %s is said to be unknown, never null without an error',
  async (body) => {
    world.sandbox.sage200.fault({ kind: 'status', status: 200, body, match: '/customers', method: 'POST' });

    const { data, errors } = await mutate(createCustomer(fresh()));

    expect(data.sage200.answer).toBeNull();
    expect(errors).toMatchObject([{ code: 'OUTCOME_UNKNOWN', extensions: { lookUp: { field: 'customers' } } }]);
  },
);

test.each(['[]', '', '"done"'])('a posting that is answered by %j is said to be unknown', async (body) => {
  const customerId = await makeCustomer();
  world.sandbox.sage200.fault({ kind: 'status', status: 200, body, match: '/sales_receipts', method: 'POST' });

  const { data, errors } = await mutate(
    `createSalesReceipt(input: { customerId: "${customerId}", bankId: "1", chequeValue: "5", transactionDate: "2026-03-31" }) { urn }`,
  );

  expect(data.sage200.answer).toBeNull();
  expect(errors).toMatchObject([{ code: 'OUTCOME_UNKNOWN' }]);
});

describe('an idempotency key', () => {
  test('brings the first outcome back for the same values, without another write', async () => {
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

  test('takes a global id and a sageId for the same value', async () => {
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
    'cut %s: a repeat hears that the outcome is unknown, and where to look, and sends nothing',
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

  test('is free again after every status but those that leave open what was done', async () => {
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

  test('brings back which lines of an order were saved; one of a document in use stays free', async () => {
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
    world.sandbox.sage200.fault({ kind: 'delay', delayMs: 50, match: '/customers', method: 'POST' });

    const answers = await Promise.all([1, 2, 3].map(() => mutate(createCustomer(reference, key))));

    const codes = answers.map(({ errors }) => errors[0]?.code).sort();
    expect(codes).toEqual([undefined, undefined, undefined]);
    const { nodes } = await read(`customers(filter: { reference: { eq: "${reference}" } }) { nodes { id } }`);
    expect(nodes).toHaveLength(1);
  });

  test('of another caller, or of another mutation, is another key', async () => {
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
    clock += KEPT_MS - 1;
    const late = await mutate(values);
    clock += 2;

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

  test('works for actions, whose answer is brought back', async () => {
    const customerId = await makeCustomer();
    const post = `createSalesInvoice(input: { customerId: "${customerId}", documentGoodsValue: "5" }, idempotencyKey: "post") { urn }`;

    const first = await mutate(post);
    const again = await mutate(post);

    expect(first.data.sage200.answer.urn).toMatch(/^\d+$/);
    expect(again.data).toEqual(first.data);
    expect(writesOf(again)).toEqual([]);
  });
});

describe('the record of writes', () => {
  test('says who wrote what, where, and how it ended, and nothing of what was in it', async () => {
    const reference = fresh();
    const customerId = await makeCustomer();
    const caller = 'key:audited';

    const created = await mutate(createCustomer(reference, 'secret-key', 'Confidential'), { caller });
    await mutate(createCustomer(reference), { caller });
    await mutate(`updateCustomer(id: "${customerId}", input: { name: "Confidential" }) { customer { id } }`, {
      caller,
    });
    world.sandbox.sage200.fault({ kind: 'cut', cutAt: 'midBody', match: '/customers', method: 'DELETE' });
    await mutate(`deleteCustomer(id: "${customerId}") { deletedId }`, { caller });
    const posted = await mutate(
      `createSalesInvoice(input: { customerId: "${created.data.sage200.answer.customer.sageId}", documentGoodsValue: "5" }) { urn }`,
      { caller },
    );

    const noted = await vault.audit.list({ caller, limit: 1_000 });
    const [company] = world.sandbox.companies;
    const ends = noted.map(({ action, key, outcome }) => `${action} ${key} ${outcome}`).sort();
    expect(ends).toEqual(
      [
        `createCustomer ${created.data.sage200.answer.customer.sageId} DONE`,
        'createCustomer undefined UPSTREAM_REJECTED',
        `updateCustomer ${customerId} DONE`,
        `deleteCustomer ${customerId} OUTCOME_UNKNOWN`,
        `createSalesInvoice ${posted.data.sage200.answer.urn} DONE`,
      ].sort(),
    );
    expect(noted[0]).toMatchObject({ at: clock, site: company?.siteId, company: String(company?.companyId) });
    expect(JSON.stringify(noted)).not.toMatch(/Confidential|secret-key|Bearer|eyJ/);
  });

  test('is made before the call goes out', async () => {
    const seen: string[] = [];
    await using other = await startWorld({
      audit: {
        begin: async () => {
          seen.push('noted');
          return async ({ outcome }) => {
            seen.push(outcome);
          };
        },
      },
      send: async (request) => {
        if (request.method === 'POST') seen.push('sent');
        return shared.send(request);
      },
    });

    await other.run(`mutation { sage200 { ${createCustomer(fresh())} } }`);

    expect(seen).toEqual(['noted', 'sent', 'DONE']);
  });

  test('that cannot be made stops the write', async () => {
    await using other = await startWorld({ audit: { begin: () => Promise.reject(new Error('the disk is full')) } });

    const answer = await other.run(`mutation { sage200 { ${createCustomer(fresh())} } }`);

    expect(answer.errors).toMatchObject([
      { code: 'UPSTREAM_UNAVAILABLE', message: expect.stringMatching(/nothing was sent/) },
    ]);
    expect(writesOf(answer)).toEqual([]);
  });

  test('and the queue stay empty for a caller who may only read', async () => {
    const before = (await vault.audit.list({ limit: 1_000 })).length;

    const { errors, requests } = await mutate(createCustomer(fresh(), 'read-only'), { readOnly: true });

    expect(errors).toMatchObject([{ code: 'FORBIDDEN' }]);
    expect(requests).toEqual([]);
    expect(await vault.audit.list({ limit: 1_000 })).toHaveLength(before);
  });
});

const shared = createHttp();
afterAll(() => shared.close());
