import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createApiKey } from '../../src/cli/keys-create.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { startTestGateway, type TestGateway, warmUp } from '../support/test-gateway.ts';
import { startStubServer } from '../tokens/stub-server.ts';

const READ = 'query Read($first: Int = 1) { sage200 { customers(first: $first) { nodes { reference } } } }';
const BOTH =
  '{ sage200 { customers(first: 2) { nodes { id name } } } xtremMasterData { item { query(first: 1) { edges { node { id } } } } } }';
const WRITE =
  'mutation Write { sage200 { createCustomer(input: { reference: "PERSIST", name: "P" }) { userErrors { code } } } }';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const byHash = (text: string) => ({ extensions: { persistedQuery: { version: 1, sha256Hash: sha256(text) } } });

let sandbox: Sandbox;
let folder: string;

beforeAll(async () => {
  sandbox = await startSandbox({ customers: 5, companies: 1 });
  folder = await mkdtemp(join(tmpdir(), 'gateway-documents-'));
});

afterAll(async () => {
  await sandbox?.close();
  await rm(folder, { recursive: true, force: true });
});

const rightsOfAnybody = (file: Record<string, Record<string, unknown>>) => file['callers']?.['anonymous'] as object;

const GRAPHQL_JSON = { accept: 'application/graphql-response+json' };

/** By GET, as clients write it. */
function get(gateway: TestGateway, members: Record<string, unknown>, headers: Record<string, string> = {}) {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(members))
    parameters.set(name, typeof value === 'string' ? value : JSON.stringify(value));
  return fetch(`${gateway.url}/graphql?${parameters}`, { headers });
}

const ask = {
  POST: (gateway: TestGateway, members: object, headers?: Record<string, string>) => gateway.post(members, headers),
  GET: get,
};
const METHODS = ['POST', 'GET'] as const;

async function errorOf(response: Response) {
  const { errors } = (await response.json()) as { errors?: { message: string; extensions: { code: string } }[] };
  const { message, extensions } = errors?.[0] ?? {};
  return {
    status: response.status,
    cache: response.headers.get('cache-control'),
    message,
    code: extensions?.code,
  };
}

const customersIn = async (response: Response) => {
  const { data, errors } = (await response.json()) as { data?: { sage200: { customers: { nodes: [] } } }; errors?: [] };
  expect(errors).toBeUndefined();
  return data?.sage200.customers.nodes.length;
};

describe('without any settings', () => {
  const one = createApiKey('one');
  const other = createApiKey('other');
  const bearer = ({ key }: { key: string }) => ({ authorization: `Bearer ${key}` });
  const metrics = new Registry();
  let gateway: TestGateway;

  beforeAll(async () => {
    gateway = await startTestGateway({
      sandbox,
      metrics,
      edit(file) {
        const rights = { ...rightsOfAnybody(file), readOnly: true };
        const apiKeys = [
          { name: 'one', sha256: one.sha256, ...rights },
          { name: 'other', sha256: other.sha256, ...rights },
        ];
        file['callers'] = { ...file['callers'], apiKeys };
        file['documents'] = { entries: 3 };
      },
    });
    await warmUp(gateway);
  });

  afterAll(() => gateway?.close());

  test.each(METHODS)(
    'a document by %s is sent once with its hash, and then requested by the hash alone',
    async (method) => {
      const query = `# ${method}\n${READ}`;

      const unknown = await errorOf(await ask[method](gateway, byHash(query)));
      const sent = await customersIn(await ask[method](gateway, { query, ...byHash(query) }));
      const answers = [];
      for (const first of [1, 2, 3, 3, 3]) {
        answers.push(await customersIn(await ask[method](gateway, { ...byHash(query), variables: { first } })));
      }
      const byId = await customersIn(await ask[method](gateway, { documentId: `sha256:${sha256(query)}` }));

      const code = 'PERSISTED_QUERY_NOT_FOUND';
      expect(unknown).toEqual({ status: 200, cache: 'no-store', message: 'PersistedQueryNotFound', code });
      expect([sent, ...answers, byId]).toEqual([1, 1, 2, 3, 3, 3, 1]);
    },
  );

  test('a request by hash is answered by its plan, and not parsed again', async () => {
    const query = `# planned\n${BOTH}`;
    const parsed = async () => {
      const text = await metrics.metrics();
      return Number(/^gateway_graphql_duration_seconds_count\{phase="parse",type="query"\} (\d+)/m.exec(text)?.[1]);
    };
    const sent = await (await gateway.post({ query, ...byHash(query) })).json();
    for (const method of METHODS) await ask[method](gateway, byHash(query));
    const before = await parsed();

    for (const method of METHODS) expect(await (await ask[method](gateway, byHash(query))).json()).toEqual(sent);

    expect(sent).toMatchObject({ data: { xtremMasterData: expect.anything() } });
    expect(before).toBeGreaterThan(0);
    expect(await parsed()).toBe(before);
  });

  test('an unknown document is 404 for clients that accept the newer media type', async () => {
    for (const members of [{ documentId: 'nobody-knows' }, { documentId: '' }, byHash('{ other }')]) {
      expect(await errorOf(await gateway.post(members, GRAPHQL_JSON))).toMatchObject({
        status: 404,
        cache: 'no-store',
        message: 'PersistedQueryNotFound',
      });
    }
  });

  test.each([
    { extensions: { persistedQuery: { version: 1, sha256Hash: 'x' } } },
    { extensions: { persistedQuery: { version: 1, sha256Hash: sha256(`${READ} `) } } },
    { documentId: 'sha256:x' },
    { documentId: 'opaque' },
    { documentId: 5 },
    { extensions: { persistedQuery: { version: 2, sha256Hash: sha256(READ) } } },
  ])('a text beside %j is 400, and is not stored', async (members) => {
    for (const headers of [{}, GRAPHQL_JSON]) {
      expect(await errorOf(await gateway.post({ query: READ, ...members }, headers))).toMatchObject({
        status: 400,
        code: 'BAD_USER_INPUT',
      });
    }
    expect(await errorOf(await gateway.post(byHash(READ)))).toMatchObject({ code: 'PERSISTED_QUERY_NOT_FOUND' });
  });

  test('a text that is not a string is not ignored because of an id beside it', async () => {
    const id = byHash(`# not ignored\n${READ}`);
    await gateway.post({ query: `# not ignored\n${READ}`, ...id });

    for (const query of [5, true, { a: 1 }])
      expect(await errorOf(await gateway.post({ query, ...id }))).toMatchObject({
        status: 400,
        code: 'BAD_USER_INPUT',
      });
  });

  test('an id is found whatever way its JSON is written', async () => {
    const query = `# escaped\n${READ}`;
    await gateway.post({ query, ...byHash(query) });
    const written = [
      JSON.stringify({ documentId: sha256(query) }).replace('documentId', 'document\\u0049d'),
      JSON.stringify(byHash(query)).replace('persistedQuery', '\\u0070ersisted\\u0051uery'),
    ];

    for (const body of written) {
      const headers = { 'content-type': 'application/json' };
      expect(await customersIn(await fetch(`${gateway.url}/graphql`, { method: 'POST', headers, body }))).toBe(1);
    }
  });

  test("one caller cannot request another's document, nor find out that it was sent", async () => {
    const query = `# mine\n${READ}`;

    await gateway.post({ query, ...byHash(query) }, bearer(one));

    expect(await customersIn(await gateway.post(byHash(query), bearer(one)))).toBe(1);
    expect(await errorOf(await gateway.post(byHash(query), bearer(other)))).toMatchObject({
      code: 'PERSISTED_QUERY_NOT_FOUND',
    });
  });

  test("the caller's own rights apply, and refused or invalid documents are not stored", async () => {
    for (const query of [WRITE, '{ nothing }', '{ syntax']) {
      const refused = await errorOf(await gateway.post({ query, ...byHash(query) }, bearer(one)));
      const unknown = await errorOf(await gateway.post(byHash(query), bearer(one)));

      expect(refused.code).toBe(query === WRITE ? 'FORBIDDEN' : 'BAD_USER_INPUT');
      expect(unknown.code).toBe('PERSISTED_QUERY_NOT_FOUND');
    }
  });

  test('a mutation by GET is refused, however its document is identified', async () => {
    const query = `${WRITE} query Read { sage200 { sites { totalCount } } }`;
    for (let time = 0; time < 3; time += 1) await gateway.post({ query, operationName: 'Read', ...byHash(query) });

    const response = await get(gateway, { ...byHash(query), operationName: 'Write' });

    expect(response.status).toBe(405);
  });

  test('no more than documents.entries are stored: the oldest are removed', async () => {
    const texts = [1, 2, 3, 4].map((n) => `# ${n} of many\n${READ}`);
    for (const query of texts) await gateway.post({ query, ...byHash(query) });

    const codes = [];
    for (const query of texts) codes.push((await errorOf(await gateway.post(byHash(query)))).code);

    expect(codes).toEqual(['PERSISTED_QUERY_NOT_FOUND', undefined, undefined, undefined]);
  });

  test('a plan can be requested', async () => {
    const query = `# explained\n${READ}`;
    await gateway.post({ query, ...byHash(query) });

    const { errors } = (await (
      await gateway.post({ documentId: `sha256:${sha256(query)}`, extensions: { plan: true } })
    ).json()) as { errors: object[] };

    expect(errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
  });
});

test('with the feature off, the answer tells clients to send texts', async () => {
  await using gateway = await startTestGateway({
    sandbox,
    edit: (file) => Object.assign(file, { documents: { automatic: false } }),
  });

  for (const method of METHODS) {
    for (const members of [byHash(READ), { documentId: 'x' }]) {
      expect(await errorOf(await ask[method](gateway, members))).toEqual({
        status: 200,
        cache: 'no-store',
        message: 'PersistedQueryNotSupported',
        code: 'PERSISTED_QUERY_NOT_SUPPORTED',
      });
    }
  }
  expect(await customersIn(await gateway.post({ query: READ, ...byHash(READ) }))).toBe(1);
  expect(await errorOf(await gateway.post(byHash(READ)))).toMatchObject({ code: 'PERSISTED_QUERY_NOT_SUPPORTED' });
});

describe('listed documents', () => {
  const admin = createApiKey('admin');
  const ORDERS = '{ xtremPurchasing { purchaseOrder { query(first: 1) { edges { node { orderDate } } } } } }';
  let gateway: TestGateway;
  let receiver: Awaited<ReturnType<typeof startStubServer>>;

  beforeAll(async () => {
    const operations = [{ id: 'apollo-1', name: 'Read', type: 'query', body: READ }];
    const manifest = { format: 'apollo-persisted-query-manifest', version: 1, operations };
    await writeFile(join(folder, 'apollo.json'), JSON.stringify(manifest));
    // As programs on Windows write it, with a byte order mark.
    const map = JSON.stringify({ 'sha256:abc': BOTH, 'map-1': WRITE, orders: ORDERS });
    await writeFile(join(folder, 'map.json'), `\uFEFF${map}`);
    receiver = await startStubServer(() => ({}));
    gateway = await startTestGateway({
      sandbox,
      edit(file) {
        const rights = { ...rightsOfAnybody(file), readOnly: true };
        const apiKeys = [{ name: 'admin', sha256: admin.sha256, ...rights, admin: true }];
        file['callers'] = { ...file['callers'], apiKeys };
        file['documents'] = { files: [join(folder, '*.json')], required: true };
        file['events'] = { url: `${receiver.url}/events`, secret: 'shared with the receiver' };
        Object.assign(file['erp'] ?? {}, { schemaRefresh: '1s' });
      },
    });
    await warmUp(gateway, { authorization: `Bearer ${admin.key}` });
  });

  afterAll(async () => {
    await gateway?.close();
    await receiver?.[Symbol.asyncDispose]();
  });

  const brokenNow = async () => {
    const headers = { authorization: `Bearer ${admin.key}` };
    const text = await (await fetch(`${gateway.url}/metrics`, { headers })).text();
    return [...text.matchAll(/^gateway_documents_broken\{tenant="(\w+)"\} (\d+)/gm)].map(([, ...found]) => found);
  };

  /** Operations that had to be validated so far, and documents that were found in the list. */
  const countsSoFar = async () => {
    const headers = { authorization: `Bearer ${admin.key}` };
    const text = await (await fetch(`${gateway.url}/metrics`, { headers })).text();
    const [, validated = 0] =
      /^gateway_graphql_duration_seconds_count\{phase="validate",type="query"\} (\d+)/m.exec(text) ?? [];
    const [, found = 0] = /^gateway_documents_total\{result="listed"\} (\d+)/m.exec(text) ?? [];
    return { validated: Number(validated), found: Number(found) };
  };

  test('are validated and planned before anybody requests them', async () => {
    const before = await countsSoFar();
    const answers = [await gateway.post({ documentId: 'abc' }), await gateway.post({ documentId: 'apollo-1' })];

    for (const answer of answers) expect(await answer.json()).not.toHaveProperty('errors');
    const after = await countsSoFar();
    expect(after).toEqual({ validated: before.validated, found: before.found + 2 });
  });

  test.each(METHODS)('are requested by %s with the id of their file or their hash', async (method) => {
    for (const members of [{ documentId: 'apollo-1' }, { documentId: `sha256:${sha256(READ)}` }, byHash(READ)]) {
      for (const first of [1, 2, 2])
        expect(await customersIn(await ask[method](gateway, { ...members, variables: { first } }))).toBe(first);
    }
    for (const documentId of ['sha256:abc', 'abc']) {
      const answer = await (await ask[method](gateway, { documentId })).json();
      expect(answer).toMatchObject({ data: { xtremMasterData: { item: expect.anything() } } });
    }
  });

  test.each(METHODS)(
    'are the only ones that callers without admin may request by %s, if they are required',
    async (method) => {
      const texts = [READ, `# other\n${READ}`, '{ syntax', '{ __typename }', '{ __schema { queryType { name } } }'];
      // What a caller with admin asked for before is no way around.
      for (const query of texts) await ask[method](gateway, { query }, { authorization: `Bearer ${admin.key}` });

      for (const query of texts) {
        for (const members of [{ query }, { query, ...byHash(query) }]) {
          expect(await errorOf(await ask[method](gateway, members, GRAPHQL_JSON))).toMatchObject({
            status: 403,
            code: 'FORBIDDEN',
          });
        }
      }
      expect(await errorOf(await ask[method](gateway, byHash(texts[1] ?? '')))).toMatchObject({
        message: 'PersistedQueryNotFound',
      });
      const asAdmin = await ask[method](gateway, { query: texts[1] }, { authorization: `Bearer ${admin.key}` });
      expect(await customersIn(asAdmin)).toBe(1);
    },
  );

  test('do not change rights', async () => {
    const answer = await gateway.post({ documentId: 'map-1' }, { authorization: `Bearer ${admin.key}` });

    expect(await errorOf(answer)).toMatchObject({ code: 'FORBIDDEN' });
  });

  test('that a new release of a tenant breaks are reported in the log, the metrics and an event', async () => {
    await expect.poll(brokenNow, { timeout: 60_000 }).toEqual([
      ['acme', '0'],
      ['globex', '0'],
    ]);

    const digest = async () => {
      const headers = { authorization: `Bearer ${admin.key}`, 'x-tenant': 'acme' };
      const { data } = await gateway.query('{ gateway { tenants { name schemaDigest } } }', { headers });
      return data.gateway.tenants.find(({ name }: { name: string }) => name === 'acme').schemaDigest;
    };
    const former = await digest();

    sandbox.erp.upgrade('acme');
    await expect.poll(digest, { timeout: 60_000 }).not.toBe(former);
    const before = await countsSoFar();
    const known = [await gateway.post({ documentId: 'abc' }), await gateway.post({ documentId: 'apollo-1' })];
    const after = await countsSoFar();

    // Those that the new schema has were valid and planned for it before it took the place of the old one.
    for (const answer of known) expect(await answer.json()).not.toHaveProperty('errors');
    expect(after).toEqual({ validated: before.validated, found: before.found + 2 });
    await expect.poll(brokenNow, { timeout: 60_000 }).toEqual([
      ['acme', '1'],
      ['globex', '0'],
    ]);
    const events = () => receiver.requests.map(({ body }) => JSON.parse(body)).filter(({ tenant }) => tenant);
    await expect.poll(events, { timeout: 60_000 }).toEqual([
      {
        id: expect.any(String),
        type: 'documents.broken',
        at: expect.any(String),
        tenant: 'acme',
        documents: ['orders'],
      },
    ]);
    expect(gateway.log()).toMatch(/"level":40,.*"tenant":"acme","documents":\["orders"\]/);
  });
});

test.each([
  ['that is not there', undefined, 'no file matches'],
  ['that is not JSON', 'text', 'neither'],
  ['of another version', '{"format":"apollo-persisted-query-manifest","version":2,"operations":[]}', 'neither'],
  ['without texts', '{"a":1}', 'neither'],
  ['with a document that is not GraphQL', '{"a":"{ b"}', 'not valid GraphQL'],
])('a file %s is a fault of the configuration that says what to do', async (_, text, expected) => {
  const path = join(folder, `fault-${expected.length}-${text?.length}.txt`);
  if (text !== undefined) await writeFile(path, text);

  const failure = await startTestGateway({
    sandbox,
    edit: (file) => Object.assign(file, { documents: { files: [path] } }),
  }).catch(String);

  expect(failure).toContain('The configuration has a mistake');
  expect(failure).toContain(expected);
});
