/**
 * Compares the gateway with a bare proxy that makes the same upstream calls, in interleaved rounds of one run, and prints
 * ratios: absolute figures of such a machine mean little. `--rounds 5 --seconds 2 --concurrency 32`.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { request } from 'undici';
import { parse as parseYaml, stringify as printYaml } from 'yaml';
import { writeSandboxConfig } from '../src/cli/sandbox-config.ts';
import { type Sandbox, startSandbox } from '../src/sandbox/index.ts';
import { measure } from './load.ts';
import { type Operation, operations } from './operations.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '2' },
    concurrency: { type: 'string', default: '32' },
  },
});
const rounds = Number(values.rounds);
const durationMs = Number(values.seconds) * 1_000;
const concurrency = Number(values.concurrency);

const folder = await mkdtemp(join(tmpdir(), 'gateway-bench-'));
const children: ChildProcess[] = [];
const sandbox = await startSandbox();
try {
  const sides = await startAll(sandbox);
  const rows: string[][] = [];
  for (const [index, operation] of operations.entries()) rows.push(await compare(operation, index, sides));
  printTable(['operation', 'ratio', 'gateway/s', 'proxy/s', 'upstream requests', 'proxy’s'], rows);
  const [idle, schema] = [await schemaCost('idle'), await schemaCost('schema')];
  console.log(`\nReady after ${sides.readyAfterS.toFixed(1)} s; resident afterwards: ${await sides.residentMb()} MB.`);
  console.log(
    `The whole Sage 200 schema (${schema.types} types): ${(schema.rssMb - idle.rssMb).toFixed(0)} MB resident over a process with the same libraries, ${schema.ms.toFixed(0)} ms of start.`,
  );
  console.log(
    `${rounds} rounds of ${durationMs / 1_000} s, concurrency ${concurrency}, medians; Node ${process.version}.`,
  );
} finally {
  for (const child of children.reverse()) await stop(child);
  await sandbox.close();
  await rm(folder, { recursive: true, force: true });
}

/** Every part of the comparison: sandbox, memory in front of it, gateway and bare proxy. All but the sandbox in processes of their own. */
async function startAll(sandbox: Sandbox) {
  const configFile = join(folder, 'gateway.yaml');
  const { key } = await writeSandboxConfig(sandbox, configFile);
  const config = parseYaml(await readFile(configFile, 'utf8'));
  const origins = { sage200: sandbox.sage200.url, erp: sandbox.erp.url };
  const stub = JSON.parse(await firstLine(start(['bench/stub.ts', JSON.stringify({ origins })]))) as typeof origins;
  config.sage200.baseUrl = config.sage200.baseUrl.replace(origins.sage200, stub.sage200);
  for (const tenant of config.erp.tenants) tenant.tokenUrl = tenant.tokenUrl.replace(origins.erp, stub.erp);
  config.server = { port: 0 };
  config.log = { level: 'info', format: 'json' };
  await writeFile(configFile, printYaml(config));
  const startedAt = performance.now();
  const child = start(['src/main.ts', 'serve', '--config', configFile]);
  const gateway = { origin: await gatewayUrl(child), key };
  const readyAfterS = (performance.now() - startedAt) / 1_000;

  const erpToken = await erpTokenOf(config.erp.tenants[0]);
  const proxyOptions = {
    sage200: config.sage200.baseUrl,
    erp: erpToken.graphqlUrl,
    sage200Headers: {
      authorization: `Bearer ${await sageIdTokenOf(sandbox)}`,
      'x-site': config.sage200.site,
      'x-company': config.sage200.company,
    },
    erpHeaders: { authorization: `Bearer ${erpToken.accessToken}` },
  };
  const proxy = await firstLine(start(['bench/bare-proxy.ts', JSON.stringify(proxyOptions)]));
  const countUpstream = async () => Number(await (await request(`${stub.sage200}/__count`)).body.text());
  return { gateway, proxy, countUpstream, readyAfterS, residentMb: () => residentMb(child) };
}

async function schemaCost(kind: 'idle' | 'schema'): Promise<{ rssMb: number; ms: number; types?: number }> {
  return JSON.parse(await firstLine(start(['--expose-gc', 'bench/schema-cost.ts', kind])));
}

/** Resident memory of a process; only where there is /proc. */
async function residentMb({ pid }: ChildProcess): Promise<string> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const [, kilobytes] = /^VmRSS:\s+(\d+)/m.exec(status) ?? [];
  return kilobytes ? (Number(kilobytes) / 1_024).toFixed(0) : 'unknown';
}

interface Gateway {
  readonly origin: string;
  readonly key: string;
}

async function compare(
  operation: Operation,
  index: number,
  { gateway, proxy, countUpstream }: Awaited<ReturnType<typeof startAll>>,
): Promise<string[]> {
  const ours = {
    origin: gateway.origin,
    path: '/graphql',
    method: 'POST' as const,
    body: JSON.stringify({ query: operation.query }),
    headers: headersOf(gateway),
  };
  const bare = { origin: proxy, path: `/${index}`, method: 'GET' as const };
  const oursCalls = await callsOf(() => ask(gateway, operation.query), countUpstream);
  const bareCalls = await callsOf(() => request(proxy + bare.path).then(({ body }) => body.text()), countUpstream);
  for (const side of [ours, bare]) await measure({ ...side, concurrency, durationMs: Math.min(durationMs, 1_000) });
  const results: { ours: number; bare: number }[] = [];
  for (let round = 0; round < rounds; round += 1) {
    results.push({
      ours: await measure({ ...ours, concurrency, durationMs }),
      bare: await measure({ ...bare, concurrency, durationMs }),
    });
  }
  const ratio = median(results.map((result) => result.ours / result.bare));
  return [
    operation.name,
    ratio.toFixed(2),
    median(results.map((result) => result.ours)).toFixed(0),
    median(results.map((result) => result.bare)).toFixed(0),
    String(oursCalls),
    String(bareCalls),
  ];
}

async function callsOf(run: () => Promise<unknown>, countUpstream: () => Promise<number>): Promise<number> {
  await run();
  const before = await countUpstream();
  await run();
  return (await countUpstream()) - before;
}

function headersOf({ key }: Gateway): Record<string, string> {
  return { 'content-type': 'application/json', authorization: `Bearer ${key}` };
}

/** Asks once and fails on any error, so that only right answers are measured. */
async function ask(gateway: Gateway, query: string): Promise<void> {
  const { body } = await request(`${gateway.origin}/graphql`, {
    method: 'POST',
    headers: headersOf(gateway),
    body: JSON.stringify({ query }),
  });
  const answer = (await body.json()) as { errors?: unknown };
  if (answer.errors)
    throw new Error(`The gateway answered with errors: ${JSON.stringify(answer.errors).slice(0, 1_000)}`);
}

async function sageIdTokenOf(sandbox: Sandbox): Promise<string> {
  const { clientId, clientSecret } = sandbox.credentials.sage200;
  const form = {
    grant_type: 'refresh_token',
    refresh_token: await sandbox.refreshToken(),
    client_id: clientId,
    client_secret: clientSecret,
  };
  const { body } = await request(sandbox.credentials.sageId.tokenUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(form).toString(),
  });
  return ((await body.json()) as { access_token: string }).access_token;
}

async function erpTokenOf({
  tokenUrl,
  clientId,
  clientSecret,
  tenantId,
}: Record<'tokenUrl' | 'clientId' | 'clientSecret' | 'tenantId', string>) {
  const { body } = await request(tokenUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ clientId, clientSecret, tenantId }),
  });
  const answer = (await body.json()) as { accessToken: string; urls: Record<string, string> };
  return { accessToken: answer.accessToken, graphqlUrl: String(answer.urls['graphQl'] ?? answer.urls['graphQL']) };
}

function start(args: readonly string[]): ChildProcess {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  return child;
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}

async function firstLine(child: ChildProcess): Promise<string> {
  for await (const line of createInterface({ input: child.stdout ?? process.stdin })) return line.trim();
  throw new Error('A process of the comparison ended before it was ready.');
}

/** The gateway says where it listens in its log. */
async function gatewayUrl(child: ChildProcess): Promise<string> {
  const lines = createInterface({ input: child.stdout ?? process.stdin });
  for await (const line of lines) {
    const url = /"url":"(http:[^"]+)"/.exec(line)?.[1];
    if (url) {
      child.stdout?.resume();
      return url;
    }
  }
  throw new Error('The gateway ended before it was ready.');
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

function printTable(head: readonly string[], rows: readonly (readonly string[])[]): void {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  console.log([line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n'));
}
