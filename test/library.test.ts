import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse as parseYaml, stringify as printYaml } from 'yaml';
import { createApiKey } from '../src/cli/keys-create.ts';
import { ConfigError, createGateway, type Gateway } from '../src/index.ts';
import { type Sandbox, startSandbox } from '../src/sandbox/index.ts';
import { type TestConfig, writeTestConfig } from './support/test-gateway.ts';

const ORIGIN = 'http://localhost:4000';
const key = createApiKey('program');
let sandbox: Sandbox;
let file: TestConfig;
let lines: string[];
const log = { write: (line: string) => void lines.push(line) };

beforeAll(async () => {
  sandbox = await startSandbox({ customers: 300 });
  file = await writeTestConfig({
    sandbox,
    edit(tree) {
      const caller = { name: 'program', sha256: key.sha256, connection: 'sandbox', companies: 'all', readOnly: true };
      tree['callers'] = { ...tree['callers'], apiKeys: [caller] };
    },
  });
  lines = [];
});
afterAll(async () => {
  await file?.[Symbol.asyncDispose]();
  await sandbox?.close();
});

function ask(gateway: Gateway, query: string, options?: { remoteAddress: string }, headers: HeadersInit = {}) {
  const init = {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query }),
  };
  return gateway.fetch(new Request(`${ORIGIN}/graphql`, init), options);
}
const withKey = { authorization: `Bearer ${key.key}` };
const names = '{ sage200 { customers(first: 300) { nodes { id name reference balance } } } }';

test('requests of the Fetch API get the same answers as from a listening gateway', async () => {
  await using gateway = createGateway({ configFile: file.path, log });

  const answer = await ask(gateway, names, undefined, withKey);
  const packed = await ask(gateway, names, undefined, { ...withKey, 'accept-encoding': 'gzip' });
  const head = await gateway.fetch(new Request(`${ORIGIN}/schema.graphql`, { method: 'HEAD', headers: withKey }));
  const wrong = await gateway.fetch(new Request(`${ORIGIN}/nothing`));

  expect(answer.status).toBe(200);
  const { data } = (await answer.json()) as { data: { sage200: { customers: { nodes: unknown[] } } } };
  expect(data.sage200.customers.nodes).toHaveLength(300);
  expect(packed.headers.get('content-encoding')).toBe('gzip');
  expect((await packed.arrayBuffer()).byteLength).toBeLessThan(20_000);
  expect([head.status, Number(head.headers.get('content-length')) > 1_000, await head.text()]).toEqual([200, true, '']);
  expect([wrong.status, await wrong.text()]).toEqual([404, expect.stringContaining('/graphql')]);
});

test('concurrent requests, with and without a key, each get their own answer', async () => {
  await using gateway = createGateway({ configFile: file.path, log });
  const me = '{ gateway { me { id } } }';

  const answers = await Promise.all(
    Array.from({ length: 40 }, async (_, index) => {
      const answer =
        index % 2 ? ask(gateway, me, undefined, withKey) : ask(gateway, me, { remoteAddress: '127.0.0.1' });
      return ((await (await answer).json()) as { data: { gateway: { me: { id: string } } } }).data.gateway.me.id;
    }),
  );

  expect(answers).toEqual(Array.from({ length: 40 }, (_, index) => (index % 2 ? 'key:program' : 'anonymous')));
});

test('nobody counts as local unless the program says so, and a proxy in front matters', async () => {
  await using gateway = createGateway({ configFile: file.path, log });
  const server = createServer((request, response) => void gateway.handler(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const codeOf = async (answer: Promise<Response>) => {
    const { errors } = (await (await answer).json()) as { errors?: { extensions: { code: string } }[] };
    return errors?.[0]?.extensions.code ?? 'answered';
  };
  const query = '{ gateway { me { id } } }';
  const posted = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ query }) };

  expect({
    fetch: await codeOf(ask(gateway, query)),
    elsewhere: await codeOf(ask(gateway, query, { remoteAddress: '192.0.2.7' })),
    near: await codeOf(ask(gateway, query, { remoteAddress: '::1' })),
    throughProxy: await codeOf(ask(gateway, query, { remoteAddress: '::1' }, { via: '1.1 proxy' })),
    handler: await codeOf(fetch(`${url}/graphql`, posted)),
    metrics: (await fetch(`${url}/metrics`)).status,
  }).toEqual({
    fetch: 'UNAUTHENTICATED',
    elsewhere: 'UNAUTHENTICATED',
    near: 'answered',
    throughProxy: 'UNAUTHENTICATED',
    handler: 'UNAUTHENTICATED',
    metrics: 401,
  });
  await new Promise((resolve) => server.close(resolve));
});

test('a client that leaves ends its operation at Sage', async () => {
  await using gateway = createGateway({ configFile: file.path, log });
  await (await ask(gateway, names, undefined, withKey)).text();
  sandbox.sage200.fault({ match: '/customers', kind: 'hold' });
  sandbox.sage200.clearRequests();
  const client = new AbortController();
  const init = { method: 'POST', headers: { 'content-type': 'application/json', ...withKey }, signal: client.signal };
  const body = JSON.stringify({ query: '{ sage200 { customers(first: 7) { nodes { name } } } }' });

  const left = gateway.fetch(new Request(`${ORIGIN}/graphql`, { ...init, body })).catch(String);
  await expect.poll(() => sandbox.sage200.requests().length).toBe(1);
  client.abort();

  expect(await left).toContain('AbortError');
  await expect.poll(() => lines.some((line) => line.includes('"status":499'))).toBe(true);
  sandbox.sage200.clearFaults();
});

test('settings can be an object, and their faults are reported by name, without a value', async () => {
  const tree = parseYaml(await readFile(file.path, 'utf8'));
  tree.erp.tenants[0].clientSecret = 'a${NOT_REPLACED}b';
  await using gateway = createGateway({ config: tree, env: {}, log });
  expect((await ask(gateway, names, undefined, withKey)).status).toBe(200);

  const faults = (config: object) => {
    try {
      createGateway({ config, env: {} });
    } catch (error) {
      return error instanceof ConfigError ? error.message : error;
    }
    return 'taken';
  };
  expect(faults({ ...tree, server: { port: 'MARKER' }, sage2000: {} })).toBe(
    'The configuration has 2 mistakes:\n' +
      '  config: server.port is not a port; write a number from 1 to 65535, or 0 for any free one\n' +
      '  config: sage2000 is not a setting; did you mean sage200?',
  );
  const circle: Record<string, unknown> = {};
  circle['server'] = circle;
  expect(faults(circle)).toContain('config: server is not a possible value');
});

test('a reload changes callers without a gap, and a faulty configuration changes nothing', async () => {
  await using gateway = createGateway({ configFile: file.path, log });
  const status = async () => (await ask(gateway, '{ gateway { me { id } } }', undefined, withKey)).status;
  const text = await readFile(file.path, 'utf8');
  const before = await status();

  await writeFile(file.path, text.replace('name: program', 'nam: program'));
  const faulty = await gateway.reload();
  const meanwhile = await status();
  const tree = parseYaml(text);
  tree.callers = { apiKeys: [{ ...tree.callers.apiKeys[0], sha256: createApiKey('other').sha256 }] };
  await writeFile(file.path, printYaml(tree));
  const reloaded = await gateway.reload();
  const after = await status();
  await writeFile(file.path, text);

  expect({ before, meanwhile, after }).toEqual({ before: 200, meanwhile: 200, after: 401 });
  expect(faulty).toEqual({
    applied: false,
    needsRestart: [],
    faults: [expect.objectContaining({ line: expect.any(Number) }), expect.anything()],
  });
  expect(reloaded).toEqual({ applied: true, needsRestart: [], faults: [] });
});

test('a vault that does not open is reported to everyone who waits for the gateway or asks it', async () => {
  const tree = parseYaml(await readFile(file.path, 'utf8'));
  tree.vault.url = `sqlite:${file.path}/a-file-is-no-folder/vault.db`;
  await using gateway = createGateway({ config: tree, env: {}, log });

  await expect(gateway.ready).rejects.toThrow();
  await expect(ask(gateway, names, undefined, withKey)).rejects.toThrow();
});

test('a closed gateway cannot be reloaded, and one that never started is not started by it', async () => {
  const tree = parseYaml(await readFile(file.path, 'utf8'));
  const broken = structuredClone(tree);
  broken.vault.url = `sqlite:${file.path}/a-file-is-no-folder/vault.db`;

  for (const config of [tree, broken]) {
    const gateway = createGateway({ config, env: {}, log });
    await gateway.ready.catch(() => {});
    await gateway.close();

    await expect(gateway.reload()).rejects.toThrow('The gateway is closed.');
  }
});

test.each(['/graphql?query={gateway{me{id}}}', '/session', '/readyz'])(
  'a closed gateway answers nothing: %s',
  async (path) => {
    const config = parseYaml(await readFile(file.path, 'utf8'));
    const gateway = createGateway({ config, env: {}, log });
    await gateway.ready;
    await gateway.close();

    const response = await gateway.fetch(new Request(`${ORIGIN}${path}`));

    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({
      errors: [{ extensions: { code: 'UPSTREAM_UNAVAILABLE', source: 'gateway' } }],
    });
  },
);
