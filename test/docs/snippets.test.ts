import { globSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { COMMANDS } from '../../src/cli/commands.ts';
import { type Sandbox as LibrarySandbox, startSandbox as startLibrarySandbox } from '../../src/cli/sandbox-library.ts';
import { loadConfig } from '../../src/config/index.ts';
import { startGateway } from '../../src/gateway.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { runHere } from '../cli/run-here.ts';
import { startTestGateway, type TestGateway, warmUp } from '../support/test-gateway.ts';

const ROOT = new URL('../../', import.meta.url);
const PAGES = globSync(['README.md', 'CONTRIBUTING.md', 'docs/*.md'], { cwd: fileURLToPath(ROOT) }).sort();

interface Snippet {
  readonly place: string;
  readonly page: string;
  /** `json answer` and the like: the language, and what the block is. */
  readonly language: string;
  readonly text: string;
}

const SNIPPETS = PAGES.flatMap(snippetsOf);

/** Pages whose documents other tests run with their variables, in their order, and compare with the answers shown. */
const RUN_ELSEWHERE = new Map([
  ['docs/sage200.md', 'test/e2e/recipes.test.ts'],
  ['docs/payments-out.md', 'test/subschemas/payments-out/recipes.test.ts'],
  ['docs/links.md', 'test/cli/sandbox-links.test.ts'],
  ['docs/partners.md', 'test/e2e/partners.test.ts'],
]);

/** What is not for this product to run: a picture, and the configurations of other products. `clients import` has tests of its own. */
const FOREIGN = new Set(['mermaid', 'nginx']);
const FOREIGN_YAML: readonly RegExp[] = [/^services:/, /^config:\n {2}defaultScalarType/, /^- name: northwind/];

function snippetsOf(page: string): Snippet[] {
  const text = readFileSync(new URL(page, ROOT), 'utf8');
  return [...text.matchAll(/^( *)```([a-z][a-z ]*)\n([\s\S]*?)^\1```$/gm)].map(
    ([, indent = '', language = '', body = ''], index) => ({
      place: `${page}, block ${index + 1}`,
      page,
      language,
      text: body.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
    }),
  );
}

const inLanguage = (...languages: string[]) => SNIPPETS.filter(({ language }) => languages.includes(language));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gateway-snippets-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('every block of the documentation is run by a test', () => {
  const kinds = new Set(['graphql', 'json', 'json answer', 'json variables', 'sh', 'ts', 'yaml', ...FOREIGN]);

  expect(SNIPPETS.length).toBeGreaterThan(70);
  expect(SNIPPETS.filter(({ language }) => !kinds.has(language)).map(({ place }) => place)).toEqual([]);
  for (const [page, path] of RUN_ELSEWHERE)
    expect(readFileSync(new URL(path, ROOT), 'utf8'), path).toContain(page.replace('docs/', ''));
});

test('the first steps of the README exist for Windows PowerShell too', () => {
  // It knows no `&&`, its own `curl` is another program, and `@` begins a word of its own.
  const forWindows = (command: string) =>
    command
      .replaceAll(' && ', '; ')
      .replace(/^curl /, 'curl.exe ')
      .replaceAll("'", '"')
      .replace(/ (@\S+)/, ' "$1"');
  const [start = '', ask = ''] = inLanguage('sh').flatMap(({ page, text }) =>
    page === 'README.md' ? [text.trim()] : [],
  );
  const [, forPowerShell = ''] =
    /^In Windows PowerShell,([\s\S]*?)\n\n/m.exec(readFileSync(new URL('README.md', ROOT), 'utf8')) ?? [];

  expect([...forPowerShell.matchAll(/`([^`]+)`/g)].map(([, command]) => command)).toEqual([start, ask].map(forWindows));
  expect(forWindows(ask)).toContain('curl.exe');
});

describe('documents', () => {
  let sandbox: Sandbox;
  let gateway: TestGateway;
  beforeAll(async () => {
    // As `npm start` has it, so that readers find the same rows.
    sandbox = await startSandbox();
    gateway = await startTestGateway({ sandbox });
    await warmUp(gateway);
  });
  afterAll(async () => {
    await gateway?.close();
    await sandbox?.close();
  });

  const documents = SNIPPETS.map((snippet, index) => ({ ...snippet, next: SNIPPETS[index + 1] })).filter(
    ({ language, page }) => language === 'graphql' && !RUN_ELSEWHERE.has(page),
  );

  test.each(documents)('$place gets an answer of the shown shape', async ({ text, next }) => {
    const [site = '', company = ''] = [sandbox.companies[0]?.siteId, sandbox.companies[0]?.companyId].map(String);
    const document = text
      .replaceAll('site: "…"', `site: "${site}"`)
      .replaceAll('company: "2"', `company: "${company}"`);

    const answer = await gateway.query(document);

    expect(answer.errors).toBeUndefined();
    if (next?.language === 'json') expect(shapeOf(answer.data)).toEqual(shapeOf(JSON.parse(next.text).data));
  });
});

describe('settings', () => {
  const settings = inLanguage('yaml').filter(({ text }) => !FOREIGN_YAML.some((foreign) => foreign.test(text)));

  test.each(settings)('$place is accepted unchanged', async ({ text }) => {
    const known = (name: string) =>
      name.endsWith('SHA256') ? 'ab'.repeat(32) : name.endsWith('VAULT_KEY') ? KEY : 'value';
    const names = [...text.matchAll(/\$\{(\w+)\}/g)].map(([, name = '']) => name);
    const env = Object.fromEntries(
      names.map((name) => [name, name.endsWith('VAULT_URL') ? 'postgres://a:b@localhost/g' : known(name)]),
    );
    const certificate = join(folder, 'ca.pem');
    await writeFile(certificate, rootCertificates[0] ?? '');
    const { links, ...given } = parseYaml(text.replace('./x3-ca.pem', certificate));
    const file = {
      ...BASE,
      ...given,
      ...(links && { links, erp: given.erp ?? TENANT }),
      callers: { ...BASE.callers, ...given.callers },
    };

    expect(() => loadConfig({ settings: resolved(file, env), env })).not.toThrow();
  });
});

const KEY = Buffer.alloc(32, 7).toString('base64');
const TENANT = { tenants: [{ name: 'acme', tenantId: 'a', clientId: 'b', clientSecret: 'c' }] };
/** What every configuration has to have. */
const BASE = {
  server: { publicUrl: 'https://gateway.example.com' },
  vault: { url: 'sqlite:.data/vault.db', key: KEY },
  sage200: { clientId: 'id', clientSecret: 'secret' },
  callers: { apiKeys: [{ name: 'a', sha256: 'ab'.repeat(32), connection: 'finance', companies: 'all' }] },
};

const resolved = (file: object, env: Readonly<Record<string, string>>) =>
  JSON.parse(JSON.stringify(file).replaceAll(/\$\{(\w+)\}/g, (_, name) => env[name] ?? ''));

describe('command lines', () => {
  const lines = inLanguage('sh').flatMap(({ place, text }) =>
    text
      .split('\n')
      .map((line) => line.replace(/\s+#.*$/, '').trim())
      .filter(Boolean)
      .flatMap((line) => line.split(' && '))
      .map((line) => ({ place, line })),
  );
  const scripts = JSON.parse(readFileSync(new URL('package.json', ROOT), 'utf8')).scripts as Record<string, string>;

  test.each(lines)('$place: $line', async ({ line }) => {
    for (const [path] of line.matchAll(/(?<=@|node )(?:bin|examples|src)\/[\w./-]+/g))
      expect(globSync(path, { cwd: fileURLToPath(ROOT) })).toEqual([path]);
    const words = line.split(/\s+/);
    if (words[0] === 'curl' || line.startsWith('npm ci')) return;
    const [, name = ''] = /^npm (?:run )?([\w:]+)/.exec(line) ?? [];
    if (name) expect(Object.keys(scripts)).toContain(name);
    const first = { start: ['serve'], sandbox: ['sandbox'], gateway: [], test: undefined, '': [] }[name];
    if (!first) return;
    const rest = name
      ? words.slice(words.indexOf('--') + 1)
      : words.slice(words.findIndex((word) => /gateway(\.js)?$/.test(word)) + 1);
    await expectKnown([...first, ...(words.includes('--') || !name ? rest : [])]);
  });

  /** That the command is there, and has the options. */
  async function expectKnown(args: readonly string[]): Promise<void> {
    const command = [args.slice(0, 2).join(' '), args[0] ?? ''].find((name) => COMMANDS[name]);
    expect(command, args.join(' ')).toBeDefined();
    const { stdout: help } = await runHere(...(command ?? '').split(' '), '--help');
    for (const option of args.filter((word) => word.startsWith('--')))
      expect(help).toContain(option.replace(/=.*/, ''));
  }
});

describe('programs', () => {
  let sandbox: LibrarySandbox;
  beforeAll(async () => {
    sandbox = await startLibrarySandbox({ customers: 5 });
    await sandbox.writeConfig(join(folder, 'gateway.yaml'));
  });
  afterAll(() => sandbox?.[Symbol.asyncDispose]());

  test.each(inLanguage('ts'))('$place runs', async ({ place, text }) => {
    const file = join(folder, `${place.replaceAll(/\W+/g, '-')}.ts`);
    await using gateway = await startGatewayOf(join(folder, 'gateway.yaml'));
    await writeFile(file, toProgram(text, folder, gateway.url));
    const registered: (() => Promise<void>)[] = [];
    Object.assign(globalThis, { test: (_title: string, body: () => Promise<void>) => registered.push(body) });

    await import(/* @vite-ignore */ file);

    for (const body of registered) await body();
  });
});

async function startGatewayOf(path: string) {
  const config = loadConfig({ path, env: { PORT: '0' } });
  const gateway = await startGateway(config, { log: pino({ level: 'silent' }), env: {} });
  return { url: gateway.url, [Symbol.asyncDispose]: () => gateway.close() };
}

/** What a package's name stands for here. */
const ENTRIES = {
  'sage-gateway': 'src/index.ts',
  'sage-gateway/sandbox': 'src/cli/sandbox-library.ts',
  'sage-gateway/client-caches': 'src/client-caches.ts',
};
const SANDBOX_IMPORT = "import { startSandbox } from 'sage-gateway/sandbox';\n";

/** The snippet as a module: its packages are those of this tree, its files in `folder`, its tests for us to call. */
function toProgram(text: string, folder: string, url: string): string {
  // A line by itself leaves out the import of the block before it.
  const isLine = text.includes('startSandbox(') && !text.includes('import ');
  let source = isLine ? `${SANDBOX_IMPORT}await using made = ${text.trim()}` : text;
  source = source.replaceAll('https://gateway.example.com', url);
  if (source.includes('${token}') && !source.includes('const token')) source = `const token = 'abc';\n${source}`;
  for (const name of ['gateway.yaml', 'sandbox.yaml'])
    source = source.replaceAll(`'${name}'`, JSON.stringify(join(folder, name)));
  for (const [name, path] of Object.entries(ENTRIES))
    source = source.replaceAll(`'${name}'`, JSON.stringify(new URL(path, ROOT).href));
  return source.replace(
    "import { expect, test } from 'vitest';",
    "import { expect } from 'vitest';\nconst { test } = globalThis as any;",
  );
}

/** The names and kinds of what is in it; of lists the first item stands for all. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.slice(0, 1).map(shapeOf);
  if (typeof value !== 'object' || value === null) return typeof value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, shapeOf(member)]));
}
