import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../../src/sandbox/index.ts';
import { type Answer, startTestGateway, type TestGateway, warmUp } from '../../support/test-gateway.ts';

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

describe('a tenant that changes', () => {
  test('a failed refresh: metrics and the gateway say whose, and how old its schema is', async () => {
    const { graphqlUrl = '' } = sandbox.erp.tenants.find(({ name }) => name === 'acme') ?? {};
    sandbox.erp.fault({ match: new URL(graphqlUrl).pathname, kind: 'status', status: 503, times: 0 });
    // A name that the schema does not have makes the gateway ask for it again.
    await ask('{ sage200 { id } xtremNowhere { id } }');

    const metrics = async () => (await fetch(`${gateway.url}/metrics`)).text();
    await expect.poll(metrics).toContain('gateway_erp_schema_refresh_failed{tenant="acme"} 1');

    expect(await metrics()).toContain('gateway_erp_schema_refresh_failed{tenant="globex"} 0');
    expect(await metrics()).toMatch(/gateway_erp_schema_age_seconds\{tenant="acme"\} \d/);
    const { data } = await ask('{ gateway { tenants { name state schemaAge lastError { code } } } }');
    expect(data.gateway.tenants[0]).toEqual({
      name: 'acme',
      state: 'STALE',
      schemaAge: expect.any(Number),
      lastError: { code: 'UPSTREAM_UNAVAILABLE' },
    });
  });

  test('a removed API user: only that tenant’s operator can fix it', async () => {
    sandbox.erp.setApiUser('acme', false);
    sandbox.erp.endTokens();

    const [bad, good] = await Promise.all([ask(BOTH, 'acme'), ask(BOTH, 'globex')]);

    expect(bad.data.sage200.sites.totalCount).toBe(2);
    expect(bad.errors?.[0]?.extensions).toMatchObject({ code: 'MISCONFIGURED', source: 'erp:acme' });
    expect(good.errors).toBeUndefined();
  });

  test('its address: found with the next token, for reads and writes, unnoticed', async () => {
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

  test("its release during requests: old documents fail with the tenant's error, new ones work, the schema follows", async () => {
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
    await expect.poll(async () => (await ask(mixed)).errors).toBeUndefined();
    expect(await schemaOf('acme')).toContain('date');
    expect(await schemaOf('globex')).toContain('orderDate');
  });

  test('the names of all containers, repeatedly: documents that do not use them never fail', async () => {
    for (let upgrade = 0; upgrade < 6; upgrade++) {
      sandbox.erp.configure({ naming: upgrade % 2 === 0 ? 'x3' : 'documented' });
      const { errors } = await ask('{ sage200 { id } xtremMasterData { item { query(first: 0) { totalCount } } } }');
      expect(errors).toBeUndefined();
    }
  });
});

describe('a start without the tenants', () => {
  const down = () => sandbox.erp.fault({ match: '/', kind: 'status', status: 503, times: 0 });

  test('and without snapshots: Sage 200 works, the ERP’s fields say what is wrong, and work once it is back', async () => {
    down();
    await using cold = await startTestGateway({ sandbox });

    const { data, errors } = await cold.query(BOTH);
    expect(data).toEqual({ sage200: { sites: { totalCount: 2 } }, xtremMasterData: null });
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'UPSTREAM_UNAVAILABLE', source: 'erp:acme' });
    expect((await fetch(`${cold.url}/readyz`)).status).toBe(200);

    sandbox.erp.clearFaults();
    await expect.poll(async () => (await cold.query(BOTH)).errors).toBeUndefined();
  });

  test('with snapshots: the whole schema is available', async () => {
    const { snapshots } = gateway.config.erp;
    const kept = () => readFile(join(snapshots, 'tenants', 'acme.json'), 'utf8').catch(() => '');
    await expect.poll(kept).toContain('digest');
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
