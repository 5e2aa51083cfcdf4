import { once } from 'node:events';
import { readFileSync, watch } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { watchConfig } from '../../src/reload/index.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gateway-watch-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** As Kubernetes mounts a ConfigMap: the file is a link into `..data`, which is a link to a folder that is never written again. */
async function swap(version: string): Promise<void> {
  await mkdir(join(folder, `..${version}`));
  await writeFile(join(folder, `..${version}`, 'gateway.yaml'), version);
  await symlink(`..${version}`, join(folder, '..data_tmp'));
  await rename(join(folder, '..data_tmp'), join(folder, '..data'));
}

test('a ConfigMap that is replaced behind its link is noticed, the second time too', async () => {
  await swap('one');
  const path = join(folder, 'gateway.yaml');
  await symlink(join('..data', 'gateway.yaml'), path);
  const read = [readFileSync(path, 'utf8')];
  const end = watchConfig({
    path,
    text: () => read.at(-1) ?? '',
    others: () => [],
    onChange: () => void read.push(readFileSync(path, 'utf8')),
  });

  await swap('two');
  await expect.poll(() => read).toEqual(['one', 'two']);
  await rm(join(folder, '..one'), { recursive: true });
  await swap('three');

  await expect.poll(() => read).toEqual(['one', 'two', 'three']);
  end();
});

test('other files in its folder, such as the log, may be written without it being checked', async () => {
  const { path, replace, read, others, end } = await watched();
  const watcher = watch(dirname(path));

  await Promise.all([once(watcher, 'change'), writeFile(join(dirname(path), 'gateway.log'), 'a line')]);
  watcher.close();
  await replace('two');
  await expect.poll(() => read).toEqual(['one', 'two']);

  // At the start, then when the file was changed, and again when that had settled.
  expect(others).toHaveBeenCalledTimes(3);
  end();
});

test.each(['write', 'replace'] as const)('each change is noticed at once: %s', async (way) => {
  const { [way]: change, read, end } = await watched();

  for (const text of ['two', 'three', 'four']) {
    await change(text);
    await expect.poll(() => read.at(-1), { timeout: 10_000 }).toBe(text);
  }

  expect(read).toEqual(['one', 'two', 'three', 'four']);
  end();
});

/** A file that is checked only when something is reported; it has been checked once. */
async function watched() {
  const path = join(await mkdtemp(join(folder, 'own-')), 'gateway.yaml');
  const write = (text: string) => writeFile(path, text);
  const replace = async (text: string) => {
    await writeFile(`${path}.new`, text);
    await rename(`${path}.new`, path);
  };
  await write('one');
  const read = ['one'];
  const others = vi.fn(() => []);
  const end = watchConfig({
    path,
    text: () => read.at(-1) ?? '',
    others,
    onChange: () => void read.push(readFileSync(path, 'utf8')),
    everyMs: 600_000,
  });
  await expect.poll(() => others.mock.calls.length).toBe(1);
  return { path, write, replace, read, others, end };
}
