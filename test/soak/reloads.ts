import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parse as parseYaml, stringify as printYaml } from 'yaml';
import { createApiKey } from '../../src/cli/keys-create.ts';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { readyLine, runMain, startMain } from '../cli/run-main.ts';
import { toClient, writeTestConfig } from '../support/test-gateway.ts';

export interface ReloadsOptions {
  readonly sandbox: Sandbox;
  readonly reloads: number;
  readonly workers?: number;
  /** Of each document, clients that keep their connection, and as many that open one for each request. */
  readonly clients: number;
  /** Answers between two reloads at least. */
  readonly answersBetween: number;
}

/** A process without load, after everything that is garbage has gone. */
export interface Memory {
  readonly residentMb: number;
  readonly heapMb: number;
  /** One for each generation that lives, and some of the process. */
  readonly registries: number;
}

export interface ReloadsReport {
  readonly answered: number;
  /** In words. */
  readonly failed: readonly string[];
  /** Of each process that serves: after the first reloads, and after all. */
  readonly memory: readonly { readonly before: Memory; readonly after: Memory }[];
}

const DOCUMENTS = [
  '{ sage200 { customers(first: 3) { nodes { reference name } } } }',
  '{ xtremMasterData { item { query(first: 3) { edges { node { id name } } } } } }',
  '{ sage200 { products(first: 3) { nodes { code erpItem { id } } } } xtremMasterData { __typename } }',
];
const LINK = { name: 'erpItem', from: 'Sage200Product.code', to: 'xtremMasterData.item', key: 'id' };
const RELOAD = 'mutation { gateway { reloadConfig { applied } } }';
const PROBE = new URL('./memory-probe.ts', import.meta.url).href;
/** Reloads before memory is looked at first: what the first ones compile and keep stays. */
const FIRST = 2;
/** Looks at memory at most: the lowest counts, since the C library gives memory back late. */
const LOOKS = 10;

/** Reloads a gateway in a process of its own under load, in every way that there is. */
export async function reloadUnderLoad(options: ReloadsOptions): Promise<ReloadsReport> {
  const { sandbox, reloads, workers } = options;
  await using stack = new AsyncDisposableStack();
  const [admin, added] = [createApiKey('admin'), createApiKey('added')];
  const rights = { connection: 'sandbox', companies: 'all', tenants: ['acme'], readOnly: false };
  const [ADMIN, ADDED] = [
    { name: 'admin', sha256: admin.sha256, ...rights, admin: true },
    { name: 'added', sha256: added.sha256, ...rights },
  ];
  const edit = (yaml: object) => void Object.assign(yaml, { callers: { apiKeys: [ADMIN] }, links: [LINK] });
  const file = stack.use(await writeTestConfig({ sandbox, edit }));
  const folder = await mkdtemp(join(tmpdir(), 'gateway-reloads-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const probeFile = join(folder, 'memory');
  const main = startMain(['serve', '--config', file.path, ...(workers ? ['--workers', String(workers)] : [])], {
    env: { NODE_OPTIONS: `--import=${PROBE}`, MEMORY_PROBE_FILE: probeFile },
  });
  stack.defer(async () => void (await main.stop('SIGKILL')));
  const url = String(readyLine(await main.says('"msg":"ready"'))['url']);
  const pids = workers
    ? [...main.output().matchAll(/"pid":(\d+)[^\n]*"a worker serves"/g)].map(([, pid]) => Number(pid))
    : [main.pid ?? 0];
  const headers = (key: string) => ({ authorization: `Bearer ${key}`, connection: 'close' });
  const client = toClient(url);

  const failed: string[] = [];
  const load = createLoad({ url, key: admin.key, clients: options.clients, onFailure: (words) => failed.push(words) });

  const isLetIn = async () => (await client.post({ query: '{ __typename }' }, headers(added.key))).status === 200;
  /** Each request has a connection of its own, so all workers are asked. */
  const areAll = async (isIn: boolean) =>
    (await Promise.all(Array.from({ length: 4 * pids.length }, isLetIn))).every((each) => each === isIn);
  const ways = [
    async () => void (await client.query(RELOAD, { headers: headers(admin.key) })),
    async () => void process.kill(main.pid ?? 0, 'SIGHUP'),
    async () => {
      const { code, stdout, stderr } = await runMain(['config', 'reload', '--config', file.path]);
      if (code !== 0) failed.push(`config reload: ${stdout}${stderr}`);
    },
    // The file alone, as it is watched.
    async () => {},
  ];
  const reload = async (index: number) => {
    const isIn = index % 2 === 0;
    const yaml = parseYaml(file.text);
    yaml.callers.apiKeys = isIn ? [ADMIN, ADDED] : [ADMIN];
    await writeFile(`${file.path}.new`, printYaml(yaml));
    await rename(`${file.path}.new`, file.path);
    await ways[index % ways.length]?.();
    await until(() => areAll(isIn), 'a reload');
    await load.further(options.answersBetween);
  };
  const look = () => Promise.all(pids.map((pid) => probe(pid, `${probeFile}.${pid}`)));

  await load.prepare();
  load.start();
  for (let index = 0; index < FIRST; index += 1) await reload(index);
  await load.stop();
  const before = await look();
  load.start();
  for (let index = 0; index < reloads; index += 1) await reload(index);
  await load.stop();
  let after = await look();
  for (let count = 1; count < LOOKS && !after.every((each, index) => isBack(before[index], each)); count += 1) {
    await pause(1_000);
    after = (await look()).map((each, index) => lower(after[index], each));
  }
  const memory = after.flatMap((each, index) => (before[index] ? [{ before: before[index], after: each }] : []));
  return { answered: load.answered(), failed, memory };
}

export const isBack = (before: Memory | undefined, after: Memory): boolean =>
  before !== undefined && after.residentMb <= before.residentMb * 1.1 && after.registries <= before.registries;

const lower = (one: Memory | undefined, other: Memory): Memory => ({
  residentMb: Math.min(one?.residentMb ?? Number.POSITIVE_INFINITY, other.residentMb),
  heapMb: Math.min(one?.heapMb ?? Number.POSITIVE_INFINITY, other.heapMb),
  registries: other.registries,
});

async function probe(pid: number, path: string): Promise<Memory> {
  const linesIn = async () => (await readFile(path, 'utf8').catch(() => '')).split('\n').slice(0, -1);
  const known = (await linesIn()).length;
  process.kill(pid, 'SIGUSR2');
  await until(async () => (await linesIn()).length > known, 'the memory of a process');
  return JSON.parse((await linesIn()).at(-1) ?? '{}');
}

interface LoadOptions {
  readonly url: string;
  readonly key: string;
  readonly clients: number;
  readonly onFailure: (words: string) => void;
}

/** Clients of all documents; every answer must be what the document got before there was load. */
function createLoad({ url, key, clients, onFailure }: LoadOptions) {
  const expected = new Map<string, string | undefined>();
  let answered = 0;
  let isOver = true;
  let asking: Promise<unknown> = Promise.resolve();

  const judge = (document: string, status: number | undefined, body: string) => {
    answered += 1;
    if (status !== 200 || dataIn(body) !== expected.get(document)) onFailure(`${status}: ${body.slice(0, 300)}`);
  };
  const isReady = async (document: string, agent: Agent) => {
    expected.set(document, dataIn((await ask(url, { agent, key, document })).body));
    return expected.get(document) !== undefined;
  };
  const askOn = async (document: string, isKept: boolean) => {
    const agent = new Agent({ keepAlive: isKept, maxSockets: 1 });
    while (!isOver) {
      const from = performance.now();
      await ask(url, { agent, key, document }).then(
        ({ status, body }) => judge(document, status, body),
        (error: Error) => {
          const seconds = ((performance.now() - from) / 1_000).toFixed(1);
          onFailure(`${error.message} after ${seconds} s on a ${isKept ? 'kept' : 'new'} connection`);
        },
      );
      await pause(5);
    }
    agent.destroy();
  };
  return {
    /** Until each document has an answer: a tenant's schema may be read only now. */
    async prepare() {
      for (const document of DOCUMENTS) await until(() => isReady(document, new Agent()), 'a first answer');
    },
    start() {
      isOver = false;
      const turns = Array.from({ length: 2 * clients }, (_, index) => index % 2 === 0);
      asking = Promise.all(DOCUMENTS.flatMap((document) => turns.map((isKept) => askOn(document, isKept))));
    },
    async stop() {
      isOver = true;
      await asking;
    },
    answered: () => answered,
    further: (answers: number) => {
      const wanted = answered + answers;
      return until(async () => answered >= wanted, 'answers');
    },
  };
}

/** Undefined for an answer with errors. */
function dataIn(body: string): string | undefined {
  const { data, errors } = JSON.parse(body);
  return errors ? undefined : JSON.stringify(data);
}

interface Asked {
  readonly agent: Agent;
  readonly key: string;
  readonly document: string;
}

function ask(url: string, { agent, key, document }: Asked): Promise<{ status: number | undefined; body: string }> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${key}` };
    const asked = request(`${url}/graphql`, { agent, method: 'POST', headers });
    asked.on('error', reject);
    asked.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('error', reject);
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve({ status: response.statusCode, body: Buffer.concat(chunks).toString() }));
    });
    asked.end(JSON.stringify({ query: document }));
  });
}

async function until(isSo: () => Promise<boolean>, what: string): Promise<void> {
  const giveUpAt = performance.now() + 60_000;
  while (!(await isSo())) {
    if (performance.now() > giveUpAt) throw new Error(`${what} did not come within a minute`);
    await pause(50);
  }
}
