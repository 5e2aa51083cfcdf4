import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runHere } from './run-here.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gateway-import-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test.each([
  ['- name: a\n  title: A\n- name: 5\n  titel: B\n', ['clients.yaml:3: name: ', 'clients.yaml:3: ', '"titel"']],
  ['[{ "name": "a" },\n {\n  "name": "b",\n  "enabled": "yes" }]', ['clients.yaml:4: enabled: ']],
  [
    '- name: a\n- name: b\n  companies:\n    - site: x\n      company: 1\n    - company: 2\n',
    ['clients.yaml:6: companies.1.site: '],
  ],
  ['- name: a\n  title: [A\n- name: b\n', ['clients.yaml:3: this is neither YAML nor JSON.']],
  ['name: a\n', ['clients.yaml:1: ']],
])('every mistake in a list is reported with its file and line: %j', async (text, told) => {
  const file = join(folder, 'clients.yaml');
  await writeFile(file, text);

  const { code, stdout, stderr } = await runHere('clients', 'import', file, '--config', 'nowhere.yaml');

  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  for (const words of told) expect(stderr).toContain(words);
});
