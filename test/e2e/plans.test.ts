import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createApiKey } from '../../src/cli/keys-create.ts';
import { listCaches } from '../../src/kit/cache.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { runHere } from '../cli/run-here.ts';
import { startTestGateway, type TestGateway, warmUp } from '../support/test-gateway.ts';

const CUSTOMERS = '{ sage200 { customers(first: 2) { nodes { id name currency { symbol } } } } }';
const ITEMS = '{ xtremMasterData { item { query(first: 2) { edges { node { _id id } } } } } }';
const BOTH =
  '{ sage200 { customers(first: 2) { nodes { id name } } } xtremMasterData { item { query(first: 2) { edges { node { _id } } } } } }';

let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await startSandbox({ customers: 40 });
});

afterAll(() => sandbox.close());

describe('a repeated operation', () => {
  let gateway: TestGateway;

  beforeAll(async () => {
    gateway = await startTestGateway({ sandbox });
    await warmUp(gateway);
  });

  afterAll(() => gateway.close());

  test.each([
    ['of Sage 200', CUSTOMERS],
    ['of the ERP', ITEMS],
    ['of both', BOTH],
  ])('%s gets the same answer, with as many requests', async (_, query) => {
    const ask = async () => {
      sandbox.sage200.clearRequests();
      sandbox.erp.clearRequests();
      const answer = await (await gateway.post({ query })).text();
      return { answer, requests: [...sandbox.sage200.requests(), ...sandbox.erp.requests()].map(({ path }) => path) };
    };
    const first = await ask();
    expect(JSON.parse(first.answer)).not.toHaveProperty('errors');
    for (let time = 0; time < 5; time += 1) expect(await ask()).toEqual(first);
  });

  test('shows what another program has changed meanwhile, in rows and in rows that are read by key', async () => {
    const row = '{ sageId name }';
    const query = `{ sage200 { sopOrders(first: 3) { nodes { customer ${row} lines { warehouse ${row} } } } } }`;
    const ask = async () => {
      sandbox.sage200.clearRequests();
      const { data } = await gateway.query(query);
      const asked = sandbox.sage200.requests().map(({ path }) => path.replace(/^.*\/|\?.*$/g, ''));
      return { nodes: data.sage200.sopOrders.nodes, asked };
    };
    for (let time = 0; time < 5; time += 1) await ask();
    await using other = await startTestGateway({ sandbox });
    const rename = async (update: string, { sageId }: { sageId: string }) => {
      const change = `${update}(id: "${sageId}", input: { name: "Renamed" }) { userErrors { code } }`;
      return (await other.query(`mutation { sage200 { ${change} } }`)).errors;
    };

    const { nodes, asked } = await ask();
    expect(asked).toHaveLength(2);
    const { customer, lines } = nodes[0];
    expect(await rename('updateWarehouse', lines[0].warehouse)).toBeUndefined();
    const second = await ask();
    expect(second.nodes[0].lines[0].warehouse.name).toBe('Renamed');
    expect(second.asked).toEqual(asked);

    expect(await rename('updateCustomer', customer)).toBeUndefined();
    const third = await ask();
    expect(third.nodes[0]).toMatchObject({ customer: { name: 'Renamed' }, lines: second.nodes[0].lines });
    expect(third.asked).toEqual(asked);
  });

  // What is answered by its plan is not parsed again.
  const parsedSoFar = async () => {
    const text = await (await fetch(`${gateway.url}/metrics`)).text();
    return Number(/^gateway_graphql_duration_seconds_count\{phase="parse",type="query"\} (\d+)/m.exec(text)?.[1]);
  };
  const clientLibrary = { name: '@apollo/client', version: '4.0.9' };

  test.each<[string, object]>([
    ['that a client adds its name to', { extensions: { clientLibrary } }],
    ['with no hash beside its text', { extensions: { persistedQuery: null } }],
    ['with members that differ each time', { extensions: { trace: 'a', plan: false } }],
    ['with none', { extensions: {} }],
    ['with null', { extensions: null, operationName: null, variables: null }],
  ])('takes the fast path %s', async (name, members) => {
    const query = `# ${name}\n${BOTH}`;
    const ask = async (more: object = {}) => (await gateway.post({ query, ...members, ...more })).text();
    const first = await ask();
    await ask();
    const before = await parsedSoFar();
    expect(before).toBeGreaterThan(0);

    for (let time = 0; time < 5; time += 1) expect(await ask()).toBe(first);
    expect(await ask({ extensions: { clientLibrary, trace: 'b' } })).toBe(first);

    expect(await parsedSoFar()).toBe(before);
  });

  test('is shown with its plan if that is requested among other members, however often it ran before', async () => {
    for (let time = 0; time < 3; time += 1) await gateway.post({ query: ITEMS, extensions: { clientLibrary } });

    const answer = await gateway.post({ query: ITEMS, extensions: { clientLibrary, plan: true } });

    expect(await answer.json()).toMatchObject({ extensions: { plan: { kind: expect.any(String) } } });
  });

  test.each([[5], ['text'], [[]], [true]])(
    'is refused with extensions that are not an object: %j',
    async (extensions) => {
      for (let time = 0; time < 2; time += 1) await gateway.post({ query: ITEMS });

      const answer = await gateway.post({ query: ITEMS, extensions });

      expect(answer.status).toBe(400);
    },
  );

  test('whose source fails returns the error, without more requests to the source', async () => {
    await gateway.query(CUSTOMERS);
    sandbox.sage200.clearRequests();
    sandbox.sage200.fault({ match: '/customers', kind: 'status', status: 503 });
    const failed = await gateway.query(CUSTOMERS);
    expect(failed.errors).toMatchObject([
      { path: ['sage200', 'customers'], extensions: { code: 'UPSTREAM_UNAVAILABLE', source: 'sage200' } },
    ]);
    expect(sandbox.sage200.requests()).toHaveLength(1);
    expect((await gateway.query(CUSTOMERS)).errors).toBeUndefined();
  });

  test('of the tenant with an error keeps data and error, with one request', async () => {
    const query = `{ ${ITEMS.slice(1, -1)} other: xtremMasterData { item { read(_id: "999999999") { id } } } }`;
    const first = await gateway.query(query);
    sandbox.erp.clearRequests();
    const { errors = [], ...again } = await gateway.query(query);
    expect({ ...again, errors: errors.map(withoutId) }).toEqual({
      ...first,
      errors: (first.errors ?? []).map(withoutId),
    });
    expect(sandbox.erp.requests()).toHaveLength(1);
  });
});

const withoutId = ({ extensions, ...error }: { extensions: Record<string, unknown> }) => ({
  ...error,
  extensions: { ...extensions, requestId: undefined },
});

describe('a plan', () => {
  test('is shown beside the answer only to callers with admin', async () => {
    const [admin, shop] = [createApiKey('admin'), createApiKey('shop')];
    const caller = (name: string, { sha256 }: { sha256: string }, isAdmin: boolean) => ({
      name,
      sha256,
      connection: 'sandbox',
      companies: 'all',
      tenants: ['sandbox'],
      readOnly: true,
      admin: isAdmin,
    });
    await using gateway = await startTestGateway({
      sandbox,
      edit: (file) => {
        const [tenant] = (file['erp']?.['tenants'] ?? []) as { name: string }[];
        const tenants = tenant ? [tenant.name] : [];
        file['callers'] = {
          apiKeys: [
            { ...caller('admin', admin, true), tenants },
            { ...caller('shop', shop, false), tenants },
          ],
        };
      },
    });
    const ask = async (key: string) => {
      const response = await gateway.post(
        { query: CUSTOMERS, extensions: { plan: true } },
        { authorization: `Bearer ${key}` },
      );
      return (await response.json()) as { errors?: unknown; extensions?: unknown };
    };
    expect((await ask(admin.key)).extensions).toMatchObject({
      plan: {
        kind: 'sage200',
        words: [
          expect.stringContaining('GET customers?$select='),
          'its rows are written from the text of the answer, which is not parsed',
        ],
      },
    });
    expect((await ask(shop.key)).errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
  });

  test('is shown by gateway explain, with the reason if there is none', async () => {
    await using gateway = await startTestGateway({ sandbox });
    const explain = async (source: string, ...args: string[]) => {
      const file = join(dirname(gateway.configPath), 'operation.graphql');
      await writeFile(file, source);
      return runHere('explain', file, ...args);
    };
    const config = ['--config', gateway.configPath];
    expect(await explain(BOTH, ...config)).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/Both systems.*GET customers.*1 request to the ERP tenant/s),
    });
    expect((await explain(ITEMS, ...config)).stdout).toContain('the text as written');
    const orders = '{ sage200 { sopOrders { nodes { customer { name currency { symbol } } } } } }';
    const ofOrders = (await explain(orders)).stdout;
    expect(ofOrders).toContain('GET currencies?$select=symbol by id');
    // A page of a hundred, each with a customer and its currency.
    expect(ofOrders).toContain('At most 300 rows; limits.rows allows 50000.');
    const seven = await explain(
      'query ($n: Int!) { sage200 { customers(first: $n) { nodes { id } } } }',
      ...['--variables', '{"n": 7}', '--json'],
    );
    expect(JSON.parse(seven.stdout).cost).toEqual({
      rows: 7,
      most: { rows: 50_000, upstreamRequests: 250, bytes: 32 * 1024 * 1024 },
    });
    expect((await explain('{ gateway { me { id } } }')).stdout).toContain('fallback executor, since');
    expect(await explain('{ sage200 { nothing } }')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('nothing'),
    });
    expect(await explain('query ($n: Int!) { sage200 { customers(first: $n) { nodes { id } } } }')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('--variables'),
    });
  });
});

test('a tenant whose token service never answers delays only those who use it', async () => {
  await using quiet = await startSandbox({ customers: 5 });
  quiet.erp.fault({ match: 'token', kind: 'hold', times: 0 });
  await using gateway = await startTestGateway({ sandbox: quiet });
  for (let time = 0; time < 3; time += 1) {
    const { data, errors } = await gateway.query('{ sage200 { customers(first: 1) { nodes { name } } } }');
    expect(errors).toBeUndefined();
    expect(data.sage200.customers.nodes).toHaveLength(1);
  }
  // From the second time on by its plan, which nobody has to validate.
  const metrics = await (await fetch(`${gateway.url}/metrics`)).text();
  expect(metrics).toContain('gateway_graphql_duration_seconds_count{phase="validate",type="query"} 1\n');
  expect(metrics).toContain('gateway_graphql_requests_total{type="query",result="ok"} 3\n');
  expect(quiet.erp.requests().every(({ status }) => status === 0)).toBe(true);
  quiet.erp.clearFaults();
});

test('a short document with a large fragment and many conditions does not fill the memory with plans', async () => {
  await using gateway = await startTestGateway({ sandbox });
  await warmUp(gateway);
  const plans = () => listCaches().find(({ name }) => name === 'plans')?.entries ?? 0;
  const times = (count: number, make: (index: number) => string) =>
    Array.from({ length: count }, (_, index) => make(index));
  const conditions = times(4, (index) => `v${index}`);
  const { data } = await gateway.query(
    '{ __type(name: "Sage200Customer") { fields { name type { kind ofType { kind } } } } }',
  );
  const plain = data.__type.fields.filter(({ type }: { type: { kind: string } }) => type.kind === 'SCALAR');
  const fragment = plain
    .map(({ name }: { name: string }) => name)
    .slice(0, 50)
    .join(' ');
  const lists = times(
    90,
    (index) => `a${index}: customers(first: 1, filter: { reference: { eq: "${index}" } }) { nodes { ...F } }`,
  );
  const skipped = conditions.map((name) => `${name}: currencies(first: 1) @skip(if: $${name}) { nodes { id } }`);
  const query = `query (${conditions.map((name) => `$${name}: Boolean!`).join(' ')}) { sage200 { ${[...lists, ...skipped].join(' ')} } } fragment F on Sage200Customer { ${fragment} }`;
  const before = plans();

  for (const mask of times(16, String)) {
    const variables = Object.fromEntries(conditions.map((name, bit) => [name, (Number(mask) >> bit) % 2 === 1]));
    for (let time = 0; time < 2; time += 1) expect((await gateway.query(query, { variables })).errors).toBeUndefined();
  }

  // Each takes some 4,700 fields of 50,000.
  expect(plain.length).toBeGreaterThanOrEqual(50);
  expect(plans() - before).toBeGreaterThan(0);
  expect(plans() - before).toBeLessThanOrEqual(11);
});
