/**
 * Restarts, slow readers and idle connections, with real processes: six instances are restarted twice behind a balancer, alone
 * and with two workers each; a gateway with `limits.memory: 32mb` has 40 clients that do not read and 32 heavy operations at
 * once; 2,000 connections idle; PostgreSQL is stopped ten times under writes. Ends with 1 unless everything holds that docs/deploying.md promises.
 */
import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse as parseYaml, stringify as printYaml } from 'yaml';
import { startSandbox } from '../../src/sandbox/index.ts';
import { readyLine, startMain } from '../cli/run-main.ts';
import { writeThroughOutages } from './database-outages.ts';
import { restartInTurn } from './rolling-restart.ts';

const FIELDS =
  'id reference name shortName balance onHold creditLimit dateTimeCreated dateTimeUpdated accountType officeType termsAgreed tradingTerms orderPriority paymentTermsDays averageTimeToPay faxAreaCode telephoneAreaCode statusReason creditReference';
const ROWS = `{ nodes { ${FIELDS} } }`;

const LOOP_WATCH = new URL('./loop-watch.ts', import.meta.url).href;

const broken: string[] = [];
const only = process.argv[2];
if (!only || only === 'restarts') for (const workers of [undefined, 2]) await restarts(workers);
if (!only || only === 'memory') await memory();
if (!only || only === 'idle') await idle();
if (!only || only === 'outages') await outages();
tell(broken.length === 0 ? 'holds' : `BROKEN: ${broken.join('; ')}`);
process.exit(broken.length === 0 ? 0 : 1);

async function restarts(workers: number | undefined): Promise<void> {
  await using sandbox = await startSandbox({ customers: 20, companies: 1 });
  const { answered, failed } = await restartInTurn({
    sandbox,
    instances: 6,
    rounds: 2,
    drainDelay: '5s',
    clients: 4,
    ...(workers && { workers }),
  });
  const name = workers ? `with ${workers} workers` : 'alone';
  tell(`restarts ${name}: ${answered} answers, ${failed.length} failures ${[...new Set(failed)].join(', ')}`);
  if (failed.length > 0 || answered < 6_000) broken.push(`restarts ${name}`);
}

async function memory(): Promise<void> {
  await using gateway = await startProcesses(4_900, { memory: '32mb' });
  const { pid, url, port, loopHeldMs } = gateway;
  const startedAt = Date.now();
  let most = 0;
  let slowest = 0;
  let deaf: string | undefined;
  const watch = setInterval(() => {
    most = Math.max(most, residentMb(pid));
    const at = performance.now();
    fetch(`${url}/healthz`).then(
      () => {
        slowest = Math.max(slowest, performance.now() - at);
      },
      (error: Error) => {
        deaf = error.message;
      },
    );
  }, 100);
  // Each of another length, so that nobody joins another's request.
  const heavy = (index: number) =>
    `{ sage200 { a: customers(first: ${4_900 - 2 * index}) ${ROWS} b: customers(first: ${4_899 - 2 * index}) ${ROWS} } }`;
  const stuck = Array.from({ length: 40 }, (_, index) => stuckReader(port, heavy(index)));
  const answers = await Promise.all(
    Array.from({ length: 32 }, async (_, index) => {
      const response = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query: heavy(index + 40) }),
      });
      const { errors } = (await response.json()) as { errors?: { extensions: { code: string } }[] };
      return errors?.map(({ extensions }) => extensions.code) ?? [];
    }).map((answer) => answer.catch((error: Error) => [`died: ${error.message}`])),
  );
  clearInterval(watch);
  const held = await loopHeldMs(startedAt);
  for (const socket of stuck) socket.destroy();
  const codes = answers.flatMap((each) => each.slice(0, 1));
  const strange = codes.filter((code) => code !== 'OVERLOADED' && code !== 'COST_EXCEEDED');
  tell(
    `memory: ${most.toFixed(0)} MB at most, /healthz ${slowest.toFixed(0)} ms at most, of which the gateway's own work ${held.toFixed(0)} ms, ${codes.length} of 32 refused: ${[...new Set(answers.flat())].join(', ')}`,
  );
  if (deaf) broken.push(`/healthz: ${deaf}`);
  if (strange.length > 0) broken.push(`answers ${[...new Set(strange)].join(', ')}`);
  if (most > 450) broken.push(`${most.toFixed(0)} MB`);
  // What a busy machine adds is not the gateway's: its own turn of the loop is what everybody has to wait for.
  if (held > 1_000) broken.push(`the event loop was held for ${held.toFixed(0)} ms`);
}

async function idle(): Promise<void> {
  await using gateway = await startProcesses(5, {});
  await fetch(`${gateway.url}/healthz`);
  const before = residentMb(gateway.pid);
  const sockets = await Promise.all(Array.from({ length: 2_000 }, () => idleConnection(gateway.port)));
  const cost = residentMb(gateway.pid) - before;
  for (const socket of sockets) socket.destroy();
  tell(`2,000 idle connections: ${cost.toFixed(0)} MB`);
  if (cost > 100) broken.push('idle connections');
}

async function outages(): Promise<void> {
  const report = await writeThroughOutages({
    outages: 10,
    awayMs: 5_000,
    betweenMs: 3_000,
    gateways: 2,
    writers: 10,
  });
  const refused = Object.entries(report.refused).map(([code, count]) => `${count} ${code}`);
  tell(
    `PostgreSQL stopped ten times: ${report.writes} writes, ${report.done} done at once, ${refused.join(', ') || 'none'} refused`,
  );
  broken.push(...report.broken.slice(0, 10));
}

/** Gateway and sandbox, each in a process of its own: neither waits for the other, or for this one. */
async function startProcesses(customers: number, limits: object) {
  const folder = await mkdtemp(join(tmpdir(), 'gateway-serving-'));
  const path = join(folder, 'sandbox.yaml');
  const sandbox = startMain(['sandbox', '--port', '0', '--customers', String(customers), '--write-config', path]);
  await sandbox.says('Press Ctrl+C to stop it.');
  const { sage200, ...config } = parseYaml(await readFile(path, 'utf8'));
  // On a busy machine the sandbox is the slowest, and it is not what is judged.
  await writeFile(path, printYaml({ ...config, sage200: { ...sage200, deadline: '120s' }, limits }));
  const watched = join(folder, 'loop-held');
  const main = startMain(['serve', '--config', path], {
    env: { PORT: '0', NODE_OPTIONS: `--import=${LOOP_WATCH}`, LOOP_WATCH_FILE: watched },
  });
  const url = String(readyLine(await main.says('"msg":"ready"'))['url']).replace('localhost', '127.0.0.1');
  return {
    url,
    port: Number(new URL(url).port),
    pid: main.pid ?? 0,
    /** At most, since that instant. */
    loopHeldMs: async (since: number) => {
      const text = await readFile(watched, 'utf8').catch(() => '');
      const holds = text.split('\n').map((line) => line.split(' ').map(Number));
      return Math.max(0, ...holds.flatMap(([at = 0, ms = 0]) => (at >= since ? [ms] : [])));
    },
    async [Symbol.asyncDispose]() {
      await main.stop('SIGKILL');
      await sandbox.stop('SIGKILL');
      await rm(folder, { recursive: true });
    },
  };
}

/** Asks, and takes nothing of the answer. */
function stuckReader(port: number, query: string): Socket {
  const body = JSON.stringify({ query });
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  socket.pause();
  socket.write(
    `POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
  return socket;
}

/** Has asked once, and keeps its connection. */
function idleConnection(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', reject);
    socket.once('data', () => resolve(socket));
    socket.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n');
  });
}

function residentMb(pid: number): number {
  return Number(/VmRSS:\s*(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}

function tell(line: string): void {
  process.stdout.write(`${line}\n`);
}
