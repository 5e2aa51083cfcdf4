import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { LoggedRequest } from '../../../src/sandbox/index.ts';
import '../../support/fast-check.ts';
import { CREATE_BATCH, startWorld, UUID, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world?.[Symbol.asyncDispose]());
beforeEach(() => {
  world.sandbox.paymentsOut.clearRequests();
  world.sandbox.paymentsOut.clearFaults();
});

const writes = (): readonly LoggedRequest[] => world.asked().filter(({ method }) => method !== 'GET');
const fileBatch = (more: object = {}) => ({
  externalId: 'run-1',
  fileFormatId: world.sandbox.paymentsOut.ids.bacsFormat,
  payments: [{ amount: '12.50', reference: 'INV-1' }],
  ...more,
});
const create = (variables: object, as: 'writer' | 'other' = 'writer') => world.ask(CREATE_BATCH, { variables, as });

test("a batch is submitted in Sage's form, and the key and the interaction are returned", async () => {
  const key = randomUUID();
  const input = fileBatch({ otherFields: { debtor: { name: 'Us' } } });

  const { data, errors } = await create({ input, key });

  expect(errors).toBeUndefined();
  const { createBatchPayment: payload } = data.paymentsOut.consumerApi;
  const [request, ...more] = world.asked();
  expect(more).toEqual([]);
  const { otherFields, ...members } = input as Record<string, unknown>;
  expect(request).toMatchObject({ method: 'POST', path: '/v3/batchpayments', status: 201 });
  expect(request?.body).toEqual({ data: { ...members, ...(otherFields as object) } });
  expect(request?.headers['x-idempotency-key']).toBe(key);
  expect(payload).toEqual({
    batchPayment: {
      batchId: expect.stringMatching(UUID),
      externalId: 'run-1',
      status: 'Received',
      payments: [{ status: 'Received', json: expect.objectContaining({ amount: '12.50', reference: 'INV-1' }) }],
      links: { self: expect.stringContaining('/v3/batchpayments/') },
    },
    idempotencyKey: key,
    interactionId: request?.headers['x-fapi-interaction-id'],
    userErrors: [],
  });
});

test('without a key, one is generated for each write', async () => {
  const keys = [];
  for (const _ of [1, 2])
    keys.push((await create({ input: fileBatch() })).data.paymentsOut.consumerApi.createBatchPayment.idempotencyKey);

  expect(writes().map(({ headers }) => headers['x-idempotency-key'])).toEqual(keys);
  for (const key of keys) expect(key).toMatch(UUID);
  expect(new Set(keys).size).toBe(2);
});

test('a refusal of Sage is a user error without an object, and frees the key', async () => {
  const key = randomUUID();

  const refused = await create({ input: fileBatch({ fileFormatId: 'unknown' }), key });
  const accepted = await create({ input: fileBatch(), key });

  expect(refused.errors).toBeUndefined();
  expect(refused.data.paymentsOut.consumerApi.createBatchPayment).toEqual({
    batchPayment: null,
    idempotencyKey: key,
    interactionId: expect.stringMatching(UUID),
    userErrors: [{ code: 'UPSTREAM_REJECTED', message: expect.stringContaining('names no file format'), path: null }],
  });
  expect(accepted.data.paymentsOut.consumerApi.createBatchPayment.batchPayment.status).toBe('Received');
});

test.each(['problem', 'message', 'diagnoses', 'empty'] as const)(
  'a refusal in the form %s keeps its reason',
  async (errorBody) => {
    world.sandbox.paymentsOut.configure({ errorBody });
    const { data } = await create({ input: fileBatch({ fileFormatId: 'unknown' }) });
    world.sandbox.paymentsOut.configure({ errorBody: 'problem' });

    const [{ message }] = data.paymentsOut.consumerApi.createBatchPayment.userErrors;
    expect(message).toContain(errorBody === 'empty' ? 'HTTP 400' : 'names no file format');
  },
);

describe('when the answer is lost', () => {
  test.each(['afterProcessing', 'afterHeaders', 'midBody'] as const)(
    'cut %s: the outcome is unknown, nothing is sent again, and a repeat with the key finds the batch',
    async (cutAt) => {
      const input = fileBatch({ externalId: `cut ${cutAt}` });
      world.sandbox.paymentsOut.fault({ match: '/batchpayments', method: 'POST', kind: 'cut', cutAt });

      const lost = await create({ input });

      expect(lost.errors).toMatchObject([
        {
          path: ['paymentsOut', 'consumerApi', 'createBatchPayment'],
          extensions: { code: 'OUTCOME_UNKNOWN', source: 'network', idempotencyKey: expect.stringMatching(UUID) },
        },
      ]);
      const [request, ...more] = writes();
      expect(more).toEqual([]);
      expect(lost.errors?.[0]?.extensions['requestId']).toBe(request?.headers['x-fapi-interaction-id']);
      const key = lost.errors?.[0]?.extensions['idempotencyKey'];
      const found = await create({ input, key });
      const again = await create({ input, key });
      // The key was the gateway's own: only Sage knows it, and only once is there a batch for it.
      const [first, second] = [found, again].map(({ data }) => data.paymentsOut.consumerApi.createBatchPayment);
      expect(first.batchPayment.externalId).toBe(`cut ${cutAt}`);
      expect(second.batchPayment.batchId).toBe(first.batchPayment.batchId);
      expect(writes().map(({ headers }) => headers['x-idempotency-key'])).toEqual([key, key]);
    },
  );

  test('a request that was never sent is not unknown', async () => {
    const { paymentsOut } = world.sandbox;
    await using closed = await startWorld(
      (file) => Object.assign(file['network'] ?? {}, { baseUrl: 'http://127.0.0.1:9' }),
      { sandbox: world.sandbox },
    );

    const { errors } = await closed.ask(CREATE_BATCH, { variables: { input: fileBatch() } });

    expect(errors).toMatchObject([{ extensions: { code: 'UPSTREAM_UNAVAILABLE', source: 'network' } }]);
    expect(paymentsOut.requests()).toEqual([]);
  });

  test('a changed batch can be looked up', async () => {
    const batchId = world.sandbox.paymentsOut.ids.batches.electronic;
    world.sandbox.paymentsOut.fault({ method: 'PATCH', kind: 'cut', cutAt: 'afterProcessing' });

    const { errors } = await world.ask(
      `mutation { paymentsOut { providerApi { updateBatchPayment(batchId: "${batchId}", input: { defaultStatus: "Lost" }) { interactionId } } } }`,
    );

    const { code, lookUp, idempotencyKey } = errors?.[0]?.extensions ?? {};
    expect({ code, idempotencyKey }).toEqual({ code: 'OUTCOME_UNKNOWN', idempotencyKey: undefined });
    const { data } = await world.ask((lookUp as { query: string }).query);
    expect(data.paymentsOut.providerApi.batchPayment.status).toBe('Lost');
  });

  test('a message is never sent again', async () => {
    world.sandbox.paymentsOut.fault({ match: '/creditorputs', kind: 'status', status: 503 });

    const { errors } = await world.ask(
      'mutation { paymentsOut { providerMessagingApi { creditorPut(message: { data: { subscriptionId: "s" } }) { accepted } } } }',
    );

    expect(errors).toMatchObject([{ extensions: { code: 'OUTCOME_UNKNOWN' } }]);
    expect(writes()).toHaveLength(1);
  });
});

describe('an idempotency key', () => {
  test('of a write whose answer was lost is sent again while Sage keeps it: 10 minutes for a file, otherwise 2 weeks', async () => {
    const { paymentsOut } = world.sandbox;
    const file = { input: fileBatch({ externalId: 'late file' }), key: randomUUID() };
    const electronic = {
      input: fileBatch({ externalId: 'late transfer', fileFormatId: undefined, providerId: paymentsOut.ids.provider }),
      key: randomUUID(),
    };
    // Before the gateway starts, which keeps the clock that it finds.
    vi.useFakeTimers({ toFake: ['Date'] });
    try {
      await using fresh = await startWorld(undefined, { sandbox: world.sandbox });
      const submit = (variables: object) => fresh.ask(CREATE_BATCH, { variables });
      const first = Date.now();
      for (const each of [file, electronic]) {
        paymentsOut.fault({ match: '/batchpayments', method: 'POST', kind: 'cut', cutAt: 'afterProcessing' });
        expect((await submit(each)).errors).toMatchObject([{ extensions: { code: 'OUTCOME_UNKNOWN' } }]);
      }
      vi.setSystemTime(first + 8 * 60_000);
      const inTime = await submit(file);
      // One minute is left for the way.
      vi.setSystemTime(first + 9.5 * 60_000);
      fresh.asked();
      const late = await submit(file);
      const sentLate = writes();
      const later = await submit(electronic);

      expect(inTime.errors).toBeUndefined();
      expect(late.errors).toMatchObject([
        { message: expect.stringContaining('may no longer remember the key'), extensions: { code: 'OUTCOME_UNKNOWN' } },
      ]);
      expect(sentLate).toEqual([]);
      expect(later.errors).toBeUndefined();
      expect(writes().map(({ headers }) => headers['x-idempotency-key'])).toEqual([electronic.key]);
    } finally {
      vi.useRealTimers();
    }
  });

  test('belongs to one caller and one write', async () => {
    const key = randomUUID();
    const first = await create({ input: fileBatch(), key });

    const refused = [
      await create({ input: fileBatch(), key }, 'other'),
      await create({ input: fileBatch({ externalId: 'run-2' }), key }),
    ];

    expect(first.errors).toBeUndefined();
    for (const { data, errors } of refused) {
      expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT', inputPath: ['idempotencyKey'] } }]);
      expect(data.paymentsOut.consumerApi.createBatchPayment).toBeNull();
    }
    expect(writes()).toHaveLength(1);
  });

  test.each(['', 'two words', 'line\nbreak', 'quote"', 'ü', 'x'.repeat(201)])('%j is refused', async (key) => {
    const { errors } = await create({ input: fileBatch(), key });

    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }]);
    expect(writes()).toEqual([]);
  });

  test('of a subscription is a UUID', async () => {
    const { ids } = world.sandbox.paymentsOut;
    const subscribe = (key: string) =>
      world.ask(
        `mutation { paymentsOut { consumerApi { createSubscription(organisationId: "${ids.organisation}",
          input: { providerId: "${ids.provider}", additionalData: "{\\"taxId\\":\\"GB12345678\\"}" }, idempotencyKey: "${key}") {
          subscription { subscriptionId organisationId status additionalData } idempotencyKey userErrors { message } } } } }`,
      );
    const key = randomUUID();

    const [refused, made, again] = [await subscribe('key-1'), await subscribe(key), await subscribe(key)];

    expect(refused.errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }]);
    expect(made.data.paymentsOut.consumerApi.createSubscription).toEqual({
      subscription: {
        subscriptionId: expect.stringMatching(UUID),
        organisationId: ids.organisation,
        status: 'Received',
        additionalData: '{"taxId":"GB12345678"}',
      },
      idempotencyKey: key,
      userErrors: [],
    });
    const made2 = again.data.paymentsOut.consumerApi.createSubscription.subscription;
    expect(made2.subscriptionId).toBe(made.data.paymentsOut.consumerApi.createSubscription.subscription.subscriptionId);
    expect(writes().map(({ path, body }) => [path, body])).toEqual([
      [
        `/v3/subscriptions/organisations/${ids.organisation}/subscriptions`,
        { data: { providerId: ids.provider, additionalData: '{"taxId":"GB12345678"}' } },
      ],
    ]);
  });
});

describe('before anything is sent', () => {
  const refusedInputs: readonly (readonly [string, object, readonly string[]])[] = [
    ['no payments', { payments: [] }, ['input', 'payments']],
    ['too many payments', { payments: Array.from({ length: 2_001 }, () => ({})) }, ['input', 'payments']],
    ['a payment that is none', { payments: [{}, 'text'] }, ['input', 'payments', '1']],
    [
      'a quote in a payment',
      { payments: [{ to: { lines: ['a', 'b"c'] } }] },
      ['input', 'payments', '0', 'to', 'lines', '1'],
    ],
    ['a quote in another field', { otherFields: { note: '"' } }, ['input', 'note']],
    ['a member given twice', { otherFields: { externalId: 'x' } }, ['input', 'otherFields', 'externalId']],
    ['other fields that are none', { otherFields: ['x'] }, ['input', 'otherFields']],
    ['does not say who pays', { fileFormatId: null }, ['input']],
    ['a subscription beside a format', { subscriptionId: 's' }, ['input', 'subscriptionId']],
    ['an empty id', { providerId: '' }, ['input', 'providerId']],
    ['an empty external id', { externalId: '' }, ['input', 'externalId']],
    ['more than 5 MB', { payments: Array.from({ length: 51 }, () => ({ note: 'x'.repeat(100_000) })) }, ['input']],
  ];

  test.each(refusedInputs)('%s is refused, with its place', async (_, more, inputPath) => {
    const { errors } = await create({ input: fileBatch(more) });

    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT', source: 'gateway' } }]);
    const path = errors?.[0]?.extensions['inputPath'] as string[];
    expect(path.filter((name) => name !== 'otherFields')).toEqual(inputPath.filter((name) => name !== 'otherFields'));
    expect(writes()).toEqual([]);
  });

  test('a double quote anywhere in a message is found, and nothing else is refused', async () => {
    const check = fc.asyncProperty(fc.jsonValue({ maxDepth: 4 }), async (value) => {
      const text = JSON.stringify(value, (_, member) => (typeof member === 'number' ? 1 : member));
      const message = { data: { subscriptionId: 's', value: JSON.parse(text) } };
      const { data, errors } = await world.ask(
        'mutation ($message: PaymentsOutJSON!) { paymentsOut { consumerMessagingApi { creditorPut(message: $message) { accepted } } } }',
        { variables: { message } },
      );
      const hasQuote = (each: unknown): boolean =>
        typeof each === 'string'
          ? each.includes('"')
          : typeof each === 'object' && each !== null && Object.values(each).some(hasQuote);
      if (hasQuote(message)) expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }]);
      else {
        expect(errors).toBeUndefined();
        expect(data.paymentsOut.consumerMessagingApi.creditorPut.accepted).toBe(true);
        expect(world.sandbox.paymentsOut.messages().at(-1)?.body).toEqual(message);
      }
    });
    await fc.assert(check, { numRuns: 40 });
  });

  test('a number that a double changes is refused, in a variable and in the document', async () => {
    const send = (literal: string, variables?: object) =>
      world.ask(
        `mutation ${variables ? '($m: PaymentsOutJSON!) ' : ''}{ paymentsOut { consumerMessagingApi { creditorPut(message: ${literal}) { accepted } } } }`,
        { variables: variables ?? {} },
      );

    const refused = [
      await send('{ data: { subscriptionId: 1, n: 12345678901234567.89 } }'),
      await send('$m', { m: { n: 2 ** 53 + 2 } }),
    ];
    const sent = await send(
      '{ data: { subscriptionId: 1, n: 1234567.89, big: 100000000000000000000, deep: [{ n: -0.5 }] } }',
    );

    for (const { errors } of refused) expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }]);
    expect(sent.errors).toBeUndefined();
    expect(world.sandbox.paymentsOut.messages().at(-1)?.body).toEqual({
      data: { subscriptionId: 1, n: 1234567.89, big: 1e20, deep: [{ n: -0.5 }] },
    });
  });
});

test('each kind of message goes to its own URL and is accepted without a body', async () => {
  const provider = [
    'debtorAccountPut',
    'debtorAccountListQueryResponse',
    'debtorAccountDelete',
    'creditorPut',
    'creditorListQueryResponse',
    'creditorDelete',
    'notification',
  ];
  const consumer = [
    'debtorAccountPut',
    'debtorAccountListQuery',
    'debtorAccountDelete',
    'creditorPut',
    'creditorListQuery',
    'creditorDelete',
  ];
  const fields = (names: readonly string[]) =>
    names
      .map(
        (name) =>
          `${name}(message: { data: { subscriptionId: "s" }, kind: "${name}" }) { accepted interactionId userErrors { message } }`,
      )
      .join(' ');

  const { data, errors } = await world.ask(
    `mutation { paymentsOut { providerMessagingApi { ${fields(provider)} } consumerMessagingApi { ${fields(consumer)} } } }`,
  );

  expect(errors).toBeUndefined();
  const sent = writes();
  const { providerMessagingApi, consumerMessagingApi } = data.paymentsOut;
  const payloads = [...Object.values(providerMessagingApi), ...Object.values(consumerMessagingApi)];
  // In the order of the document, one after the other.
  expect(sent.map(({ body }) => (body as { kind: string }).kind)).toEqual([...provider, ...consumer]);
  expect(sent.map(({ path }) => path)).toEqual([
    '/api-provider-v1/debtoraccountputs',
    '/api-provider-v1/debtoraccountlistqueryresponses',
    '/api-provider-v1/debtoraccountdeletes',
    '/api-provider-v1/creditorputs',
    '/api-provider-v1/creditorlistqueryresponses',
    '/api-provider-v1/creditordeletes',
    '/api-provider-msg-v1/notifications',
    '/api/msg-v1/debtoraccountputs',
    '/api/msg-v1/debtoraccountlistqueries',
    '/api/msg-v1/debtoraccountdeletes',
    '/api/msg-v1/creditorputs',
    '/api/msg-v1/creditorlistqueries',
    '/api/msg-v1/creditordeletes',
  ]);
  expect(payloads).toEqual(
    sent.map(({ headers }) => ({ accepted: true, interactionId: headers['x-fapi-interaction-id'], userErrors: [] })),
  );
  for (const [index, { startedAt }] of sent.entries())
    expect(startedAt).toBeGreaterThanOrEqual(sent[index - 1]?.endedAt ?? 0);
});

test('a changed subscription and batch are read again only if selected', async () => {
  const { subscriptions, batches } = world.sandbox.paymentsOut.ids;
  const { data, errors } = await world.ask(`mutation { paymentsOut { providerApi {
    plain: updateSubscription(subscriptionId: "${subscriptions.received}", input: { status: "Pending" }) { userErrors { code } }
    shown: updateSubscription(subscriptionId: "${subscriptions.received}",
      input: { status: "AwaitingAuthorisation", otherFields: { links: { authorise: "https://provider.example/consent" } } }) {
      subscription { status links { authorise } } }
    refused: updateSubscription(subscriptionId: "${subscriptions.received}", input: { status: "Invented" }) {
      subscription { status } userErrors { code } }
    batch: updateBatchPayment(batchId: "${batches.subscribed}", input: { extendedStatus: "looked at", additionalData: null,
      payments: [{ status: "Paid", otherFields: { paymentId: "nobody's" } }] }) { batchPayment { status } userErrors { code message } }
  } } }`);

  expect(errors).toBeUndefined();
  expect(data.paymentsOut.providerApi).toMatchObject({
    plain: { userErrors: [] },
    shown: {
      subscription: { status: 'AwaitingAuthorisation', links: { authorise: 'https://provider.example/consent' } },
    },
    refused: { subscription: null, userErrors: [{ code: 'UPSTREAM_REJECTED' }] },
    batch: {
      batchPayment: null,
      userErrors: [{ code: 'UPSTREAM_REJECTED', message: expect.stringContaining('not in the batch') }],
    },
  });
  const asked = world.asked();
  expect(asked.filter(({ method }) => method === 'GET')).toHaveLength(1);
  expect(asked.filter(({ method }) => method === 'PATCH').map(({ body }) => body)).toEqual([
    { data: { status: 'Pending' } },
    { data: { status: 'AwaitingAuthorisation', links: { authorise: 'https://provider.example/consent' } } },
    { data: { status: 'Invented' } },
    {
      data: {
        extendedStatus: 'looked at',
        additionalData: null,
        payments: [{ status: 'Paid', paymentId: "nobody's" }],
      },
    },
  ]);
});
