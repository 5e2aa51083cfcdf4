import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { type Relay, startRelay } from '../support/relay.ts';
import { startTestGateway, type TestGateway, tenantsOf, warmUp } from '../support/test-gateway.ts';

const MB = 1024 * 1024;

let sandbox: Sandbox;
let sage200: Relay;
let erp: Relay;
let gateway: TestGateway;

beforeAll(async () => {
  sandbox = await startSandbox({ customers: 500 });
  sage200 = await startRelay(sandbox.sage200.url);
  erp = await startRelay(sandbox.erp.url);
  gateway = await start();
  await warmUp(gateway);
});

afterEach(() => {
  sage200.behave();
  erp.behave();
});

afterAll(async () => {
  await gateway.close();
  for (const each of [sage200, erp]) await each[Symbol.asyncDispose]();
  await sandbox.close();
});

const start = () =>
  startTestGateway({
    sandbox,
    edit: (file) => {
      file['sage200'] = { ...file['sage200'], baseUrl: sage200.behind(sandbox.credentials.sage200.baseUrl) };
      file['limits'] = { answerBytes: '2mb' };
      for (const tenant of tenantsOf(file)) tenant['tokenUrl'] = erp.behind(String(tenant['tokenUrl']));
    },
  });

const CUSTOMERS = 'sage200 { customers(first: 500) { nodes { id reference name shortName creditLimit balance } } }';
const TENANT = 'xtremMasterData { customer { query(first: 500) { edges { node { id } } } } }';
const BOTH = `{ ${CUSTOMERS} ${TENANT} }`;
const CREATE =
  'mutation { sage200 { createCustomer(input: { reference: "PACK1", name: "Packed" }) { customer { reference } } } }';

type Pack = (body: Buffer) => Buffer;
const PACKED: readonly (readonly [encoding: string, pack: Pack])[] = [
  ['gzip', gzipSync],
  ['x-gzip', gzipSync],
  ['GZip', gzipSync],
  ['deflate', deflateSync],
  ['deflate', deflateRawSync],
  ['deflate, gzip', (body) => gzipSync(deflateSync(body))],
  ['identity', (body) => body],
];

/** From now on every answer comes packed, tokens and schemas included. */
function packAll(encoding: string, pack: Pack): void {
  for (const relay of [sage200, erp])
    relay.behave(async ({ response, forward }) => {
      const { status, type, body } = await forward();
      response.writeHead(status, { 'content-type': type, 'content-encoding': encoding }).end(pack(body));
    });
}

/** Every answer is that body, whatever it was asked. */
function answerAll(encoding: string, body: Buffer): void {
  for (const relay of [sage200, erp])
    relay.behave(({ response }) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': encoding }).end(body);
    });
}

describe('a compressed answer', () => {
  test.each(PACKED)('is read: %s', async (encoding, pack) => {
    const expected = await gateway.query(BOTH);
    packAll(encoding, pack);

    expect(await gateway.query(BOTH)).toEqual(expected);
  });

  test('is read from the first request on: tokens, companies and schemas', async () => {
    const expected = await gateway.query(BOTH);
    packAll('gzip', gzipSync);
    await using fresh = await start();

    expect(await fresh.query(BOTH)).toEqual(expected);
  });

  test.each([
    ['not what it says', 'gzip', Buffer.from('packed?')],
    ['cut off', 'gzip', gzipSync('[]'.repeat(1_000)).subarray(0, 20)],
    ['in a coding that nobody asked for', 'br', gzipSync('[]')],
  ])('that is %s is not an answer', async (_, encoding, body) => {
    answerAll(encoding, body);
    const { data, errors } = await gateway.query(BOTH);

    expect(data).toEqual({ sage200: { customers: null }, xtremMasterData: null });
    expect(errors?.map(({ extensions }) => extensions['code'])).toEqual([
      'UPSTREAM_UNAVAILABLE',
      'UPSTREAM_UNAVAILABLE',
    ]);
  });
});

describe('an answer above limits.answerBytes', () => {
  const large = Buffer.from(`[${'"x",'.repeat(MB)}"x"]`);

  test.each([
    ['as it travels', 'identity', large],
    ['once it is unpacked', 'gzip', gzipSync(large)],
    ['once it is unpacked twice', 'gzip, gzip', gzipSync(gzipSync(large))],
    ['by a thousand times', 'gzip', gzipSync(Buffer.alloc(512 * MB), { level: 1 })],
  ])('is abandoned with an error: %s', async (_, encoding, body) => {
    answerAll(encoding, body);
    const { data, errors } = await gateway.query(BOTH);

    expect(data).toEqual({ sage200: { customers: null }, xtremMasterData: null });
    expect(errors).toHaveLength(2);
    for (const [source, path] of [
      ['sage200', ['sage200', 'customers']],
      ['erp:acme', ['xtremMasterData']],
    ])
      expect(errors).toContainEqual(
        expect.objectContaining({
          path,
          extensions: expect.objectContaining({ code: 'COST_EXCEEDED', source, limit: 'answerBytes' }),
        }),
      );
  });

  test('makes the outcome of a write unknown', async () => {
    answerAll('gzip', gzipSync(large));
    const { errors } = await gateway.query(CREATE);

    expect(errors?.map(({ extensions: { code } }) => code)).toEqual(['OUTCOME_UNKNOWN']);
  });
});
