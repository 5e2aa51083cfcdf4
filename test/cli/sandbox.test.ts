import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadConfig } from '../../src/config/index.ts';
import { openVault } from '../../src/tokens/index.ts';
import { runMain, startMain } from './run-main.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gateway-cli-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('the sandbox runs alone, writes a configuration for it, and stops on request', async () => {
  const path = join(folder, 'sandbox.yaml');
  const running = startMain(['sandbox', '--port', '0', '--customers', '5', '--write-config', path]);

  const told = await running.says('Press Ctrl+C to stop it.');
  const config = loadConfig({ path, env: {} });
  const [, key = ''] = /^API key: (sgk_\S+)$/m.exec(told) ?? [];
  const vault = await openVault(config.vault);
  const connection = await vault.connections.read('sandbox');
  await vault.close();
  const sites = await fetch(`${config.sage200?.baseUrl}/sites`);
  const faults = await fetch(new URL('/__faults', config.erp.tenants[0]?.tokenUrl), { method: 'DELETE' });

  expect(told).toContain(config.sage200?.baseUrl);
  expect(config.callers.anonymous).toMatchObject({
    connection: 'sandbox',
    companies: 'all',
    tenants: ['acme', 'globex', 'plant'],
    defaultTenant: 'acme',
    readOnly: false,
  });
  expect(config.callers.apiKeys).toMatchObject([{ name: 'sandbox', connection: 'sandbox', admin: true }]);
  expect(await readFile(path, 'utf8')).toContain(`# Send it as "Authorization: Bearer ${key}".`);
  expect(connection?.refreshToken?.reveal()).toMatch(/./);
  expect(sites.status).toBe(401);
  expect(faults.ok).toBe(true);

  expect(await running.stop('SIGTERM')).toMatchObject({ code: 0, stderr: '' });
});

test('writing the configuration again replaces the vault of the previous sandbox', async () => {
  const path = join(folder, 'again.yaml');
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    const running = startMain(['sandbox', '--port', '0', '--customers', '1', '--write-config', path]);
    await running.says('Press Ctrl+C to stop it.');

    expect(await running.stop(signal)).toMatchObject({ code: 0, stderr: '' });
  }

  const vault = await openVault(loadConfig({ path, env: {} }).vault);
  expect(await vault.connections.read('sandbox')).toBeDefined();
  await vault.close();
});

test('the schema of its tenant has the requested number of types', async () => {
  const path = join(folder, 'large.yaml');
  const running = startMain(['sandbox', '--port', '0', '--customers', '1', '--types', '900', '--write-config', path]);
  await running.says('Press Ctrl+C to stop it.');
  const printed = await runMain(['schema', 'print', '--tenant', 'acme', '--config', path]);
  expect(printed.code).toBe(0);
  const types = printed.stdout.match(/^(type|input|enum|interface|union|scalar) (?!Sage200|Gateway)/gm) ?? [];
  expect(types.length).toBeGreaterThan(850);
  expect(types.length).toBeLessThan(960);
  await running.stop('SIGTERM');
});

test('a port in use exits with 1, and names the ports and what to write', async () => {
  const running = startMain(['sandbox', '--port', '0', '--customers', '1']);
  const [, taken = ''] =
    /Sage ID +http:\/\/127\.0\.0\.1:(\d+)/.exec(await running.says('Press Ctrl+C to stop it.')) ?? [];

  const { code, stderr } = await runMain(['sandbox', '--port', taken]);

  await running.stop('SIGTERM');
  expect(code).toBe(1);
  expect(stderr).toMatch(new RegExp(`^Port ${taken}, .* is in use\\. .*--port`));
  expect(stderr).not.toContain('    at ');
});
