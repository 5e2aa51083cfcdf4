import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { fingerprint } from '../../../src/sandbox/index.ts';
import { startWorld, UUID, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world?.[Symbol.asyncDispose]());
beforeEach(() => {
  world.sandbox.paymentsOut.clearRequests();
  world.sandbox.paymentsOut.clearFaults();
});

const answers = (match: string, body: unknown) =>
  world.sandbox.paymentsOut.fault({ match, kind: 'status', status: 200, body });

/** Whether `x-api-key` is the provider's or the consumer's, and whether a token is sent. */
const CALLS = [
  ['providerApi { provider { name } }', '/api-provider-v1/providers/PROVIDER', 'provider', true],
  [
    'providerApi { subscription(subscriptionId: "SUBSCRIPTION") { status } }',
    '/api-provider-v1/subscriptions/SUBSCRIPTION',
    'provider',
    true,
  ],
  [
    'providerApi { batchPayment(batchId: "BATCH") { status } }',
    '/api-provider-v1/batchpayments/BATCH',
    'provider',
    true,
  ],
  ['consumerApi { providers(country: "gb") { name } }', '/v3/providers?country=GB', 'consumer', false],
  ['consumerApi { fileFormats(country: "AU") { name } }', '/v3/fileformats?country=AU', 'consumer', false],
  ['consumerApi { localInstruments { name } }', '/v3/localinstruments', 'consumer', false],
  [
    'consumerApi { subscription(subscriptionId: "SUBSCRIPTION") { status } }',
    '/v3/subscriptions/SUBSCRIPTION',
    'consumer',
    true,
  ],
  ['consumerApi { batchPayment(batchId: "BATCH") { status } }', '/v3/batchpayments/BATCH', 'consumer', true],
] as const;

test.each(CALLS)(
  '%s is one request, with the headers and credentials of its side',
  async (field, path, side, hasToken) => {
    const { ids, providerKey, consumerKey, application } = world.sandbox.paymentsOut;
    const fill = (text: string) =>
      text
        .replace('PROVIDER', ids.provider)
        .replace('SUBSCRIPTION', ids.subscriptions.authorised)
        .replace('BATCH', ids.batches.processing);

    const { errors } = await world.ask(`{ paymentsOut { ${fill(field)} } }`, { as: 'reader' });

    expect(errors).toBeUndefined();
    const [request, ...more] = world.asked();
    expect(more).toEqual([]);
    expect(request).toMatchObject({ method: 'GET', path: fill(path), status: 200, body: undefined });
    expect(request?.headers).toMatchObject({
      'x-application': application,
      'x-api-key': fingerprint(side === 'provider' ? providerKey : consumerKey),
      'x-fapi-interaction-id': expect.stringMatching(UUID),
      accept: 'application/json',
    });
    expect('authorization' in (request?.headers ?? {})).toBe(hasToken);
    expect(world.gateway.log()).toContain(request?.headers['x-fapi-interaction-id']);
  },
);

test('a provider comes with every documented member, and as Sage sent it', async () => {
  const { ids } = world.sandbox.paymentsOut;

  const { data } = await world.ask(`{ paymentsOut { providerApi { provider {
    providerId clientId name author country defaultLanguage supportedLanguages maximumPaymentCount localInstruments
    defaultLocalInstrument accountType { validationRules { ruleId validation {
      apiPath jsonPath optionality regex example description errorMessage } json } } json } } } }`);

  const { provider } = data.paymentsOut.providerApi;
  const { json, clientId, accountType, ...plain } = provider;
  expect(provider).toMatchObject({ providerId: ids.provider, country: ['GB', 'US'], maximumPaymentCount: 2000 });
  expect(json).toEqual({
    ...plain,
    clientID: clientId,
    accountType: { validationRules: accountType.validationRules.map((rule: { json: unknown }) => rule.json) },
  });
  expect(
    accountType.validationRules.map((rule: { validation: { apiPath: string } }) => rule.validation.apiPath),
  ).toEqual(['Subscriptions', 'Creditors', 'CreditorPut']);
  for (const { validation, json: rule } of accountType.validationRules)
    expect(validation).toMatchObject(rule.validation);
});

test('definitions are grouped by country, and a list of one may be an object', async () => {
  const document = `{ paymentsOut { consumerApi {
    gb: providers(country: "GB") { name } ca: providers(country: "CA") { name country }
    formats: fileFormats(country: "AU") { fileFormatId name specification json }
    localInstruments { id name validationRules { validation { jsonPath } } json } } } }`;

  const asArrays = await world.ask(document);
  world.sandbox.paymentsOut.configure({ listData: 'object' });
  const asObjects = await world.ask(document);
  world.sandbox.paymentsOut.configure({ listData: 'array' });

  expect(asArrays.errors).toBeUndefined();
  expect(asArrays.data.paymentsOut.consumerApi).toMatchObject({
    gb: [{ name: 'Open Pay' }, { name: 'Subscribed Pay' }],
    ca: [{ name: 'Subscribed Pay', country: ['AU', 'CA', 'GB'] }],
    formats: [
      { fileFormatId: world.sandbox.paymentsOut.ids.abaFormat, specification: { rules: [{ sourceValidation: {} }] } },
    ],
    localInstruments: [{ id: 'BACS' }, { id: 'ACH' }, { id: 'cheque' }],
  });
  expect(asObjects).toEqual(asArrays);
});

test('each status of a subscription is unchanged, and all its dates are in UTC', async () => {
  const statuses = ['Received', 'AwaitingAuthorisation', 'Authorised', 'Cancelled', 'Rejected', 'Suspended', 'Pending'];
  const seen = [];
  for (const [index, status] of [...statuses, 'Invented'].entries()) {
    const dates = { authoriseIssuedAt: '2026-03-31T10:30:00+01:00', authoriseExpiresAt: '2026-03-31T09:50:00.5Z' };
    const links = { self: 'https://sage.example/s', authorise: 'https://provider.example/a' };
    const members = index % 2 === 0 ? { links: { ...links, ...dates } } : { links, ...dates };
    answers('/subscriptions/', { data: { subscriptionId: 's1', status, additionalData: '{"a":1}', ...members } });
    const { data } = await world.ask(
      '{ paymentsOut { consumerApi { subscription(subscriptionId: "s1") { status additionalData links { self authorise authoriseIssuedAt authoriseExpiresAt } } } } }',
    );
    const { status: answered, ...rest } = data.paymentsOut.consumerApi.subscription;
    seen.push(answered);
    expect(rest).toEqual({
      additionalData: '{"a":1}',
      links: {
        ...links,
        authoriseIssuedAt: '2026-03-31T09:30:00.000Z',
        authoriseExpiresAt: '2026-03-31T09:50:00.500Z',
      },
    });
  }
  expect(seen).toEqual([...statuses, 'Invented']);
});

test('a batch has its members, and each bank file address is a new one', async () => {
  const { ids } = world.sandbox.paymentsOut;
  const document = `query ($id: ID!) { paymentsOut { consumerApi { batchPayment(batchId: $id) {
    batchId externalId fileFormatId providerId status extendedStatus additionalData paymentFile
    payments { status extendedStatus additionalData paymentCompletedDate json } links { self } } } } }`;

  const first = await world.ask(document, { variables: { id: ids.batches.file } });
  const second = await world.ask(document, { variables: { id: ids.batches.file } });

  const batch = first.data.paymentsOut.consumerApi.batchPayment;
  expect(batch).toMatchObject({
    batchId: ids.batches.file,
    externalId: 'sandbox-file',
    fileFormatId: ids.bacsFormat,
    providerId: null,
    status: 'PaymentFileAvailable',
    payments: [{ json: { amount: '125.50', currency: 'GBP' } }, { json: { reference: 'INV-2' } }],
  });
  expect(second.data.paymentsOut.consumerApi.batchPayment.paymentFile).not.toBe(batch.paymentFile);
  expect(await (await fetch(batch.paymentFile)).text()).toContain('INV-1');
});

test('a changed value of Sage fails only its own field, and numbers keep their digits', async () => {
  const data = {
    batchId: 12345678901234567890n,
    status: 7,
    extendedStatus: { words: ['odd'] },
    additionalData: { any: ['thing'] },
    payments: [null, { status: true, amount: 0.1 }, 'odd'],
    links: 'none',
  };
  const text = JSON.stringify(data, (_, value) => (typeof value === 'bigint' ? JSON.rawJSON(String(value)) : value));
  answers('/batchpayments/', `{"data":${text}}`);

  const answer = await world.ask(
    '{ paymentsOut { consumerApi { batchPayment(batchId: "b") { batchId status extendedStatus additionalData payments { status json } links { self } json } } } }',
  );

  expect(answer.errors).toBeUndefined();
  expect(answer.data.paymentsOut.consumerApi.batchPayment).toEqual({
    batchId: '12345678901234567890',
    status: '7',
    extendedStatus: null,
    additionalData: { any: ['thing'] },
    payments: [{ status: 'true', json: { status: true, amount: 0.1 } }],
    links: null,
    json: { ...data, batchId: '12345678901234567890' },
  });
});

test('a missing object is null, and one operation requests the same object once', async () => {
  const { ids } = world.sandbox.paymentsOut;

  const { data, errors } = await world.ask(`{
    a: paymentsOut { providerApi { batchPayment(batchId: "${ids.batches.file}") { status } } }
    b: paymentsOut { providerApi { again: batchPayment(batchId: "${ids.batches.file}") { externalId }
      gone: batchPayment(batchId: "none") { status } } } }`);

  expect(errors).toBeUndefined();
  expect(data.b.providerApi).toEqual({ again: { externalId: 'sandbox-file' }, gone: null });
  expect(
    world
      .asked()
      .map(({ path }) => path)
      .sort(),
  ).toEqual([`/api-provider-v1/batchpayments/${ids.batches.file}`, '/api-provider-v1/batchpayments/none'].sort());
});

test.each([
  'providerApi { batchPayment(batchId: "") { status } }',
  'providerApi { batchPayment(batchId: "a/b") { status } }',
  'providerApi { subscription(subscriptionId: "..") { status } }',
  'consumerApi { providers(country: "GBR") { name } }',
  'consumerApi { fileFormats(country: "G&") { name } }',
])('%s is refused before any request', async (field) => {
  const { data, errors } = await world.ask(`{ paymentsOut { ${field} } }`);

  expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }]);
  expect(data.paymentsOut).not.toBeNull();
  expect(world.asked()).toEqual([]);
});

test('one operation over three sources asks each once, at the same time, and one that is down fails only its part', async () => {
  const { sandbox } = world;
  const document = `{
    sage200 { customers(first: 1) { nodes { name } } }
    xtremMasterData { customer { query(first: 1) { totalCount } } }
    paymentsOut { consumerApi { localInstruments { id } } } }`;
  while ((await world.ask(document)).errors);
  const clear = () => {
    for (const server of [sandbox.sage200, sandbox.erp, sandbox.paymentsOut]) server.clearRequests();
  };
  clear();
  const servers = [sandbox.sage200, sandbox.erp, sandbox.paymentsOut];
  for (const server of servers) server.fault({ kind: 'hold', times: 0 });

  const asking = world.ask(document);
  // None has ended when the last begins.
  await expect
    .poll(() => servers.map((server) => server.requests().map(({ status }) => status)))
    .toEqual([[0], [0], [0]]);
  for (const server of servers) server.clearFaults();
  const whole = await asking;

  expect(whole.errors).toBeUndefined();
  expect(servers.map((server) => server.requests().length)).toEqual([1, 1, 1]);
  for (const [name, server] of Object.entries({
    sage200: sandbox.sage200,
    xtremMasterData: sandbox.erp,
    paymentsOut: sandbox.paymentsOut,
  })) {
    server.fault({ kind: 'status', status: 503, times: 0 });
    const { data, errors } = await world.ask(document);
    server.clearFaults();
    expect(errors?.every(({ path }) => path?.[0] === name)).toBe(true);
    expect(errors?.[0]?.extensions['code']).toBe('UPSTREAM_UNAVAILABLE');
    for (const other of ['sage200', 'xtremMasterData', 'paymentsOut'].filter((each) => each !== name))
      expect(data[other]).toEqual(whole.data[other]);
  }
});
