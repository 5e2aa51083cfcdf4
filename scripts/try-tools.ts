// Tries real tools on a gateway in front of a tenant with thousands of types, and prints what each took as a table:
// npm run try:tools -- --types 6000. Sandbox, gateway and tools run in processes of their own. Asserts what CI asserts
// for a small tenant: that each tool works.
import { execFile, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { gql } from '@apollo/client';
import { diff } from '@graphql-inspector/core';
import { buildClientSchema, buildSchema, getIntrospectionQuery, type IntrospectionQuery } from 'graphql';
import { createClient } from '../examples/apollo-client.ts';
import { startErpSandbox } from '../src/sandbox/erp/index.ts';
import { startSandbox } from '../src/sandbox/index.ts';
import { readyLine, startMain } from '../test/cli/run-main.ts';
import { compileRelayApp } from '../test/relay/compile-app.ts';
import { openBrowser } from '../test/support/browser.ts';
import { findType, openExplorer, typeQuery } from '../test/support/graphiql.ts';
import { toClient, writeTestConfig } from '../test/support/test-gateway.ts';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
/** Not in git. */
const SHOTS = join(ROOT, 'artifacts');
const run = promisify(execFile);

interface Tried {
  /** What the tool made of it. */
  readonly result: string;
  /** Where the whole time would count something else. */
  readonly ms?: number;
}

/** Name, and what it does at a gateway's address with a folder of its own. */
const TOOLS: Readonly<Record<string, (url: string, folder: string) => Promise<Tried>>> = {
  'introspection, the first': introspect,
  'introspection, again': introspect,
  '/schema.graphql': download('/schema.graphql'),
  '/schema.json': download('/schema.json'),
  'graphql-codegen, types of everything': codegen({ 'schema.ts': { plugins: ['typescript'] } }),
  'graphql-codegen, client preset and one document': codegen({
    'client/': {
      preset: 'client',
      documents: 'documents.graphql',
      config: { enumsAsTypes: true, defaultScalarType: 'unknown' },
    },
  }),
  'graphql-inspector, no change': inspect(0),
  'graphql-inspector, one field less': inspect(1),
  'relay-compiler': relay,
  'Apollo Client, its devtools’ query': apollo,
  'GraphiQL, ready': graphiql('ready'),
  'GraphiQL, type found and shown in the explorer': graphiql('explorer'),
  'GraphiQL, query typed with suggestions and answered': graphiql('query'),
};

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { types: { type: 'string', default: '6000' }, only: { type: 'string', default: '' } },
  });
  await mkdir(SHOTS, { recursive: true });
  const world = await startWorld(Number(values.types));
  try {
    process.stdout.write(`| tool | took | result |\n|---|---|---|\n`);
    process.stdout.write(
      `| the gateway, until the tenant's types are there after a start | ${seconds(world.readyMs)} | |\n`,
    );
    for (const name of Object.keys(TOOLS).filter((each) => each.includes(values.only))) {
      const { result, ms } = await tryOne(name, world.url);
      process.stdout.write(`| ${name} | ${seconds(ms)} | ${result} |\n`);
    }
  } finally {
    await world.close();
  }
}

const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;

/** A sandbox in this process, the gateway in its own; ready once the tenant's types are there. */
async function startWorld(types: number) {
  await using opened = new AsyncDisposableStack();
  const sandbox = opened.use(await startSandbox({ customers: 60 }));
  const erp = opened.use(await startErpSandbox({ seed: sandbox.seed, types }));
  const [tenant] = erp.tenants;
  const file = opened.use(
    await writeTestConfig({
      sandbox,
      edit: (yaml) => {
        const { tokenUrl, clientId, clientSecret } = erp;
        const tenants = [{ name: 'acme', tenantId: tenant?.tenantId, tokenUrl, clientId, clientSecret }];
        Object.assign(yaml, {
          erp: { ...yaml['erp'], tenants },
          callers: { anonymous: { connection: 'sandbox', tenants: ['acme'], readOnly: false } },
        });
      },
    }),
  );
  const gateway = startMain(['serve', '--config', file.path], { env: { PORT: '0' } });
  opened.defer(async () => {
    await gateway.stop('SIGTERM');
  });
  const { url } = readyLine(await gateway.says('"msg":"ready"')) as { url: string };
  const startedAt = performance.now();
  const { query } = toClient(url);
  for (;;) {
    const { data } = await query('{ __type(name: "SalesOrder") { name } }');
    if (data?.__type) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const readyMs = performance.now() - startedAt;
  const running = opened.move();
  return { url, readyMs, close: () => running.disposeAsync() };
}

/** Each in a process of its own, whose start is part of the time: so it is for anyone who uses the tool. */
async function tryOne(name: string, url: string): Promise<Required<Tried>> {
  const startedAt = performance.now();
  const child = fork(fileURLToPath(import.meta.url), ['tool', name, url]);
  const ended = once(child, 'exit');
  const [tried] = (await Promise.race([
    once(child, 'message'),
    ended.then(([code]) => [{ result: `failed (${code})` }]),
  ])) as [Tried];
  await ended;
  return { ms: performance.now() - startedAt, ...tried };
}

async function tool(name: string, url: string): Promise<void> {
  const attempt = TOOLS[name];
  if (!attempt) throw new Error(`there is no tool "${name}"`);
  // Inside the project, so that its packages are found, and where git does not look.
  const folder = await mkdtemp(join(SHOTS, 'try-'));
  try {
    process.send?.(await attempt(url, folder));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const megabytes = (bytes: number) => (bytes < 1e5 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`);

async function introspect(url: string): Promise<Tried> {
  const { post } = toClient(url);
  const startedAt = performance.now();
  const text = await (await post({ query: getIntrospectionQuery() })).text();
  const ms = performance.now() - startedAt;
  const schema = buildClientSchema((JSON.parse(text) as { data: IntrospectionQuery }).data);
  return { result: `${Object.keys(schema.getTypeMap()).length} types, ${megabytes(text.length)}`, ms };
}

function download(path: string) {
  return async (url: string): Promise<Tried> => {
    const startedAt = performance.now();
    const response = await fetch(url + path);
    const text = await response.text();
    const ms = performance.now() - startedAt;
    if (!response.ok) throw new Error(text);
    return { result: megabytes(text.length), ms };
  };
}

const DOCUMENT = `query Both($first: Int) {
  sage200 { customers(first: $first) { nodes { id name } } }
  xtremSales { salesOrder { query(first: $first) { edges { node { _id number soldToCustomer { name } } } } } }
}`;

function codegen(generates: Record<string, Record<string, unknown>>) {
  return async (url: string, folder: string): Promise<Tried> => {
    await writeFile(join(folder, 'documents.graphql'), DOCUMENT);
    const config = { schema: `${url}/graphql`, generates };
    await writeFile(join(folder, 'codegen.json'), JSON.stringify(config));
    await run(process.execPath, [join(ROOT, 'node_modules/.bin/graphql-codegen'), '--config', 'codegen.json'], {
      cwd: folder,
      maxBuffer: 64e6,
    });
    const written = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.ts'));
    const sizes = await Promise.all(written.map(async (name) => (await stat(join(folder, name))).size));
    return { result: `files: ${written.length}, ${megabytes(sizes.reduce((sum, size) => sum + size, 0))}` };
  };
}

function inspect(fieldsLess: 0 | 1) {
  return async (url: string): Promise<Tried> => {
    const sdl = await (await fetch(`${url}/schema.graphql`)).text();
    const field = /^ {2}companyName: String\n/m;
    const [before, after] = [buildSchema(sdl), buildSchema(fieldsLess === 0 ? sdl : sdl.replace(field, ''))];
    const changes = await diff(before, after);
    if (changes.length !== fieldsLess) throw new Error(`${changes.length} changes`);
    return { result: `changes: ${changes.length}` };
  };
}

/** The application that CI compiles too, here against everything the caller sees. */
async function relay(url: string, folder: string): Promise<Tried> {
  const artifacts = await compileRelayApp(folder, await (await fetch(`${url}/schema.graphql`)).text());
  return { result: `${artifacts.length} artifacts` };
}

/** The panel of its devtools sends the usual query of graphql-js through the page's own client, past its cache. */
async function apollo(url: string): Promise<Tried> {
  const client = createClient({ uri: `${url}/graphql` });
  const { data, error } = await client.query({ query: gql(getIntrospectionQuery()), fetchPolicy: 'no-cache' });
  if (error) throw error;
  const schema = buildClientSchema(data as IntrospectionQuery);
  return { result: `${Object.keys(schema.getTypeMap()).length} types` };
}

/** In Chromium, as a person would: the schema is there once the editor's explorer shows the tenant's packages. */
function graphiql(until: 'ready' | 'explorer' | 'query') {
  return async (url: string): Promise<Tried> => {
    await using browser = await openBrowser();
    const { page, complaints } = await browser.newPage();
    page.setDefaultTimeout(60_000);
    const startedAt = performance.now();
    const docs = await openExplorer(page, url);
    const readyMs = performance.now() - startedAt;
    if (until === 'ready') return { result: 'packages in the explorer', ms: readyMs };
    const beganAt = performance.now();
    if (until === 'explorer') await findType(page, docs, 'SalesOrderLine', '_sortValue');
    else await typeQuery(page);
    const ms = performance.now() - beganAt;
    await page.screenshot({ path: join(SHOTS, `graphiql-large-${until}.png`) });
    if (complaints.length > 0) throw new Error(complaints.join('; '));
    return { result: `after it was ready (${seconds(readyMs)})`, ms };
  };
}

const [role, name = '', url = ''] = process.argv.slice(2);
if (role === 'tool') await tool(name, url);
else await main();
