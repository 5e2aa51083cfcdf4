import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createApiKey } from '../../src/cli/keys-create.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { type RunningMain, runMain, startMain } from '../cli/run-main.ts';
import { marker, type TestConfig, toClient, writeTestConfig } from '../support/test-gateway.ts';

const keys = { shop: createApiKey('shop'), clerk: createApiKey('clerk'), reader: createApiKey('reader') };

let sandbox: Sandbox;
let file: TestConfig;
/** In a process of its own, so that it can be killed; the vault stays. */
let gateway: RunningMain;
let client: ReturnType<typeof toClient>;

beforeAll(async () => {
  sandbox = await startSandbox({ customers: 5, companies: 1 });
  const rights = { connection: 'sandbox', companies: 'all', tenants: [], admin: false };
  file = await writeTestConfig({
    sandbox,
    edit: (yaml) => {
      yaml['sage200'] = { ...yaml['sage200'], deadline: '5s' };
      yaml['callers'] = {
        apiKeys: [
          { name: 'shop', sha256: keys.shop.sha256, readOnly: false, ...rights },
          { name: 'clerk', sha256: keys.clerk.sha256, readOnly: false, ...rights },
          { name: 'reader', sha256: keys.reader.sha256, readOnly: true, ...rights },
        ],
      };
    },
  });
  await start();
});

afterEach(() => sandbox.sage200.clearFaults());

afterAll(async () => {
  await gateway.stop('SIGKILL');
  await file[Symbol.asyncDispose]();
  await sandbox.close();
});

async function start(): Promise<void> {
  gateway = startMain(['serve', '--config', file.path], { env: { PORT: '0' } });
  const { url } = JSON.parse(
    (await gateway.says('"msg":"ready"')).split('\n').find((line) => line.includes('"ready"')) ?? '',
  );
  client = toClient(url);
}

const as = (name: keyof typeof keys) => ({ headers: { authorization: `Bearer ${keys[name].key}` } });

const create = (reference: string, key?: string, name = 'New') =>
  `mutation { sage200 { createCustomer(input: { reference: "${reference}", name: "${name}" }${key ? `, idempotencyKey: "${key}"` : ''}) { customer { sageId name } userErrors { message } } } }`;

const writes = () => sandbox.sage200.requests().filter(({ method }) => method !== 'GET');

const audit = async (...args: string[]) => {
  const { code, stdout, stderr } = await runMain(['audit', '--config', file.path, ...args]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout;
};

describe('a write', () => {
  test('whose answer is lost says over HTTP how to look it up', async () => {
    sandbox.sage200.fault({ kind: 'cut', cutAt: 'afterHeaders', match: '/customers', method: 'POST' });

    const { data, errors } = await client.query(create('LOST1'), as('shop'));

    expect(data).toEqual({ sage200: { createCustomer: null } });
    expect(errors).toMatchObject([
      {
        path: ['sage200', 'createCustomer'],
        extensions: { code: 'OUTCOME_UNKNOWN', source: 'sage200', lookUp: { field: 'customers' } },
      },
    ]);
    const lookUp = errors?.[0]?.extensions['lookUp'] as { query: string } | undefined;
    const found = await client.query(lookUp?.query ?? '', as('shop'));
    expect(found.data.sage200.customers.nodes).toMatchObject([{ reference: 'LOST1' }]);
  });

  test('of a caller who may only read is refused before anything is sent', async () => {
    sandbox.sage200.clearRequests();

    const { errors } = await client.query(create('READ1', 'mine'), as('reader'));

    expect(errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
    expect(writes()).toEqual([]);
  });
});

describe('an idempotency key', () => {
  test('still returns the first outcome after a restart', async () => {
    const first = await client.query(create('RESTART', 'k1'), as('shop'));
    await gateway.stop('SIGTERM');
    await start();
    sandbox.sage200.clearRequests();

    const again = await client.query(create('RESTART', 'k1'), as('shop'));

    expect(first.errors).toBeUndefined();
    expect(again).toEqual(first);
    expect(writes()).toEqual([]);
  });

  test('of a write during which the process died says that the outcome is unknown, and sends nothing', async () => {
    sandbox.sage200.fault({ kind: 'hold', match: '/customers', method: 'POST' });
    sandbox.sage200.clearRequests();
    const lost = client.query(create('DIED', 'k2'), as('shop')).catch(() => undefined);
    await expect.poll(() => writes().length).toBe(1);
    await gateway.stop('SIGKILL');
    sandbox.sage200.clearFaults();
    await lost;
    await start();
    sandbox.sage200.clearRequests();

    const { errors } = await client.query(create('DIED', 'k2'), as('shop'));

    expect(errors).toMatchObject([{ extensions: { code: 'OUTCOME_UNKNOWN', lookUp: { field: 'customers' } } }]);
    expect(writes()).toEqual([]);
    const rows = (await audit('--json'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const begun = rows.find(({ outcome }) => outcome === 'UNFINISHED');
    expect(begun).toMatchObject({ caller: 'key:shop', action: 'createCustomer', outcome: 'UNFINISHED' });
  });

  test('of another caller reveals nothing, although both use one connection', async () => {
    const name = marker('name');
    await client.query(create('MINE', 'k3', name), as('shop'));

    const other = await client.query(create('THEIRS', 'k3'), as('clerk'));

    expect(other.errors).toBeUndefined();
    expect(other.data.sage200.createCustomer.customer.name).toBe('New');
    expect(JSON.stringify(other)).not.toContain(name);
  });
});

describe('gateway audit', () => {
  test('lists who wrote what and the outcome, newest first, as a table and as JSON, without the data', async () => {
    const name = marker('body');
    const { data } = await client.query(create('AUDIT1', 'audit-key', name), as('clerk'));
    await client.query(create('AUDIT1', undefined, name), as('clerk'));

    const [table, json, limited] = [await audit(), await audit('--json'), await audit('--json', '--limit', '1')];

    const rows = json
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const [company] = sandbox.companies;
    expect(rows[1]).toEqual({
      at: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      kind: 'mutation',
      caller: 'key:clerk',
      connection: 'sandbox',
      consent: '1',
      tenant: null,
      site: company?.siteId,
      company: String(company?.companyId),
      action: 'createCustomer',
      mutation: 'createCustomer',
      key: data.sage200.createCustomer.customer.sageId,
      outcome: 'DONE',
      requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      line: expect.stringMatching(/^\d+\.\d+$/),
    });
    expect(rows[0]).toMatchObject({ caller: 'key:clerk', key: null, outcome: 'UPSTREAM_REJECTED' });
    expect(limited.trim().split('\n')).toHaveLength(1);
    expect(table.split('\n')[0]).toMatch(
      /^at +kind +caller +connection +tenant +site +company +action +key +outcome +requestId +line$/,
    );
    const secrets = [name, 'audit-key', keys.clerk.key, keys.shop.key, ...file.refreshTokens, 'eyJ'];
    expect(secrets.filter((secret) => (table + json).includes(secret))).toEqual([]);
  });

  test('explains an invalid limit', async () => {
    const { code, stderr } = await runMain(['audit', '--config', file.path, '--limit', 'all']);

    expect(code).toBe(2);
    expect(stderr).toMatch(/--limit must be a whole number/);
  });
});
