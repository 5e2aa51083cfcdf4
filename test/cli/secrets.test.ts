import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stringify as printYaml } from 'yaml';
import { storeConnection } from '../../src/cli/store-connection.ts';
import { loadConfig } from '../../src/config/index.ts';
import { startGateway } from '../../src/gateway.ts';
import { Secret } from '../../src/kit/errors/index.ts';
import { createLog } from '../../src/kit/log/index.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import { marker } from '../support/test-gateway.ts';
import { type StubAnswer, type StubRequest, startStubServer } from '../tokens/stub-server.ts';
import { runHere } from './run-here.ts';
import { runMain } from './run-main.ts';

/** One in every place of a configuration where a secret stands. */
const planted = {
  sage200Secret: marker('sage200-secret'),
  subscriptionKey: marker('subscription-key'),
  erpSecret: marker('erp-secret'),
  networkSecret: marker('network-secret'),
  eventsSecret: marker('events-secret'),
  databasePassword: marker('database-password'),
  refreshToken: marker('refresh-token'),
  erpToken: marker('erp-token'),
  vaultKey: randomBytes(32).toString('base64'),
  previousVaultKey: randomBytes(32).toString('base64'),
};

const leaksIn = (text: string): string[] =>
  Object.values(planted).filter((secret) =>
    [
      secret,
      encodeURIComponent(secret),
      Buffer.from(secret).toString('base64'),
      JSON.stringify(secret).slice(1, -1),
    ].some((spelling) => text.includes(spelling)),
  );

let folder: string;
let postgres: TestPostgres;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gateway-secrets-'));
  postgres = await startPostgres({ password: planted.databasePassword });
});

afterAll(async () => {
  await postgres[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

let files = 0;
async function write(text: string): Promise<string> {
  files += 1;
  const path = join(folder, `${files}.yaml`);
  await writeFile(path, text);
  return path;
}

/** Everything the configuration can name, all of it at one upstream. */
const configOf = (upstream: string, vaultUrl: string) => ({
  server: { port: 0 },
  vault: { url: vaultUrl, key: planted.vaultKey, previousKeys: [planted.previousVaultKey] },
  sageId: { issuer: `${upstream}/`, tokenUrl: `${upstream}/oauth/token`, revokeUrl: `${upstream}/oauth/revoke` },
  sage200: {
    baseUrl: `${upstream}/sage200`,
    clientId: 'gateway',
    clientSecret: planted.sage200Secret,
    subscriptionKey: planted.subscriptionKey,
    deadline: '2s',
  },
  erp: {
    deadline: '2s',
    snapshots: join(folder, 'schemas'),
    tenants: [
      {
        name: 'acme',
        tokenUrl: `${upstream}/erp/token`,
        clientId: 'erp',
        clientSecret: planted.erpSecret,
        tenantId: 't',
      },
    ],
  },
  network: { clientId: 'network', clientSecret: planted.networkSecret, audience: 'payments' },
  events: { url: `${upstream}/events`, secret: planted.eventsSecret },
  log: { level: 'trace', format: 'json' },
});

const echoOf = ({ method, path, headers, body }: StubRequest) => `${method} ${path} ${JSON.stringify(headers)} ${body}`;

/** Upstreams that repeat what they were sent, wherever their answers have room. */
const ECHOES: readonly [string, (echo: string, request: StubRequest, url: string) => StubAnswer][] = [
  ['an OAuth error', (echo) => ({ status: 400, body: { error: echo, error_description: echo, error_uri: echo } })],
  [
    'a refusal as a page',
    (echo) => ({ status: 401, headers: { 'content-type': 'text/html' }, body: `<p>${echo}</p>` }),
  ],
  [
    'a list of messages',
    (echo) => ({ status: 403, body: { message: echo, errors: [{ message: echo }], Message: echo } }),
  ],
  ['a failure', (echo) => ({ status: 500, body: echo })],
  ['something that is not a token', (echo) => ({ status: 200, body: echo })],
  ['a redirect', (echo, _, url) => ({ status: 302, headers: { location: `${url}/?${encodeURIComponent(echo)}` } })],
  [
    'tokens, and then GraphQL errors',
    (echo, { path }, url) =>
      path.includes('token')
        ? {
            body: {
              access_token: planted.erpToken,
              token_type: 'Bearer',
              expires_in: 900,
              refresh_token: planted.refreshToken,
              urls: { graphQl: `${url}/graphql`, refreshToken: `${url}/r`, invalidateToken: `${url}/i` },
            },
          }
        : { body: { errors: [{ message: echo, extensions: { diagnoses: [{ message: echo }] } }], message: echo } },
  ],
];

describe('gateway check shows no secret', () => {
  test.each(ECHOES)('when all upstreams repeat what they were sent, in %s', async (_, answer) => {
    await using upstream = await startStubServer((request) => answer(echoOf(request), request, upstream.url));
    const path = await write(printYaml(configOf(upstream.url, `sqlite:${join(folder, `echo-${files}.db`)}`)));
    await storeConnection(loadConfig({ path, env: {} }), 'finance', new Secret(planted.refreshToken));

    const text = await runHere('check', '--config', path);
    const json = await runHere('check', '--config', path, '--json');

    expect([text.code, json.code]).toEqual([1, 1]);
    for (const what of ['connection finance', 'ERP tenant acme', 'Payments Out']) expect(text.stdout).toContain(what);
    const sent = upstream.requests.map(echoOf).join();
    for (const secret of ['sage200Secret', 'erpSecret', 'networkSecret', 'refreshToken'] as const)
      expect(sent).toContain(planted[secret]);
    expect(leaksIn(JSON.stringify([text, json]))).toEqual([]);
  });

  const at = (rest: string) => `postgres://gateway:${planted.databasePassword}@${rest}`;
  test.each([
    ['a port that is not one', at('127.0.0.1:port/vault')],
    ['no host', `postgres://gateway:${planted.databasePassword}@`],
    ['one slash', `postgres:/gateway:${planted.databasePassword}@127.0.0.1/vault`],
    ['no scheme', `gateway:${planted.databasePassword}@127.0.0.1/vault`],
    ['another scheme', `mysql://gateway:${planted.databasePassword}@127.0.0.1/vault`],
    ['a broken escape', `postgres://gateway:%zz${planted.databasePassword}@127.0.0.1:1/vault`],
    ['a slash in the password', `postgres://gateway:${planted.databasePassword}/x@127.0.0.1:1/vault`],
    ['a # in the password', `postgres://gateway:${planted.databasePassword}#x@127.0.0.1:1/vault`],
    ['a space in the password', `postgres://gateway:${planted.databasePassword} x@127.0.0.1:1/vault`],
    ['nobody listening', at('127.0.0.1:1/vault')],
    ['a host that does not exist', at('gateway.invalid/vault')],
    ['a password in the query', `postgres://gateway@127.0.0.1:1/vault?password=${planted.databasePassword}`],
    ['a certificate that is not there', at(`127.0.0.1:1/vault?sslrootcert=/nowhere/${planted.databasePassword}`)],
    ['a mode of TLS that there is not', at(`127.0.0.1:1/vault?sslmode=${planted.databasePassword}`)],
    ['the password alone', planted.databasePassword],
  ])('when vault.url has %s', async (_, url) => {
    const check = await runHere('check', '--config', await write(printYaml(configOf('http://127.0.0.1:1', url))));

    expect(check.code).toBe(1);
    expect(check.stderr).toMatch(/vault/);
    expect(check.stderr).not.toMatch(/^ +at /m);
    expect(leaksIn(JSON.stringify(check))).toEqual([]);
  });

  test('when the database refuses the password or does not exist, or the vault has a different key', async () => {
    const good = new URL(await postgres.createDatabase());
    const [wrong, missing] = [new URL(good), new URL(good)];
    wrong.password = planted.eventsSecret;
    missing.pathname = '/nowhere';
    const withUrl = (url: URL) => configOf('http://127.0.0.1:1', url.href);
    await runHere('check', '--config', await write(printYaml(withUrl(good))));
    const otherKey = withUrl(good);
    otherKey.vault = { ...otherKey.vault, key: planted.previousVaultKey, previousKeys: [] };

    for (const config of [withUrl(wrong), withUrl(missing), otherKey]) {
      const path = await write(printYaml(config));
      const results = [await runHere('check', '--config', path), await runMain(['serve', '--config', path])];
      for (const { code, stderr } of results) {
        expect(code).toBe(1);
        expect(stderr).toMatch(/vault/);
      }
      expect(leaksIn(JSON.stringify(results))).toEqual([]);
    }
  });

  const secret = planted.sage200Secret;
  test.each([
    ['a list', `sage200: { clientId: a, clientSecret: [${secret}] }`],
    ['a group', `sage200: { clientId: a, clientSecret: { value: ${secret} } }`],
    ['another name', `sage200: { clientId: a, clientSecrt: ${secret} }`],
    ['the wrong section', `server: { clientSecret: ${secret} }`],
    ['a list of sections', `- sage200: { clientSecret: ${secret} }`],
    ['no closing quote', `sage200:\n  clientSecret: "${secret}\n  clientId: a\n`],
    ['a second colon', `sage200:\n  clientSecret: ${secret}: x\n`],
    ['an alias', `sage200:\n  clientSecret: *${secret}\n`],
    ['a tag', `sage200:\n  clientSecret: !${secret} x\n`],
    ['a second writing', `sage200:\n  clientSecret: ${secret}\n  clientSecret: ${secret}\n`],
    ['no space behind the colon', `sage200:\n  clientSecret:${secret}\n  clientId: a\n`],
    ['the place of a hash', `callers: { apiKeys: [{ name: a, sha256: ${secret} }] }`],
    ['the place of a vault key', `vault: { key: ${secret}, previousKeys: [${secret}] }`],
    ['an address', `events: { url: "https://gateway:${secret}@events.example/hook", secret: x }`],
    ['an address of http', `events: { url: "http://events.example/hook?token=${secret}", secret: x }`],
    ['a proxy', `proxy: { url: "http://gateway:${secret}@proxy.example:port" }`],
    ['a placeholder', `sage200: { clientSecret: "\${NOT SET ${secret}}" }`],
  ])('when a secret of the file is written as %s', async (_, text) => {
    const path = await write(text);

    const check = await runHere('check', '--config', path);

    expect(check.code).toBe(1);
    expect(check.stderr).toContain(path);
    expect(leaksIn(JSON.stringify(check))).toEqual([]);
  });
});

test('/readyz and the log of a gateway whose database stops show no secret', async () => {
  await using upstream = await startStubServer((request) => ({ status: 500, body: echoOf(request) }));
  const path = await write(printYaml(configOf(upstream.url, await postgres.createDatabase())));
  const lines: string[] = [];
  const log = await createLog({
    level: 'trace',
    format: 'json',
    destination: { write: (line) => void lines.push(line) },
  });
  const gateway = await startGateway(loadConfig({ path, env: {} }), { log, env: {} });
  const ready = async () => {
    const response = await fetch(`${gateway.url}/readyz`);
    return { status: response.status, text: await response.text() };
  };
  try {
    const before = await ready();
    await postgres.stop();
    await expect.poll(async () => (await ready()).status).toBe(503);
    const after = await ready();
    await postgres.start();

    expect(before.status).toBe(200);
    expect(after.text).toContain('vault');
    expect(leaksIn([before.text, after.text, ...lines].join('\n'))).toEqual([]);
  } finally {
    await gateway.close();
  }
});
