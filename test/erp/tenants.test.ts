import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createApiKey } from '../../src/cli/keys-create.ts';
import { startErpSandbox } from '../../src/sandbox/erp/index.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { createSeed } from '../../src/sandbox/seed/index.ts';
import { type Answer, startTestGateway, type TestGateway, warmUp } from '../support/test-gateway.ts';

const CUSTOMER = '{ xtremMasterData { customer { read(_id: "#ABS001") { id name } } } }';
const BOTH = '{ sage200 { sites { totalCount } } xtremMasterData { customer { read(_id: "#ABS001") { id name } } } }';

let sandbox: Sandbox;
let gateway: TestGateway;

beforeEach(async () => {
  sandbox = await startSandbox({ customers: 5 });
  gateway = await startTestGateway({ sandbox });
  await warmUp(gateway);
});

afterEach(async () => {
  await gateway.close();
  await sandbox.close();
});

const ask = (document: string, tenant = 'acme') => gateway.query(document, { headers: { 'x-tenant': tenant } });

/** A fault of one tenant alone: its address is its own. */
function fault(tenant: string, given: Omit<Parameters<Sandbox['erp']['fault']>[0], 'match'>): void {
  const { graphqlUrl = '' } = sandbox.erp.tenants.find(({ name }) => name === tenant) ?? {};
  sandbox.erp.fault({ times: 0, ...given, match: new URL(graphqlUrl).pathname });
}

describe('a tenant with a fault disturbs neither Sage 200 nor another tenant', () => {
  test.each([
    ['503', { kind: 'status', status: 503 }, 'UPSTREAM_UNAVAILABLE'],
    ['500', { kind: 'status', status: 500 }, 'UPSTREAM_UNAVAILABLE'],
    ['504', { kind: 'status', status: 504 }, 'UPSTREAM_TIMEOUT'],
    ['401 for good', { kind: 'status', status: 401 }, 'MISCONFIGURED'],
    ['403', { kind: 'status', status: 403 }, 'FORBIDDEN'],
    ['429 with Retry-After', { kind: 'status', status: 429, headers: { 'retry-after': '7' } }, 'RATE_LIMITED'],
    ['404', { kind: 'status', status: 404 }, 'UPSTREAM_UNAVAILABLE'],
    ['a redirect', { kind: 'status', status: 302, headers: { location: '/' } }, 'UPSTREAM_UNAVAILABLE'],
    [
      'a page of HTML',
      { kind: 'status', status: 200, headers: { 'content-type': 'text/html' }, body: '<html>' },
      'UPSTREAM_UNAVAILABLE',
    ],
    [
      'a body of diagnoses',
      { kind: 'status', status: 400, body: { $diagnoses: [{ $message: 'No.' }] } },
      'UPSTREAM_REJECTED',
    ],
    ['an empty object', { kind: 'status', status: 200, body: {} }, 'UPSTREAM_UNAVAILABLE'],
    ['garbage', { kind: 'garbage' }, 'UPSTREAM_UNAVAILABLE'],
    ['a cut before headers', { kind: 'cut' }, 'UPSTREAM_UNAVAILABLE'],
    ['a cut in the body', { kind: 'cut', cutAt: 'midBody' }, 'UPSTREAM_UNAVAILABLE'],
  ] as const)('%s', async (_name, given, code) => {
    fault('acme', given);

    const [bad, good] = await Promise.all([ask(BOTH, 'acme'), ask(BOTH, 'globex')]);

    expect(bad.data.sage200.sites.totalCount).toBe(2);
    expect(bad.data.xtremMasterData).toBeNull();
    expect(bad.errors).toHaveLength(1);
    expect(bad.errors?.[0]).toMatchObject({ path: ['xtremMasterData'], extensions: { code, source: 'erp:acme' } });
    if (code === 'RATE_LIMITED') expect(bad.errors?.[0]?.extensions['retryAfter']).toBe(7);
    expect(good.errors).toBeUndefined();
    expect(good.data.sage200.sites.totalCount).toBe(2);
    expect(good.data.xtremMasterData.customer.read.name).toContain('(Globex)');
  });

  test('slower than the deadline: its part alone times out', async () => {
    await using patient = await startTestGateway({
      sandbox,
      edit: (file) => {
        file['erp'] = { ...file['erp'], deadline: '1s' };
      },
    });
    await warmUp(patient);
    fault('acme', { kind: 'delay', delayMs: 2_000 });

    const slow = patient.query(BOTH, { headers: { 'x-tenant': 'acme' } });
    const other = await patient.query(BOTH, { headers: { 'x-tenant': 'globex' } });

    expect(other.errors).toBeUndefined();
    expect((await slow).data).toEqual({ sage200: { sites: { totalCount: 2 } }, xtremMasterData: null });
    expect((await slow).errors?.[0]?.extensions['code']).toBe('UPSTREAM_TIMEOUT');
  });

  test('no API user any more: only that tenant’s operator can mend it', async () => {
    sandbox.erp.setApiUser('acme', false);
    sandbox.erp.endTokens();

    const [bad, good] = await Promise.all([ask(BOTH, 'acme'), ask(BOTH, 'globex')]);

    expect(bad.data.sage200.sites.totalCount).toBe(2);
    expect(bad.errors?.[0]?.extensions).toMatchObject({ code: 'MISCONFIGURED', source: 'erp:acme' });
    expect(good.errors).toBeUndefined();
  });
});

describe('a tenant that changes', () => {
  test('its address: followed with the next token, reads and writes, unnoticed', async () => {
    const before = await ask(CUSTOMER);
    sandbox.erp.move('acme');

    const after = await ask(CUSTOMER);
    const written = await ask(
      'mutation { xtremMasterData { customer { update(data: { _id: "#ABS001", isOnHold: true }) { isOnHold } } } }',
    );

    expect(after.errors).toBeUndefined();
    expect(after.data).toEqual(before.data);
    expect(written.data.xtremMasterData.customer.update).toEqual({ isOnHold: true });
  });

  test('its release while requests run: old documents fail as the tenant says, new ones work, the schema follows', async () => {
    const old = '{ xtremPurchasing { purchaseOrder { query(first: 1) { edges { node { orderDate } } } } } }';
    const renewed = '{ xtremPurchasing { purchaseOrder { query(first: 1) { edges { node { date } } } } } }';
    const mixed = `{ sage200 { id } ${renewed.slice(1)}`;
    const schemaOf = async (tenant: string) =>
      (await ask('{ __type(name: "PurchaseOrder") { fields { name } } }', tenant)).data.__type.fields.map(
        ({ name }: { name: string }) => name,
      );
    expect((await ask(old)).errors).toBeUndefined();

    sandbox.erp.upgrade('acme');
    const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => ask(index % 2 === 0 ? old : renewed)));

    answers.forEach(({ errors }: Answer, index) => {
      if (index % 2 === 0) expect(errors?.[0]?.message).toContain('orderDate');
      else expect(errors).toBeUndefined();
    });
    await expect.poll(async () => (await ask(mixed)).errors, { timeout: 5_000 }).toBeUndefined();
    expect(await schemaOf('acme')).toContain('date');
    expect(await schemaOf('globex')).toContain('orderDate');
  });

  test('names of all containers, again and again: documents that spell none of them never fail', async () => {
    for (let upgrade = 0; upgrade < 6; upgrade++) {
      sandbox.erp.configure({ naming: upgrade % 2 === 0 ? 'x3' : 'documented' });
      const { errors } = await ask('{ sage200 { id } xtremMasterData { item { query(first: 0) { totalCount } } } }');
      expect(errors).toBeUndefined();
    }
  });
});

describe('a start without the tenants', () => {
  const down = () => sandbox.erp.fault({ match: '/', kind: 'status', status: 503, times: 0 });

  test('and without snapshots: Sage 200 works, the ERP’s fields say what is wrong, and come back with it', async () => {
    down();
    await using cold = await startTestGateway({ sandbox });

    const { data, errors } = await cold.query(BOTH);
    expect(data).toEqual({ sage200: { sites: { totalCount: 2 } }, xtremMasterData: null });
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'UPSTREAM_UNAVAILABLE', source: 'erp:acme' });
    expect((await fetch(`${cold.url}/readyz`)).status).toBe(200);

    sandbox.erp.clearFaults();
    await expect.poll(async () => (await cold.query(BOTH)).errors, { timeout: 15_000, interval: 200 }).toBeUndefined();
  });

  test('with snapshots: the whole schema is there', async () => {
    const { snapshots } = gateway.config.erp;
    const kept = () => readFile(join(snapshots, 'tenants.json'), 'utf8').catch(() => '');
    await expect.poll(kept, { timeout: 5_000 }).toContain('acme:');
    down();
    await using cold = await startTestGateway({
      sandbox,
      edit: (file) => {
        file['erp'] = { ...file['erp'], snapshots };
      },
    });

    const { data } = await cold.query(
      '{ __type(name: "SalesOrder") { name } sage200 { sites { totalCount } } gateway { tenants { name state } } }',
    );

    expect(data.__type).toEqual({ name: 'SalesOrder' });
    expect(data.sage200.sites.totalCount).toBe(2);
    expect(data.gateway.tenants[0].state).toBe('STALE');
  });
});

test('three tenants, three callers, one document many times at once: never another’s row', {
  timeout: 120_000,
}, async () => {
  await using many = await startManyTenants();
  const documents = [
    CUSTOMER,
    BOTH,
    '{ xtremMasterData { customer { read(_id: "#ABS001") { id name sage200Customer { reference } } } } }',
  ];
  const RUNS = Number(process.env['ISOLATION_RUNS'] ?? 600);

  const answers = await inTurns(RUNS, 100, async (index) => {
    const caller = many.callers[index % 3];
    const tenant = many.names[Math.floor(index / 3) % 3] ?? '';
    const document = documents[Math.floor(index / 9) % documents.length] ?? CUSTOMER;
    const headers = { authorization: `Bearer ${caller?.key}`, 'x-tenant': tenant };
    const { data, errors } = await many.gateway.query(document, { headers });
    return { tenant, errors, name: data?.xtremMasterData?.customer?.read?.name };
  });

  for (const { tenant, name, errors } of answers) {
    expect(errors).toBeUndefined();
    expect(name).toContain(`(${tenant})`);
  }
});

/** Three tenants on one release whose rows say whose they are, and three callers who may ask them all. */
async function startManyTenants() {
  await using opened = new AsyncDisposableStack();
  const names = ['one', 'two', 'three'];
  const erp = opened.use(
    await startErpSandbox({
      seed: createSeed({ customers: 5 }),
      tenants: names.map((name) => ({ name, tenantId: `tenant-${name}`, data: () => rowsOf(name) })),
    }),
  );
  const callers = names.map((name) => createApiKey(name));
  const many = opened.use(
    await startTestGateway({
      sandbox,
      edit: (file) => {
        const { tokenUrl, clientId, clientSecret } = erp;
        const tenants = erp.tenants.map(({ name, tenantId }) => ({ name, tenantId, tokenUrl, clientId, clientSecret }));
        const apiKeys = callers.map(({ sha256 }, index) => ({
          name: `caller-${index}`,
          sha256,
          connection: 'sandbox',
          companies: 'all',
          tenants: names,
        }));
        const links = [
          {
            name: 'erp',
            from: 'Sage200Customer.reference',
            to: 'xtremMasterData.customer',
            key: 'id',
            reverse: 'sage200Customer',
          },
        ];
        Object.assign(file, { erp: { ...file['erp'], tenants }, callers: { apiKeys }, links });
      },
    }),
  );
  await warmUp(many, { authorization: `Bearer ${callers[0]?.key}` });
  const running = opened.move();
  return { names, callers, gateway: many, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

function rowsOf(tenant: string) {
  const data = createSeed({ customers: 5 }).erp();
  return {
    ...data,
    businessEntities: data.businessEntities.map((row) => ({ ...row, name: `${row.name} (${tenant})` })),
  };
}

async function inTurns<Result>(
  count: number,
  atOnce: number,
  work: (index: number) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  let next = 0;
  const take = async () => {
    for (let index = next++; index < count; index = next++) results[index] = await work(index);
  };
  await Promise.all(Array.from({ length: atOnce }, take));
  return results;
}
