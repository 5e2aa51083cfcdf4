import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { type ErpSandbox, startErpSandbox } from '../../src/sandbox/erp/index.ts';
import { type Fault, type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import {
  type Answer,
  ERP_CUSTOMER_LINK,
  marker,
  startTestGateway,
  type TestGateway,
  warmUp,
} from '../support/test-gateway.ts';

/** Shorter than the usual one, so that tests need not wait, and long enough for anyone who has no fault on a busy machine. */
const DEADLINE = '3s';
const TOO_LATE_MS = 4_000;
/** Said by a failing tenant in a body that is not a GraphQL answer: none of it may pass. */
const SAID = marker('said-by-the-tenant');
const CLIENT_SECRET = marker('client-secret');

const ERP = 'xtremMasterData { customer { read(_id: "#ABS001") { id name } } }';
const SAGE200 = 'sage200 { sites { totalCount } customers(first: 2) { nodes { reference name } } }';
const DOCUMENTS = {
  both: `{ ${SAGE200} ${ERP} }`,
  sage200: `{ ${SAGE200} }`,
  tenant: `{ ${ERP} }`,
  links: '{ sage200 { customers(first: 2) { nodes { reference erpCustomer { name } } } } }',
};
type Document = keyof typeof DOCUMENTS;
type Answers = Record<Document, Answer>;

const opened = new AsyncDisposableStack();
let sandbox: Sandbox;
/** `acme`, whose server is its own, so that its token service can fail alone and it can be down. */
let faulty: ErpSandbox;
let gateway: TestGateway;
let before: { readonly acme: Answers; readonly globex: Answers };
/** Whatever the gateway said to anybody. */
const heard: string[] = [];

beforeAll(async () => {
  sandbox = opened.use(await startSandbox({ customers: 5 }));
  faulty = await startAcme();
  opened.defer(() => faulty.close());
  gateway = opened.use(
    await startTestGateway({
      sandbox,
      logLevel: 'trace',
      edit: (file) => {
        const [, globex] = sandbox.credentials.erp;
        const [acme] = faulty.tenants;
        const { tokenUrl, clientId } = faulty;
        const tenants = [
          { name: 'acme', tenantId: acme?.tenantId, tokenUrl, clientId, clientSecret: CLIENT_SECRET },
          globex,
        ];
        Object.assign(file, { erp: { ...file['erp'], deadline: DEADLINE, tenants }, links: [ERP_CUSTOMER_LINK] });
      },
    }),
  );
  await warmUp(gateway);
  for (const tenant of ['acme', 'globex']) {
    await vi.waitFor(async () => expect((await ask(DOCUMENTS.links, tenant)).errors).toBeUndefined(), 60_000);
  }
  before = { acme: await askAll('acme'), globex: await askAll('globex') };
});

afterAll(() => opened.disposeAsync());

const startAcme = (port?: number): Promise<ErpSandbox> =>
  startErpSandbox({
    ...(port !== undefined && { port }),
    seed: sandbox.seed,
    clientSecret: CLIENT_SECRET,
    tenants: [{ name: 'acme', tenantId: 'tenant-acme', data: () => sandbox.seed.erp() }],
  });

async function ask(document: string, tenant: string): Promise<Answer> {
  const response = await gateway.post({ query: document }, { 'x-tenant': tenant });
  const text = await response.text();
  heard.push(text, JSON.stringify([...response.headers]));
  return JSON.parse(text) as Answer;
}

async function askAll(tenant: string): Promise<Answers> {
  const titles = Object.keys(DOCUMENTS) as Document[];
  const answers = await Promise.all(titles.map(async (title) => [title, await ask(DOCUMENTS[title], tenant)] as const));
  return Object.fromEntries(answers) as Answers;
}

/** What a service of the field puts into its errors: where it lives, and what it was sent. */
const LEAK = () =>
  `at ${faulty.tenants[0]?.graphqlUrl} (10.20.30.40:8443, db.internal.example:5432, https://intern.example/x?y=z) with ${CLIENT_SECRET}`;
const body = () => `${SAID} ${LEAK()}`;

interface Row {
  readonly name: string;
  readonly fault: () => Fault;
  readonly code: string;
  /** The vendor's words are kept, without what they give away. */
  readonly saysWhy?: boolean;
}

const status = (code: number, more: Partial<Fault> = {}) => ({ kind: 'status' as const, status: code, ...more });
const json = { 'content-type': 'application/json' };

const ROWS: readonly Row[] = [
  ...[500, 502, 503].map((each) => ({
    name: `HTTP ${each}`,
    fault: () => status(each, { body: { message: body() } }),
    code: 'UPSTREAM_UNAVAILABLE',
  })),
  { name: 'HTTP 504', fault: () => status(504, { body: body() }), code: 'UPSTREAM_TIMEOUT' },
  { name: '403', fault: () => status(403, { body: { message: body() } }), code: 'FORBIDDEN' },
  {
    name: '429 with Retry-After',
    fault: () => status(429, { headers: { 'retry-after': '7' }, body: { message: body() } }),
    code: 'RATE_LIMITED',
  },
  { name: '404', fault: () => status(404, { body: { message: body() } }), code: 'UPSTREAM_UNAVAILABLE' },
  {
    name: 'a redirect',
    fault: () => status(302, { headers: { location: `https://elsewhere.example/${SAID}` } }),
    code: 'UPSTREAM_UNAVAILABLE',
  },
  {
    name: 'a page of HTML',
    fault: () => status(200, { headers: { 'content-type': 'text/html' }, body: `<html><body>${body()}</body></html>` }),
    code: 'UPSTREAM_UNAVAILABLE',
  },
  {
    name: 'HTML that says it is JSON',
    fault: () => status(200, { headers: json, body: `<html>${body()}</html>` }),
    code: 'UPSTREAM_UNAVAILABLE',
  },
  {
    name: 'diagnoses with HTTP 400',
    fault: () =>
      status(400, { body: { $diagnoses: [{ $severity: 'error', $message: `The moon is full, ${LEAK()}` }] } }),
    code: 'UPSTREAM_REJECTED',
    saysWhy: true,
  },
  {
    name: 'diagnoses with HTTP 200',
    fault: () => status(200, { body: { $diagnoses: [{ $severity: 'error', $message: `${SAID} ${LEAK()}` }] } }),
    code: 'UPSTREAM_UNAVAILABLE',
  },
  { name: 'an empty object', fault: () => status(200, { body: {} }), code: 'UPSTREAM_UNAVAILABLE' },
  { name: 'an empty body', fault: () => status(200, { headers: json, body: '' }), code: 'UPSTREAM_UNAVAILABLE' },
  {
    name: 'garbage between the braces of an answer',
    fault: () => status(200, { headers: json, body: `{"data":{"xtremMasterData":{"customer":{"read":${body()}}}}}` }),
    code: 'UPSTREAM_UNAVAILABLE',
  },
  { name: 'garbage', fault: () => ({ kind: 'garbage' }), code: 'UPSTREAM_UNAVAILABLE' },
  {
    name: 'no data and errors without a list',
    fault: () => status(200, { body: { data: null, errors: body() } }),
    code: 'UPSTREAM_UNAVAILABLE',
  },
  {
    name: 'errors of GraphQL and no data',
    fault: () =>
      status(200, {
        body: {
          errors: [
            {
              message: `The moon is full, ${LEAK()}`,
              extensions: {
                diagnoses: [{ severity: 4, message: LEAK(), path: [] }],
                exception: { stacktrace: [SAID] },
                stacktrace: SAID,
              },
            },
          ],
          extensions: { diagnoses: [{ severity: 4, message: LEAK(), path: [] }], stack: SAID },
        },
      }),
    code: 'UPSTREAM_REJECTED',
    saysWhy: true,
  },
  { name: 'a cut before any answer', fault: () => ({ kind: 'cut' }), code: 'UPSTREAM_UNAVAILABLE' },
  {
    name: 'a cut behind the headers',
    fault: () => ({ kind: 'cut', cutAt: 'afterHeaders' }),
    code: 'UPSTREAM_UNAVAILABLE',
  },
  { name: 'a cut amid the body', fault: () => ({ kind: 'cut', cutAt: 'midBody' }), code: 'UPSTREAM_UNAVAILABLE' },
  {
    name: 'an answer after the deadline',
    fault: () => ({ kind: 'delay', delayMs: TOO_LATE_MS }),
    code: 'UPSTREAM_TIMEOUT',
  },
];

/** Sage 200 and the other tenant as ever, also in one operation with the fault. */
function expectOthersAsBefore(acme: Answers, globex: Answers): void {
  expect(globex).toEqual(before.globex);
  expect(acme.sage200).toEqual(before.acme.sage200);
  expect(acme.both.data.sage200).toEqual(before.acme.both.data.sage200);
  expect(acme.links.data.sage200.customers.nodes.map(({ reference }: { reference: string }) => reference)).toEqual(
    before.acme.links.data.sage200.customers.nodes.map(({ reference }: { reference: string }) => reference),
  );
}

/** Once the fault is over, the tenant is back without a restart. */
async function expectBack(): Promise<void> {
  await expect.poll(() => askAll('acme')).toEqual(before.acme);
}

describe('a tenant with a fault affects neither Sage 200 nor another tenant, and recovers', () => {
  afterEach(() => {
    faulty.clearFaults();
    faulty.configure({ workMs: 0, limitMs: 28_000 });
  });

  async function check({ fault, code, saysWhy }: Row): Promise<void> {
    const path = new URL(faulty.tenants[0]?.graphqlUrl ?? '').pathname;
    faulty.fault({ ...fault(), match: path, times: 0 });

    const [acme, globex] = await Promise.all([askAll('acme'), askAll('globex')]);

    expectOthersAsBefore(acme, globex);
    for (const document of ['both', 'tenant'] as const) {
      const { data, errors } = acme[document];
      expect(data?.xtremMasterData ?? null).toBeNull();
      expect(errors).toHaveLength(1);
      expect(errors?.[0]).toMatchObject({ extensions: { code, source: 'erp:acme' } });
      if (code === 'RATE_LIMITED') expect(errors?.[0]?.extensions['retryAfter']).toBe(7);
      if (saysWhy) expect(errors?.[0]?.message).toContain('The moon is full');
    }
    expect(acme.links.data.sage200.customers.nodes).toEqual([
      expect.objectContaining({ erpCustomer: null }),
      expect.objectContaining({ erpCustomer: null }),
    ]);
    expect(new Set(acme.links.errors?.map(({ extensions }) => extensions['code']))).toEqual(new Set([code]));
    faulty.clearFaults();
    await expectBack();
  }

  test.each(ROWS)('$name', check);

  test('an answer with more members than GraphQL defines: the others are removed', async () => {
    const path = new URL(faulty.tenants[0]?.graphqlUrl ?? '').pathname;
    const { data } = before.acme.tenant;
    faulty.fault({ ...status(200, { body: { data, debug: { sql: body() } } }), match: path, times: 0 });

    const [acme, globex] = await Promise.all([askAll('acme'), askAll('globex')]);

    expectOthersAsBefore(acme, globex);
    expect(acme.tenant.data).toEqual(data);
    expect(acme.both.data.xtremMasterData).toEqual(data.xtremMasterData);
    faulty.clearFaults();
    await expectBack();
  });

  test('work that takes longer than the tenant allows', async () => {
    faulty.configure({ workMs: 600, limitMs: 300 });

    const [acme, globex] = await Promise.all([askAll('acme'), askAll('globex')]);

    expectOthersAsBefore(acme, globex);
    expect(acme.both.data.xtremMasterData ?? null).toBeNull();
    expect(acme.both.errors).toMatchObject([
      { message: expect.stringContaining('longer than'), extensions: { source: 'erp:acme' } },
    ]);
    faulty.configure({ workMs: 0, limitMs: 28_000 });
    await expectBack();
  });

  test('a token service that refuses, is late, or gives an address elsewhere', async () => {
    const faults: readonly (readonly [Fault, string])[] = [
      [status(500, { body: { message: body() } }), 'UPSTREAM_UNAVAILABLE'],
      [status(429, { headers: { 'retry-after': '1' }, body: { message: body() } }), 'RATE_LIMITED'],
      [{ kind: 'delay', delayMs: TOO_LATE_MS }, 'UPSTREAM_TIMEOUT'],
      [status(200, { body: { accessToken: SAID, urls: { graphQL: 'https://evil.example/api' } } }), 'MISCONFIGURED'],
    ];
    for (const [fault, code] of faults) {
      faulty.endTokens();
      faulty.fault({ ...fault, match: '/v1/token', times: 0 });

      const [acme, globex] = await Promise.all([askAll('acme'), askAll('globex')]);

      expectOthersAsBefore(acme, globex);
      expect(acme.both.errors).toMatchObject([{ extensions: { code, source: 'erp:acme' } }]);
      faulty.clearFaults();
      await expectBack();
    }
  });

  test('a schema that has changed: the tenant says what it no longer has, links say what is wrong', async () => {
    // Every container of nodes has another name by now, and a property of orders has gone.
    faulty.configure({ naming: 'x3' });
    faulty.upgrade('acme');
    const old = '{ xtremPurchasing { purchaseOrder { query(first: 1) { edges { node { orderDate } } } } } }';

    const [gone, acme, globex] = await Promise.all([
      ask(`{ ${SAGE200} ${old.slice(1)}`, 'acme'),
      askAll('acme'),
      askAll('globex'),
    ]);

    expectOthersAsBefore(acme, globex);
    expect(gone.data.sage200).toEqual(before.acme.sage200.data.sage200);
    expect(gone.errors?.[0]).toMatchObject({
      message: expect.stringContaining('orderDate'),
      extensions: { source: 'erp:acme' },
    });
    await expectBack();
    faulty.configure({ naming: 'documented' });
    await expectBack();
  });

  test('a tenant that disappears, and then a new one with other tokens at another address', async () => {
    const port = Number(new URL(faulty.url).port);
    await faulty.close();

    const [acme, globex] = await Promise.all([askAll('acme'), askAll('globex')]);
    faulty = await startAcme(port);

    expectOthersAsBefore(acme, globex);
    expect(acme.both.errors).toMatchObject([{ extensions: { code: 'UPSTREAM_UNAVAILABLE', source: 'erp:acme' } }]);
    await expectBack();
  });

  // The last one: for some seconds after it, no new token is asked for because of a refused one.
  test('401 for good', () =>
    check({ name: '401', fault: () => status(401, { body: { message: body() } }), code: 'MISCONFIGURED' }));
});

test("no answer and no line of the log reveals the tenant's address or what it was sent", async () => {
  await ask('{ gateway { tenants { name state lastError { code at } } } }', 'acme');
  for (const path of ['/metrics', '/readyz', '/healthz']) heard.push(await (await fetch(gateway.url + path)).text());
  const [acme] = faulty.tenants;
  const { host, pathname } = new URL(acme?.graphqlUrl ?? '');
  const secrets = [SAID, CLIENT_SECRET, pathname, 'elsewhere.example', 'evil.example'];
  const addresses = [host, 'intern.example'];
  const found = (text: string, what: readonly string[]) => what.filter((each) => text.includes(each));

  expect(heard.join('\n')).toContain('The moon is full');
  // Numbers with points and words with a number behind them may be a release and an order.
  expect(heard.join('\n')).toContain('(10.20.30.40:8443, db.internal.example:5432, [address])');
  expect(found(heard.join('\n'), [...secrets, ...addresses])).toEqual([]);
  // Whose address was refused is the operator's to know.
  expect(found(gateway.log(), [SAID, CLIENT_SECRET, pathname])).toEqual([]);
});
