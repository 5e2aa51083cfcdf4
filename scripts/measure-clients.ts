// Measures what clients of the directory cost: npm run measure:clients -- [clients] [changes]. Makes them through the admin
// surface on a PostgreSQL of its own, then starts three gateways on it, each in a process of its own, and counts how soon keys
// that are made and removed in one of them are known in all. Prints figures beside their bounds; exit code 1 beyond one.
import { fork } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { enableCompileCache } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { stringify } from 'yaml';
import { createApiKey } from '../src/cli/keys-create.ts';
import { loadConfig } from '../src/config/index.ts';
import { startGateway } from '../src/gateway.ts';
import { startPostgres } from '../test/support/postgres.ts';
import { toClient } from '../test/support/test-gateway.ts';

const PROCESSES = 3;
/** Aliases that one operation may have. */
const AT_ONCE = 50;
const BOUNDS = { startMs: 2_000, residentMb: 350, heldMs: 100, closeMs: 5_000, knownMs: 2_000 };

interface Started {
  readonly url: string;
  readonly startMs: number;
  /** The longest that the event loop was held while the gateway started. */
  readonly heldMs: number;
}

interface Rested {
  readonly residentMb: number;
  readonly closeMs: number;
}

async function main(clients: number, changes: number): Promise<void> {
  await using postgres = await startPostgres();
  const folder = await mkdtemp(join(tmpdir(), 'measure-clients-'));
  const boss = createApiKey('boss');
  const path = join(folder, 'gateway.yaml');
  await writeFile(path, stringify(configOf(await postgres.createDatabase(), folder, boss.sha256)));
  const first = start(path);
  const { url } = await first.said<Started>();
  const act = (fields: string) => administer(url, boss.key, fields);

  const madeAt = performance.now();
  for (let from = 0; from < clients; from += AT_ONCE) {
    const names = Array.from({ length: Math.min(AT_ONCE, clients - from) }, (_, index) => `client-${from + index}`);
    await act(names.map((name, index) => `p${index}: ${putOf(name)}`).join('\n'));
    await act(names.map((name, index) => `k${index}: createKey(client: "${name}", name: "web") { key }`).join('\n'));
  }
  print(`${clients} clients with a key each were made in`, (performance.now() - madeAt) / 1_000, 's');
  await first.stop();

  const gateways = Array.from({ length: PROCESSES }, () => start(path));
  const started = await Promise.all(gateways.map(({ said }) => said<Started>()));
  print('start, the slowest', Math.max(...started.map(({ startMs }) => startMs)), 'ms', BOUNDS.startMs);
  print('event loop held at the start', Math.max(...started.map(({ heldMs }) => heldMs)), 'ms', BOUNDS.heldMs);

  const urls = started.map((each) => each.url);
  const late = await changeKeys(urls, boss.key, changes);
  print(`${changes} keys: the last process knew a new one after`, late.madeMs, 'ms', BOUNDS.knownMs);
  print(`${changes} keys: the last process let a removed one in for`, late.removedMs, 'ms', BOUNDS.knownMs);

  const rested = await Promise.all(gateways.map(({ stop }) => stop()));
  print('resident at rest', Math.max(...rested.map(({ residentMb }) => residentMb)), 'MB', BOUNDS.residentMb);
  print('close, the slowest', Math.max(...rested.map(({ closeMs }) => closeMs)), 'ms', BOUNDS.closeMs);
  await rm(folder, { recursive: true, force: true });
}

const configOf = (vaultUrl: string, folder: string, sha256: string) => ({
  server: { port: 0, drainDelay: '0s' },
  vault: { url: vaultUrl, key: Buffer.alloc(32, 7).toString('base64'), pendingFolder: join(folder, 'pending') },
  erp: { snapshots: join(folder, 'schemas'), runtime: { tokenUrl: 'http://127.0.0.1:9/token' } },
  sage200: { clientId: 'measured', clientSecret: 'measured', baseUrl: 'http://127.0.0.1:9' },
  callers: { apiKeys: [{ name: 'boss', sha256, companies: 'all', readOnly: false, admin: true }] },
  limits: { tokens: 50_000, values: 100_000 },
});

const putOf = (name: string) =>
  `putClient(input: { name: "${name}", title: "Client ${name}", erp: { tenantId: "${name}-id", clientId: "c", clientSecret: "s" } }) { client { version } userErrors { message } }`;

async function administer(url: string, key: string, fields: string): Promise<Record<string, Record<string, string>>> {
  const { data, errors } = await toClient(url).query(`mutation { gateway { ${fields} } }`, {
    headers: { authorization: `Bearer ${key}` },
  });
  if (errors) throw new Error(JSON.stringify(errors[0]));
  return data.gateway;
}

/** How long after a change the last process has it, of all changes the worst; each is answered before the clock starts. */
async function changeKeys(urls: readonly string[], boss: string, changes: number) {
  const [first = ''] = urls;
  const worst = { madeMs: 0, removedMs: 0 };
  const until = async (key: string, isIn: boolean): Promise<number> => {
    const from = performance.now();
    for (const url of urls) while ((await isLetIn(url, key)) !== isIn) await pause(5);
    return performance.now() - from;
  };
  for (let index = 0; index < changes; index += 1) {
    const named = `client: "client-${index % 50}", name: "k${index}"`;
    const { made } = await administer(first, boss, `made: createKey(${named}) { key }`);
    const key = made?.['key'] ?? '';
    worst.madeMs = Math.max(worst.madeMs, await until(key, true));
    await administer(first, boss, `removeKey(${named}) { userErrors { message } }`);
    worst.removedMs = Math.max(worst.removedMs, await until(key, false));
  }
  return worst;
}

async function isLetIn(url: string, key: string): Promise<boolean> {
  const { errors } = await toClient(url).query('{ gateway { me { id } } }', {
    headers: { authorization: `Bearer ${key}` },
  });
  return errors === undefined;
}

function start(path: string) {
  const child = fork(fileURLToPath(import.meta.url), ['gateway', path], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const said = <Message>() =>
    new Promise<Message>((resolve, reject) => {
      child.once('message', (message) => resolve(message as Message));
      child.once('exit', (code) => reject(new Error(`A gateway ended with ${code}.`)));
    });
  return {
    said,
    stop: () => {
      const rested = said<Rested>();
      child.send('stop');
      return rested;
    },
  };
}

/** One gateway, in a process of its own. */
async function serve(path: string): Promise<void> {
  const config = loadConfig({ path, env: {} });
  const held = monitorEventLoopDelay({ resolution: 1 });
  // What is loaded and compiled before is no matter of clients.
  await pause(100);
  held.enable();
  const from = performance.now();
  const gateway = await startGateway(config, { log: pino({ level: 'error' }), env: {} });
  const startMs = performance.now() - from;
  held.disable();
  process.send?.({ url: gateway.url, startMs, heldMs: held.max / 1e6 } satisfies Started);
  process.once('message', async () => {
    // Long enough for what the start has left behind to be collected.
    await pause(3_000);
    const residentMb = process.memoryUsage().rss / 1024 ** 2;
    const closing = performance.now();
    await gateway.close();
    process.send?.({ residentMb, closeMs: performance.now() - closing } satisfies Rested, () => process.exit(0));
  });
}

function print(what: string, value: number, unit: string, bound?: number): void {
  const isBeyond = bound !== undefined && value > bound;
  if (isBeyond) process.exitCode = 1;
  const beside = bound === undefined ? '' : ` (bound ${bound} ${unit}${isBeyond ? ', BEYOND' : ''})`;
  process.stdout.write(`${what}: ${value.toFixed(value < 10 ? 2 : 0)} ${unit}${beside}\n`);
}

// As bin/gateway.js does: sources are loaded when the gateway starts, and compiled the first time only.
enableCompileCache();
if (process.argv[2] === 'gateway') await serve(process.argv[3] ?? '');
else {
  await main(Number(process.argv[2] ?? 5_000), Number(process.argv[3] ?? 200));
  // The package of PostgreSQL ends the process by itself, with 0.
  process.exit(process.exitCode);
}
