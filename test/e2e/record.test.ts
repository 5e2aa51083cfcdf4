import { DatabaseSync } from 'node:sqlite';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createApiKey } from '../../src/cli/keys-create.ts';
import { startGateway } from '../../src/gateway.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { runHere } from '../cli/run-here.ts';
import {
  marker,
  startTestGateway,
  type TestGateway,
  tenantsOf,
  toClient,
  writeTestConfig,
} from '../support/test-gateway.ts';

const keys = {
  shop: createApiKey('shop'),
  reader: createApiKey('reader'),
  plain: createApiKey('plain'),
  lonely: createApiKey('lonely'),
  boss: createApiKey('boss'),
  stranger: createApiKey('stranger'),
};

let sandbox: Sandbox;
let gateway: TestGateway;

beforeAll(async () => {
  sandbox = await startSandbox({ customers: 5, companies: 1 });
  gateway = await startTestGateway({ sandbox, edit });
});

afterAll(async () => {
  await gateway.close();
  await sandbox.close();
});

function edit(yaml: Record<string, Record<string, unknown>>): void {
  const [company] = sandbox.companies;
  const companies = [{ site: company?.siteId, company: String(company?.companyId) }];
  const tenants = tenantsOf(yaml).map(({ name }) => name);
  const rights = { connection: 'sandbox', companies: 'all', tenants, admin: false, readOnly: false };
  const defaultTenant = 'acme';
  yaml['callers'] = {
    apiKeys: [
      { ...rights, defaultTenant, name: 'shop', sha256: keys.shop.sha256 },
      { ...rights, name: 'reader', sha256: keys.reader.sha256, tenants: [], readOnly: true, companies },
      { ...rights, name: 'plain', sha256: keys.plain.sha256, tenants: [] },
      { ...rights, name: 'lonely', sha256: keys.lonely.sha256, tenants: [], connection: 'nobody' },
      { ...rights, defaultTenant, name: 'boss', sha256: keys.boss.sha256, admin: true },
    ],
  };
}

const as = (name: keyof typeof keys, more: Record<string, string> = {}) => ({
  headers: { authorization: `Bearer ${keys[name].key}`, ...more },
});

/** Lines of the record, newest first, as the operator reads them. */
async function record(...args: string[]) {
  const { code, stdout, stderr } = await runHere('audit', '--config', gateway.configPath, '--json', ...args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return toLines(stdout);
}

const toLines = (text: string) =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Record<string, string | null>);

const refusals = (caller: string) => record('--kind', 'refusal', '--caller', caller);

const erpWrites = () => sandbox.erp.requests().filter(({ body }) => JSON.stringify(body ?? '').includes('mutation'));
const sageWrites = () => sandbox.sage200.requests().filter(({ method }) => method !== 'GET');

const createCustomer = (reference: string) =>
  `sage200 { createCustomer(input: { reference: "${reference}", name: "New" }) { customer { sageId } userErrors { message } } }`;
const UPDATE_ERP_CUSTOMER = 'xtremMasterData { customer { update(data: { _id: "#ABS001", isOnHold: true }) { _id } } }';

describe('a mutation of a tenant', () => {
  test('is a line with its names, outcome and request id, and without its values', async () => {
    const secret = marker('value');

    const response = await gateway.post(
      {
        query: `mutation { one: xtremMasterData { customer {
          ...changes again: update(data: { _id: "#${secret}" }) { _id } } }
          two: xtremMasterData { ... { item @include(if: true) { __typename delete(_id: "999999") } } } }
          fragment changes on Customer_Mutations { __typename update(data: { _id: "#ABS001", isOnHold: true }) { _id } }`,
      },
      as('shop').headers,
    );
    await response.text();

    const lines = await record('--kind', 'mutation', '--caller', 'key:shop', '--limit', '3');
    expect(lines.map(({ action, outcome }) => `${action} ${outcome}`).sort()).toEqual([
      'xtremMasterData.customer.update DONE',
      'xtremMasterData.customer.update UPSTREAM_REJECTED',
      'xtremMasterData.item.delete UPSTREAM_REJECTED',
    ]);
    for (const line of lines) {
      expect(line).toMatchObject({ tenant: 'acme', connection: null, requestId: response.headers.get('x-request-id') });
    }
    expect(JSON.stringify(lines)).not.toContain(secret);
  });

  test('that the tenant refuses, or whose answer is lost, is recorded with that outcome', async () => {
    await gateway.query('mutation { xtremMasterData { item { delete(_id: "999999") } } }', as('shop'));
    const [refused] = await record('--kind', 'mutation', '--limit', '1');
    sandbox.erp.fault({ kind: 'cut', cutAt: 'afterHeaders' });
    const lost = await gateway.query(`mutation { ${UPDATE_ERP_CUSTOMER} }`, as('shop'));
    sandbox.erp.clearFaults();

    expect(refused).toMatchObject({ action: 'xtremMasterData.item.delete', outcome: 'UPSTREAM_REJECTED' });
    expect(await record('--kind', 'mutation', '--limit', '1')).toMatchObject([
      { action: 'xtremMasterData.customer.update', outcome: lost.errors?.[0]?.extensions['code'] },
    ]);
  });

  test('beside one of Sage 200 has its own line, and both have the request id', async () => {
    await gateway.query(`mutation { ${createCustomer('RECORD1')} ${UPDATE_ERP_CUSTOMER} }`, as('shop'));

    const lines = await record('--kind', 'mutation', '--limit', '2');

    expect(lines.map(({ action }) => action).sort()).toEqual(['createCustomer', 'xtremMasterData.customer.update']);
    expect(lines[0]?.['requestId']).toMatch(/^[0-9a-f-]{36}$/);
    expect(lines[1]?.['requestId']).toBe(lines[0]?.['requestId']);
  });

  test('leaves no line if there was only a query', async () => {
    const before = await record('--limit', '1');

    await gateway.query('{ xtremMasterData { customer { query(first: 1) { totalCount } } } }', as('shop'));

    expect(await record('--limit', '1')).toEqual(before);
  });
});

describe('a mutation that is answered without a request', () => {
  const secret = marker('value');
  const many = (count: number, make: (index: number) => string) =>
    Array.from({ length: count }, (_, index) => make(index));

  test.each<[name: string, caller: keyof typeof keys, mutation: string, action: string, outcome: string]>([
    [
      'for an unknown field',
      'plain',
      `sage200 { createCustomer(input: { isUnknown: "${secret}" }) { customer { id } } }`,
      'sage200.createCustomer',
      'BAD_USER_INPUT',
    ],
    [
      'for a value that Sage would refuse',
      'plain',
      `sage200 { createCustomer(input: { reference: "${secret}too-long", name: "New" }) { userErrors { code } } }`,
      'sage200.createCustomer',
      'BAD_USER_INPUT',
    ],
    ['for the tenant of others', 'plain', UPDATE_ERP_CUSTOMER, 'xtremMasterData.customer.update', 'BAD_USER_INPUT'],
    ['for a sign-in that is not there', 'lonely', createCustomer('LONELY'), 'sage200.createCustomer', 'NEEDS_CONSENT'],
    [
      'for its depth',
      'plain',
      `sage200 { createCustomer(input: { name: "${secret}" }) { customer ${'{ sopOrders { nodes { customer '.repeat(9)} { id } ${'} } }'.repeat(9)} } }`,
      'sage200',
      'COST_EXCEEDED',
    ],
    [
      'for the requests that it may take',
      'plain',
      `sage200 { ${many(70, (index) => `a${index}: updateSopOrder(id: "${index}", input: {}) { userErrors { code } }`).join(' ')} }`,
      'sage200.updateSopOrder',
      'COST_EXCEEDED',
    ],
  ])(
    '%s is one line with its names and its outcome, and without values',
    async (_name, caller, mutation, action, outcome) => {
      sandbox.sage200.clearRequests();
      sandbox.erp.clearRequests();

      const response = await gateway.post({ query: `mutation { ${mutation} }` }, as(caller).headers);
      const text = await response.text();

      const lines = () => record('--kind', 'mutation', '--caller', `key:${caller}`, '--limit', '3');
      await expect
        .poll(
          async () => (await lines()).filter((line) => line['requestId'] === response.headers.get('x-request-id')),
          { message: text },
        )
        .toMatchObject([{ action, outcome }]);
      expect(JSON.stringify(await lines())).not.toContain(secret);
      expect([sageWrites(), erpWrites()]).toEqual([[], []]);
    },
  );
});

describe('a refusal', () => {
  test('of a write by a caller who may only read names the mutation', async () => {
    const response = await gateway.post({ query: `mutation { ${createCustomer('NO')} }` }, as('reader').headers);
    await response.text();

    await expect
      .poll(() => refusals('key:reader'))
      .toMatchObject([
        {
          kind: 'refusal',
          action: 'sage200.createCustomer',
          connection: 'sandbox',
          outcome: 'FORBIDDEN',
          requestId: response.headers.get('x-request-id'),
        },
      ]);
  });

  test('of a company, a tenant and a page for administrators is recorded', async () => {
    const company = { 'x-site': '00000000-0000-0000-0000-000000000000', 'x-company': '99' };
    await gateway.query('{ sage200 { customers(first: 1) { totalCount } } }', as('reader', company));
    await gateway.query('{ __typename }', as('reader', { 'x-tenant': 'acme' }));
    const metrics = await fetch(`${gateway.url}/metrics`, as('reader'));
    const disconnect = await fetch(`${gateway.url}/connect/sage200/disconnect`, {
      method: 'POST',
      body: '{"connection":"sandbox"}',
      headers: { ...as('reader').headers, 'content-type': 'application/json' },
    });
    const connect = await fetch(`${gateway.url}/connect/sage200?connection=other`, {
      ...as('reader'),
      redirect: 'manual',
    });

    expect([metrics.status, disconnect.status, connect.status]).toEqual([403, 403, 403]);
    await expect
      .poll(async () =>
        (await refusals('key:reader')).slice(0, 5).map(({ action, tenant, company: id }) => [action, tenant, id]),
      )
      .toEqual(
        expect.arrayContaining([
          [expect.stringMatching(/^sage200/), null, '99'],
          ['POST /graphql', 'acme', null],
          ['GET /metrics', null, null],
          ['POST /connect/sage200/disconnect', null, null],
          ['GET /connect/sage200', null, null],
        ]),
      );
  });

  test('of wrong credentials is recorded ten times an hour, and after that counted', async () => {
    await using file = await writeTestConfig({ sandbox, edit });
    const other = await startGateway(file.config, { log: pino({ level: 'silent' }), env: {} });
    await Promise.all(Array.from({ length: 8 }, () => toClient(other.url).query('{ __typename }', as('stranger'))));
    const reader = await toClient(other.url).query(`mutation { ${createCustomer('NO')} }`, as('reader'));
    await Promise.all(Array.from({ length: 8 }, () => toClient(other.url).query('{ __typename }', as('stranger'))));
    await other.close();

    const { stdout } = await runHere('audit', '--config', file.path, '--kind', 'refusal', '--json');

    const all = toLines(stdout);
    const lines = all.filter(({ caller }) => caller === null);
    expect(reader.errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
    expect(all).toHaveLength(12);
    expect(lines).toHaveLength(11);
    expect(lines).toContainEqual(
      expect.objectContaining({ action: 'more_refusals', key: '6', outcome: 'UNAUTHENTICATED' }),
    );
    expect(lines).toContainEqual(
      expect.objectContaining({ action: 'POST /graphql', requestId: expect.stringMatching(/^[0-9a-f-]{36}$/) }),
    );
    expect(JSON.stringify(lines)).not.toContain(keys.stranger.key.slice(0, 20));
  });
});

test('acts of administrators name the caller', async () => {
  const begun = await fetch(`${gateway.url}/connect/sage200?connection=other`, { ...as('boss'), redirect: 'manual' });
  await begun.text();
  const disconnected = await fetch(`${gateway.url}/connect/sage200/disconnect`, {
    method: 'POST',
    body: '{"connection":"sandbox"}',
    headers: { ...as('boss').headers, 'content-type': 'application/json' },
  });
  await disconnected.text();
  const rotated = await runHere('vault', 'rotate-key', '--config', gateway.configPath);

  expect([begun.status, disconnected.status, rotated.code]).toEqual([303, 200, 0]);
  await expect
    .poll(() => record('--kind', 'act'))
    .toMatchObject([
      { action: 'key_rotated', caller: expect.stringMatching(/^terminal/), requestId: null },
      {
        action: 'revoked',
        caller: 'key:boss',
        connection: 'sandbox',
        requestId: disconnected.headers.get('x-request-id'),
      },
      {
        action: 'sign_in_begun',
        caller: 'key:boss',
        connection: 'other',
        requestId: begun.headers.get('x-request-id'),
      },
      { action: 'imported', caller: expect.stringMatching(/^terminal/), connection: 'sandbox' },
    ]);
  expect((await runHere('audit', '--config', gateway.configPath, '--verify')).code).toBe(0);
});

test('a mutation whose record cannot be written is not sent, to Sage 200 or to a tenant', async () => {
  await using broken = await startTestGateway({ sandbox, edit });
  await broken.query(
    '{ sage200 { sites { totalCount } } xtremMasterData { customer { query(first: 1) { totalCount } } } }',
    as('shop'),
  );
  const file = new DatabaseSync(broken.config.vault.url.replace('sqlite:', ''));
  file.exec('DROP TABLE audit_lines');
  file.close();
  sandbox.sage200.clearRequests();
  sandbox.erp.clearRequests();

  const sage = await broken.query(`mutation { ${createCustomer('AWAY')} }`, as('shop'));
  const tenant = await broken.query(`mutation { ${UPDATE_ERP_CUSTOMER} }`, as('shop'));
  const both = await broken.query(`mutation { ${UPDATE_ERP_CUSTOMER} ${createCustomer('AWAY')} }`, as('shop'));
  const read = await broken.query('{ sage200 { customers(first: 1) { nodes { name } } } }', as('shop'));

  for (const { errors } of [sage, tenant, both])
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'UPSTREAM_UNAVAILABLE', source: 'gateway' });
  expect([sageWrites(), erpWrites()]).toEqual([[], []]);
  expect(read.errors).toBeUndefined();
});
