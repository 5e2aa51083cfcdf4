import { execFileSync } from 'node:child_process';
import { closeSync, openSync, readFileSync, statSync, writeSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { startSandbox } from '../../src/sandbox/index.ts';
import { createVaultReadiness } from '../../src/tokens/index.ts';
import { runHere } from '../cli/run-here.ts';
import { readyLine, startMain } from '../cli/run-main.ts';
import { freePort } from '../support/free-port.ts';
import { startTestGateway } from '../support/test-gateway.ts';

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

test('a service that cannot be reached is named with the reason in the log and by gateway check', async () => {
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
