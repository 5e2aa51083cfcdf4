import { randomBytes, randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Secret } from '../../../kit/errors/index.ts';

/** The key in a file, or undefined when there is no such file. */
export async function readKeyFile(path: string): Promise<Secret | undefined> {
  try {
    return new Secret((await readFile(path, 'utf8')).trim());
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** Makes a key file that only its owner reads (0600). Of several makers at once one wins and all get its key. */
export async function makeKeyFile(path: string): Promise<Secret> {
  await mkdir(dirname(path), { recursive: true });
  const draft = `${path}.${randomUUID()}`;
  await writeFile(draft, `${randomBytes(32).toString('base64')}\n`, { mode: 0o600, flag: 'wx', flush: true });
  try {
    // Linking is all or nothing, so nobody ever reads half a key, and it never replaces one.
    await link(draft, path);
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
  } finally {
    await rm(draft, { force: true });
  }
  return new Secret((await readFile(path, 'utf8')).trim());
}

const hasCode = (error: unknown, code: string) => error instanceof Error && 'code' in error && error.code === code;
