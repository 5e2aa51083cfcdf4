import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type LoggedRequest, type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { isReachable, type RunningMain, startMain } from '../cli/run-main.ts';
import { type Answer, startTestGateway, type TestGateway, toClient, warmUp } from '../support/test-gateway.ts';

/** What newcomers see: the query and its answer as the README shows them. */
const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8');
const blockOf = (language: string): string =>
  new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``).exec(readme)?.[1] ?? '';
const FIRST_QUERY = blockOf('graphql');

/** What Sage 200 was asked beside the cached list of companies. */
const readsOf = (requests: readonly LoggedRequest[]): string[] =>
  requests
    .map(({ path }) => path.replace(/^.*\/v1\//, '').split('?')[0] ?? '')
    .filter((resource) => resource !== 'sites');

const erpReadsOf = (requests: readonly LoggedRequest[]): LoggedRequest[] =>
  requests.filter(({ method, path }) => method === 'POST' && !path.startsWith('/v1/'));

describe('the first query', () => {
  let sandbox: Sandbox;
  let gateway: TestGateway;

  beforeAll(async () => {
    sandbox = await startSandbox({ customers: 60 });
    gateway = await startTestGateway({ sandbox });
    await warmUp(gateway);
  });

  afterAll(async () => {
    await gateway.close();
    await sandbox.close();
  });

  test('answers from both systems with two Sage 200 requests and one ERP request', async () => {
    sandbox.sage200.clearRequests();
    sandbox.erp.clearRequests();

    const { data, errors } = await gateway.query(FIRST_QUERY);

    expect(errors).toBeUndefined();
    expect(data.sage200.customers.nodes).toHaveLength(3);
    expect(data.sage200.customers.pageInfo.hasNextPage).toBe(true);
    expect(data.sage200.customers.nodes[0]).toMatchObject({
      currency: { symbol: expect.any(String), name: expect.any(String) },
    });
    const balances = data.sage200.customers.nodes.map(({ balance }: { balance: string }) => Number(balance));
    expect(balances).toEqual([...balances].sort((a, b) => b - a));
    expect(balances.every((balance: number) => balance > 0)).toBe(true);
    expect(data.xtremMasterData.customer.query.edges).toHaveLength(2);
    expect(readsOf(sandbox.sage200.requests())).toEqual(['customers', 'sop_orders']);
    expect(erpReadsOf(sandbox.erp.requests())).toHaveLength(1);
  });

  test('continues from its cursor without a repeated or missing row', async () => {
    const page = (after: string | null) =>
      gateway.query(
        `query ($after: String) { sage200 { customers(first: 7, after: $after, filter: { balance: { gt: "0" } }, orderBy: [{ balance: DESC }]) {
           nodes { reference } pageInfo { hasNextPage endCursor } } } }`,
        { variables: { after } },
      );
    const whole = await gateway.query(
      '{ sage200 { customers(first: 1000, filter: { balance: { gt: "0" } }, orderBy: [{ balance: DESC }]) { nodes { reference } } } }',
    );

    const seen: unknown[] = [];
    for (let after: string | null = null; ; ) {
      const { customers }: Answer['data'] = (await page(after)).data.sage200;
      seen.push(...customers.nodes);
      if (!customers.pageInfo.hasNextPage) break;
      after = customers.pageInfo.endCursor;
    }

    expect(seen.length).toBeGreaterThan(7);
    expect(seen).toEqual(whole.data.sage200.customers.nodes);
  });
});

describe('the program', () => {
  let folder: string;
  const running: RunningMain[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gateway-first-'));
  });

  afterAll(async () => {
    for (const each of running) await each.stop('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  });

  /** In a temporary folder of its own, so that the first start finds nothing compiled or stored before. */
  const start = (args: readonly string[]): RunningMain => {
    const started = startMain(args, {
      env: { PORT: '0', TMPDIR: folder, NODE_COMPILE_CACHE: join(folder, 'compiled') },
    });
    running.push(started);
    return started;
  };

  const readyLine = async (gateway: RunningMain) => {
    const text = await gateway.says('"msg":"ready"');
    return JSON.parse(text.split('\n').find((line) => line.includes('"msg":"ready"')) ?? '{}');
  };

  test.each(['first', 'second'])('at its %s start says where it listens, and answers the README’s query', async () => {
    const gateway = start(['serve']);
    const ready = await readyLine(gateway);

    expect(ready).toMatchObject({
      graphiql: `${ready.url}/graphql`,
      docs: expect.stringMatching(/README\.md$/),
      sandbox: { sageId: expect.any(String), sage200: expect.any(String), erp: expect.any(String) },
    });
    const answer = await toClient(ready.url).query(FIRST_QUERY);
    expect(answer).toEqual(JSON.parse(blockOf('json')));
    const requestsOf = async (url: string) => (await (await fetch(`${url}/__requests`)).json()) as LoggedRequest[];
    expect(readsOf(await requestsOf(ready.sandbox.sage200))).toEqual(['customers', 'sop_orders']);
    const page = await fetch(ready.graphiql, { headers: { accept: 'text/html' } });
    expect(page.headers.get('content-type')).toMatch(/^text\/html/);
    expect(await gateway.stop('SIGINT')).toMatchObject({ code: 0, stderr: '' });
  });

  test('when stopped, finishes requests in progress, returns its ERP tokens and exits with 0', async () => {
    const path = join(folder, 'sandbox.yaml');
    const sandbox = start(['sandbox', '--port', '0', '--customers', '5', '--write-config', path]);
    const told = await sandbox.says('Press Ctrl+C to stop it.');
    const addressOf = (name: string) => new RegExp(`${name} +(http://\\S+)`).exec(told)?.[1] ?? '';
    const key = /API key: (\S+)/.exec(told)?.[1] ?? '';
    const gateway = start(['serve', '--config', path]);
    const { url } = await readyLine(gateway);
    const headers = { authorization: `Bearer ${key}` };
    const before = await toClient(url).query(FIRST_QUERY, { headers });
    await fetch(`${addressOf('Sage 200')}/__faults`, {
      method: 'POST',
      body: JSON.stringify({ match: '/customers', kind: 'hold' }),
    });
    const underWay = toClient(url).query('{ sage200 { customers(first: 1) { nodes { reference } } } }', { headers });
    await expect
      .poll(async () => {
        const log = (await (await fetch(`${addressOf('Sage 200')}/__requests`)).json()) as LoggedRequest[];
        return log.some(({ status }) => status === 0);
      })
      .toBe(true);

    const stopping = gateway.stop('SIGINT');
    await expect.poll(() => isReachable(url)).toBe(false);
    await fetch(`${addressOf('Sage 200')}/__faults`, { method: 'DELETE' });
    const stopped = await stopping;

    expect(before.errors).toBeUndefined();
    expect(await underWay).toMatchObject({ data: { sage200: { customers: { nodes: [{ reference: 'ABS001' }] } } } });
    expect(stopped).toMatchObject({ code: 0, stderr: '' });
    const log = (await (await fetch(`${addressOf('ERP')}/__requests`)).json()) as LoggedRequest[];
    const obtained = log.filter(({ method, path: to }) => method === 'POST' && to === '/v1/token');
    const ended = log.filter(({ method, path: to }) => method === 'DELETE' && to === '/v1/token');
    expect(obtained.length).toBeGreaterThan(0);
    expect(ended).toHaveLength(obtained.length);
    for (const { status } of ended) expect(status).toBe(204);
    expect(new Set(ended.map(({ headers: sent }) => sent['x-tokens'])).size).toBe(obtained.length);
    await sandbox.stop('SIGTERM');
  });
});
