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

/** Creates a key file that only its owner can read (0600). If several processes do this at once, one wins and all get its key. */
export async function makeKeyFile(path: string): Promise<Secret> {
  await mkdir(dirname(path), { recursive: true });
  const draft = `${path}.${randomUUID()}`;
  await writeFile(draft, `${randomBytes(32).toString('base64')}\n`, { mode: 0o600, flag: 'wx', flush: true });
  try {
    // Linking is atomic, so nobody ever reads half a key, and it never replaces a key.
    await link(draft, path);
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
  } finally {
    await rm(draft, { force: true });
  }
  return new Secret((await readFile(path, 'utf8')).trim());
}

const hasCode = (error: unknown, code: string) => error instanceof Error && 'code' in error && error.code === code;
