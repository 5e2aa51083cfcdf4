import { afterAll, beforeAll, expect, test } from 'vitest';
import { createApiKey } from '../../src/cli/keys-create.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { startTestGateway, type TestGateway, tenantsOf } from '../support/test-gateway.ts';

// What only a whole gateway shows of its tokens.

let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await startSandbox({ customers: 5 });
});

afterAll(() => sandbox.close());

const CALLBACK = '/connect/sage200/callback';

/** The redirect address that the gateway tells Sage ID, when a person signs in and when it renews. */
async function toldAddresses({ url, query }: TestGateway, headers: Record<string, string> = {}) {
  const started = await fetch(`${url}/connect/sage200?moved=1`, { redirect: 'manual' });
  const location = new URL(started.headers.get('location') ?? '');
  sandbox.sageId.clearRequests();
  await query('{ sage200 { sites { totalCount } } }', { headers });
  const renewal = sandbox.sageId.requests().find(({ path }) => path === '/oauth/token');
  const body = renewal?.body as Record<string, string> | undefined;
  return { signIn: location.searchParams.get('redirect_uri'), renewed: body?.['redirect_uri'] };
}

test.each([
  ['was left out', {}],
  ['says port 0 itself', { publicUrl: 'http://localhost:0' }],
])('on any free port, a public URL that %s follows the actual port', async (_, server) => {
  await using gateway = await startTestGateway({
    sandbox,
    edit: (file) => {
      file['server'] = { ...file['server'], ...server };
    },
  });
  const follows = `http://localhost:${new URL(gateway.url).port}${CALLBACK}`;

  expect(await toldAddresses(gateway)).toEqual({ signIn: follows, renewed: follows });
});

test.each([
  ['a public address', { publicUrl: 'https://gateway.example' }, {}, `https://gateway.example${CALLBACK}`],
  [
    'a redirect address',
    {},
    { redirectUri: 'https://gateway.example/back/from/sage' },
    'https://gateway.example/back/from/sage',
  ],
])('on any free port, %s that was configured stays unchanged', async (_, server, sage200, told) => {
  const { key, sha256 } = createApiKey('tests');
  await using gateway = await startTestGateway({
    sandbox,
    edit: (file) => {
      file['server'] = { ...file['server'], ...server };
      file['sage200'] = { ...file['sage200'], ...sage200 };
      file['callers'] = { apiKeys: [{ name: 'tests', sha256, connection: 'sandbox', companies: 'all' }] };
    },
  });

  expect(await toldAddresses(gateway, { authorization: `Bearer ${key}` })).toEqual({ signIn: told, renewed: told });
});

const ERP = '{ xtremMasterData { customer { query(first: 1) { edges { node { id } } } } } }';

test('stopping a gateway ends the tokens of its ERP tenants, and removing a tenant from the file ends its tokens', async () => {
  const tenantsAsked = () => new Set(sandbox.erp.renewals().map(({ tenant }) => tenant));
  const before = await startTestGateway({ sandbox });
  for (const tenant of ['acme', 'globex']) await before.query(ERP, { headers: { 'x-tenant': tenant } });
  expect(tenantsAsked()).toEqual(new Set(['acme', 'globex']));
  sandbox.erp.clearRequests();
  sandbox.erp.clearRenewals();

  await before.close();
  const ended = sandbox.erp.requests().filter(({ method, path }) => method === 'DELETE' && path === '/v1/token');
  await using after = await startTestGateway({
    sandbox,
    edit: (file) => {
      const [acme] = tenantsOf(file);
      file['erp'] = { ...file['erp'], tenants: [acme] };
      file['callers'] = { anonymous: { connection: 'sandbox', tenants: ['acme'], readOnly: false } };
    },
  });
  const answer = await after.query(ERP, { headers: { 'x-tenant': 'acme' } });
  const removed = await after.query(ERP, { headers: { 'x-tenant': 'globex' } });

  expect(ended.map(({ status }) => status)).toEqual([204, 204]);
  expect(answer.errors).toBeUndefined();
  expect(removed.errors?.[0]?.extensions['code']).toBe('FORBIDDEN');
  expect(tenantsAsked()).toEqual(new Set(['acme']));
});

test('an ERP token answer without a URL is reported as such, and the tenant works again when it has one', async () => {
  sandbox.erp.configure({ withoutAddress: true });
  await using gateway = await startTestGateway({ sandbox });

  const without = await gateway.query(ERP, { headers: { 'x-tenant': 'acme' } });
  sandbox.erp.configure({ withoutAddress: false });

  expect(without.errors).toMatchObject([
    {
      message: expect.stringContaining('answered without a GraphQL address'),
      extensions: { code: 'UPSTREAM_UNAVAILABLE', source: 'erp:acme' },
    },
  ]);
  await expect.poll(async () => (await gateway.query(ERP, { headers: { 'x-tenant': 'acme' } })).errors).toBeUndefined();
});
