import { Registry } from 'prom-client';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { fingerprint, type Sandbox, startSandbox } from '../../../src/sandbox/index.ts';
import { marker } from '../../support/test-gateway.ts';
import { CREATE_BATCH, KEYS, startWorld, type World } from './world.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox({ customers: 1 });
});
afterAll(() => sandbox?.close());
beforeEach(() => {
  for (const server of [sandbox.paymentsOut, sandbox.sageId]) {
    server.clearRequests();
    server.clearFaults();
  }
});

const INSTRUMENTS = '{ paymentsOut { consumerApi { localInstruments { id } } } }';
const BATCH = '{ paymentsOut { consumerApi { batchPayment(batchId: "b") { status } } } }';
const PROVIDER = '{ paymentsOut { providerApi { provider { name } } } }';
const tokenRequests = () => sandbox.sageId.requests().filter(({ path }) => path === '/oauth/token').length;

describe("the gateway's own token", () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld(undefined, { sandbox });
  });
  afterAll(() => world?.[Symbol.asyncDispose]());

  test('is obtained once for both sides, and again when it is refused', async () => {
    const before = await world.ask(`{ ...P ...C } fragment P on Query ${PROVIDER} fragment C on Query ${BATCH}`);
    const asked = tokenRequests();
    sandbox.paymentsOut.fault({ kind: 'status', status: 401, body: '' });
    const renewed = await world.ask(PROVIDER);

    expect([before.errors, renewed.errors]).toEqual([undefined, undefined]);
    expect(tokenRequests() - asked).toBe(1);
    // A new id for the second try as well.
    const ids = sandbox.paymentsOut.requests().map(({ headers }) => headers['x-fapi-interaction-id']);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test.each([
    ['a read', PROVIDER, 'providerApi'],
    ['definitions', INSTRUMENTS, 'consumerApi'],
    [
      'a write',
      'mutation { paymentsOut { consumerMessagingApi { creditorPut(message: { data: { subscriptionId: 1 } }) { accepted } } } }',
      'consumerMessagingApi',
    ],
  ])('is the operator’s to fix when Sage refuses it for %s', async (_, document, api) => {
    sandbox.paymentsOut.fault({ kind: 'status', status: 401, body: '', times: 2 });

    const { data, errors } = await world.ask(document);

    expect(errors).toMatchObject([{ extensions: { code: 'MISCONFIGURED', source: 'network' } }]);
    expect(errors?.[0]?.path?.slice(0, 2)).toEqual(['paymentsOut', api]);
    expect(data.paymentsOut[api]).not.toBeNull();
    const last = sandbox.paymentsOut.requests().at(-1);
    expect(errors?.[0]?.extensions['requestId']).toBe(last?.headers['x-fapi-interaction-id']);
  });

  test.each([
    [403, 'FORBIDDEN', 'FORBIDDEN'],
    [404, undefined, 'UPSTREAM_REJECTED'],
    [400, 'UPSTREAM_REJECTED', 'UPSTREAM_REJECTED'],
    [422, 'UPSTREAM_REJECTED', 'UPSTREAM_REJECTED'],
    [302, 'UPSTREAM_UNAVAILABLE', 'UPSTREAM_REJECTED'],
    [429, 'RATE_LIMITED', 'RATE_LIMITED'],
    [408, 'UPSTREAM_TIMEOUT', 'OUTCOME_UNKNOWN'],
    [425, 'UPSTREAM_UNAVAILABLE', 'OUTCOME_UNKNOWN'],
    [500, 'UPSTREAM_UNAVAILABLE', 'OUTCOME_UNKNOWN'],
    [503, 'UPSTREAM_UNAVAILABLE', 'OUTCOME_UNKNOWN'],
    [504, 'UPSTREAM_TIMEOUT', 'OUTCOME_UNKNOWN'],
  ])('status %i is %s for a read and %s for a write', async (status, ofRead, ofWrite) => {
    const input = { externalId: 'x', providerId: sandbox.paymentsOut.ids.provider, payments: [{}] };
    const fault = { kind: 'status', status, headers: { 'retry-after': '7' } } as const;
    sandbox.paymentsOut.fault(fault);
    const read = await world.ask(BATCH);
    sandbox.paymentsOut.fault(fault);
    const write = await world.ask(CREATE_BATCH, { variables: { input } });

    const extensions = read.errors?.[0]?.extensions;
    const { consumerApi } = write.data.paymentsOut;
    const refusal = consumerApi.createBatchPayment?.userErrors[0];
    expect(extensions?.['code']).toBe(ofRead);
    expect(refusal?.code ?? write.errors?.[0]?.extensions['code']).toBe(ofWrite);
    expect(Boolean(refusal)).toBe(ofWrite === 'UPSTREAM_REJECTED');
    if (ofRead === 'RATE_LIMITED') expect(extensions).toMatchObject({ retryAfter: 7 });
    if (extensions) {
      expect(extensions['source']).toBe('network');
      expect(extensions['requestId']).toBe(sandbox.paymentsOut.requests()[0]?.headers['x-fapi-interaction-id']);
    }
    expect(sandbox.paymentsOut.requests()).toHaveLength(2);
  });

  test('while it fails, its breaker answers at once, for reads and writes, and the other sources work', async () => {
    const breaker = { window: 4, least: 4, failures: 0.5, pause: '1h' };
    await using fresh = await startWorld((file) => Object.assign(file['network'] ?? {}, { breaker }), { sandbox });
    sandbox.paymentsOut.fault({ kind: 'status', status: 503, times: 0 });
    for (let count = 0; count < 4; count += 1) await fresh.ask(BATCH);
    expect(fresh.asked()).toHaveLength(4);

    const read = await fresh.ask(`{ sage200 { customers(first: 1) { nodes { reference } } } ${BATCH.slice(1)}`);
    const input = { externalId: 'x', providerId: sandbox.paymentsOut.ids.provider, payments: [{}] };
    const write = await fresh.ask(CREATE_BATCH, { variables: { input } });

    expect(fresh.asked()).toEqual([]);
    for (const { errors } of [read, write])
      expect(errors).toMatchObject([{ extensions: { code: 'UPSTREAM_UNAVAILABLE', source: 'network' } }]);
    expect(read.data.sage200.customers.nodes).toHaveLength(1);
  });

  test('garbage and a cut answer of a read are UPSTREAM_UNAVAILABLE', async () => {
    const codes = [];
    for (const kind of ['garbage', 'cut'] as const) {
      sandbox.paymentsOut.fault({ kind });
      codes.push((await world.ask(BATCH)).errors?.[0]?.extensions['code']);
    }

    expect(codes).toEqual(['UPSTREAM_UNAVAILABLE', 'UPSTREAM_UNAVAILABLE']);
  });

  test('a Sage ID outage affects only what needs a token', async () => {
    await using fresh = await startWorld(undefined, { sandbox });
    sandbox.sageId.fault({ match: '/oauth/token', kind: 'status', status: 503, times: 0 });

    const { data, errors } = await fresh.ask(
      '{ paymentsOut { consumerApi { localInstruments { id } batchPayment(batchId: "b") { status } } } gateway { me { id } } }',
    );

    expect(errors).toMatchObject([
      {
        path: ['paymentsOut', 'consumerApi', 'batchPayment'],
        extensions: { code: 'UPSTREAM_UNAVAILABLE', source: 'network' },
      },
    ]);
    expect(data.gateway.me.id).toBe('key:writer');
    expect(data.paymentsOut.consumerApi.localInstruments).toHaveLength(3);
  });
});

test('a company’s token goes only to the consumer side, is the caller’s own even at the same time, and is never guessed', async () => {
  sandbox.paymentsOut.configure({ consumerToken: 'company' });
  await using world = await startWorld(
    (file) => {
      const network = file['network'] as Record<string, Record<string, unknown>>;
      network['consumer'] = { ...network['consumer'], token: 'company' };
    },
    { sandbox },
  );
  const [one, two] = [sandbox.paymentsOut.issueCompanyToken(), sandbox.paymentsOut.issueCompanyToken()];
  const both = `{ ...P ...C } fragment P on Query ${PROVIDER} fragment C on Query ${BATCH}`;
  const withToken = (token: string) => ({ headers: { 'x-payments-out-token': token } });

  const answers = await Promise.all([
    world.ask(both, { as: 'writer', ...withToken(one) }),
    world.ask(both, { as: 'reader', ...withToken(two) }),
  ]);
  const carried = sandbox.paymentsOut.requests();
  const without = await world.ask(both);
  const refused = [await world.ask(BATCH, withToken('old')), await world.ask(BATCH, withToken('two words'))];
  sandbox.paymentsOut.configure({ consumerToken: 'either' });

  expect(answers.map(({ errors }) => errors)).toEqual([undefined, undefined]);
  const tokensAt = (path: string) =>
    carried.filter((each) => each.path.startsWith(path)).map(({ headers }) => headers['authorization']);
  expect(new Set(tokensAt('/v3/'))).toEqual(new Set([one, two].map((token) => fingerprint(`Bearer ${token}`))));
  expect(new Set(tokensAt('/api-provider-v1/')).size).toBe(1);
  expect(tokensAt('/api-provider-v1/')).not.toContain(fingerprint(`Bearer ${one}`));
  expect(without.data.paymentsOut).toMatchObject({
    providerApi: { provider: {} },
    consumerApi: { batchPayment: null },
  });
  for (const { errors } of [without, ...refused])
    expect(errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }]);
  expect(world.gateway.log()).not.toContain(one);
});

test('without the section, or without a side of it, fields are null and say MISCONFIGURED', async () => {
  await using none = await startWorld((file) => delete file['network'], { sandbox });
  await using half = await startWorld((file) => delete file['network']?.['consumer'], { sandbox });
  const document = `{ paymentsOut { providerApi { provider { name } } consumerApi { localInstruments { id } } } gateway { me { id } } }`;

  const [absent, partial] = [await none.ask(document), await half.ask(document)];
  const written = await half.ask(
    'mutation { paymentsOut { consumerMessagingApi { creditorPut(message: {}) { accepted } } } }',
  );

  expect(absent.data).toEqual({ paymentsOut: null, gateway: { me: { id: 'key:writer' } } });
  expect(absent.errors).toMatchObject([
    { path: ['paymentsOut'], extensions: { code: 'MISCONFIGURED', source: 'network' } },
  ]);
  expect(partial.data.paymentsOut).toEqual({ providerApi: { provider: { name: 'Open Pay' } }, consumerApi: null });
  expect(partial.errors).toMatchObject([
    { path: ['paymentsOut', 'consumerApi'], extensions: { code: 'MISCONFIGURED', source: 'network' } },
  ]);
  expect(written.errors).toMatchObject([
    { path: ['paymentsOut', 'consumerMessagingApi'], extensions: { code: 'MISCONFIGURED' } },
  ]);
});

test('settings are used as configured, and their secrets appear nowhere', async () => {
  const secrets = {
    clientSecret: marker('secret'),
    provider: marker('provider'),
    consumer: marker('consumer'),
    company: marker('company'),
  };
  const metrics = new Registry();
  const edit = (file: Record<string, Record<string, unknown>>) => {
    Object.assign(file['network'] ?? {}, {
      clientSecret: secrets.clientSecret,
      tokenUrl: `${sandbox.sageId.url}/other/token`,
      bodyEncoding: 'json',
      grantType: 'client_credential',
      application: 'sage.other',
      provider: { apiKey: secrets.provider, basePath: '/p', messagingBasePath: '/pm', notificationsBasePath: '/pn' },
      consumer: { apiKey: secrets.consumer, basePath: '/c', messagingBasePath: '/cm', batchEnvelope: 'none' },
    });
  };
  const options = { sandbox, metrics, logLevel: 'trace' };
  await using world = await startWorld(edit, options);
  const shown = [];
  const echo = JSON.stringify({ title: `refused ${Object.values(secrets).join(' ')}` });
  const token = { access_token: marker('token'), token_type: 'Bearer', expires_in: 3600 };
  sandbox.sageId.fault({ match: '/other/token', kind: 'status', status: 200, body: token, times: 0 });
  sandbox.paymentsOut.fault({ kind: 'status', status: 400, body: `${echo} ${token.access_token}`, times: 0 });
  for (const document of [
    '{ paymentsOut { providerApi { provider(providerId: "x") { name } } } }',
    INSTRUMENTS,
    'mutation { paymentsOut { providerMessagingApi { creditorPut(message: {a: 1}) { userErrors { message } } notification(message: {b: 2}) { userErrors { message } } } } }',
    'mutation { paymentsOut { consumerMessagingApi { creditorPut(message: {c: 3}) { userErrors { message } } } consumerApi { createBatchPayment(input: { externalId: "e", providerId: "p", payments: [{}] }) { userErrors { message } } } } }',
  ])
    shown.push(await world.ask(document, { headers: { 'x-payments-out-token': secrets.company } }));

  sandbox.sageId.clearFaults();
  sandbox.sageId.fault({ match: '/other/token', kind: 'status', status: 401, body: echo });
  await using refused = await startWorld(edit, { sandbox, logLevel: 'trace' });
  shown.push(await refused.ask(PROVIDER));

  const requests = sandbox.paymentsOut.requests();
  expect(requests.map(({ path }) => path)).toEqual([
    '/p/providers/x',
    '/c/localinstruments',
    '/pm/creditorputs',
    '/pn/notifications',
    '/cm/creditorputs',
    '/c/batchpayments',
  ]);
  expect(requests.map(({ headers }) => headers['x-api-key'])).toEqual(
    ['provider', 'consumer', 'provider', 'provider', 'consumer', 'consumer'].map((side) =>
      fingerprint(secrets[side as 'provider' | 'consumer']),
    ),
  );
  for (const { headers } of requests) expect(headers['x-application']).toBe('sage.other');
  expect(requests.at(-1)?.body).toEqual({ externalId: 'e', providerId: 'p', payments: [{}] });
  expect(sandbox.sageId.requests().at(-1)?.body).toMatchObject({ grant_type: 'client_credential' });
  const everything = `${JSON.stringify(shown)}${world.gateway.log()}${refused.gateway.log()}${await metrics.metrics()}`;
  expect(everything).toContain('refused');
  const carried = { ...secrets, token: token.access_token, key: KEYS.writer.key };
  expect(Object.entries(carried).flatMap(([name, secret]) => (everything.includes(secret) ? name : []))).toEqual([]);
});
