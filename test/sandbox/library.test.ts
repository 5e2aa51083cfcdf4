import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startSandbox } from '../../src/cli/sandbox-library.ts';
import { createGateway } from '../../src/index.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gateway-sandbox-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const CUSTOMERS = [
  { id: 1, reference: 'OWN001', name: 'Our own customer', balance: '12.75', date_time_updated: '2026-01-31T10:00:00Z' },
  { id: 2, reference: 'OWN002', name: 'Another', credit_limit: 1000 },
];

test('a test queries a gateway over its own rows, plants faults, and sees the requests', async () => {
  await using sandbox = await startSandbox({ customers: 20, rows: { customers: CUSTOMERS } });
  const configFile = join(folder, 'sandbox.yaml');
  const { key } = await sandbox.writeConfig(configFile);
  await using gateway = createGateway({ configFile, log: { write: () => {} } });
  const ask = async (query: string) => {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${key}` };
    const request = new Request('http://localhost:4000/graphql', {
      method: 'POST',
      headers,
      body: JSON.stringify({ query }),
    });
    return (await (await gateway.fetch(request)).json()) as {
      data: unknown;
      errors?: { extensions: { code: string } }[];
    };
  };
  const query = '{ sage200 { customers { nodes { sageId reference name balance } } } }';

  expect((await ask(query)).data).toEqual({
    sage200: {
      customers: {
        nodes: [
          { sageId: '1', reference: 'OWN001', name: 'Our own customer', balance: '12.75' },
          { sageId: '2', reference: 'OWN002', name: 'Another', balance: null },
        ],
      },
    },
  });
  sandbox.faults.add('sage200', { match: '/customers', kind: 'status', status: 503, times: 0 });
  expect((await ask(query)).errors?.[0]?.extensions.code).toBe('UPSTREAM_UNAVAILABLE');
  sandbox.faults.clear();
  sandbox.requests.clear();
  expect((await ask(query)).errors).toBeUndefined();
  expect(sandbox.requests.list('sage200').map(({ path }) => path)).toEqual([expect.stringContaining('/customers?')]);
});

test.each([
  [{ customer: [] }, 'rows.customer[0]: customer is not a resource that has rows of its own'],
  [{ customers: [{ id: 1, referenc: 'A' }] }, 'rows.customers[0].referenc: customers has no column referenc'],
  [{ customers: [{ reference: 'A' }] }, 'rows.customers[0]: every row needs a whole number of its own as id'],
  [{ customers: [{ id: 1 }, { id: 1 }] }, 'rows.customers[1].id: every row needs a whole number of its own as id'],
  [{ customers: [{ id: 1, name: 7 }] }, 'rows.customers[0].name: name is a text'],
  [{ customers: [{ id: 1, on_hold: 'yes' }] }, 'rows.customers[0].on_hold: on_hold is true or false'],
  [{ customers: [{ id: 1, balance: 'much' }] }, 'rows.customers[0].balance: balance is a number'],
  [{ customers: [{ id: 1, date_time_updated: 'today' }] }, 'date_time_updated is a moment'],
  [
    { customers: [{ id: 1, currency_id: 987654 }] },
    'rows.customers[0].currency_id: no row of currencies has the id 987654',
  ],
  [{ sop_orders: [{ id: 5, customer_id: 3 }], customers: [{ id: 1 }] }, 'no row of customers has the id 3'],
])('rows %j are refused with an explanation', async (rows, words) => {
  await expect(startSandbox({ rows })).rejects.toThrow(words);
});

test('rows in a folder are refused with file and line', async () => {
  const data = join(folder, 'data');
  await mkdir(data);
  const file = join(data, 'customers.json');
  const faultOf = async (text: string) => {
    await writeFile(file, text);
    return startSandbox({ rows: data }).then(
      () => 'taken',
      (error: Error) => error.message,
    );
  };

  expect(await faultOf('[\n  { "id": 1 },\n  {\n    "id": 2,\n    "nam": "A"\n  }\n]')).toContain(
    `${file}:5: customers has no`,
  );
  expect(await faultOf('[\n  { "id": 1\n')).toMatch(/customers\.json:\d: this is not JSON/);
  expect(await faultOf('{ "id": 1 }')).toContain(`${file}:1: write an array of rows`);
});

test('a container listens on all addresses and gives out its public name', async () => {
  await using sandbox = await startSandbox({ host: '0.0.0.0', publicHost: 'localhost' });

  for (const url of Object.values(sandbox.urls)) {
    expect(url).toMatch(/^http:\/\/localhost:\d+$/);
    expect((await fetch(`${url.replace('localhost', '127.0.0.1')}/__requests`)).status).toBe(200);
  }
  expect(sandbox.credentials.erp[0]?.tokenUrl).toMatch(/^http:\/\/localhost:/);
});
