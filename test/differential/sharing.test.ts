import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createApiKey } from '../../src/cli/keys-create.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { ERP_CUSTOMER_LINK, startTestGateway, type TestGateway, warmUp } from '../support/test-gateway.ts';
import { type OddUpstream, startOddUpstream, type UpstreamRequest } from './odd-upstream.ts';

/** Callers with a connection each. */
const CALLERS = 100;
/** Long enough for all that is sent at once to be under way together. */
const SLOW_MS = 150;
const AT_ONCE = 32;

/** A customer that all tests of writes change. */
const ID = '27828';
const BY_ID = `{ sage200 { customer(id: "${ID}") { name } } }`;
const LIST = '{ sage200 { customers(first: 5) { nodes { id name currency { symbol } } } } }';

const LINKED = '{ sage200 { customers(first: 5) { nodes { name erpCustomer { id name } } } } }';

const keys = Array.from({ length: CALLERS }, (_, index) => ({ name: `c${index}`, ...createApiKey(`c${index}`) }));
/** Two more callers of the first connection: one with the same rights, one for the second company alone. */
const twin = createApiKey('twin');
const clerk = createApiKey('clerk');

let sandbox: Sandbox;
let upstream: OddUpstream;
let gateway: TestGateway;

beforeAll(async () => {
  sandbox = await startSandbox({ customers: 20 });
  upstream = await startOddUpstream({ sage200: sandbox.sage200.url, erp: sandbox.erp.url });
  const [, second] = sandbox.companies;
  gateway = await startTestGateway({
    sandbox,
    connections: Object.fromEntries(keys.map(({ name }) => [name, 'alice'])),
    edit: (file) => {
      const { professionalUrl, url } = sandbox.sage200;
      file['sage200'] = { ...file['sage200'], baseUrl: professionalUrl.replace(url, upstream.url) };
      Object.assign(file, { links: [ERP_CUSTOMER_LINK] });
      const rights = { companies: 'all', tenants: ['acme'], readOnly: false } as const;
      const onlySecond = [{ site: second?.siteId, company: String(second?.companyId) }];
      file['callers'] = {
        apiKeys: [
          ...keys.map(({ name, sha256 }) => ({ ...rights, name, sha256, connection: name })),
          { ...rights, name: 'twin', sha256: twin.sha256, connection: 'c0' },
          { ...rights, name: 'clerk', sha256: clerk.sha256, connection: 'c0', companies: onlySecond },
        ],
      };
    },
  });
  await warmUp(gateway, bearer(first()));
  // Tokens and open companies are fetched once, so that what follows counts reads alone.
  await Promise.all([...keys, twin, clerk].map(({ key }) => ask(key, '{ sage200 { id } }')));
});

afterAll(async () => {
  await gateway?.close();
  await upstream?.[Symbol.asyncDispose]();
  await sandbox?.close();
});

beforeEach(() => {
  upstream.behave({});
  upstream.takeRequests();
});

const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

async function ask(key: string, document: string, headers: Record<string, string> = {}) {
  const { data, errors } = await gateway.query(document, { headers: { ...bearer(key), ...headers } });
  expect(errors).toBeUndefined();
  return data;
}

const first = () => keys[0]?.key ?? '';
const slowly = () => upstream.behave({ fault: { match: '', kind: 'delay', delayMs: SLOW_MS } });
const isRead = ({ method, path }: UpstreamRequest) => method === 'GET' && path.includes(`/customers/${ID}`);
const isWrite = ({ method, path }: UpstreamRequest) => method === 'PUT' && path.includes(`/customers/${ID}`);
const reads = () => upstream.seen.filter(isRead);
const write = (name: string, selection = 'name') =>
  `mutation { sage200 { updateCustomer(id: "${ID}", input: { name: "${name}" }) { customer { ${selection} } userErrors { message } } } }`;
const nameIn = (data: { sage200: { customer: { name: string } } }) => data.sage200.customer.name;

describe('sharing reads in progress', () => {
  test.each([
    ['a list', LIST],
    ['one row', BY_ID],
    ['a list with a link', LINKED],
  ])(`${AT_ONCE} equal reads of one caller at once cost far fewer requests: %s`, async (_, document) => {
    const alone = await ask(first(), document);
    upstream.takeRequests();
    slowly();

    const answers = await Promise.all(Array.from({ length: AT_ONCE }, () => ask(first(), document)));

    const asked = upstream.takeRequests();
    for (const answer of answers) expect(answer).toEqual(alone);
    expect(asked.length).toBeGreaterThan(0);
    expect(asked.length).toBeLessThan(AT_ONCE / 2);
  });

  test(`${CALLERS} callers with a connection each share nothing`, async () => {
    slowly();

    await Promise.all(keys.map(({ key }) => ask(key, LIST)));

    const asked = upstream.takeRequests();
    expect(asked).toHaveLength(CALLERS);
    expect(new Set(asked.map(({ authorization }) => authorization)).size).toBe(CALLERS);
  });

  test(`${CALLERS} callers with a connection each share neither rows nor what links lead to`, async () => {
    for (let time = 0; time < 2; time += 1) await ask(first(), LINKED);
    upstream.takeRequests();
    sandbox.erp.clearRequests();
    slowly();

    await Promise.all(keys.map(({ key }) => ask(key, LINKED)));

    expect(upstream.takeRequests()).toHaveLength(CALLERS);
    expect(sandbox.erp.requests().filter(({ path }) => path.includes('/api'))).toHaveLength(CALLERS);
  });

  test('two companies of one connection share nothing, and callers with one connection get the same answer', async () => {
    const [, second] = sandbox.companies;
    const other = { 'x-site': String(second?.siteId), 'x-company': String(second?.companyId) };
    slowly();

    const [here, there, clerks] = await Promise.all([
      ask(first(), BY_ID),
      ask(first(), BY_ID, other),
      ask(clerk.key, BY_ID, other),
    ]);

    const asked = upstream.takeRequests();
    expect(new Set(asked.map(({ company }) => company)).size).toBe(2);
    expect(nameIn(there)).not.toBe(nameIn(here));
    expect(clerks).toEqual(there);
  });

  test('reads of other rows, fields and pages are separate requests', async () => {
    slowly();

    await Promise.all([
      ask(first(), BY_ID),
      ask(first(), `{ sage200 { customer(id: "${ID}") { name shortName } } }`),
      ask(first(), '{ sage200 { customers(first: 5) { nodes { name } } } }'),
      ask(first(), '{ sage200 { customers(first: 6) { nodes { name } } } }'),
      ask(first(), '{ sage200 { customers(first: 5, orderBy: [{ name: ASC }]) { nodes { name } } } }'),
    ]);

    expect(upstream.takeRequests()).toHaveLength(5);
  });

  test('a finished read is not given to anybody else', async () => {
    await ask(first(), BY_ID);
    await ask(first(), BY_ID);

    expect(reads()).toHaveLength(2);
  });

  test('a failure reaches those who waited for it, and nobody later', async () => {
    upstream.behave({ fault: { match: '/customers', kind: 'status', status: 503, delayMs: SLOW_MS } });
    const query = () => gateway.query(BY_ID, { headers: bearer(first()) });

    const failed = await Promise.all([query(), query()]);
    upstream.behave({});
    const later = await query();

    for (const { errors } of failed) expect(errors?.[0]?.extensions['code']).toBe('UPSTREAM_UNAVAILABLE');
    expect(new Set(failed.map(({ errors }) => errors?.[0]?.extensions['requestId'])).size).toBe(2);
    expect(later.errors).toBeUndefined();
  });

  test('a caller who leaves does not end another caller’s read', async () => {
    const gate = upstream.hold(isRead);
    const leaving = new AbortController();
    const body = JSON.stringify({ query: BY_ID });
    const headers = { 'content-type': 'application/json', ...bearer(first()) };
    const left = fetch(`${gateway.url}/graphql`, { method: 'POST', headers, body, signal: leaving.signal });
    left.catch(() => {});
    await gate.reached;
    const staying = ask(first(), BY_ID);
    // Answered after the other one came in, so that the two are together by then.
    await ask(first(), '{ __typename }');

    leaving.abort();
    await expect(left).rejects.toThrow();
    gate.open();

    expect(nameIn(await staying)).toEqual(expect.any(String));
  });
});

describe('a read after a write sees what was written', () => {
  const written = (name: string, key = first()) => ask(key, write(name));
  const nameOf = (data: { sage200: { customer?: { name: string }; customers?: { nodes: { name: string }[] } } }) =>
    data.sage200.customer?.name ?? data.sage200.customers?.nodes[0]?.name;
  /** What joins a held read never ends, and so never in this time either. */
  const inTime = <Value>(promise: Promise<Value>) =>
    Promise.race([
      promise,
      pause(PATIENCE_MS, undefined, { ref: false }).then(() => Promise.reject(new Error(JOINED))),
    ]);
  const PATIENCE_MS = 30_000;
  const JOINED = 'this waits for a read that began before the write';
  const isEither = ({ method, path }: UpstreamRequest) => method === 'GET' && path.includes('/customers');

  /** A read whose answer was given before the write and does not arrive yet. */
  async function readHeld(document: string, key = first()) {
    const gate = upstream.hold(isEither);
    const answer = ask(key, document);
    await gate.reached;
    return { answer, open: gate.open };
  }

  test.each([
    ['a list', LIST],
    ['one row', BY_ID],
  ])('even if an older read of the same is still in progress: %s', async (_, document) => {
    await written('Old Ltd');
    const older = await readHeld(document);

    await inTime(written('New Ltd'));
    const newer = await inTime(ask(first(), document));
    older.open();

    expect(nameOf(newer)).toBe('New Ltd');
    expect(nameOf(await older.answer)).toBe('Old Ltd');
  });

  test('even within the operation that writes', async () => {
    await written('Old Ltd');
    const selection = 'name creditLimit currency { symbol }';
    const older = await readHeld(`{ sage200 { customer(id: "${ID}") { ${selection} } } }`);

    const { sage200 } = await inTime(ask(first(), write('New Ltd', selection)));
    older.open();

    expect(sage200.updateCustomer.customer.name).toBe('New Ltd');
    expect(nameOf(await older.answer)).toBe('Old Ltd');
  });

  test('and no read that began during the write', async () => {
    await written('Old Ltd');
    const writing = upstream.hold(isWrite, 'request');
    const writes = written('New Ltd');
    await writing.reached;
    const older = await readHeld(BY_ID);

    writing.open();
    await inTime(writes);
    const newer = await inTime(ask(first(), BY_ID));
    older.open();

    expect(nameOf(newer)).toBe('New Ltd');
    expect(nameOf(await older.answer)).toBe('Old Ltd');
  });

  test('when another caller of the connection wrote', async () => {
    await written('Old Ltd');
    const older = await readHeld(BY_ID);

    await inTime(written('New Ltd', twin.key));
    const newer = await inTime(ask(first(), BY_ID));
    older.open();

    expect(nameOf(newer)).toBe('New Ltd');
    expect(nameOf(await older.answer)).toBe('Old Ltd');
  });

  test('when the answer to the write was lost', async () => {
    await written('Old Ltd');
    const older = await readHeld(BY_ID);
    upstream.behave({ fault: { match: `/customers/${ID}`, method: 'PUT', kind: 'cutBody' } });

    const lost = await inTime(gateway.query(write('New Ltd'), { headers: bearer(first()) }));
    upstream.behave({});
    const newer = await inTime(ask(first(), BY_ID));
    older.open();

    expect(JSON.stringify(lost)).toContain('OUTCOME_UNKNOWN');
    expect(nameOf(newer)).toBe('New Ltd');
    expect(nameOf(await older.answer)).toBe('Old Ltd');
  });

  test('each of several writes in one operation', async () => {
    const { sage200 } = await ask(
      first(),
      `mutation { sage200 {
         one: updateCustomer(id: "${ID}", input: { name: "One Ltd" }) { customer { name creditLimit } }
         two: updateCustomer(id: "${ID}", input: { name: "Two Ltd" }) { customer { name creditLimit } }
       } }`,
    );

    expect([sage200.one.customer.name, sage200.two.customer.name]).toEqual(['One Ltd', 'Two Ltd']);
  });
});
