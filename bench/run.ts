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
try {
  const { gateway, proxy, countUpstream } = await startAll();
  const rows: string[][] = [];
  for (const [index, operation] of operations.entries()) rows.push(await compare(operation, index, gateway, proxy, countUpstream));
  printTable(['operation', 'ratio', 'gateway/s', 'proxy/s', 'upstream requests', 'proxy’s'], rows);
  console.log(`\n${rounds} rounds of ${durationMs / 1_000} s, concurrency ${concurrency}, medians; Node ${process.version}.`);
} finally {
  for (const child of children.reverse()) await stop(child);
  await rm(folder, { recursive: true, force: true });
}

/** Every process of the comparison: sandbox, memory in front of it, gateway and bare proxy. */
async function startAll() {
  const configFile = join(folder, 'sandbox.yaml');
  const sandbox = start(['src/main.ts', 'sandbox', '--port', '0', '--write-config', configFile, '--customers', '200']);
  const config = parseYaml(await whenWritten(configFile, sandbox));
  const tenant = config.erp.tenants[0];
  const origins = { sage200: new URL(config.sage200.baseUrl).origin, erp: new URL(tenant.tokenUrl).origin };
  const stub = JSON.parse(await firstLine(start(['bench/stub.ts', JSON.stringify({ origins })]))) as typeof origins;
  const erpToken = await tokenOf(tenant, stub.erp);

  config.sage200.baseUrl = config.sage200.baseUrl.replace(origins.sage200, stub.sage200);
  for (const other of config.erp.tenants) other.tokenUrl = other.tokenUrl.replace(origins.erp, stub.erp);
  config.server = { ...config.server, port: 0 };
  config.log = { level: 'info', format: 'json' };
  await writeFile(configFile, printYaml(config));
  const gateway = await gatewayUrl(start(['src/main.ts', 'serve', '--config', configFile]));

  // The gateway's own first answers bring the sign-in that the bare proxy borrows.
  for (const { query } of operations) await ask(gateway, query);
  const proxyOptions = {
    sage200: config.sage200.baseUrl,
    erp: erpToken.graphqlUrl,
    sage200Headers: { 'x-site': String(config.sage200.site), 'x-company': String(config.sage200.company), authorization: await borrowedToken(config) },
    erpHeaders: { authorization: `Bearer ${erpToken.accessToken}` },
  };
  const proxy = (await firstLine(start(['bench/bare-proxy.ts', JSON.stringify(proxyOptions)]))).trim();
  const countUpstream = async () => Number(await (await request(`${stub.sage200}/__count`)).body.text());
  return { gateway, proxy, countUpstream };
}

async function compare(operation: Operation, index: number, gateway: string, proxy: string, countUpstream: () => Promise<number>): Promise<string[]> {
  const ours = { origin: gateway, path: '/graphql', method: 'POST' as const, body: JSON.stringify({ query: operation.query }) };
  const bare = { origin: proxy, path: `/${index}`, method: 'GET' as const };
  const oursCalls = await callsOf(() => ask(gateway, operation.query), countUpstream);
  const bareCalls = await callsOf(() => request(proxy + bare.path).then(({ body }) => body.text()), countUpstream);
  for (const side of [ours, bare]) await measure({ ...side, concurrency, durationMs: Math.min(durationMs, 1_000) });
  const results: { ours: number; bare: number }[] = [];
  for (let round = 0; round < rounds; round += 1) {
    results.push({ ours: await measure({ ...ours, concurrency, durationMs }), bare: await measure({ ...bare, concurrency, durationMs }) });
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

async function ask(gateway: string, query: string): Promise<unknown> {
  const { body } = await request(`${gateway}/graphql`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ query }) });
  const answer = (await body.json()) as { errors?: unknown };
  if (answer.errors) throw new Error(`The gateway answered with errors: ${JSON.stringify(answer.errors).slice(0, 1_000)}`);
  return answer;
}

/** An access token of the sandbox's own for the bare proxy: the memory in front does not look at it, but forwards it once. */
async function borrowedToken(config: { sageId: { tokenUrl: string }; network?: unknown }): Promise<string> {
  const { body } = await request(new URL('/__access_token', config.sageId.tokenUrl), { method: 'POST' });
  return `Bearer ${(await body.text()).trim()}`;
}

async function tokenOf(tenant: { tokenUrl: string; clientId: string; clientSecret: string; tenantId: string }, origin: string) {
  const { clientId, clientSecret, tenantId } = tenant;
  const { body } = await request(origin + new URL(tenant.tokenUrl).pathname, {
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
  if (child.exitCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
}

async function firstLine(child: ChildProcess): Promise<string> {
  for await (const line of createInterface({ input: child.stdout ?? process.stdin })) return line;
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

async function whenWritten(path: string, child: ChildProcess): Promise<string> {
  for (let attempt = 0; attempt < 100 && child.exitCode === null; attempt += 1) {
    const text = await readFile(path, 'utf8').catch(() => '');
    if (text) return text;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('The sandbox did not start.');
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

function printTable(head: readonly string[], rows: readonly (readonly string[])[]): void {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  console.log([line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n'));
}
