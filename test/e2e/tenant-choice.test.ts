import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createApiKey } from '../../src/cli/keys-create.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { ERP_CUSTOMER_LINK, startTestGateway, type TestGateway } from '../support/test-gateway.ts';

const SAGE200 = 'sage200 { customers(first: 1) { nodes { name } } }';
const ERP = 'xtremMasterData { customer { query(first: 1) { totalCount } } }';
const LINKED = '{ sage200 { customers(first: 1) { nodes { name erpCustomer { id } } } } }';
const REQUIRED = {
  message: expect.stringContaining('X-Tenant'),
  extensions: { code: 'TENANT_REQUIRED', source: 'gateway', choices: ['acme', 'globex'] },
};

const NAMES = ['chooser', 'settled', 'single', 'none'] as const;
type Name = (typeof NAMES)[number];

let sandbox: Sandbox;
let gateway: TestGateway;
const keys = Object.fromEntries(NAMES.map((name) => [name, createApiKey(name)])) as Record<
  Name,
  ReturnType<typeof createApiKey>
>;

beforeAll(async () => {
  sandbox = await startSandbox({ customers: 5 });
  gateway = await startTestGateway({
    sandbox,
    edit: (file) => {
      const tenantsOf: Record<Name, object> = {
        chooser: { tenants: ['acme', 'globex'] },
        settled: { tenants: ['acme', 'globex'], defaultTenant: 'globex' },
        single: { tenants: ['globex'] },
        none: { tenants: [] },
      };
      const rights = { connection: 'sandbox', companies: 'all', readOnly: false };
      const apiKeys = NAMES.map((name) => ({ name, sha256: keys[name].sha256, ...rights, ...tenantsOf[name] }));
      Object.assign(file, { callers: { apiKeys }, links: [ERP_CUSTOMER_LINK] });
    },
  });
  // Introspection and operations that others have asked are at hand from here on, by their short ways.
  for (const name of ['none', 'settled', 'none', 'settled'] as const)
    for (const query of [
      `{ ${SAGE200} }`,
      `{ ${ERP} }`,
      `{ ${SAGE200} ${ERP} }`,
      '{ __schema { queryType { name } } }',
    ])
      await ask(name, query);
});

beforeEach(() => {
  sandbox.sage200.clearRequests();
  sandbox.erp.clearRequests();
});

afterAll(async () => {
  await gateway.close();
  await sandbox.close();
});

const headersOf = (name: Name) => ({ authorization: `Bearer ${keys[name].key}` });

async function ask(name: Name, query: string, headers: Record<string, string> = {}) {
  const response = await gateway.post({ query }, { ...headersOf(name), ...headers });
  return { status: response.status, ...((await response.json()) as Awaited<ReturnType<TestGateway['query']>>) };
}

const tenantsAsked = () =>
  new Set(
    sandbox.erp
      .requests()
      .filter(({ body }) => JSON.stringify(body ?? '').includes('customer'))
      .map(({ path }) => path),
  );

describe('a caller with several tenants that names none', () => {
  test('is asked to choose if a tenant is needed, with the choices, and no tenant gets a request', async () => {
    for (let times = 0; times < 3; times += 1) {
      const { status, data, errors } = await ask('chooser', `{ ${ERP} }`);

      expect(status).toBe(200);
      expect(data).toEqual({ xtremMasterData: null });
      expect(errors).toMatchObject([{ ...REQUIRED, path: ['xtremMasterData'] }]);
    }
    expect(tenantsAsked().size).toBe(0);
  });

  test('gets what needs no tenant, even beside what does', async () => {
    const alone = await ask('chooser', `{ ${SAGE200} gateway { tenants { name } me { id } } __typename }`);
    const both = await ask('chooser', `{ a: ${ERP} ${SAGE200} b: ${ERP} }`);

    expect(alone.errors).toBeUndefined();
    expect(alone.data.sage200.customers.nodes).toHaveLength(1);
    expect(alone.data.gateway.tenants).toEqual([{ name: 'acme' }, { name: 'globex' }]);
    expect(both.data).toEqual({ a: null, sage200: alone.data.sage200, b: null });
    expect(both.errors).toMatchObject([
      { ...REQUIRED, path: ['a'] },
      { ...REQUIRED, path: ['b'] },
    ]);
    expect(Object.keys(both.data)).toEqual(['a', 'sage200', 'b']);
  });

  test('is shown no schema before it has chosen one', async () => {
    for (const query of [
      '{ __schema { queryType { name } } }',
      '{ __type(name: "Sage200Customer") { name } }',
      `{ ${SAGE200} ...S } fragment S on Query { __schema { queryType { name } } }`,
      LINKED,
    ]) {
      const { data, errors } = await ask('chooser', query);
      expect(data ?? null).toBeNull();
      expect(errors).toMatchObject([REQUIRED]);
    }
    for (const path of ['/schema.graphql', '/schema.json']) {
      const refused = await fetch(`${gateway.url}${path}`, { headers: headersOf('chooser') });
      expect(refused.status).toBe(400);
      expect(await refused.json()).toMatchObject({ errors: [REQUIRED] });
      const chosen = await fetch(`${gateway.url}${path}`, { headers: { ...headersOf('chooser'), 'x-tenant': 'acme' } });
      expect(await chosen.text()).toContain('xtremMasterData');
    }
  });

  test('writes nothing with a mutation that needs one', async () => {
    const { data, errors } = await ask(
      'chooser',
      'mutation { sage200 { createCustomer(input: { reference: "NEW00001", name: "New" }) { customer { id } } } xtremMasterData { customer { create(data: { id: "NEW" }) { id } } } }',
    );

    expect(data ?? null).toBeNull();
    expect(errors).toMatchObject([REQUIRED]);
    expect(sandbox.sage200.requests().filter(({ method }) => method !== 'GET')).toEqual([]);
  });

  test('learns about its own faults too', async () => {
    const { errors } = await ask('chooser', `{ sage200 { nothing } ${ERP} }`);

    expect(errors?.[0]?.message).toContain('nothing');
  });

  test('chooses by the header', async () => {
    for (const tenant of ['acme', 'globex']) {
      const { errors } = await ask('chooser', `{ ${ERP} ${SAGE200} }`, { 'x-tenant': tenant });
      expect(errors).toBeUndefined();
    }
    expect(tenantsAsked().size).toBe(2);
  });
});

test('a default or an only tenant needs no choice', async () => {
  for (const name of ['settled', 'single'] as const) {
    expect((await ask(name, `{ ${ERP} }`)).errors).toBeUndefined();
    expect((await ask(name, LINKED)).errors).toBeUndefined();
  }
  const globexAlone = tenantsAsked();
  expect(globexAlone.size).toBe(1);
  await ask('settled', `{ ${ERP} }`, { 'x-tenant': 'acme' });
  expect(tenantsAsked().size).toBe(2);
});

test('a caller without tenants still sees the schema of Sage 200 alone', async () => {
  expect((await ask('none', '{ __schema { queryType { name } } }')).errors).toBeUndefined();
  expect((await ask('none', `{ ${ERP} }`)).errors?.[0]?.extensions['code']).toBe('BAD_USER_INPUT');
});
