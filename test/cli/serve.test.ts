import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decideThrift, type Thrift } from '../../src/cli/memory-thrift.ts';
import { isAtTerminal } from '../../src/cli/reload-triggers.ts';
import { storeConnection } from '../../src/cli/store-connection.ts';
import { loadConfig } from '../../src/config/index.ts';
import { Secret } from '../../src/kit/errors/index.ts';
import { readyLine, runMain, startMain } from './run-main.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gateway-cli-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('without a configuration it runs with its own sandbox, and leaves nothing behind', async () => {
  const running = startMain(['serve'], { env: { PORT: '0', TMPDIR: folder, NODE_DISABLE_COMPILE_CACHE: '1' } });

  const ready = readyLine(await running.says('"msg":"ready"'));
  const made = await readdir(folder);

  expect(ready).toMatchObject({
    url: expect.stringMatching(/^http:\/\/[\w.]+:\d+$/),
    console: expect.stringMatching(/:\d+\/$/),
    graphiql: expect.stringMatching(/\/graphql$/),
    docs: expect.stringMatching(/README\.md$/),
    sandbox: { sageId: expect.any(String), sage200: expect.any(String), erp: expect.any(String) },
  });
  expect(ready['url']).not.toMatch(/:0$/);
  expect((await fetch(`${ready['url']}/healthz`)).status).toBe(200);
  expect(made).toHaveLength(1);
  expect(await running.stop('SIGINT')).toMatchObject({ code: 0, stderr: '' });
  expect(await readdir(folder)).toEqual([]);
});

test.each([
  [true, true, true],
  [true, false, true],
  [false, true, true],
  [undefined, undefined, false],
])('with a terminal as input (%s) or output (%s), SIGHUP says that it was closed: %s', (input, output, isAt) => {
  const [stdin, stdout] = [input, output].map((isTTY) => Object.assign(new PassThrough(), { isTTY: isTTY ?? false }));

  expect(isAtTerminal({ stdin: stdin ?? new PassThrough(), stdout: stdout ?? new PassThrough() })).toBe(isAt);
});

test('--port takes precedence over the variable', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => other.once('listening', resolve));
  const address = other.address();
  const taken = String(typeof address === 'object' && address ? address.port : 0);

  const { code, stderr } = await runMain(['serve', '--port', taken], { env: { PORT: '0' } });

  other.close();
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(`Port ${taken} `) });
});

test('a port in use exits with 1, and names the port and what to do', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => other.once('listening', resolve));
  const address = other.address();
  const port = String(typeof address === 'object' && address ? address.port : 0);

  const { code, stderr } = await runMain(['serve'], { env: { PORT: port } });

  other.close();
  expect(code).toBe(1);
  expect(stderr).toMatch(new RegExp(`Port ${port} .*in use.*PORT=\\d+ npm start`));
  expect(stderr).not.toContain('    at ');
});

test('a configuration written by the sandbox works at once', async () => {
  const path = join(folder, 'sandbox.yaml');
  const sandbox = startMain(['sandbox', '--port', '0', '--customers', '5', '--write-config', path]);
  await sandbox.says('Press Ctrl+C to stop it.');
  const gateway = startMain(['serve', '--config', path], { env: { PORT: '0' } });

  const ready = readyLine(await gateway.says('"msg":"ready"'));

  expect(ready).not.toHaveProperty('sandbox');
  expect((await fetch(`${ready['url']}/healthz`)).status).toBe(200);
  expect(await gateway.stop('SIGINT')).toMatchObject({ code: 0 });
  await sandbox.stop('SIGTERM');
});

test('a vault with a different key exits with 1, and says what to do', async () => {
  const [one, two] = ['A', 'B'].map((letter) => `${letter.repeat(42)}A=`);
  const path = join(folder, 'vault.yaml');
  const vault = (key = '') => `vault: { url: "sqlite:${folder}/v.db", key: ${key} }\nsage200: { clientId: a }\n`;
  await writeFile(path, vault(one));
  await storeConnection(loadConfig({ path, env: {} }), 'a', new Secret('token'));
  await writeFile(path, vault(two));

  const { code, stderr } = await runMain(['serve', '--config', path], { env: { PORT: '0' } });

  expect(code).toBe(1);
  expect(stderr).toMatch(/key/);
  expect(stderr).not.toContain('    at ');
  expect(stderr).not.toContain(two);
});

test.each([
  ['without telemetry nothing of OpenTelemetry is loaded but the interface that prom-client brings', '', ['api']],
  [
    'with telemetry it is',
    'telemetry: { url: "http://127.0.0.1:9" }',
    expect.arrayContaining(['api', 'exporter-trace-otlp-http', 'sdk-trace']),
  ],
])('%s', async (_name, section, packages) => {
  const loaded = join(folder, `loaded-${section.length}.txt`);
  const hooks = join(folder, 'hooks.mjs');
  await writeFile(
    hooks,
    `import { appendFileSync } from 'node:fs';
    import { registerHooks } from 'node:module';
    const load = (url, context, next) => {
      appendFileSync(${JSON.stringify(join(folder, 'loaded-'))} + process.env.LOADED + '.txt', url + '\\n');
      return next(url, context);
    };
    registerHooks({ load });`,
  );
  const path = join(folder, `plain-${section.length}.yaml`);
  const vault = join(folder, `plain-${section.length}.db`);
  await writeFile(path, `vault: { url: "sqlite:${vault}" }\nserver: { port: 0, drainDelay: 0s }\n${section}\n`);
  const env = { NODE_OPTIONS: `--import ${hooks}`, LOADED: String(section.length) };

  const running = startMain(['serve', '--config', path], { env });
  const { url } = readyLine(await running.says('"msg":"ready"'));
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
  await running.stop('SIGINT');

  const names = (await readFile(loaded, 'utf8')).matchAll(/node_modules\/@opentelemetry\/([\w-]+)\//g);
  expect([...new Set([...names].map(([, name]) => name))].sort()).toEqual(packages);
});

test('memory that large answers leave behind is released until little of it is left, or it is needed again', () => {
  const mb = 1024 * 1024;
  const isThrifty = (looks: readonly (readonly [seconds: number, resident: number])[]) => {
    let thrift: Thrift = { stays: 200 * mb, since: undefined };
    return looks.map(([seconds, resident]) => {
      thrift = decideThrift(thrift, resident * mb, seconds * 1_000);
      return thrift.since !== undefined;
    });
  };
  const [left, stays] = [
    [
      [0, 230],
      [1, 300],
      [2, 260],
      [3, 240],
      [4, 260],
    ],
    [
      [0, 300],
      [29, 320],
      [31, 310],
      [32, 360],
      [33, 400],
    ],
  ] as const;

  expect(isThrifty(left)).toEqual([false, true, true, false, false]);
  expect(isThrifty(stays)).toEqual([true, true, false, false, true]);
});
