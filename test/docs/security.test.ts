import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const ROOT = new URL('../../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, ROOT), 'utf8');

/** A file, and the titles of tests behind it up to the next file. */
const REFERENCE = /`(test\/[\w./-]+\.ts)`((?:[,;]? ?"[^"]+")*)/g;

/** Titles as they stand in the source, which may quote an apostrophe. */
const titlesIn = (source: string) => source.replaceAll("\\'", "'");

test('every test in docs/security.md exists', () => {
  const references = [...read('docs/security.md').matchAll(REFERENCE)].flatMap(([, file = '', titles = '']) =>
    [...titles.matchAll(/"([^"]+)"/g)].map(([, title = '']) => ({ file, title })),
  );

  const missing = references.filter(
    ({ file, title }) => !existsSync(new URL(file, ROOT)) || !titlesIn(read(file)).includes(title),
  );

  expect(references.length).toBeGreaterThan(80);
  expect(missing).toEqual([]);
});

test('every line of its tables names a test or who is responsible', () => {
  const lines = read('docs/security.md')
    .split('## OWASP GraphQL cheat sheet')[1]
    ?.split('\n')
    .filter((line) => line.startsWith('| ') && !/^\| (advice|requirement|section) \|/.test(line));

  expect(lines?.length).toBeGreaterThan(60);
  expect(lines?.filter((line) => !/`test\/|the proxy|Sage ID|yours|not applicable|not met/.test(line))).toEqual([]);
});
