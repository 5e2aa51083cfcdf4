import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

export interface InstalledPackage extends AsyncDisposable {
  /** The tarball, as the registry would have it. */
  readonly tarball: string;
  /** An empty project that has it as its one dependency. */
  readonly folder: string;
}

/** Packs what is here and installs it in a folder of its own, as a user of the package would. @param others beside it */
export async function installPackage(others: readonly string[]): Promise<InstalledPackage> {
  const folder = await mkdtemp(join(tmpdir(), 'gateway-package-'));
  const packed = await npm(['pack', '--silent', '--pack-destination', folder], ROOT);
  const tarball = join(folder, packed.trim().split('\n').at(-1) ?? '');
  await writeFile(join(folder, 'package.json'), '{ "private": true, "type": "module" }');
  await npm(['install', '--prefer-offline', '--no-audit', '--no-fund', tarball, ...others], folder);
  return { tarball, folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}

/** Runs npm to its end. @returns what it printed @throws Error with what it said when it failed */
export function npm(args: readonly string[], cwd: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn('npm', args, { cwd, env: outsideEnvironment(), shell: process.platform === 'win32' });
    let [out, said] = ['', ''];
    child.stdout.on('data', (chunk) => (out += String(chunk)));
    child.stderr.on('data', (chunk) => (said += String(chunk)));
    child.on('error', reject);
    child.on('close', (code) =>
      code === 0 ? resolve(out) : reject(new Error(`npm ${args.join(' ')} ended with ${code}: ${said}${out}`)),
    );
  });
}

/** This one without what npm and the tests have put there: as at a terminal. */
export function outsideEnvironment(): NodeJS.ProcessEnv {
  const ours = /^(npm_|VITEST|NODE_ENV$|GATEWAY_CONFIG$|PORT$|HOST$)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !ours.test(name)));
}
