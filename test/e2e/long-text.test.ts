import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createApiKey } from '../../src/cli/keys-create.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { type Answer, startTestGateway, type TestGateway, warmUp } from '../support/test-gateway.ts';

const MOST_BYTES = 16 * 1024;
/** Its message, as JSON, and what stands beside it. */
const MOST_BYTES_OF_AN_ERROR = 2 * MOST_BYTES;

const key = createApiKey('reader');
const headers = { authorization: `Bearer ${key.key}` };
let sandbox: Sandbox;
let gateway: TestGateway;

beforeAll(async () => {
  sandbox = await startSandbox({ customers: 5 });
  gateway = await startTestGateway({
    sandbox,
    edit: (file) => {
      const rights = { connection: 'sandbox', tenants: ['acme'], companies: 'all' };
      file['callers'] = {
        anonymous: { connection: 'sandbox', tenants: ['acme'], readOnly: false },
        apiKeys: [{ name: 'reader', sha256: key.sha256, readOnly: true, ...rights }],
      };
    },
  });
  await gateway.query('{ xtremMasterData { customer { query(first: 1) { totalCount } } } }', { headers });
  await warmUp(gateway);
});

afterEach(() => {
  sandbox.erp.clearFaults();
  sandbox.sage200.clearFaults();
});

afterAll(async () => {
  await gateway.close();
  await sandbox.close();
});

const repeated = (piece: string, length: number) => piece.repeat(Math.ceil(length / piece.length)).slice(0, length);
const first = (value: string) => `{ xtremMasterData { customer { query(first: ${value}) { totalCount } } } }`;

const DOCUMENTS: readonly (readonly [name: string, document: (length: number) => object])[] = [
  ['a text in place of a number', (length) => ({ query: first(`"${repeated('a-', length)}"`) })],
  ['a long name', (length) => ({ query: `{ ${repeated('a', length)} }` })],
  ['a long name of a type', (length) => ({ query: `{ ... on ${repeated('a', length)} { a } }` })],
  ['a long name of an argument', (length) => ({ query: `{ xtremMasterData(${repeated('a_', length)}: 1) { _id } }` })],
  ['a long number', (length) => ({ query: first(repeated('1', length)) })],
  ['schemes without an end', (length) => ({ query: first(`"${repeated('a://', length)}"`) })],
  ['what is not a document', (length) => ({ query: repeated('eyJ-', length) })],
  [
    'a long variable',
    (length) => ({
      query: 'query ($first: Int) { __typename sage200 { customers(first: $first) { nodes { id } } } }',
      variables: { first: repeated('a.a-', length) },
    }),
  ],
];

describe.each([40_000, 1_000_000])('of %i characters', (length) => {
  test.each(DOCUMENTS)(
    '%s is refused with at most 16 kB, and others are answered meanwhile',
    async (_name, document) => {
      const [attack, health, other] = await Promise.all([
        gateway.post(document(length), headers).then((response) => response.text()),
        fetch(`${gateway.url}/healthz`),
        gateway.query('{ __typename }', { headers }),
      ]);

      const { errors = [] } = JSON.parse(attack) as Answer;
      expect(errors.length).toBeGreaterThan(0);
      for (const { message, extensions } of errors) {
        // What is the tenant's alone, the tenant refuses.
        expect(extensions['code']).toMatch(/^(BAD_USER_INPUT|UPSTREAM_REJECTED)$/);
        expect(Buffer.byteLength(message)).toBeLessThanOrEqual(MOST_BYTES);
      }
      expect(attack.length).toBeLessThan(errors.length * MOST_BYTES_OF_AN_ERROR);
      expect(health.status).toBe(200);
      expect(other.data).toEqual({ __typename: 'Query' });
    },
  );
});

const BUSINESS = 'Release 52.0.34.1 needs order S10.2:1000';
const LONG = `${BUSINESS} ${repeated('a-a.://', 1_000_000)}`;
const json = { 'content-type': 'application/json' };
const CREATE =
  'mutation { sage200 { createCustomer(input: { reference: "L1", name: "L" }) { userErrors { message } } } }';

describe('a message of an upstream', () => {
  const said: readonly (readonly [name: string, say: (message: string) => Promise<string>])[] = [
    [
      'a tenant in an error',
      async (message) => {
        const body = { data: null, errors: [{ message, path: [], extensions: { diagnoses: [{ message }] } }] };
        sandbox.erp.fault({ kind: 'status', status: 200, headers: json, body, match: '/api' });
        return (await gateway.query(first('1'), { headers })).errors?.[0]?.message ?? '';
      },
    ],
    [
      'a tenant that refuses',
      async (message) => {
        const body = { $diagnoses: [{ $message: message }] };
        sandbox.erp.fault({ kind: 'status', status: 400, headers: json, body, match: '/api' });
        return (await gateway.query(first('1'), { headers })).errors?.[0]?.message ?? '';
      },
    ],
    [
      'Sage 200 of a read',
      async (message) => {
        sandbox.sage200.fault({ kind: 'status', status: 400, body: { Message: message }, match: '/customers' });
        const { errors } = await gateway.query('{ sage200 { customers(first: 1) { nodes { id } } } }', { headers });
        return errors?.[0]?.message ?? '';
      },
    ],
    [
      'Sage 200 of a write',
      async (message) => {
        sandbox.sage200.fault({ kind: 'status', status: 400, body: { Message: message }, method: 'POST' });
        return (await gateway.query(CREATE)).data.sage200.createCustomer.userErrors[0].message;
      },
    ],
    [
      'Sage 200 of a write that it made in part',
      async (message) => {
        sandbox.sage200.fault({ kind: 'status', status: 200, body: { id: 7, Message: message }, method: 'POST' });
        return (await gateway.query(CREATE)).data.sage200.createCustomer.userErrors[0].message;
      },
    ],
  ];

  test.each(said)(
    '(%s) arrives if it is about business, without URLs and tokens, and cut to 16 kB',
    async (_name, say) => {
      const [host] = [new URL(sandbox.sage200.url).hostname];

      expect(await say(BUSINESS)).toContain(BUSINESS);
      const cleaned = await say(`${BUSINESS}; see https://x.example/y, ask ${host}:99 with Bearer abc.def`);
      expect(cleaned).toContain(`${BUSINESS}; see [address], ask [address] with Bearer [secret]`);
      const long = await say(LONG);
      expect(long).toContain(`${BUSINESS} `);
      expect(Buffer.byteLength(long)).toBeLessThanOrEqual(MOST_BYTES);
    },
  );
});
