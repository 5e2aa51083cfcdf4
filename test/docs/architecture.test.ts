import { existsSync, globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseAst } from 'vitest/node';

const ROOT = new URL('../../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, ROOT), 'utf8');
const isThere = (path: string) => existsSync(new URL(path, ROOT));

const DOCUMENT = 'docs/architecture.md';

const SOURCES = globSync('src/**/*.ts', { cwd: ROOT }).filter((path) => !/^src\/(sandbox|generated)\//.test(path));

/** Made again each time they are reached; a map inside another one, made when it is missing, is a part of that one. */
const KEPT =
  /(?<!\?\? )\bnew (?:WeakMap|WeakSet|BoundedCache|DataLoader|KeptCalls|SharedWork|SharedBuffer)\b|(?<!function )\bcreateSharedCalls<|\bmemoize\d\(/g;

test('every file and folder in docs/architecture.md exists', () => {
  const paths = [...read(DOCUMENT).matchAll(/`((?:src|test|scripts|docs)\/[\w./-]+)`/g)].map(([, path = '']) => path);

  expect(paths.length).toBeGreaterThan(100);
  expect(paths.filter((path) => !isThere(path))).toEqual([]);
});

test('its tables have a line for everything that is kept in memory', () => {
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

test('every file that the code finds relative to itself exists', () => {
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

/** Generated, or declarations of data. */
const LONG_FILES = ['src/generated/index.ts', 'src/sandbox/seed/types.ts'];
const LONGEST_FILE = 350;
const LONGEST_FUNCTION = 80;

test('no file is longer than 350 lines, and no function longer than 80 without its inner functions', () => {
  const texts = globSync('src/**/*.ts', { cwd: ROOT }).map((path) => ({ path, text: read(path) }));

  const files = texts.map(({ path, text }) => ({ path, lines: text.split('\n').length - 1 }));
  const functions = texts.flatMap(({ path, text }) => functionsIn(path, text));

  expect(functions.length).toBeGreaterThan(1_000);
  expect(files.filter(({ path, lines }) => lines > LONGEST_FILE && !LONG_FILES.includes(path))).toEqual([]);
  expect(functions.filter(({ lines }) => lines > LONGEST_FUNCTION)).toEqual([]);
});

function functionsIn(path: string, text: string) {
  const found: { path: string; line: number; lines: number }[] = [];
  const lineOf = (position: number) => text.slice(0, position).split('\n').length;
  /** @returns how many lines the functions in it take, beyond those they begin on */
  const visit = (node: unknown): number => {
    if (typeof node !== 'object' || node === null) return 0;
    const inside = Object.values(node).reduce((sum: number, child) => sum + visit(child), 0);
    const { type, body, start, end } = node as { type?: string; body?: unknown; start: number; end: number };
    if (!body || !FUNCTIONS.includes(type ?? '')) return inside;
    const lines = text.slice(start, end).split('\n').length;
    found.push({ path, line: lineOf(start), lines: lines - inside });
    return lines - 1;
  };
  visit(parseAst(text, { lang: 'ts' }, path));
  return found;
}

const FUNCTIONS = ['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression'];
