import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeSandboxConfig } from '../../src/cli/sandbox-config.ts';
import { startSandboxMode } from '../../src/cli/sandbox-mode.ts';
import { type Config, loadConfig } from '../../src/config/index.ts';
import { startGateway } from '../../src/gateway.ts';
import { startSandbox } from '../../src/sandbox/index.ts';
import { toClient, warmUp } from '../support/test-gateway.ts';
import { runHere } from './run-here.ts';

let folder: string;
let documents: readonly string[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gateway-links-'));
  const text = await readFile(new URL('../../docs/links.md', import.meta.url), 'utf8');
  documents = [...text.matchAll(/```graphql\n([^`]+)```/g)].map(([, document = '']) => document);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** Each way to a configuration for the sandbox, with its file where there is one. */
const WAYS = {
  async 'npm start'() {
    const { config, close } = await startSandboxMode({ PORT: '0' });
    return { config, path: undefined, close };
  },
  async 'the sandbox with --write-config'() {
    const sandbox = await startSandbox();
    const path = join(folder, 'sandbox.yaml');
    await writeSandboxConfig(sandbox, path);
    return { config: loadConfig({ path, env: { PORT: '0' } }), path, close: () => sandbox.close() };
  },
} satisfies Record<string, () => Promise<{ config: Config; path: string | undefined; close: () => Promise<void> }>>;

interface Page {
  readonly edges: readonly { readonly node: Readonly<Record<string, unknown>> }[];
}

test.each(Object.keys(WAYS) as (keyof typeof WAYS)[])('%s: the queries in docs/links.md are answered', async (way) => {
  await using opened = new AsyncDisposableStack();
  const { config, path, close } = await WAYS[way]();
  opened.defer(close);
  const gateway = await startGateway(config, { log: pino({ level: 'silent' }), env: {} });
  opened.defer(() => gateway.close());
  const { query } = toClient(gateway.url);
  await warmUp({ query, config });

  const [there, back] = await Promise.all(documents.map((document) => query(document)));

  expect([documents.length, there?.errors, back?.errors]).toEqual([2, undefined, undefined]);
  const customers: { erpCustomer: object | null; erpOrders: Page }[] = there?.data.sage200.customers.nodes;
  expect(customers.filter(({ erpCustomer }) => erpCustomer).length).toBeGreaterThan(20);
  expect(customers.some(({ erpOrders }) => erpOrders.edges.length === 3)).toBe(true);
  const { edges }: Page = back?.data.xtremMasterData.customer.query ?? { edges: [] };
  expect(edges.filter(({ node }) => node['sage200Customer']).length).toBeGreaterThan(20);
  if (path === undefined) return;

  const file = join(folder, 'operation.graphql');
  const explained = await Promise.all(
    documents.map(async (document, index) => {
      await writeFile(`${file}${index}`, document);
      return (await runHere('explain', `${file}${index}`, '--config', path)).stdout;
    }),
  );

  expect(explained[0]).toMatch(/GET customers\?\$select=.*reference/);
  expect(explained[0]).toContain('keys of sage200.customers.nodes.erpCustomer → 1 request to xtremMasterData.customer');
  expect(explained[0]).toContain('keys of sage200.customers.nodes.erpOrders → 1 request to xtremSales.salesOrder');
  expect(explained[1]).toContain('1 request to the ERP tenant');
  expect(explained[1]).toContain('query.edges.node.sage200Customer → GET customers by reference');

  const { code, stdout } = await runHere('check', '--config', path);
  expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
  expect(stdout).toContain('link left out, erpCustomer: the tenant has no xtremMasterData.customer');
  // Sage X3 has other packages; the links fit the other tenants.
  expect([stdout.match(/FAULT .*/g), code]).toEqual([null, 0]);
});
