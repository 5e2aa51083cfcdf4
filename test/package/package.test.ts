import { spawn, spawnSync } from 'node:child_process';
import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createApiKey } from '../../src/cli/keys-create.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { readyLine } from '../cli/run-main.ts';
import { type TestConfig, writeTestConfig } from '../support/test-gateway.ts';
import { type InstalledPackage, installPackage, outsideEnvironment } from './install-package.ts';

const TSC = fileURLToPath(new URL('../../node_modules/typescript/bin/tsc', import.meta.url));

/** Everything public, used as its types say. */
const PROGRAM = `
import { ConfigError, createGateway, type Gateway, type Reloaded } from 'sage-gateway';
import { startSandbox, type Sandbox } from 'sage-gateway/sandbox';
import { type CachePolicy, cacheKeys, cachePolicies, dataIds, type Schema } from 'sage-gateway/client-caches';
import { createServer } from 'node:http';

await using sandbox: Sandbox = await startSandbox({ customers: 5, rows: { customers: [{ id: 1, reference: 'A' }] } });
sandbox.faults.add('sage200', { kind: 'status', status: 503 });
sandbox.clock.set({ skewMs: 1000 });
export const asked: string[] = sandbox.requests.list('erp').map(({ path }) => path);
await using gateway: Gateway = createGateway({ config: { server: { port: 0 } }, log: { write: (line) => line.length } });
await gateway.ready;
const response: Response = await gateway.fetch(new Request('http://localhost/healthz'), { remoteAddress: '10.0.0.1' });
createServer(gateway.handler);
const { applied, faults }: Reloaded = await gateway.reload();
const places: (number | undefined)[] = faults.map(({ line }) => line);
const schema = (await response.json()) as Schema;
export const caches: Record<string, CachePolicy> = cachePolicies(schema);
export const nameRow: (row: Record<string, unknown>, type: string) => string | undefined = dataIds(schema);
export const keys: (string | null)[] = Object.values(cacheKeys(schema)).map((keyOf) => keyOf({ id: '1' }));
export const told = [applied, places, response.status, new ConfigError([]).faults];
`;

const key = createApiKey('program');
let installed: InstalledPackage;
let sandbox: Sandbox;
let config: TestConfig;
beforeAll(async () => {
  sandbox = await startSandbox({ customers: 40 });
  config = await writeTestConfig({
    sandbox,
    edit(file) {
      file['server'] = { ...file['server'], publicUrl: 'http://localhost:3000/sage' };
      const caller = { name: 'program', sha256: key.sha256, connection: 'sandbox', companies: 'all', readOnly: true };
      file['callers'] = { apiKeys: [caller] };
    },
  });
  installed = await installPackage(['hono@4.13.19', 'fastify@5.12.8', '@types/node@24.19.2']);
  for (const folder of ['../../examples/embed', './']) {
    const from = fileURLToPath(new URL(folder, import.meta.url));
    for (const file of await readdir(from))
      if (!file.includes('package')) await cp(join(from, file), join(installed.folder, file));
  }
}, 180_000);
afterAll(async () => {
  await installed?.[Symbol.asyncDispose]();
  await config?.[Symbol.asyncDispose]();
  await sandbox?.close();
});

test('installed in an empty folder, npx starts it, it answers the first query, and it ends with npx', async () => {
  const { folder } = installed;
  const npx = spawn('npx', ['sage-gateway'], { cwd: folder, env: { ...outsideEnvironment(), PORT: '0' } });
  const output = npx.stdout.setEncoding('utf8');
  const ready = await new Promise<string>((resolve, reject) => {
    let text = '';
    output.on('data', (chunk) => {
      text += chunk;
      if (text.includes('"msg":"ready"')) resolve(text);
    });
    npx.stderr.on('data', (chunk) => (text += String(chunk)));
    npx.on('exit', () => reject(new Error(text)));
  });
  const url = String(readyLine(ready)['url']);

  const answer = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: await readFile(join(folder, 'node_modules/sage-gateway/examples/first-query.json')),
  });

  expect(await answer.json()).toEqual(await answerInReadme());
  const help = spawnSync('npx', ['sage-gateway', '--help'], {
    cwd: folder,
    env: outsideEnvironment(),
    encoding: 'utf8',
  });
  expect([help.status, help.stdout]).toEqual([0, expect.stringContaining('Usage: npx sage-gateway COMMAND\n')]);
  const closed = new Promise((resolve) => output.on('close', resolve));
  npx.kill('SIGTERM');
  // The gateway writes to the same output: it is closed when that process has ended as well.
  await closed;
  await expect(fetch(`${url}/healthz`)).rejects.toThrow();
});

describe.each(['node-server', 'hono', 'fastify', 'next-route'])('embedded as in examples/embed/%s.ts', (example) => {
  test('callers are answered under its path, and nobody counts as local', async () => {
    const { folder } = installed;
    const child = spawn(process.execPath, ['ask-example.mjs', example, key.key], {
      cwd: folder,
      env: { ...outsideEnvironment(), GATEWAY_CONFIG: config.path, PORT: '0' },
    });
    let [out, said] = ['', ''];
    child.stdout.on('data', (chunk) => (out += String(chunk)));
    child.stderr.on('data', (chunk) => (said += String(chunk)));
    const code = await new Promise((resolve) => child.on('close', resolve));

    const line = out.split('\n').find((each) => each.includes('"stranger"'));
    expect({ code, said, ...JSON.parse(line ?? '{}') }).toEqual({
      code: 0,
      said: '',
      page: 200,
      links: ['connect/sage200', 'graphql', 'schema.graphql', 'schema.json', 'readyz', 'metrics'].map(
        (path) => `/sage/${path}`,
      ),
      me: 'key:program',
      customers: 40,
      stranger: 'UNAUTHENTICATED',
    });
  });
});

test.each([
  ['node16', 'nodenext', 'nodenext'],
  ['a bundler', 'preserve', 'bundler'],
])('its types are valid for %s, without skipLibCheck', async (_who, module, moduleResolution) => {
  const { folder } = installed;
  const settings = {
    strict: true,
    noEmit: true,
    skipLibCheck: false,
    target: 'es2024',
    types: ['node'],
    module,
    moduleResolution,
  };
  const file = `tsconfig.${module}.json`;
  await writeFile(join(folder, file), JSON.stringify({ compilerOptions: settings, files: ['program.ts'] }));
  await writeFile(join(folder, 'program.ts'), PROGRAM);

  const { status, stdout } = spawnSync(process.execPath, [TSC, '-p', file], { cwd: folder, encoding: 'utf8' });

  expect(stdout).toBe('');
  expect(status).toBe(0);
});

test('its modules for browsers load nothing else', async () => {
  const code = await readFile(join(installed.folder, 'node_modules/sage-gateway/dist/client-caches.js'), 'utf8');

  expect(code).toContain('export function cachePolicies');
  expect(code).not.toMatch(/\b(import|require)\b/);
});

test('publint finds no fault', async () => {
  const pkgDir = join(installed.folder, 'node_modules/sage-gateway');
  const { messages, pkg } = await publint({ pkgDir, strict: true, pack: false });

  expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
});

test('its types are found in every module system that can import it', async () => {
  const data = new Uint8Array(await readFile(installed.tarball));
  const analysis = await checkPackage(createPackageFromTarballData(data));

  // An ES module alone: who requires it, or resolves as Node 10 did, is told so by Node.
  const outside = new Set(['node10', 'node16-cjs']);
  const problems = 'problems' in analysis ? analysis.problems : [];
  expect(problems.filter((problem) => !('resolutionKind' in problem && outside.has(problem.resolutionKind)))).toEqual(
    [],
  );
});

test('no script of the package needs a POSIX shell', async () => {
  const { scripts } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'));

  // What cmd.exe knows as well: words, options, and one command after another.
  for (const script of Object.values(scripts)) expect(script).toMatch(/^[\w@./:-]+( (&&|[\w@./:=,-]+))*$/);
  const words = Object.values<string>(scripts).flatMap((script) =>
    script.split(' && ').map((each) => each.split(' ')[0]),
  );
  expect([...new Set(words)].sort()).toEqual(['biome', 'cspell', 'graphql-codegen', 'node', 'npm', 'tsc', 'vitest']);
});

async function answerInReadme(): Promise<unknown> {
  const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8');
  return JSON.parse(/```json\n(\{[\s\S]+?)```/.exec(readme)?.[1] ?? '');
}
