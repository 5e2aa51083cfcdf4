import { randomBytes } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createApiKey } from '../../src/cli/keys-create.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { type RunningMain, runMain, startMain } from '../cli/run-main.ts';
import { type RecordingProxy, startRecordingProxy } from '../support/recording-proxy.ts';
import { marker, type TestConfig, type toClient, writeTestConfig } from '../support/test-gateway.ts';

/** What is planted; the upstreams' own secrets, which must be right for anything to work, are added to them. */
const planted = {
  subscriptionKey: marker('subscription-key'),
  networkSecret: marker('network-secret'),
  eventsSecret: marker('events-secret'),
  wrongErpSecret: marker('erp-secret'),
  wrongApiKey: `sgk_${marker('api-key')}`,
  wrongBearer: marker('bearer'),
  inQuery: marker('in-query'),
  vaultKey: randomBytes(32).toString('base64'),
  previousVaultKey: randomBytes(32).toString('base64'),
  apiKey: createApiKey('web-shop'),
};

let sandbox: Sandbox;
let proxies: { readonly sageId: RecordingProxy; readonly sage200: RecordingProxy; readonly erp: RecordingProxy };
let file: TestConfig;
let gateway: RunningMain;
let url: string;
/** Everything the gateway said to anybody in this test: bodies and headers of answers. */
const heard: string[] = [];
let output = '';

beforeAll(async () => {
  sandbox = await startSandbox({ customers: 5 });
  const [sageId, sage200, erp] = await Promise.all(
    [sandbox.sageId, sandbox.sage200, sandbox.erp].map((server) => startRecordingProxy(server.url)),
  );
  if (!sageId || !sage200 || !erp) throw new Error('each server has its proxy');
  proxies = { sageId, sage200, erp };
  const behind = (address: string, proxy: RecordingProxy) => proxy.url + new URL(address).pathname;
  const { credentials } = sandbox;
  const tenants = credentials.erp.map((tenant) => ({ ...tenant, tokenUrl: behind(tenant.tokenUrl, erp) }));
  file = await writeTestConfig({
    sandbox,
    edit: (yaml) => {
      yaml['log'] = { level: 'trace', format: 'json' };
      yaml['vault'] = { ...yaml['vault'], key: planted.vaultKey, previousKeys: [planted.previousVaultKey] };
      yaml['sageId'] = { ...yaml['sageId'], tokenUrl: behind(credentials.sageId.tokenUrl, sageId) };
      yaml['sage200'] = {
        ...yaml['sage200'],
        baseUrl: behind(credentials.sage200.baseUrl, sage200),
        subscriptionKey: planted.subscriptionKey,
        deadline: '2s',
      };
      const broken = { ...tenants[0], name: 'broken', tenantId: 'broken', clientSecret: planted.wrongErpSecret };
      yaml['erp'] = { ...yaml['erp'], tenants: [...tenants, broken], deadline: '2s' };
      yaml['network'] = { clientId: 'network', clientSecret: planted.networkSecret, audience: 'payments' };
      yaml['events'] = { url: 'https://events.example/hook', secret: planted.eventsSecret };
      const rights = {
        connection: 'sandbox',
        tenants: ['acme', 'globex', 'broken'],
        defaultTenant: 'acme',
        readOnly: false,
      };
      const { sha256 } = planted.apiKey;
      yaml['callers'] = {
        passThrough: { allow: ['auth0|sandbox-alice'], companies: 'all', tenants: ['acme'], readOnly: true },
        apiKeys: [{ name: 'web-shop', sha256, companies: 'all', admin: true, ...rights }],
      };
    },
  });
  gateway = startMain(['serve', '--config', file.path], { env: { PORT: '0' } });
  const ready = JSON.parse(
    (await gateway.says('"msg":"ready"')).split('\n').find((line) => line.includes('"ready"')) ?? '',
  );
  url = ready.url;
});

beforeEach(() => {
  heard.length = 0;
});

afterAll(async () => {
  await gateway.stop('SIGKILL');
  await file[Symbol.asyncDispose]();
  for (const proxy of Object.values(proxies)) await proxy[Symbol.asyncDispose]();
  await sandbox.close();
});

async function call(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = { authorization: `Bearer ${planted.apiKey.key}`, ...init.headers };
  const response = await fetch(url + path, { ...init, headers });
  const text = await response.clone().text();
  heard.push(JSON.stringify([...response.headers]), text);
  return response;
}

const query = async (document: string, headers: Record<string, string> = {}) => {
  const response = await call('/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query: document }),
  });
  return (await response.json()) as Awaited<ReturnType<ReturnType<typeof toClient>['query']>>;
};

const BOTH =
  '{ sage200 { customers(first: 1) { nodes { name } } } xtremMasterData { customer { query(first: 1) { edges { node { id } } } } } }';
const WRITE =
  'mutation { sage200 { createCustomer(input: { reference: "SEC1", name: "S" }) { customer { id } userErrors { message } } } xtremMasterData { customer { update(data: { _id: "1" }) { _id } } } }';

/** All secrets there are by now. */
const secrets = (): string[] => {
  const { apiKey, ...texts } = planted;
  const { sage200, erp } = sandbox.credentials;
  const seen = Object.values(proxies).flatMap((proxy) => [...proxy.secrets]);
  const known = [
    apiKey.key,
    sage200.clientSecret,
    ...erp.map(({ clientSecret }) => clientSecret),
    ...file.refreshTokens,
  ];
  return [...new Set([...Object.values(texts), ...known, ...seen])];
};

const leaksIn = (text: string): string[] =>
  secrets().filter((secret) => text.includes(secret) || text.includes(encodeURIComponent(secret)));

describe('no secret and no token shows up', () => {
  test('in answers to callers, if all goes well', async () => {
    await expect.poll(async () => (await query(BOTH)).errors).toBeUndefined();
    await query('{ gateway { me { id } connections { name state lastError { code } } tenants { name state } } }');
    await query(WRITE);
    for (const path of ['/readyz', '/healthz', '/metrics', '/schema.graphql', '/', '/graphql'])
      await call(path, { headers: { accept: path === '/' ? 'text/html' : '*/*' } });

    // Tokens were really seen, else nothing could be found.
    for (const { secrets: seen } of Object.values(proxies)) expect(seen.size).toBeGreaterThan(0);
    expect(leaksIn(heard.join('\n'))).toEqual([]);
  });

  test('in answers to callers, if tokens are refused', async () => {
    const broken = await query(BOTH, { 'x-tenant': 'broken' });
    const wrongKey = await query(BOTH, { authorization: `Bearer ${planted.wrongApiKey}` });
    const wrongToken = await query(BOTH, { authorization: `Bearer ${planted.wrongBearer}` });
    await query(BOTH, { authorization: `Basic ${planted.wrongBearer}` });
    await call(`/graphql?access_token=${planted.inQuery}&query=%7Bgateway%7Bme%7Bid%7D%7D%7D`);
    await call(`/nowhere/${planted.inQuery}?token=${planted.inQuery}`).catch(() => {});

    expect(broken.errors).toMatchObject([{ extensions: { code: 'MISCONFIGURED', source: 'erp:broken' } }]);
    expect(wrongKey.errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }]);
    expect(wrongToken.errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }]);
    expect(leaksIn(heard.join('\n'))).toEqual([]);
  });

  test.each([400, 401, 403, 429, 500, 200])(
    'when an upstream answers %i and repeats what it was sent',
    async (status) => {
      for (const proxy of Object.values(proxies)) proxy.echo(status);
      const read = await query(BOTH);
      await query(WRITE);
      await query('{ xtremMasterData { customer { query(first: 1) { totalCount } } } }', { 'x-tenant': 'globex' });
      await query(BOTH, { authorization: `Bearer ${planted.wrongBearer}` });
      for (const proxy of Object.values(proxies)) proxy.echo(undefined);

      expect(read.errors?.length).toBeGreaterThan(0);
      expect(leaksIn(heard.join('\n'))).toEqual([]);
    },
  );

  test('in metrics, and in the output of the process at level trace', async () => {
    const metrics = await (await call('/metrics')).text();
    const { code, stdout, stderr } = await gateway.stop('SIGTERM');
    output = stdout + stderr;

    expect(code).toBe(0);
    expect(metrics).toContain('/graphql');
    expect(output).toContain('renew');
    expect(leaksIn(metrics)).toEqual([]);
    expect(leaksIn(output).filter((secret) => secret !== planted.inQuery)).toEqual([]);
  });

  test('in the files of the vault and of the schemas', async () => {
    const folder = dirname(file.path);
    const names = (await readdir(folder, { recursive: true, withFileTypes: true })).filter(
      (entry) => entry.isFile() && entry.name !== 'gateway.yaml',
    );
    const texts = await Promise.all(names.map(({ parentPath, name }) => readFile(join(parentPath, name), 'latin1')));

    expect(names.map(({ name }) => name)).toContain('vault.db');
    expect(leaksIn(texts.join('\n'))).toEqual([]);
  });

  test('in the faults of a refused configuration', async () => {
    const path = join(dirname(file.path), 'faulty.yaml');
    const secret = marker('faulty');
    await writeFile(
      path,
      `vault: { key: ${secret} }\nsage200: { clientSecret: ${secret}, subscriptionKey: [${secret}] }\nevents: { secret: ${secret} }\nerp: { tenants: [{ name: a, clientSecret: { x: ${secret} } }] }\nclientSecret: ${secret}\n`,
    );

    const { code, stdout, stderr } = await runMain(['serve', '--config', path]);

    expect(code).toBe(1);
    expect(stderr).toContain('The configuration has 8 mistakes');
    expect(stdout + stderr).not.toContain(secret);
  });
});
