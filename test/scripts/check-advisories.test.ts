import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';

const SCRIPT = fileURLToPath(new URL('../../scripts/check-advisories.ts', import.meta.url));

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gateway-advisories-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** Runs it with an `npm` that prints this and ends with 1, as `npm audit` does for what it found and for a failure. */
async function look(npmPrints: string, packages: object): Promise<string> {
  const bin = join(folder, 'bin');
  await mkdir(bin, { recursive: true });
  await writeFile(join(bin, 'npm'), `#!/bin/sh\ncat <<'END'\n${npmPrints}\nEND\nexit 1\n`);
  await chmod(join(bin, 'npm'), 0o755);
  const lock = join(folder, 'package-lock.json');
  await writeFile(lock, JSON.stringify({ packages }));
  const env = { ...process.env, PATH: `${bin}${delimiter}${process.env['PATH']}` };
  const { stdout } = await promisify(execFile)(process.execPath, [SCRIPT, lock], { env });
  return stdout;
}

const UNAVAILABLE = '{ "message": "405 Method Not Allowed", "method": "POST" }';

test.each([UNAVAILABLE, '', 'npm error'])(
  'without advisories from the registry the list is used, and its entries are a warning, not a failure',
  async (npmPrints) => {
    const stdout = await look(npmPrints, {
      '': { version: '0.1.0' },
      'node_modules/undici': { version: '7.2.2' },
      'node_modules/a/node_modules/undici': { version: '7.5.0' },
      'node_modules/jose': { version: '4.15.4', dev: true },
      'node_modules/graphql': { version: '16.8.1' },
    });

    expect(stdout).toContain('compared with scripts/advisories.json');
    expect(stdout.match(/^warning: .*$/gm)).toEqual([
      'warning: undici 7.2.2: https://github.com/advisories/GHSA-c76h-2ccp-4975',
      'warning: undici 7.2.2: https://github.com/advisories/GHSA-cxrh-j4jr-qwg3',
    ]);
  },
);

test('advisories of the registry are a warning, not a failure', async () => {
  const stdout = await look('{ "vulnerabilities": { "tar": { "severity": "high" } } }', {});

  expect(stdout.match(/^warning: .*$/gm)).toEqual(['warning: tar: high (npm audit)']);
});
