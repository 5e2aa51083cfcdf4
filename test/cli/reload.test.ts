import { rename, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse as parseYaml, stringify as printYaml } from 'yaml';
import { createApiKey } from '../../src/cli/keys-create.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { type TestConfig, toClient, writeTestConfig } from '../support/test-gateway.ts';
import { type RunningMain, readyLine, startMain } from './run-main.ts';

const RELOAD = 'mutation { gateway { reloadConfig { applied needsRestart faults } } }';
const ME = '{ gateway { me { id } tenants { name } } }';
const PRODUCT = '{ __type(name: "Sage200Product") { fields { name } } }';
const CUSTOMERS = '{ sage200 { customers(first: 1) { nodes { reference } } } }';
const LINK = { name: 'erpItem', from: 'Sage200Product.code', to: 'xtremMasterData.item', key: 'id' };

const admin = createApiKey('admin');
const added = createApiKey('added');
const rights = { connection: 'sandbox', companies: 'all', tenants: ['acme'] };
const ADMIN = { name: 'admin', sha256: admin.sha256, ...rights, admin: true, readOnly: false };
const ADDED = { name: 'added', sha256: added.sha256, ...rights, readOnly: false };

// biome-ignore lint/suspicious/noExplicitAny: tests change any setting
type File = any;

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox({ customers: 5 });
});
afterAll(() => sandbox.close());

/** A gateway in a process of its own, whose file is changed while it answers. */
async function startServing(args: readonly string[] = []) {
  const file = await writeTestConfig({
    sandbox,
    edit: (tree) => {
      tree['callers'] = { apiKeys: [ADMIN] };
    },
  });
  const main = startMain(['serve', '--config', file.path, ...args]);
  const url = String(readyLine(await main.says('"msg":"ready"'))['url']);
  return { file, main, url, ...actions(file, main, url) };
}

function actions(file: TestConfig, main: RunningMain, url: string) {
  const client = toClient(url);
  const headersOf = ({ key }: { readonly key: string }) => ({ authorization: `Bearer ${key}`, connection: 'close' });
  const written = (edit: (tree: File) => void): string => {
    const tree = parseYaml(file.text);
    edit(tree);
    return printYaml(tree);
  };
  return {
    /** As editors and deployments do: another file is put in its place. */
    async replace(edit: (tree: File) => void) {
      await writeFile(`${file.path}.new`, written(edit));
      await rename(`${file.path}.new`, file.path);
    },
    restore: () => writeFile(file.path, file.text),
    breakFile: () => writeFile(file.path, `${file.text}\nsever: {}\n`),
    ask: (query: string, key = admin) => client.query(query, { headers: headersOf(key) }),
    status: async (key: { readonly key: string }) => (await client.post({ query: ME }, headersOf(key))).status,
    reload: async () => (await client.query(RELOAD, { headers: headersOf(admin) })).data.gateway.reloadConfig,
    stale: async () => {
      const text = await (await fetch(`${url}/metrics`, { headers: headersOf(admin) })).text();
      return /^gateway_config_stale (\d)$/m.exec(text)?.[1];
    },
    linesWith: (words: string) =>
      main
        .output()
        .split('\n')
        .filter((line) => line.includes(words))
        .map((line) => JSON.parse(line)),
    async [Symbol.asyncDispose]() {
      await main.stop('SIGKILL');
      await file[Symbol.asyncDispose]();
    },
  };
}

const APPLIED = { applied: true, needsRestart: [], faults: [] };
const READ_AGAIN = 'the configuration was read again';
const FAULTY = 'the configuration is faulty';

describe('one process', () => {
  let it: Awaited<ReturnType<typeof startServing>>;
  beforeAll(async () => {
    it = await startServing();
  });
  afterAll(() => it[Symbol.asyncDispose]());

  test('a file that is put in its place is taken over by itself, the second time too', async () => {
    expect(await it.status(added)).toBe(401);

    await it.replace((tree) => tree.callers.apiKeys.push(ADDED));
    await expect.poll(() => it.status(added)).toBe(200);
    await it.replace(() => {});
    await expect.poll(() => it.status(added)).toBe(401);

    expect(await it.status(admin)).toBe(200);
  });

  test('SIGHUP reads it again, and ends nothing', async () => {
    const before = it.linesWith(READ_AGAIN).length;

    process.kill(it.main.pid ?? 0, 'SIGHUP');

    await expect.poll(() => it.linesWith(READ_AGAIN).length).toBe(before + 1);
    expect(await it.status(admin)).toBe(200);
  });

  test('tenants and links come and go, and what needs a restart is named', async () => {
    const [acme] = parseYaml(it.file.text).erp.tenants;
    await it.replace((tree) => {
      tree.server.port = 4999;
      tree.erp.tenants = [acme, { ...acme, name: 'second' }];
      tree.callers.apiKeys[0] = { ...ADMIN, tenants: ['acme', 'second'], defaultTenant: 'acme' };
      tree.links = [LINK];
    });
    const mixed = await it.reload();
    const { data } = await it.ask(ME);
    const linked = JSON.stringify(await it.ask(PRODUCT));
    await it.restore();
    const back = await it.reload();

    expect(mixed).toEqual({ ...APPLIED, needsRestart: ['server.port'] });
    expect(data.gateway.tenants.map(({ name }: { name: string }) => name)).toEqual(['acme', 'second']);
    expect(linked).toContain('"erpItem"');
    expect(back).toEqual(APPLIED);
    expect((await it.ask(ME)).data.gateway.tenants).toEqual([{ name: 'acme' }]);
    expect(JSON.stringify(await it.ask(PRODUCT))).not.toContain('"erpItem"');
  });

  test('a faulty file changes nothing, is told once with its line, and is seen in metrics until it is fixed', async () => {
    const before = it.linesWith(FAULTY).length;
    await it.breakFile();

    const [first, second] = [await it.reload(), await it.reload()];
    const stale = await it.stale();
    const status = await it.status(admin);
    const faults = it.linesWith(FAULTY).slice(before);
    await it.restore();

    const line = it.file.text.split('\n').length + 1;
    expect([first, second]).toEqual(
      Array(2).fill({
        applied: false,
        needsRestart: [],
        faults: [expect.stringContaining(`gateway.yaml:${line}:1: sever`)],
      }),
    );
    expect({ stale, status }).toEqual({ stale: '1', status: 200 });
    expect(faults).toEqual([expect.objectContaining({ line, fault: expect.stringContaining('did you mean server') })]);
    await expect.poll(it.stale).toBe('0');
  });

  test('a request under way ends with the configuration that it began with', async () => {
    await it.replace((tree) => tree.callers.apiKeys.push(ADDED));
    await it.reload();
    sandbox.sage200.fault({ match: '/customers', kind: 'delay', delayMs: 3_000, times: 1 });
    sandbox.sage200.clearRequests();

    const answer = it.ask(CUSTOMERS, added);
    await expect.poll(() => sandbox.sage200.requests().length).toBeGreaterThan(0);
    await it.restore();
    const reloaded = await it.reload();

    expect(reloaded).toEqual(APPLIED);
    expect(await it.status(added)).toBe(401);
    expect((await answer).data.sage200.customers.nodes).toHaveLength(1);
  });

  test('only administrators who may write reload, and each reload is in the record', async () => {
    const reader = createApiKey('reader');
    await it.replace((tree) =>
      tree.callers.apiKeys.push(ADDED, { ...ADMIN, name: 'r', sha256: reader.sha256, readOnly: true }),
    );
    await it.reload();

    const codes = await Promise.all(
      [added, reader].map(async (key) => (await it.ask(RELOAD, key)).errors?.[0]?.extensions['code']),
    );
    const audit = await startMain(['audit', '--config', it.file.path, '--kind', 'act', '--json']).ended;

    expect(codes).toEqual(['FORBIDDEN', 'FORBIDDEN']);
    expect(audit.stdout).toMatch(/"action":\s*"reload_config"/);
    expect(audit.stdout).toMatch(/"caller":\s*"key:admin"/);
  });
});

describe('two workers', () => {
  test('get a new configuration together, one that starts later too, and a faulty one not at all', async () => {
    await using it = await startServing(['--workers', '2']);
    /** Each request has a connection of its own, so both workers are asked. */
    const statuses = async () => new Set(await Promise.all(Array.from({ length: 12 }, () => it.status(added))));
    const pidOf = () =>
      it
        .linesWith('"a worker serves"')
        .filter(({ worker }) => worker === 1)
        .at(-1)?.pid;

    await it.replace((tree) => tree.callers.apiKeys.push(ADDED));
    const reloaded = await it.reload();
    const together = await statuses();
    const pid = pidOf();
    process.kill(pid, 'SIGTERM');
    await expect.poll(pidOf).not.toBe(pid);
    const later = await statuses();
    await it.breakFile();
    const faulty = await it.reload();
    const stale = await it.stale();
    await it.restore();
    process.kill(it.main.pid ?? 0, 'SIGHUP');
    await expect.poll(statuses).toEqual(new Set([401]));

    expect(reloaded).toEqual(APPLIED);
    expect([together, later]).toEqual([new Set([200]), new Set([200])]);
    expect(faulty).toMatchObject({ applied: false, faults: [expect.stringContaining('sever')] });
    expect(stale).toBe('1');
    expect(it.linesWith(FAULTY)).toHaveLength(1);
    expect(await it.stale()).toBe('0');
  });
});
