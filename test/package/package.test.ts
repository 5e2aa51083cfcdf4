import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readyLine } from '../cli/run-main.ts';
import { type InstalledPackage, installPackage, outsideEnvironment } from './install-package.ts';

let installed: InstalledPackage;
beforeAll(async () => {
  installed = await installPackage();
}, 180_000);
afterAll(() => installed?.[Symbol.asyncDispose]());

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
  const closed = new Promise((resolve) => output.on('close', resolve));
  npx.kill('SIGTERM');
  // The gateway writes to the same output: it is closed when that process has ended as well.
  await closed;
  await expect(fetch(`${url}/healthz`)).rejects.toThrow();
});

test('publint has nothing to say about it', async () => {
  const pkgDir = join(installed.folder, 'node_modules/sage-gateway');
  const { messages, pkg } = await publint({ pkgDir, strict: true, pack: false });

  expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
});

test('its types are found by everybody who can import it', async () => {
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
  expect([...new Set(words)].sort()).toEqual(['biome', 'graphql-codegen', 'node', 'npm', 'tsc', 'vitest']);
});

async function answerInReadme(): Promise<unknown> {
  const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8');
  return JSON.parse(/```json\n(\{[\s\S]+?)```/.exec(readme)?.[1] ?? '');
}
