import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { buildSchema, introspectionFromSchema } from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { startTestGateway, type TestGateway, warmUp } from '../support/test-gateway.ts';

const SCHEMA = JSON.stringify({
  data: introspectionFromSchema(
    buildSchema(
      `scalar Json type Query { a: Json b: Json deep: ${'['.repeat(12)}Int${']'.repeat(12)} } type Mutation { a: Json b: Json }`,
    ),
  ),
});

interface Answered {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

let next: Answered = { body: '' };
const asked: string[] = [];
/** Says whatever it is told to. */
const tenant = createServer(async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  response.setHeader('content-type', 'application/json');
  const { port } = tenant.address() as AddressInfo;
  if (request.url === '/v1/token')
    return response.end(JSON.stringify({ accessToken: 'odd', urls: { graphQL: `http://127.0.0.1:${port}/graphql` } }));
  if (text.includes('__schema')) return response.end(SCHEMA);
  asked.push(text);
  return response.writeHead(next.status ?? 200, next.headers).end(next.body);
});
let sandbox: Sandbox;
let gateway: TestGateway;

beforeAll(async () => {
  tenant.listen(0, '127.0.0.1');
  await Promise.all([once(tenant, 'listening'), startSandbox({ customers: 2 }).then((started) => (sandbox = started))]);
  const tokenUrl = `http://127.0.0.1:${(tenant.address() as AddressInfo).port}/v1/token`;
  gateway = await startTestGateway({
    sandbox,
    logLevel: 'silent',
    edit: (file) => {
      const acme = { name: 'acme', tokenUrl, clientId: 'odd', clientSecret: 'odd-secret', tenantId: 'odd' };
      file['erp'] = { ...file['erp'], tenants: [acme] };
      file['callers'] = { anonymous: { connection: 'sandbox', tenants: ['acme'], readOnly: false } };
    },
  });
  await warmUp(gateway);
});

afterAll(async () => {
  await gateway.close();
  await sandbox.close();
  tenant.closeAllConnections();
  tenant.close();
});

const DOCUMENTS = { query: '{ a b }', mixed: '{ a b gateway { me { id } } }', mutation: 'mutation { a b }' };
type Kind = keyof typeof DOCUMENTS;
const KINDS = Object.keys(DOCUMENTS) as Kind[];

const ask = async (kind: Kind, more: object = {}) => (await gateway.post({ query: DOCUMENTS[kind], ...more })).text();

interface Told {
  readonly data?: Record<string, unknown> | null;
  readonly errors?: readonly {
    readonly message: string;
    readonly path?: unknown;
    readonly extensions: Readonly<Record<string, unknown>>;
  }[];
  readonly extensions?: unknown;
}

/** Values of `a` and `b`, as text: it must come as it went. */
const VALUES = [
  ['1234567890123456.78', '9007199254740993'],
  ['1.10', '-0'],
  ['1e3', '1E-7'],
  ['0.0000001', '100000000000000000000000'],
  ['{"deep":[1.0,{"more":[2.50]}]}', 'null'],
  ['"2026-11-30T00:00:00.000Z"', '"1.10, 2e5: 3.0"'],
  ['{"__proto__":1,"constructor":{"toString":2}}', '[]'],
  ['"\\u00fc \\ud83d\\ude00 ü \\/"', '{}'],
] as const;

describe.each(KINDS)('a value in the answer to a %s', (kind) => {
  test.each(VALUES)('%s beside %s is returned unchanged', async (a, b) => {
    const said = `"a":${a},"b":${b}`;
    const diagnoses = `[{"message":"m","amount":${b}}]`;
    const bodies = [
      `{"data":{${said}}}`,
      ` {"extensions":{"diagnoses":${diagnoses}},"data":{${said}}}\n`,
      `\ufeff{"data":{${said}},"errors":[{"message":"m","path":["a"],"extensions":{"amount":${a}}}]}`,
    ];
    for (const [index, body] of bodies.entries()) {
      next = { body };
      for (let round = 0; round < 3; round += 1) {
        const text = await ask(kind);
        // Beside members of the gateway its texts are written again.
        if (kind !== 'mixed' || !said.includes('\\')) expect(text).toContain(said);
        expect(JSON.parse(text)).toMatchObject({ data: JSON.parse(`{${said}}`) });
        if (index === 1) expect(text).toContain(`"amount":${b}`.replaceAll('\\/', '/'));
        if (index === 2 && !a.includes('\\')) expect(text).toContain(`"amount":${a}`);
      }
    }
  });
});

test.each(['1234567890123456.78', '9007199254740993', '1.10', '{"deep":[1.0]}'])(
  'a variable %s is forwarded unchanged',
  async (value) => {
    next = { body: '{"data":{"a":1}}' };
    for (const query of [
      'query ($v: Json) { a(x: $v) }',
      'mutation ($v: Json) { a(x: $v) }',
      'query ($v: Json) { a(x: $v) __typename }',
    ]) {
      for (let round = 0; round < 3; round += 1) {
        asked.length = 0;
        const body = `{"query":${JSON.stringify(query)},"variables":{"v":${value}}}`;
        await fetch(`${gateway.url}/graphql`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body,
        });
        expect(asked).toEqual([expect.stringContaining(`"variables":{"v":${value}}`)]);
      }
    }
    asked.length = 0;
    const search = new URLSearchParams({
      query: '{ a(x: $v) }'.replace('{', 'query ($v: Json) {'),
      variables: `{"v":${value}}`,
    });
    await fetch(`${gateway.url}/graphql?${search}`, { headers: { accept: 'application/json' } });
    expect(asked).toEqual([expect.stringContaining(`"variables":{"v":${value}}`)]);
  },
);

const OWN = {
  message: 'The moon is full: order 12:30, item 4711, 3.50 EUR.',
  path: ['a'],
  extensions: { code: 'MOON', phase: 1 },
};
const BARE = { message: 'no', path: ['b'] };

describe.each(KINDS)('errors in the answer to a %s', (kind) => {
  test.each([200, 400, 403, 404, 410, 422, 429, 500, 502, 503])('with HTTP %i keep their content', async (status) => {
    for (const data of [undefined, null, { a: null, b: null }]) {
      next = { status, body: JSON.stringify({ data, errors: [OWN, BARE] }) };
      const answer = JSON.parse(await ask(kind)) as Told;

      expect(answer.errors).toMatchObject([OWN, { ...BARE, extensions: { source: 'erp:acme' } }]);
      if (kind !== 'mixed') expect(answer.data).toEqual(data);
      else expect(answer.data).toMatchObject({ a: null, b: null, gateway: { me: {} } });
    }
  });

  test('a message of 16 kB arrives complete', async () => {
    const message = 'Order 12:30 of A&B, see 4.5.6: '.repeat(500);
    next = { body: JSON.stringify({ errors: [{ message }] }) };

    expect((JSON.parse(await ask(kind)) as Told).errors?.[0]?.message).toBe(message);
  });

  test('an answer without data but with other members is an answer', async () => {
    const diagnoses = [{ severity: 3, message: 'Closed.' }];
    next = { body: JSON.stringify({ data: null, extensions: { diagnoses } }) };
    const answer = JSON.parse(await ask(kind)) as Told;

    expect(answer.errors).toBeUndefined();
    expect(answer.extensions).toEqual({ diagnoses });
    if (kind !== 'mixed') expect(answer.data).toBeNull();
  });
});

const A = '{"a":1,"b":2}';
const zipped = (encoding: string, body: Buffer): Answered => ({ headers: { 'content-encoding': encoding }, body });
const nested = (depth: number) => `{"a":${'['.repeat(depth)}${']'.repeat(depth)},"b":null}`;

/** Answers all the same: what is odd about them, and their data. */
const ANSWERS: readonly [oddity: string, answered: Answered, data?: string][] = [
  ['its members in another order', { body: '{"data":{"b":2,"a":1}}' }],
  ['members that nobody asked for', { body: '{"data":{"a":1,"b":2,"c":3}}' }, '{"a":1,"b":2'],
  ['members beside its data', { body: `{"took":3,"data":${A},"version":{"of":"2"}}` }],
  ['errors that are empty', { body: `{"errors":[],"data":${A}}` }],
  ['errors that are null', { body: `{"data":${A},"errors":null,"extensions":null}` }],
  ['diagnoses that are none', { body: `{"data":${A},"extensions":{"diagnoses":"none"}}` }],
  ['a mark at its start', { body: `\ufeff{"data":${A}}` }],
  ['blanks around everything', { body: `\r\n\t { "data" : ${A} } \r\n` }],
  ['hundreds of lists in lists', { body: `{"data":${nested(300)}}` }, nested(300).slice(0, -1)],
  ['a text of a megabyte', { body: `{"data":{"a":"${'x'.repeat(2 ** 20)}","b":2}}` }, `"a":"${'x'.repeat(2 ** 20)}"`],
  ['half a letter', { body: '{"data":{"a":"\\ud83d","b":2}}' }, '"b":2'],
  ['bytes that are not text', { body: Buffer.from('{"data":{"a":"\xff","b":2}}', 'latin1') }, '"b":2'],
  ['no content type of JSON', { headers: { 'content-type': 'text/html' }, body: `{"data":${A}}` }],
  [
    'the content type of GraphQL',
    { headers: { 'content-type': 'application/graphql-response+json' }, body: `{"data":${A}}` },
  ],
  ['the status of something new', { status: 201, body: `{"data":${A}}` }],
  ['the status of a failure', { status: 500, body: `{"data":${A}}` }],
  ['the status of a refusal', { status: 403, body: `{"data":${A}}` }],
  ['gzip', zipped('gzip', gzipSync(`{"data":${A}}`))],
  ['GZIP, with capitals', zipped('GZIP', gzipSync(`{"data":${A}}`))],
  ['gzip that is none', zipped('gzip', Buffer.from(`{"data":${A}}`))],
  ['deflate', zipped('deflate', deflateSync(`{"data":${A}}`))],
  ['deflate without a head', zipped('deflate', deflateRawSync(`{"data":${A}}`))],
];

describe.each(KINDS)('an answer to a %s', (kind) => {
  test.each(ANSWERS.map((each) => [each[0], each] as const))(
    'with %s is accepted',
    async (_oddity, [, answered, data]) => {
      next = answered;
      for (let round = 0; round < 2; round += 1) {
        const text = await ask(kind);
        const told = JSON.parse(text) as Told;

        expect(told.errors).toBeUndefined();
        expect(told.data).toMatchObject(data === undefined ? { a: 1, b: 2 } : {});
        expect(text).toContain(data ?? '"a":1');
      }
    },
  );

  test.each([
    ['nothing but a message', { message: 'no' }],
    ['a message that is none', { message: null }],
    ['a path and places that are none', { message: 'no', path: 'a', locations: [{ line: '1' }] }],
    ['extensions that are none', { message: 'no', extensions: 'none' }],
    ['members that GraphQL has not', { message: 'no', name: 'Error', stack: 'at x' }],
  ])('with an error of %s beside its data keeps both', async (_oddity, error) => {
    next = { body: `{"data":{"a":1,"b":null},"errors":[${JSON.stringify(error)}]}` };
    const { data, errors } = JSON.parse(await ask(kind)) as Told;

    expect(data).toMatchObject({ a: 1, b: null });
    expect(errors).toMatchObject([{ extensions: { source: 'erp:acme' } }]);
    expect(errors?.[0]?.message).toBe(error.message ?? 'The ERP returned an error without a message.');
    expect(Object.keys(errors?.[0] ?? {}).filter((name) => name === 'name' || name === 'stack')).toEqual([]);
  });
});

const READS_AND_WRITES = ['UPSTREAM_UNAVAILABLE', 'OUTCOME_UNKNOWN'] as const;
const NO_ANSWERS: readonly (readonly [name: string, answered: Answered, ofRead: string, ofWrite: string])[] = [
  ['nothing', { body: '' }, ...READS_AND_WRITES],
  ['an empty object', { body: '{}' }, ...READS_AND_WRITES],
  ['a list', { body: '[{"data":{"a":1}}]' }, ...READS_AND_WRITES],
  ['a text', { body: '"data"' }, ...READS_AND_WRITES],
  ['data that is a text', { body: '{"data":"some"}' }, ...READS_AND_WRITES],
  ['half an object', { body: '{"data":{"a":1' }, ...READS_AND_WRITES],
  ['two objects', { body: '{"data":{"a":1}}{"data":{"a":2}}' }, ...READS_AND_WRITES],
  ['errors that are none', { body: '{"errors":[7]}' }, ...READS_AND_WRITES],
  ['no errors at all', { body: '{"errors":[]}' }, ...READS_AND_WRITES],
  ['a page', { body: '<html>data</html>' }, ...READS_AND_WRITES],
  ['a failure', { status: 500, body: '{"message":"no"}' }, ...READS_AND_WRITES],
  ['null', { body: 'null' }, ...READS_AND_WRITES],
  ['blanks', { body: ' \n ' }, ...READS_AND_WRITES],
  ['a mark alone', { body: '\ufeff' }, ...READS_AND_WRITES],
  ['null as data, and nothing said beside it', { body: '{"data":null}' }, ...READS_AND_WRITES],
  ['a list as data', { body: '{"data":[1]}' }, ...READS_AND_WRITES],
  ['errors in an object', { body: '{"errors":{"message":"no"}}' }, ...READS_AND_WRITES],
  ['errors without a message', { body: '{"errors":[{}]}' }, ...READS_AND_WRITES],
  ['a comma too many', { body: '{"data":{"a":1,"b":2},}' }, ...READS_AND_WRITES],
  ['a number that is none', { body: '{"data":{"a":NaN,"b":2}}' }, ...READS_AND_WRITES],
  ['letters of two bytes', { body: Buffer.from('{"data":{"a":1,"b":2}}', 'utf16le') }, ...READS_AND_WRITES],
  ['half of gzip', zipped('gzip', gzipSync(`{"data":${A}}`).subarray(0, -12)), ...READS_AND_WRITES],
  ['a coding nobody asked for', zipped('zstd', Buffer.from([1, 2])), ...READS_AND_WRITES],
  [
    'parts',
    { headers: { 'content-type': 'multipart/mixed; boundary=-' }, body: '---\r\n\r\n{"data":{}}\r\n-----' },
    ...READS_AND_WRITES,
  ],
  [
    'events',
    { headers: { 'content-type': 'text/event-stream' }, body: 'data: {"data":{"a":1}}\n\n' },
    ...READS_AND_WRITES,
  ],
  ['no content', { status: 204, body: '' }, ...READS_AND_WRITES],
  [
    'another address',
    { status: 302, headers: { location: '/login' }, body: `{"data":${A}}` },
    'UPSTREAM_UNAVAILABLE',
    'UPSTREAM_REJECTED',
  ],
  ['too large a question', { status: 413, body: '' }, 'UPSTREAM_REJECTED', 'UPSTREAM_REJECTED'],
  ['too slow a question', { status: 408, body: '' }, 'UPSTREAM_TIMEOUT', 'OUTCOME_UNKNOWN'],
  ['a late failure', { status: 504, body: '' }, 'UPSTREAM_TIMEOUT', 'OUTCOME_UNKNOWN'],
  ['a refusal', { status: 422, body: '{"message":"no"}' }, 'UPSTREAM_REJECTED', 'UPSTREAM_REJECTED'],
  ['a lack of rights', { status: 403, body: '' }, 'FORBIDDEN', 'FORBIDDEN'],
  ['too many requests', { status: 429, body: '' }, 'RATE_LIMITED', 'RATE_LIMITED'],
];

describe.each(KINDS)('instead of an answer to a %s', (kind) => {
  test.each(NO_ANSWERS)('%s', async (_name, answered, ofRead, ofWrite) => {
    next = answered;
    for (let round = 0; round < 2; round += 1) {
      const { data, errors } = JSON.parse(await ask(kind)) as Told;

      const code = kind === 'mutation' ? ofWrite : ofRead;
      expect(errors).toMatchObject(
        ['a', 'b'].map((key) => ({ path: [key], extensions: { code, source: 'erp:acme' } })),
      );
      expect(data).toMatchObject({ a: null, b: null });
    }
  });
});

test('a root field that introspection cannot show belongs to the tenant like any other, and is named', async () => {
  next = { body: '{"data":{"deep":[[1]]}}' };
  const query = '{ deep }';
  for (let round = 0; round < 3; round += 1)
    expect(JSON.parse(await (await gateway.post({ query })).text())).toEqual({ data: { deep: [[1]] } });

  const { data } = await gateway.query('{ gateway { tenants { notShown } } }');

  expect(data.gateway.tenants).toEqual([{ notShown: ['Query.deep'] }]);
  expect((await gateway.query('{ depp }')).errors?.[0]?.extensions['code']).toBe('BAD_USER_INPUT');
});
