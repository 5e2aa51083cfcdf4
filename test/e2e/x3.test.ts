import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { startTestGateway, type TestGateway, tenantsOf } from '../support/test-gateway.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox({ customers: 5 });
});
afterAll(() => sandbox.close());
let application: Sandbox['erp']['x3'];
beforeEach(() => {
  application ??= sandbox.erp.x3;
  sandbox.erp.configureX3(application);
});

/** A gateway with the X3 tenant `plant`, and what `more` adds to its file. */
const startWithX3 = (changes: object = {}, more: object = {}): Promise<TestGateway> =>
  startTestGateway({
    sandbox,
    edit: (file) => {
      Object.assign(file, more);
      Object.assign(file['erp'] ?? {}, { tenants: [...tenantsOf(file), { ...sandbox.credentials.x3, ...changes }] });
      for (const caller of ['anonymous', 'sessions'])
        Object.assign(file['callers']?.[caller] ?? {}, { tenants: ['acme', 'plant'], defaultTenant: 'plant' });
    },
  });

const TOTAL = '{ x3MasterData { customer { query { totalCount } } } }';
const requestsToX3 = () => sandbox.erp.requests().filter(({ path }) => path === '/xtrem/api');

describe('a Sage X3 on premises', () => {
  test('is read, filtered and written by keys', async () => {
    await using gateway = await startWithX3();
    const first = await gateway.query(
      '{ x3MasterData { customer { query(first: 2) { edges { node { _id code { code } companyName1 currency { _id } } } } } } }',
    );
    expect(first.errors).toBeUndefined();
    const [one, two] = first.data.x3MasterData.customer.query.edges.map((edge: { node: unknown }) => edge.node);
    expect(one._id).toBe(one.code.code);

    const again = await gateway.query(
      `query ($id: Id!, $filter: String) { x3MasterData { customer {
        read(_id: $id) { _id companyName1 }
        query(filter: $filter) { edges { node { _id } } } } } }`,
      { variables: { id: one._id, filter: JSON.stringify({ _id: { _in: [one._id, two._id] } }) } },
    );
    const created = await gateway.query(
      `mutation ($data: SalesOrder_Input!) { x3Sales { salesOrder { create(data: $data) {
        _id id soldToCustomer { _id } currency { _id } } } } }`,
      { variables: { data: { salesSite: 'SHF01', soldToCustomer: two._id } } },
    );

    expect(again.errors).toBeUndefined();
    expect(again.data.x3MasterData.customer).toEqual({
      read: { _id: one._id, companyName1: one.companyName1 },
      query: { edges: [{ node: { _id: one._id } }, { node: { _id: two._id } }] },
    });
    expect(created.errors).toBeUndefined();
    const order = created.data.x3Sales.salesOrder.create;
    expect(order).toEqual({ _id: order.id, id: order.id, soldToCustomer: { _id: two._id }, currency: two.currency });
  });

  test.each(['_id', 'code.code'])('is linked with Sage 200 both ways by %s', async (key) => {
    const link = {
      name: 'x3',
      from: 'Sage200Customer.reference',
      to: 'x3MasterData.customer',
      key,
      reverse: 'sage200',
    };
    await using gateway = await startWithX3({}, { links: [link] });

    const { data, errors } = await gateway.query(
      '{ sage200 { customers(first: 5) { nodes { reference x3 { _id sage200 { reference } } } } } }',
    );

    expect(errors).toBeUndefined();
    const linked = data.sage200.customers.nodes.filter(({ x3 }: { x3: unknown }) => x3 !== null);
    expect(linked.length).toBeGreaterThan(0);
    for (const { reference, x3 } of linked) expect(x3).toEqual({ _id: reference, sage200: { reference } });
  });

  test('is used at the same time as another tenant, each with its own token and headers', async () => {
    await using gateway = await startWithX3();
    const ask = (tenant: string, query: string) => gateway.query(query, { headers: { 'x-tenant': tenant } });

    const [plant, acme] = await Promise.all([
      ask('plant', TOTAL),
      ask('acme', '{ xtremMasterData { customer { query { totalCount } } } }'),
    ]);

    expect(plant.errors).toBeUndefined();
    expect(acme.errors).toBeUndefined();
    for (const { path, headers } of sandbox.erp.requests())
      expect(headers['x-xtrem-endpoint'], path).toBe(path === '/xtrem/api' ? 'SEED' : undefined);
  });

  test('is misconfigured when it refuses the token; only the log says why', async () => {
    const { x3 } = sandbox.credentials;
    const wrong: readonly [number, object][] = [
      [41, { clientId: 'another' }],
      [42, { user: 'gateway' }],
      [42, { user: undefined }],
      [45, { audience: `${x3.url}/` }],
      [50, { clientSecret: 'marker-of-a-wrong-secret-8c1f' }],
      [50, { tokenLifetime: '601s' }],
    ];
    const tenants = wrong.map(([number, change], index) => ({ ...x3, ...change, name: `refused-${index}-${number}` }));
    const names = tenants.map(({ name }) => name);
    await using gateway = await startTestGateway({
      sandbox,
      edit: (file) => {
        Object.assign(file['erp'] ?? {}, { tenants });
        for (const caller of ['anonymous', 'sessions'])
          Object.assign(file['callers']?.[caller] ?? {}, { tenants: names, defaultTenant: names[0] });
      },
    });

    for (const [index, [number]] of wrong.entries()) {
      const name = names[index] ?? '';
      const { data, errors } = await gateway.query(TOTAL, { headers: { 'x-tenant': name } });
      expect(data?.x3MasterData ?? null).toBeNull();
      expect(errors).toHaveLength(1);
      expect(errors?.[0]?.extensions).toMatchObject({ code: 'MISCONFIGURED', source: `erp:${name}` });
      expect(errors?.[0]?.message).not.toContain('Error');
      const reasons = gateway
        .log()
        .split('\n')
        .filter((line) => line.includes(`"${name}"`));
      expect(reasons.join()).toContain(`"reason":"Error ${number}: `);
    }
    expect(gateway.log()).not.toMatch(/marker-of-a-wrong-secret|eyJ/);
  });

  test('gets the audience exactly as configured: case, port and path', async () => {
    const audience = 'HTTPS://X3.Example.COM:443/xtrem/api/../api';
    sandbox.erp.configureX3({ url: audience });
    await using gateway = await startWithX3({ audience, url: `${application.url}` });

    const { errors } = await gateway.query(TOTAL);

    expect(errors).toBeUndefined();
  });

  test('is asked once more with a new token if it refuses one, but not for a missing folder', async () => {
    await using gateway = await startWithX3();
    await gateway.query(TOTAL);
    sandbox.erp.configureX3({ user: 'SOMEBODY' });
    const before = requestsToX3().length;
    const refused = await gateway.query(TOTAL);
    const asked = requestsToX3()
      .slice(before)
      .map(({ status }) => status);
    sandbox.erp.configureX3({ user: application.user, endpoint: 'OTHER' });
    const elsewhere = await gateway.query(TOTAL);

    expect(refused.errors?.[0]?.extensions).toMatchObject({ code: 'MISCONFIGURED' });
    expect(asked.slice(0, 2)).toEqual([401, 401]);
    expect(elsewhere.errors?.[0]?.extensions).toMatchObject({ code: 'UPSTREAM_UNAVAILABLE', source: 'erp:plant' });
  });

  test('is trusted only by the certificates of its file', async () => {
    await using front = await startTlsFront(sandbox.erp.x3.url);
    const audience = application.url;
    await using trusting = await startWithX3({ url: front.url, audience, ca: front.certificate });
    await using strict = await startWithX3({ url: front.url, audience });

    const trusted = await trusting.query(TOTAL);
    const refused = await strict.query(TOTAL);

    expect(trusted.errors).toBeUndefined();
    expect(refused.errors?.[0]?.extensions).toMatchObject({ source: 'erp:plant' });
    expect(refused.data?.x3MasterData ?? null).toBeNull();
  });
});

/** An https server with a certificate that nobody knows, in front of the sandbox's X3. */
async function startTlsFront(target: string) {
  const folder = await mkdtemp(join(tmpdir(), 'x3-'));
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
  await promisify(execFile)('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '1'],
    ...['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-keyout', key, '-out', certificate],
  ]);
  const server = createServer({ key: await readFile(key), cert: await readFile(certificate) }, (incoming, outgoing) => {
    const { host: _host, ...headers } = incoming.headers;
    const onward = httpRequest(target, { method: incoming.method ?? 'POST', headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    incoming.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `https://localhost:${port}/xtrem/api`,
    certificate,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(folder, { recursive: true, force: true });
    },
  };
}
