import { existsSync, globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const ROOT = new URL('../../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, ROOT), 'utf8');
const isThere = (path: string) => existsSync(new URL(path, ROOT));

const DOCUMENT = 'docs/architecture.md';

const SOURCES = globSync('src/**/*.ts', { cwd: ROOT }).filter((path) => !/^src\/(sandbox|generated)\//.test(path));

/** Made again each time they are reached; a map inside another one, made when it is missing, is a part of that one. */
const KEPT =
  /(?<!\?\? )\bnew (?:WeakMap|WeakSet|BoundedCache|DataLoader|KeptCalls|SharedWork|SharedBuffer)\b|(?<!function )\bcreateSharedCalls</g;

test('every file and folder that docs/architecture.md names is there', () => {
  const paths = [...read(DOCUMENT).matchAll(/`((?:src|test|scripts|docs)\/[\w./-]+)`/g)].map(([, path = '']) => path);

  expect(paths.length).toBeGreaterThan(100);
  expect(paths.filter((path) => !isThere(path))).toEqual([]);
});

test('its tables have a line for each thing that is kept in memory', () => {
  const tables = read(DOCUMENT).split('### Answers and rights')[1]?.split('### Kept by name')[0] ?? '';
  const lines = [...tables.matchAll(/^\| `(src\/[\w./-]+)` \|/gm)].map(([, path = '']) => path);

  const differences = SOURCES.map((path) => ({
    path,
    kept: [...read(path).matchAll(KEPT)].length,
    lines: lines.filter((each) => each === path).length,
  })).filter(({ kept, lines: named }) => kept !== named);

  expect(lines.length).toBeGreaterThan(40);
  expect(differences).toEqual([]);

  const remembered = SOURCES.flatMap((path) => [...read(path).matchAll(/\bremembered\('([^']+)'/g)]);

  expect(remembered.length).toBeGreaterThan(3);
  expect(remembered.map(([, name = '']) => name).filter((name) => !tables.includes(name))).toEqual([]);
});

test('every file of the gateway that the code finds by its own place is there', () => {
  const missing = SOURCES.flatMap((path) =>
    [...read(path).matchAll(/new URL\(([^;]*?),\s*import\.meta\.url/g)].flatMap(([, names = '']) =>
      [...names.matchAll(/'(\.\.?\/[^']*)'/g)]
        // A build has its JavaScript in the places of the TypeScript.
        .map(([, name = '']) => new URL(name.replace(/\.js$/, '.ts'), new URL(path, ROOT)).href)
        .filter((url) => !existsSync(new URL(url))),
    ),
  );

  expect(missing).toEqual([]);
});
