// Measures what ERP tenants cost: node scripts/measure-schemas.ts. Each case runs in a process of its own, against a
// sandbox in another one, so that neither's memory counts for the other. Prints a table; asserts nothing.
import { fork } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Worker } from 'node:worker_threads';
import { getIntrospectionQuery, parse } from 'graphql';
import { pino } from 'pino';
import { openSources } from '../src/compose.ts';
import { loadConfig } from '../src/config/index.ts';
import { startErpSandbox } from '../src/sandbox/erp/index.ts';
import { createSeed } from '../src/sandbox/seed/index.ts';

const RELEASES = ['2025.R7', '2025.R8', '2025.R9'] as const;
const LINKS = [
  {
    name: 'erpCustomer',
    from: 'Sage200Customer.reference',
    to: 'xtremMasterData.customer',
    key: 'id',
    reverse: 'sage200Customer',
  },
  { name: 'erpItem', from: 'Sage200Product.code', to: 'xtremMasterData.item', key: 'id', reverse: 'sage200Product' },
];

interface Case {
  readonly name: string;
  readonly tenants: number;
  readonly types: number;
  readonly digests?: number;
  readonly links?: boolean;
  /** Started once before, so that snapshots are there; the tenants are down then. */
  readonly warm?: boolean;
  readonly upgrades?: number;
}

const CASES: readonly Case[] = [
  { name: '50 upgrades of 2000 types, links', tenants: 1, types: 2_000, links: true, upgrades: 50 },
  { name: '1 x 2000 types', tenants: 1, types: 2_000 },
  { name: '3 x 2000 types', tenants: 3, types: 2_000, digests: 3 },
  { name: '3 x 2000 types, links', tenants: 3, types: 2_000, digests: 3, links: true },
  { name: '200 x 2000 types, 3 digests', tenants: 200, types: 2_000, digests: 3, links: true },
  { name: '1 x 6000 types', tenants: 1, types: 6_000 },
  { name: '1 x 6000 types, links', tenants: 1, types: 6_000, links: true },
  { name: '1 x 6000 types, links, from snapshot', tenants: 1, types: 6_000, links: true, warm: true },
];

async function main(only: string | undefined): Promise<void> {
  for (const each of CASES.filter(({ name }) => only === undefined || name.includes(only))) {
    const folder = await mkdtemp(join(tmpdir(), 'measure-'));
    const sandbox = start('sandbox', each);
    const tenants = await sandbox.said();
    const run = { case: each, tenants, folder } as unknown as Measured;
    if (each.warm) {
      await (await startMeasure(run)).ended;
      sandbox.child.kill();
    }
    const result = await startMeasure(run);
    result.child.on('message', (message) => message === 'upgrade' && sandbox.child.send(message));
    sandbox.child.on('message', (message) => message === 'upgraded' && result.child.send(message));
    process.stdout.write(`${each.name.padEnd(40)} ${JSON.stringify(await result.said())}\n`);
    await result.ended;
    sandbox.child.kill();
    await rm(folder, { recursive: true, force: true });
  }
}

const startMeasure = async (run: Measured) => start('measure', run);

function start(name: string, argument: object) {
  const child = fork(fileURLToPath(import.meta.url), [name, JSON.stringify(argument)], {
    // As `npm start` has them.
    execArgv: ['--expose-gc', '--max-semi-space-size=16'],
    // biome-ignore lint/style/noProcessEnv: a process of its own has the environment of this one
    env: { ...process.env, MALLOC_ARENA_MAX: '2', MALLOC_TRIM_THRESHOLD_: '131072' },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const first = Promise.withResolvers<unknown>();
  child.on('message', (message) => typeof message === 'object' && first.resolve(message));
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  // Too late to matter once it has spoken.
  child.once('exit', (code) => first.reject(new Error(`${name} ended with ${code} before it said anything`)));
  return { child, said: () => first.promise, ended };
}

interface Tenant {
  readonly name: string;
  readonly tenantId: string;
  readonly tokenUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
}

async function serveSandbox({ tenants, types, digests = 1 }: Case): Promise<void> {
  const seed = createSeed({ customers: 5 });
  const erp = await startErpSandbox({
    seed,
    tenants: Array.from({ length: tenants }, (_, index) => ({
      name: `t${index}`,
      tenantId: `tenant-${index}`,
      types,
      release: RELEASES[index % digests] ?? RELEASES[0],
      data: () => seed.erp(),
    })),
  });
  const { tokenUrl, clientId, clientSecret } = erp;
  let upgrades = 0;
  process.on('message', () => {
    // Other names of all containers: no type of the one schema is in the other as it was.
    upgrades += 1;
    erp.configure({ naming: upgrades % 2 === 1 ? 'x3' : 'documented' });
    process.send?.('upgraded');
  });
  process.send?.(erp.tenants.map(({ name, tenantId }) => ({ name, tenantId, tokenUrl, clientId, clientSecret })));
}

interface Measured {
  readonly case: Case;
  readonly tenants: readonly Tenant[];
  readonly folder: string;
}

async function measure({ case: { links, upgrades = 0 }, tenants, folder }: Measured): Promise<void> {
  const text = JSON.stringify({
    vault: { url: `sqlite:${join(folder, 'vault.db')}`, key: Buffer.alloc(32, 7).toString('base64') },
    erp: { snapshots: join(folder, 'schemas'), tenants, deadline: '120s' },
    ...(links && { links: LINKS }),
  });
  const config = loadConfig({ path: join(folder, 'gateway.yaml'), text, env: {} });
  const sources = await openSources(config, { log: pino({ level: 'silent' }) });
  const threads: Worker[] = [];
  process.on('worker', (thread) => void threads.push(thread));
  const base = settled();
  const blocked = watchLoop();
  const startedAt = performance.now();
  // As many at once as callers would.
  await Promise.all(tenants.map(({ name }) => untilThere(sources, name)));
  const allMs = performance.now() - startedAt;
  const held = await blocked();
  const first = await answerMs(sources, tenants[0]?.name);
  const after = await settledAlone(threads);
  const introspection = tenants[0] ? await introspectionMs(sources, tenants[0].name) : undefined;
  const made = settled();
  const upgraded = upgrades > 0 ? await upgradeOften(sources, upgrades) : undefined;
  process.send?.({
    upgraded,
    readyMs: round(allMs),
    ...held,
    firstAnswerMs: first,
    heapMB: round(after.heap - base.heap),
    heapIntrospectedMB: round(made.heap - base.heap),
    rssMB: round(after.rss),
    introspection,
  });
  await sources.close();
  process.exit(0);
}

type Sources = Awaited<ReturnType<typeof openSources>>;

async function untilThere({ graph }: Sources, tenant: string): Promise<void> {
  for (;;) {
    try {
      await graph.reportOf(tenant);
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

async function ask({ graph, erp }: Sources, tenant: string | undefined, source: string): Promise<unknown> {
  const principal = {
    id: 'p',
    kind: 'anonymous',
    tenants: erp.tenants.map(({ name }) => name),
    companies: 'all',
    readOnly: true,
    admin: true,
  } as const;
  const schema = await graph.schemaFor(tenant);
  const signal = new AbortController().signal;
  const context = graph.createContext({
    principal,
    tenant,
    signal,
    requestId: 'r',
    headers: {},
  });
  const operation = { document: parse(source), source, variables: undefined, operationName: undefined };
  if (graph.validate(schema, operation, context).length > 0) throw new Error('the document is not valid');
  return graph.execute(schema, operation, context);
}

async function answerMs(sources: Sources, tenant: string | undefined): Promise<number> {
  const startedAt = performance.now();
  await ask(sources, tenant, '{ __typename gateway { me { id } } }');
  return round(performance.now() - startedAt);
}

async function introspectionMs(sources: Sources, tenant: string) {
  const times: number[] = [];
  for (let run = 0; run < 20; run++) {
    const startedAt = performance.now();
    await ask(sources, tenant, getIntrospectionQuery());
    times.push(performance.now() - startedAt);
  }
  return { firstMs: round(times[0] ?? 0), laterMs: round(times.slice(1).reduce((a, b) => a + b, 0) / 19) };
}

/** Heap after the fifth upgrade and after the last, in MB. */
async function upgradeOften({ erp, graph }: Sources, count: number) {
  const heaps: number[] = [];
  for (let upgrade = 1; upgrade <= count; upgrade++) {
    const done = new Promise((resolve) => process.once('message', resolve));
    process.send?.('upgrade');
    await done;
    await erp.refreshSchema('t0');
    await graph.reportOf('t0');
    await graph.schemaFor('t0');
    if (upgrade === 5 || upgrade === count) heaps.push(round(settled().heap));
  }
  return { afterFifthMB: heaps[0], afterLastMB: heaps[1] };
}

/** The longest that a timer had to wait for its turn, and what this thread itself did meanwhile: the rest is other processes. */
function watchLoop(): () => Promise<{ blockedMs: number; ofItOwnMs: number }> {
  const cpuMs = () => {
    const { user, system } = process.threadCpuUsage();
    return (user + system) / 1_000;
  };
  let [blockedMs, ofItOwnMs] = [0, 0];
  let [last, lastCpu] = [performance.now(), cpuMs()];
  const timer = setInterval(() => {
    blockedMs = Math.max(blockedMs, performance.now() - last - 5);
    ofItOwnMs = Math.max(ofItOwnMs, cpuMs() - lastCpu);
    [last, lastCpu] = [performance.now(), cpuMs()];
  }, 5);
  return async () => {
    await new Promise((resolve) => setTimeout(resolve, 20));
    clearInterval(timer);
    return { blockedMs: round(blockedMs), ofItOwnMs: round(ofItOwnMs) };
  };
}

/** Once the threads that read schemas have given back what they took. */
async function settledAlone(threads: readonly Worker[]) {
  while (threads.some(({ threadId }) => threadId !== -1)) await new Promise((resolve) => setTimeout(resolve, 100));
  return settled();
}

function settled() {
  for (let run = 0; run < 4; run++) global.gc?.();
  const { heapUsed, rss } = process.memoryUsage();
  return { heap: heapUsed / 1e6, rss: rss / 1e6 };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

const [role, given] = process.argv.slice(2);
if (role === 'sandbox') await serveSandbox(JSON.parse(given ?? '{}') as Case);
else if (role === 'measure') await measure(JSON.parse(given ?? '{}') as Measured);
else await main(role);
