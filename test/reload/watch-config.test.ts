import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
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
