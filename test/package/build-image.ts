import { execFile } from 'node:child_process';
import { cp, mkdir, readdir, readFile, stat, symlink } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const run = promisify(execFile);

/** What examples/Dockerfile makes, in a folder instead of an image. */
export interface BuiltImage {
  readonly env: Readonly<Record<string, string>>;
  readonly user: string;
  readonly workdir: string;
  /** Program and arguments, as they are started. */
  readonly command: readonly string[];
  readonly healthCheck: readonly string[];
  /** Everything that was added to the base image. @returns bytes by path */
  files(): Promise<ReadonlyMap<string, number>>;
}

export interface BuildImageOptions {
  /** An empty folder that stands for the root of the image. */
  readonly folder: string;
  /** True: packages are installed as the image has them, which takes half a minute. False: those of this clone are used. */
  readonly installs: boolean;
}

interface Instruction {
  readonly name: string;
  readonly rest: string;
}

/** Carries out the steps of examples/Dockerfile without Docker: absolute paths lie below `folder`, and owners are left alone. */
export async function buildImage({ folder, installs }: BuildImageOptions): Promise<BuiltImage> {
  const env: Record<string, string> = {
    HOME: folder,
    PATH: `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}`,
  };
  const made = { user: 'root', workdir: folder, entrypoint: [''], cmd: [''], healthCheck: [''] };
  // What the base image has.
  for (const each of ['etc', 'opt', 'var/lib']) await mkdir(join(folder, each), { recursive: true });
  const placed = (text: string) => text.replaceAll(/(?<=^|[\s"'=])\/(?=(?:opt|var|etc)\/)/g, `${folder}/`);
  const listed = (rest: string): string[] => JSON.parse(placed(rest));
  const ignored = await readFile(join(ROOT, 'examples/Dockerfile.dockerignore'), 'utf8');
  for (const { name, rest } of toInstructions(await readFile(join(ROOT, 'examples/Dockerfile'), 'utf8'))) {
    if (name === 'ENV') for (const [, key = '', value = ''] of placed(rest).matchAll(/(\w+)=(\S+)/g)) env[key] = value;
    if (name === 'USER') made.user = rest;
    if (name === 'WORKDIR') {
      made.workdir = placed(rest);
      await mkdir(made.workdir, { recursive: true });
    }
    if (name === 'COPY') await copy(rest.split(/\s+/), made.workdir, ignored);
    if (name === 'RUN') await runStep(placed(rest), { cwd: made.workdir, env, installs });
    if (name === 'ENTRYPOINT') made.entrypoint = listed(rest);
    if (name === 'CMD') made.cmd = listed(rest);
    if (name === 'HEALTHCHECK') made.healthCheck = listed(rest.slice(rest.indexOf('[')));
  }
  return { ...made, env, command: [...made.entrypoint, ...made.cmd], files: () => sizesBelow(folder) };
}

const toInstructions = (text: string): Instruction[] =>
  text
    .replaceAll(/^\s*#.*\n/gm, '')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .map((line) => /^(\w+)\s+(.*)$/.exec(line.trim()) ?? [])
    .flatMap(([, name, rest = '']) => (name ? [{ name, rest }] : []));

async function copy(paths: readonly string[], workdir: string, ignored: string): Promise<void> {
  const target = join(workdir, paths.at(-1) ?? '');
  const sources = paths.slice(0, -1);
  for (const source of sources) {
    if (!ignored.split('\n').includes(`!${source}`)) throw new Error(`Dockerfile.dockerignore keeps ${source} out`);
    const isFolder = (await stat(join(ROOT, source))).isDirectory();
    await cp(join(ROOT, source), isFolder ? target : join(target, source), { recursive: true });
  }
}

interface StepOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly installs: boolean;
}

async function runStep(step: string, { cwd, env, installs }: StepOptions): Promise<void> {
  const commands = step.split(' && ').filter((command) => !command.startsWith('chown '));
  // npm reaches its registry as it does on this machine, and keeps a cache of its own: the last step empties it.
  const ofNpm = {
    ...process.env,
    ...env,
    HOME: process.env['HOME'],
    npm_config_cache: join(env['HOME'] ?? cwd, '.npm'),
  };
  for (const command of commands) {
    const isNpm = command.startsWith('npm ');
    if (!isNpm || installs) await run('sh', ['-c', command], { cwd, env: isNpm ? ofNpm : env });
    else if (command.startsWith('npm ci')) await symlink(join(ROOT, 'node_modules'), join(cwd, 'node_modules'));
  }
}

async function sizesBelow(folder: string): Promise<ReadonlyMap<string, number>> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  const sizes = found
    .filter((entry) => entry.isFile())
    .map(async (entry) => {
      const path = join(entry.parentPath, entry.name);
      return [relative(folder, path), (await stat(path)).size] as const;
    });
  return new Map(await Promise.all(sizes));
}
