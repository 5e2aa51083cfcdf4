import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createApiKey } from '../../src/cli/keys-create.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { toClient, writeTestConfig } from '../support/test-gateway.ts';
import { isReachable, readyLine, runMain, startMain } from './run-main.ts';

const CUSTOMERS = '{ sage200 { customers(first: 1) { nodes { reference } } } }';
const REQUESTS = 'gateway_http_request_duration_seconds_count{route="/graphql",method="POST",status="200"}';

let folder: string;
let sandbox: Sandbox;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gateway-workers-'));
  sandbox = await startSandbox({ customers: 5 });
});
afterAll(async () => {
  await sandbox.close();
  await rm(folder, { recursive: true, force: true });
});

interface Line extends Record<string, unknown> {
  readonly msg: string;
}

const linesOf = (text: string): Line[] =>
  text
    .split('\n')
    // The rest of the last one may still be on its way.
    .slice(0, -1)
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));

/** Processes that said that they serve, by the number of the worker: the latest of each. */
const pidsOf = (text: string): Map<number, number> =>
  new Map(
    linesOf(text)
      .filter(({ msg }) => msg === 'a worker serves')
      .map(({ worker, pid }) => [Number(worker), Number(pid)]),
  );

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Two workers in front of the sandbox, and a client that opens a connection for each request. */
async function startTwo() {
  const { key, sha256 } = createApiKey('tests');
  const file = await writeTestConfig({
    sandbox,
    edit: (file) => {
      const { callers } = file;
      Object.assign(file, { metrics: { port: 0 } });
      // What is held until the gateway closes takes as long as the machine needs for that.
      Object.assign(file['sage200'] ?? {}, { deadline: '60s' });
      // Below what Payments Out takes: on a busy machine, requests arrive closer together than they are sent.
      Object.assign(file['network'] ?? {}, { rate: 6 });
      const rights = { connection: 'sandbox', tenants: ['acme'], companies: 'all', admin: true, paymentsOut: 'read' };
      Object.assign(callers ?? {}, { apiKeys: [{ name: 'tests', sha256, ...rights }] });
    },
  });
  const main = startMain(['serve', '--config', file.path, '--workers', '2']);
  const url = String(readyLine(await main.says('"msg":"ready"'))['url']);
  const headers = { authorization: `Bearer ${key}`, connection: 'close' };
  return {
    main,
    url,
    ask: (document = CUSTOMERS) => toClient(url).query(document, { headers }),
    metric: async (name: string) => {
      const text = await (await fetch(`${url}/metrics`, { headers })).text();
      return Number(
        text
          .split('\n')
          .find((line) => line.startsWith(`${name} `))
          ?.slice(name.length),
      );
    },
    [Symbol.asyncDispose]: async () => {
      await main.stop('SIGKILL');
      await file[Symbol.asyncDispose]();
    },
  };
}

type Two = Awaited<ReturnType<typeof startTwo>>;

/** The workers that have answered something. */
const answering = (output: string) =>
  new Set(
    linesOf(output)
      .filter(({ msg }) => msg === 'request')
      .map(({ worker }) => worker),
  );

/** Which worker takes a connection is up to the system. */
const untilBothAnswer = ({ main, ask }: Two) =>
  expect
    .poll(async () => {
      await ask();
      return answering(main.output());
    })
    .toEqual(new Set([1, 2]));

const renewals = () => sandbox.sageId.requests().filter(({ path }) => path === '/oauth/token').length;

describe('two workers', () => {
  test('a worker that is killed during requests is restarted, and tokens are renewed once for all', async () => {
    await using two = await startTwo();
    const before = renewals();
    const first = pidsOf(two.main.output());

    const atOnce = await Promise.all(Array.from({ length: 10 }, () => two.ask()));
    // A process that is killed takes the lines of its last moments along.
    await untilBothAnswer(two);
    // Anyone who was being answered by the killed process loses the connection, and nobody else anything.
    const answers = Promise.all(Array.from({ length: 40 }, () => two.ask().catch(() => undefined)));
    process.kill(first.get(1) ?? 0, 'SIGKILL');
    const answered = (await answers).filter((answer) => answer !== undefined);
    await expect.poll(() => pidsOf(two.main.output()).get(1)).not.toBe(first.get(1));
    const after = await Promise.all(Array.from({ length: 10 }, () => two.ask()));

    for (const { data, errors } of [...atOnce, ...answered, ...after]) {
      expect(errors).toBeUndefined();
      expect(data.sage200.customers.nodes).toHaveLength(1);
    }
    expect(answered.length).toBeGreaterThan(0);
    expect(renewals() - before).toBe(1);
    expect(linesOf(two.main.output())).toContainEqual(
      expect.objectContaining({ msg: 'a worker ended and will be restarted', worker: 1, signal: 'SIGKILL' }),
    );
  });

  test('share the rate limit of Payments Out', async () => {
    await using two = await startTwo();
    await untilBothAnswer(two);
    sandbox.paymentsOut.clearRequests();

    const answers = await Promise.all(
      Array.from({ length: 24 }, () => two.ask('{ paymentsOut { consumerApi { localInstruments { id } } } }')),
    );

    expect(answers.flatMap(({ errors = [] }) => errors)).toEqual([]);
    // Payments Out counts itself: more than ten in a second would have been 429.
    expect(sandbox.paymentsOut.requests().map(({ status }) => status)).toEqual(Array.from({ length: 24 }, () => 200));
  });

  test('/metrics covers the whole machine, and keeps all counts when a worker ends', async () => {
    await using two = await startTwo();
    for (let count = 0; count < 6; count += 1) await two.ask();

    // A scrape leaves out a worker that is too busy to answer.
    await expect.poll(() => two.metric(REQUESTS)).toBe(6);
    const state = await two.metric('gateway_connection_state{connection="sandbox",state="connected"}');
    const first = pidsOf(two.main.output());
    process.kill(first.get(2) ?? 0, 'SIGKILL');
    await expect.poll(() => pidsOf(two.main.output()).get(2)).not.toBe(first.get(2));

    expect(state).toBe(1);
    await expect.poll(() => two.metric(REQUESTS)).toBe(6);
    await expect.poll(() => two.metric('gateway_workers')).toBe(2);
    await expect.poll(() => two.metric('gateway_worker_restarts_total')).toBe(1);
    const port = linesOf(two.main.output()).find(({ msg }) => msg === 'metrics are served')?.['port'];
    const own = (path: string) => fetch(`http://127.0.0.1:${port}${path}`);
    await expect.poll(async () => (await own('/metrics')).text()).toContain(`${REQUESTS} 6\n`);
    await expect.poll(async () => (await own('/readyz')).json()).toMatchObject({ status: 'ready' });
  });

  test('SIGTERM lets running requests finish, and leaves no process behind', async () => {
    await using two = await startTwo();
    await two.ask();
    const pids = [...pidsOf(two.main.output()).values()];
    sandbox.sage200.fault({ match: '/customers', kind: 'hold' });

    const slow = two.ask();
    await expect.poll(() => sandbox.sage200.requests().some(({ status }) => status === 0)).toBe(true);
    const stopped = two.main.stop('SIGTERM');
    await expect.poll(() => isReachable(two.url)).toBe(false);
    sandbox.sage200.clearFaults();
    const { code, stderr } = await stopped;

    expect((await slow).data.sage200.customers.nodes).toHaveLength(1);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(pids.filter(isAlive)).toEqual([]);
    await expect(fetch(two.url)).rejects.toThrow();
  });

  test('that are asked to stop are replaced first, so that no request fails', async () => {
    await using two = await startTwo();
    const gone = new Set<number>();
    let isOver = false;
    const answers: unknown[] = [];
    const askOn = async () => {
      while (!isOver) {
        const answer = await two.ask().then(
          ({ data }) => data.sage200.customers.nodes.length,
          (error: Error) => error.cause ?? error,
        );
        answers.push(answer);
      }
    };
    const asked = [askOn(), askOn()];

    const pids = [...pidsOf(two.main.output()).values()];
    for (const pid of pids) {
      gone.add(pid);
      process.kill(pid, 'SIGTERM');
    }
    await expect
      .poll(() => [...pidsOf(two.main.output()).values()].filter((pid) => gone.has(pid)), { timeout: 50_000 })
      .toEqual([]);
    await expect.poll(() => [...gone].filter(isAlive)).toEqual([]);
    const before = answers.length;
    await expect.poll(() => answers.length).toBeGreaterThan(before + 2);
    isOver = true;
    await Promise.all(asked);

    expect(gone.size).toBe(2);
    expect(new Set(answers)).toEqual(new Set([1]));
    expect(two.main.output()).not.toContain('a worker ended and will be restarted');
  });

  test('end with the process that started them, however it ends', async () => {
    await using two = await startTwo();
    const pids = [...pidsOf(two.main.output()).values()];

    await two.main.stop('SIGKILL');

    await expect.poll(() => pids.filter(isAlive)).toEqual([]);
  });
});

test('without a configuration, one sandbox serves all workers, and nothing is left behind', async () => {
  const home = await mkdtemp(join(folder, 'home-'));
  const main = startMain(['serve', '--workers', '2'], {
    env: { PORT: '0', TMPDIR: home, NODE_DISABLE_COMPILE_CACHE: '1' },
  });

  const ready = readyLine(await main.says('"msg":"ready"'));
  const made = await readdir(home);
  const answers = await Promise.all(
    Array.from({ length: 6 }, () =>
      toClient(String(ready['url'])).query(CUSTOMERS, { headers: { connection: 'close' } }),
    ),
  );

  expect(ready).toMatchObject({ workers: 2, sandbox: { erp: expect.any(String) } });
  expect(made).toHaveLength(1);
  for (const { errors } of answers) expect(errors).toBeUndefined();
  expect(await main.stop('SIGINT')).toMatchObject({ code: 0, stderr: '' });
  expect(await readdir(home)).toEqual([]);
});

test('three workers at a first start create one vault key', async () => {
  const home = await mkdtemp(join(folder, 'vault-'));
  const path = join(home, 'gateway.yaml');
  await writeFile(path, `server: { port: 0, drainDelay: 0s }\nvault: { url: "sqlite:${home}/v.db" }\n`);
  const main = startMain(['serve', '--config', path, '--workers', '3']);

  await main.says('"msg":"ready"');
  const ended = await main.stop('SIGTERM');

  expect(ended).toMatchObject({ code: 0, stderr: '' });
  expect(pidsOf(ended.stdout).size).toBe(3);
  expect((await readdir(home)).filter((name) => name.includes('key'))).toHaveLength(1);
});

test('a port in use is reported once, with exit code 1', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => other.once('listening', resolve));
  const address = other.address();
  const port = String(typeof address === 'object' && address ? address.port : 0);
  const path = join(folder, 'port.yaml');
  await writeFile(path, `vault: { url: "sqlite:${folder}/port.db" }\nlog: { format: json }\n`);

  const { code, stderr } = await runMain(['serve', '--config', path, '--workers', '2'], { env: { PORT: port } });

  other.close();
  expect(code).toBe(1);
  expect(stderr.match(/in use/g)).toHaveLength(1);
  expect(stderr).toContain(`PORT=${Number(port) + 1} npm start`);
});

test('workers that keep ending at once are given up after a few attempts', async () => {
  const path = join(folder, 'crash.yaml');
  await writeFile(path, `server: { port: 0 }\nvault: { url: "sqlite:${folder}/crash.db" }\n`);
  const crash = '--import=data:text/javascript,if(process.send)process.exit(7)';

  const { code, stdout, stderr } = await runMain(['serve', '--config', path, '--workers', '1'], {
    env: { NODE_OPTIONS: crash },
  });

  expect(code).toBe(1);
  expect(stderr).toBe('Workers end as soon as they start, the last one with exit code 7. The log above says why.\n');
  expect(linesOf(stdout).flatMap(({ pauseMs }) => pauseMs ?? [])).toEqual([250, 500, 1_000, 2_000]);
});
