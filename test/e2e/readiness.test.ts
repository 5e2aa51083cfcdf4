import { execFileSync } from 'node:child_process';
import { closeSync, openSync, readFileSync, statSync, writeSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Duplex } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createApiKey } from '../../src/cli/keys-create.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { createVaultReadiness } from '../../src/tokens/index.ts';
import { runHere, runHereWith } from '../cli/run-here.ts';
import { readyLine, startMain } from '../cli/run-main.ts';
import { startConnectProxy } from '../support/connect-proxy.ts';
import { freePort } from '../support/free-port.ts';
import { marker, startTestGateway, writeTestConfig } from '../support/test-gateway.ts';

// Only Linux lets somebody else change a process's limits.
test.runIf(process.platform === 'linux')('a gateway whose disk is full is not ready, and says so', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gateway-full-'));
  const path = join(folder, 'gateway.yaml');
  await writeFile(path, `server: { port: 0 }\nvault: { url: "sqlite:${folder}/v.db" }\n`);
  const main = startMain(['serve', '--config', path]);
  const url = String(readyLine(await main.says('"msg":"ready"'))['url']);
  const limit = (size: string) => execFileSync('prlimit', [`--pid=${main.pid}`, `--fsize=${size}:unlimited`]);
  const ready = async () => {
    const response = await fetch(`${url}/readyz`);
    const { checks } = (await response.json()) as { checks: object };
    return { status: response.status, checks };
  };

  const before = await ready();
  limit('0');
  const full = await ready();
  limit('unlimited');
  const after = await ready();
  await main.stop('SIGKILL');
  await rm(folder, { recursive: true });

  const checks = { vault: 'answers', disk: 'has room' };
  expect(before).toEqual({ status: 200, checks });
  expect(full).toEqual({ status: 503, checks: { vault: 'answers', disk: 'is full' } });
  expect(after).toEqual(before);
});

test('a vault that hangs makes the gateway not ready, and nobody waits for it', async () => {
  const ready = createVaultReadiness({
    url: 'postgres://db.example/gateway',
    watch: { refresh: () => new Promise(() => {}) },
    withinMs: 10,
  });

  expect(await ready()).toEqual({ ready: false, checks: { vault: 'does not answer in time' } });
});

/** An https server that nobody has a reason to trust. */
async function startSelfSigned() {
  const folder = await mkdtemp(join(tmpdir(), 'self-signed-'));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '1'],
      ...['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-keyout', key, '-out', cert],
    ],
    { stdio: 'ignore' },
  );
  const server = createServer({ key: readFileSync(key), cert: readFileSync(cert) });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    url: `https://localhost:${typeof address === 'object' ? address?.port : 0}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(folder, { recursive: true });
    },
  };
}

test('a service that cannot be reached is named, with the reason, in the log and by gateway check', async () => {
  await using sandbox = await startSandbox({ customers: 5 });
  await using front = await startSelfSigned();
  const [tenant] = sandbox.credentials.erp;
  const at = (name: string, origin: string) => ({ ...tenant, name, tokenUrl: `${origin}/v1/token` });
  const tenants = [
    at('self-signed', front.url),
    at('unknown', 'https://nobody.invalid'),
    at('refused', `http://127.0.0.1:${await freePort()}`),
  ];
  await using gateway = await startTestGateway({
    sandbox,
    edit: (file) => {
      const names = tenants.map(({ name }) => name);
      file['erp'] = { ...file['erp'], tenants };
      file['callers'] = { anonymous: { connection: 'sandbox', companies: 'all', tenants: names } };
      file['sage200'] = { ...file['sage200'], baseUrl: `${front.url}/accounts/v1` };
    },
  });
  const reasons = [
    ['self-signed', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'its certificate is self-signed'],
    // What a machine without a name server says stands behind it.
    ['unknown', /ENOTFOUND|EAI_AGAIN/, 'its host name'],
    ['refused', 'ECONNREFUSED', 'nothing listens at its address'],
  ] as const;

  const { errors } = await gateway.query('{ sage200 { sites { totalCount } } }');
  const { stdout } = await runHere('check', '--config', gateway.configPath, '--json');

  expect(errors?.[0]?.extensions).toMatchObject({ code: 'UPSTREAM_UNAVAILABLE', source: 'sage200' });
  const lines = (): Record<string, unknown>[] =>
    gateway
      .log()
      .split('\n')
      .filter((line) => line.includes('a request was not answered'))
      .map((line) => JSON.parse(line));
  const findings: { what: string; ok: boolean; notes: string[] }[] = JSON.parse(stdout);
  await expect.poll(() => lines().map(({ source }) => source)).toContain('sage200');
  expect(findings.find(({ what }) => what === 'connection sandbox')?.notes.join()).toContain(reasons[0][2]);
  for (const [name, code, words] of reasons) {
    await expect
      .poll(() => lines().map((line) => `${line['host']} ${line['code']}`))
      .toContainEqual(expect.stringMatching(code));
    expect(findings.find(({ what }) => what === `ERP tenant ${name}`)?.notes.join(), name).toContain(words);
  }
});

describe('the proxy that the environment names', () => {
  const password = marker('password');
  const silent = () => {};
  const answers = (line: string) => (socket: Duplex) => void socket.end(`HTTP/1.1 ${line}\r\n\r\n`);
  let sandbox: Sandbox;
  let port: number;
  let away: object;
  beforeAll(async () => {
    sandbox = await startSandbox({ customers: 5 });
    const url = new URL(sandbox.credentials.x3.url);
    port = Number(url.port);
    // A name that only the proxy can look up: this machine is always asked directly.
    const named = { name: 'away', url: url.href.replace(url.hostname, 'x3.example'), audience: url.href };
    away = { ...sandbox.credentials.x3, ...named };
  });
  afterAll(() => sandbox?.close());

  const edit = (file: Record<string, Record<string, unknown>>, more: object = {}) => {
    file['erp'] = { ...file['erp'], ...more, tenants: [away] };
    file['callers'] = { anonymous: { connection: 'sandbox', companies: 'all', tenants: ['away'] } };
  };
  const variables = (proxyPort: number) => ({ HTTPS_PROXY: `http://gateway:${password}@127.0.0.1:${proxyPort}` });

  async function check(env: Readonly<Record<string, string>>, more: object = {}) {
    await using config = await writeTestConfig({ sandbox, edit: (file) => edit(file, more) });
    const { stdout, stderr } = await runHereWith(env, 'check', '--config', config.path, '--json');
    expect(stdout + stderr).not.toContain(password);
    const findings: { what: string; ok: boolean; says: string; notes: string[] }[] = JSON.parse(stdout);
    expect(findings.find(({ what }) => what === 'connection sandbox')).toMatchObject({ ok: true });
    return findings.find(({ what }) => what === 'ERP tenant away');
  }

  test('is used, with its credentials, only for other machines', async () => {
    using proxy = await startConnectProxy(port);

    const found = await check(variables(proxy.port));
    const excepted = await check({ ...variables(proxy.port), NO_PROXY: 'localhost, .example' });

    expect(found).toMatchObject({ ok: true });
    const credentials = `Basic ${Buffer.from(`gateway:${password}`).toString('base64')}`;
    expect(new Set(proxy.asked.map((each) => JSON.stringify(each)))).toEqual(
      new Set([JSON.stringify({ authority: `x3.example:${port}`, credentials })]),
    );
    expect(excepted).toMatchObject({ ok: false, notes: [expect.stringContaining('its host name'), expect.anything()] });
  });

  test.each([
    ['refuses its credentials', answers('407 Proxy Authentication Required'), 'wants a user name and password', {}],
    ['cannot reach the other side', answers('502 Bad Gateway'), 'does not let the gateway through', {}],
    ['never answers', silent, 'did not answer in time', { deadline: '1s' }],
  ])('that %s is named by gateway check, within the deadline', async (_, onConnect, words, more) => {
    using proxy = await startConnectProxy(port, onConnect);

    const found = await check(variables(proxy.port), more);

    expect(found?.ok).toBe(false);
    expect(found?.notes.join()).toContain(words);
    expect(proxy.asked.length).toBeGreaterThan(0);
  });

  test('reveals its password in no answer and in no line of the log', async () => {
    using proxy = await startConnectProxy(port, answers('407 Proxy Authentication Required'));
    await using gateway = await startTestGateway({
      sandbox,
      logLevel: 'trace',
      edit: (file) => Object.assign(file, { proxy: { url: variables(proxy.port).HTTPS_PROXY } }, edit(file)),
    });

    const answer = await gateway.query('{ x3MasterData { __typename } }');

    expect(answer.errors?.[0]?.extensions).toMatchObject({ code: 'UPSTREAM_UNAVAILABLE', source: 'erp:away' });
    await expect.poll(() => gateway.log()).toContain('ERR_PROXY_CREDENTIALS');
    expect(gateway.log() + JSON.stringify(answer)).not.toContain(password);
  });
});

test.each([
  [
    'misses a table',
    (path: string) => {
      const database = new DatabaseSync(path);
      database.exec('DROP TABLE connections');
      database.close();
    },
    'one of its tables is missing',
    'one of its tables is missing',
  ],
  [
    'is damaged',
    (path: string) => {
      const file = openSync(path, 'r+');
      const { size } = statSync(path);
      for (let page = 4_096; page < size; page += 4_096) writeSync(file, Buffer.alloc(4_096, 'Z'), 0, 4_096, page);
      closeSync(file);
    },
    'overwritten',
    'its file is damaged',
  ],
])('a vault that %s: /readyz, the log and gateway check say so', async (_, harm, onReadyz, onCheck) => {
  await using sandbox = await startSandbox({ customers: 5 });
  await using gateway = await startTestGateway({ sandbox });
  const readyz = async () => (await fetch(`${gateway.url}/readyz`)).text();
  expect(await readyz()).toContain('"vault":"answers"');

  harm(gateway.config.vault.url.slice('sqlite:'.length));

  await expect.poll(readyz).toContain(onReadyz);
  const logged = gateway
    .log()
    .split('\n')
    .filter((line) => line.includes('the vault does not answer'));
  expect(logged).toHaveLength(1);
  const { code, stderr } = await runHere('check', '--config', gateway.configPath);
  expect(code).toBe(1);
  expect(stderr).toContain(onCheck);
});

test('a vault that fails is a temporary failure for callers on every path, and the log has the reason', async () => {
  await using sandbox = await startSandbox({ customers: 5 });
  const admin = createApiKey('boss');
  const edit = (tree: Record<string, Record<string, unknown>>) => {
    const boss = { name: 'boss', sha256: admin.sha256, connection: 'sandbox', companies: 'all', admin: true };
    tree['callers'] = { apiKeys: [{ ...boss, readOnly: false }] };
  };
  await using gateway = await startTestGateway({ sandbox, edit });
  const database = new DatabaseSync(gateway.config.vault.url.replace('sqlite:', ''));
  for (const table of ['connect_links', 'clients', 'connections']) database.exec(`DROP TABLE ${table}`);
  database.close();
  const headers = { authorization: `Bearer ${admin.key}` };
  const ask = (path: string) => fetch(`${gateway.url}${path}`, { headers, redirect: 'manual' });

  const removed = 'mutation { gateway { removeClient(name: "acme") { client { name } } } }';
  const [link, session, { errors }] = [
    await ask(`/connect/sage200?link=${'x'.repeat(43)}`),
    await ask('/session'),
    await gateway.query(removed, { headers }),
  ];

  const failure = {
    message: 'The vault cannot be used at the moment. Try again later.',
    extensions: { code: 'UPSTREAM_UNAVAILABLE', source: 'gateway' },
  };
  for (const each of [link, session])
    expect([each.status, await each.json()]).toMatchObject([503, { errors: [failure] }]);
  expect(errors).toMatchObject([failure]);
  expect(gateway.log()).toContain('no such table: connect_links');
});
