import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';

let sandbox: Sandbox;
let token: string;

beforeAll(async () => {
  sandbox = await startSandbox({ customers: 1 });
  token = (await obtain('client_credentials')).access_token;
});
afterAll(() => sandbox?.close());
beforeEach(() => {
  sandbox.paymentsOut.configure({
    rate: 10_000,
    idempotencyConflict: 'replay',
    consumerToken: 'either',
    retryAfter: null,
  });
  sandbox.paymentsOut.clock.set({ skewMs: 0 });
});

async function obtain(grantType: string) {
  const { clientId, clientSecret, audience } = sandbox.credentials.network;
  const body = { grant_type: grantType, client_id: clientId, client_secret: clientSecret, audience };
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(sandbox.credentials.sageId.tokenUrl, {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
  });
  return (await answer.json()) as { access_token: string; error?: string };
}

interface Call {
  readonly method?: string;
  readonly headers?: Record<string, string | undefined>;
  readonly body?: unknown;
}

async function call(path: string, { method = 'GET', headers = {}, body }: Call = {}) {
  const sent: Record<string, string | undefined> = {
    authorization: `Bearer ${token}`,
    'x-application': 'sage.example',
    'x-fapi-interaction-id': randomUUID(),
    ...(body !== undefined && { 'content-type': 'application/json', 'x-idempotency-key': randomUUID() }),
    ...headers,
  };
  const given = Object.fromEntries(Object.entries(sent).filter(([, value]) => value !== undefined)) as Record<
    string,
    string
  >;
  const answer = await fetch(sandbox.paymentsOut.url + path, {
    method: body === undefined ? method : method === 'GET' ? 'POST' : method,
    headers: given,
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await answer.text();
  return {
    status: answer.status,
    headers: answer.headers,
    text,
    data: text.startsWith('{') ? JSON.parse(text).data : undefined,
  };
}

const batch = (more: object = {}) => ({
  data: { externalId: 'b', fileFormatId: sandbox.paymentsOut.ids.bacsFormat, payments: [{ reference: 'R' }], ...more },
});

test('each call requires the credentials and headers in its guide', async () => {
  const { ids, consumerKey, providerKey } = sandbox.paymentsOut;
  const provider = `/api-provider-v1/providers/${ids.provider}`;
  const asConsumer = { 'x-api-key': consumerKey };
  const status = async (path: string, headers: Call['headers'] = {}) => (await call(path, { headers })).status;

  expect([
    await status(provider, { 'x-api-key': providerKey }),
    await status(provider),
    await status(provider, asConsumer),
    await status(provider, { 'x-api-key': providerKey, authorization: undefined }),
    await status(provider, {
      'x-api-key': providerKey,
      authorization: `Bearer ${sandbox.paymentsOut.issueCompanyToken()}`,
    }),
    await status(provider, { 'x-api-key': providerKey, 'x-application': undefined }),
    await status(provider, { 'x-api-key': providerKey, 'x-fapi-interaction-id': 'one' }),
    await status('/v3/localinstruments', {
      ...asConsumer,
      authorization: undefined,
      'x-fapi-interaction-id': undefined,
    }),
    await status('/v3/localinstruments', { 'x-api-key': providerKey }),
    await status('/v3/fileformats?country=GB', { authorization: undefined }),
    await status('/v3/providers?country=gb', asConsumer),
    await status('/v3/nothing'),
  ]).toEqual([200, 401, 401, 401, 401, 400, 400, 200, 401, 200, 400, 404]);
});

test('a company token lives 20 minutes, and a switch says which tokens the consumer side accepts', async () => {
  const { ids } = sandbox.paymentsOut;
  const path = `/v3/batchpayments/${ids.batches.file}`;
  const authorization = `Bearer ${sandbox.paymentsOut.issueCompanyToken()}`;
  const statuses = [];
  for (const consumerToken of ['either', 'company', 'sageId'] as const) {
    sandbox.paymentsOut.configure({ consumerToken });
    statuses.push([(await call(path)).status, (await call(path, { headers: { authorization } })).status]);
  }
  sandbox.paymentsOut.configure({ consumerToken: 'either' });
  sandbox.paymentsOut.clock.set({ skewMs: 20 * 60_000 });

  expect(statuses).toEqual([
    [200, 200],
    [401, 200],
    [200, 401],
  ]);
  expect((await call(path, { headers: { authorization } })).status).toBe(401);
});

test('the eleventh request of a second is 429, as a problem document', async () => {
  sandbox.paymentsOut.configure({ rate: 10 });
  const answers = await Promise.all(Array.from({ length: 40 }, () => call('/v3/fileformats?country=GB')));

  const refused = answers.filter(({ status }) => status === 429);
  expect(refused.length).toBeGreaterThan(0);
  expect(refused[0]?.headers.get('content-type')).toBe('application/problem+json');
  expect(refused[0]?.headers.get('retry-after')).toBeNull();
});

test.each([
  ['a quote', () => batch({ payments: [{ reference: 'a"b' }] }), 400],
  ['no external id', () => batch({ externalId: undefined }), 400],
  ['no payments', () => batch({ payments: [] }), 400],
  ['2,001 payments', () => batch({ payments: Array.from({ length: 2_001 }, () => ({})) }), 400],
  [
    'more than the provider takes',
    () =>
      batch({
        fileFormatId: undefined,
        providerId: sandbox.paymentsOut.ids.subscriptionProvider,
        payments: Array.from({ length: 101 }, () => ({})),
      }),
    400,
  ],
  ['an unknown format', () => batch({ fileFormatId: 'none' }), 400],
  [
    'a subscription that may not pay',
    () => batch({ fileFormatId: undefined, subscriptionId: sandbox.paymentsOut.ids.subscriptions.awaiting }),
    409,
  ],
  ['5 MB', () => batch({ note: 'x'.repeat(5_000_000) }), 413],
  ['what is not JSON', () => 'text', 400],
  ['without an envelope', () => batch().data, 201],
  ['all that is needed', () => batch(), 201],
])('a new batch with %s', async (_, body, status) => {
  expect((await call('/v3/batchpayments', { body: body() })).status).toBe(status);
});

test('a key is processed once, for 10 minutes with a bank file, and otherwise for 2 weeks', async () => {
  const day = 86_400_000;
  const electronic = batch({ fileFormatId: undefined, providerId: sandbox.paymentsOut.ids.provider });
  for (const [body, keptMs] of [
    [batch(), 600_000],
    [electronic, 14 * day],
  ] as const) {
    const headers = { 'x-idempotency-key': randomUUID() };
    sandbox.paymentsOut.clock.set({ skewMs: 0 });
    const first = await call('/v3/batchpayments', { body, headers });
    sandbox.paymentsOut.clock.set({ skewMs: keptMs - 5_000 });
    const again = await call('/v3/batchpayments', { body: batch({ externalId: 'other' }), headers });
    sandbox.paymentsOut.configure({ idempotencyConflict: '422' });
    const conflict = await call('/v3/batchpayments', { body: batch({ externalId: 'other' }), headers });
    sandbox.paymentsOut.configure({ idempotencyConflict: 'replay' });
    sandbox.paymentsOut.clock.set({ skewMs: keptMs + 5_000 });
    const later = await call('/v3/batchpayments', { body, headers });

    expect([first.status, conflict.status, later.status]).toEqual([201, 422, 201]);
    expect(again.text).toBe(first.text);
    expect(later.data.batchId).not.toBe(first.data.batchId);
  }
});

test('batches are kept 365 days, files 35', async () => {
  const { batches } = sandbox.paymentsOut.ids;
  const statusAfter = async (days: number, id: string) => {
    sandbox.paymentsOut.clock.set({ skewMs: days * 86_400_000 });
    return (
      await call(`/v3/batchpayments/${id}`, {
        headers: { authorization: `Bearer ${sandbox.paymentsOut.issueCompanyToken()}` },
      })
    ).status;
  };

  expect([
    await statusAfter(34, batches.file),
    await statusAfter(36, batches.file),
    await statusAfter(364, batches.electronic),
    await statusAfter(366, batches.electronic),
  ]).toEqual([200, 404, 200, 404]);
});

test('a subscription is received, waits for its person, and may pay once that has consented', async () => {
  const { ids, consumerKey } = sandbox.paymentsOut;
  const headers = { 'x-api-key': consumerKey };
  const made = await call(`/v3/subscriptions/organisations/${ids.organisation}/subscriptions`, {
    headers,
    body: { data: { providerId: ids.provider, additionalData: '{"taxId":"GB12345678"}' } },
  });
  const path = `/v3/subscriptions/${made.data.subscriptionId}`;
  sandbox.paymentsOut.clock.set({ skewMs: 1_000 });
  const waiting = await call(path, { headers });
  await fetch(waiting.data.links.authorise, { method: 'POST' });

  expect([made.status, made.data.status, waiting.data.status]).toEqual([201, 'Received', 'AwaitingAuthorisation']);
  expect((await call(path, { headers })).data.status).toBe('Authorised');
});

test('a message is 202 without a body, kept, and forwarded to a webhook of this machine', async () => {
  const got = Promise.withResolvers<unknown>();
  const webhook = createServer((request, response) => {
    request.setEncoding('utf8').on('data', (text) => got.resolve([request.url, JSON.parse(text)]));
    response.end();
  });
  await new Promise<void>((resolve) => webhook.listen(0, '127.0.0.1', resolve));
  const { port } = webhook.address() as { port: number };
  const door = (name: string, body: unknown) =>
    fetch(`${sandbox.paymentsOut.url}/${name}`, { method: 'POST', body: JSON.stringify(body) });
  const elsewhere = await door('__webhooks', { url: 'http://192.0.2.1' });
  const here = await door('__webhooks', { url: `http://127.0.0.1:${port}` });
  const body = { data: { subscriptionId: 's', creditor: { creditorType: 'None' } } };

  const taken = await call('/api-provider-v1/creditorputs', { body });
  const without = await call('/api/msg-v1/creditorputs', { body: { data: {} } });

  expect([elsewhere.status, here.status, taken.status, taken.text, without.status]).toEqual([400, 204, 202, '', 400]);
  expect([taken.headers.get('content-length'), taken.headers.get('content-type')]).toEqual(['0', null]);
  expect(await got.promise).toEqual(['/notifications', { message: { eventType: 'creditorputs', ...body } }]);
  expect(await (await fetch(`${sandbox.paymentsOut.url}/__messages`)).json()).toContainEqual({
    side: 'provider',
    kind: 'creditorputs',
    body,
  });
  webhook.close();
  webhook.closeAllConnections();
});

test('a switch says which spelling of the grant Sage ID accepts, and unknown switches are refused', async () => {
  const works = async () => [(await obtain('client_credential')).error, (await obtain('client_credentials')).error];
  const seen = [];
  for (const spelling of ['both', 'singular', 'plural'] as const) {
    sandbox.sageId.setGrantSpelling(spelling);
    seen.push(await works());
  }
  sandbox.sageId.setGrantSpelling('both');
  const door = (body: unknown) =>
    fetch(`${sandbox.paymentsOut.url}/__switches`, { method: 'POST', body: JSON.stringify(body) });

  expect(seen).toEqual([
    [undefined, undefined],
    [undefined, 'unsupported_grant_type'],
    ['unsupported_grant_type', undefined],
  ]);
  expect([
    (await door({ rate: 50 })).status,
    (await door({ rate: 0 })).status,
    (await door({ odd: 1 })).status,
  ]).toEqual([200, 400, 400]);
});
