import { spawn, spawnSync } from 'node:child_process';
import { rename, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse as parseYaml, stringify as printYaml } from 'yaml';
import { createApiKey } from '../../src/cli/keys-create.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { reloadUnderLoad } from '../soak/reloads.ts';
import { fromNewAddress } from '../support/new-address.ts';
import { type TestConfig, toClient, writeTestConfig } from '../support/test-gateway.ts';
import { runHere as gateway } from './run-here.ts';
import { type RunningMain, readyLine, startMain } from './run-main.ts';

const GATEWAY = fileURLToPath(new URL('../../bin/gateway.js', import.meta.url));
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
      tree['server'] = { ...tree['server'], trustProxy: true };
      tree['callers'] = { apiKeys: [ADMIN] };
    },
  });
  const main = startMain(['serve', '--config', file.path, ...args]);
  const url = String(readyLine(await main.says('"msg":"ready"'))['url']);
  return { file, main, url, ...actions(file, main, url) };
}

function actions(file: TestConfig, main: RunningMain, url: string) {
  const client = toClient(url);
  const headersOf = ({ key }: { readonly key: string }) => ({
    authorization: `Bearer ${key}`,
    connection: 'close',
    ...fromNewAddress(),
  });
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
    breakFile: () => writeFile(file.path, `${file.text}\nsever: {}\nlimts: {}\n`),
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
        // The rest of the last one may still be on its way.
        .slice(0, -1)
        .filter((line) => line.includes(words))
        .map((line) => JSON.parse(line)),
    async [Symbol.asyncDispose]() {
      await main.stop('SIGKILL');
      await file[Symbol.asyncDispose]();
    },
  };
}

const APPLIED = { applied: true, needsRestart: [], faults: [] };
const READ_AGAIN = 'the configuration was reloaded';
const FAULTY = 'the configuration has mistakes';

describe('one process', () => {
  let it: Awaited<ReturnType<typeof startServing>>;
  beforeAll(async () => {
    it = await startServing();
  });
  afterAll(() => it[Symbol.asyncDispose]());

  test('a replaced file is loaded automatically, the second time too', async () => {
    expect(await it.status(added)).toBe(401);

    await it.replace((tree) => tree.callers.apiKeys.push(ADDED));
    await expect.poll(() => it.status(added)).toBe(200);
    await it.replace(() => {});
    await expect.poll(() => it.status(added)).toBe(401);

    expect(await it.status(admin)).toBe(200);
  });

  test('SIGHUP reloads the file and ends nothing', async () => {
    // Both changes are through.
    await expect.poll(() => it.linesWith(READ_AGAIN).length).toBeGreaterThan(1);
    const before = it.linesWith(READ_AGAIN).length;

    process.kill(it.main.pid ?? 0, 'SIGHUP');

    await expect.poll(() => it.linesWith(READ_AGAIN).length).toBeGreaterThan(before);
    expect(await it.status(admin)).toBe(200);
  });

  test('tenants and links are added and removed, and settings that need a restart are named', async () => {
    const [acme] = parseYaml(it.file.text).erp.tenants;
    await it.replace((tree) => {
      tree.server.port = 4999;
      tree.erp.tenants = [acme, { ...acme, name: 'second' }];
      tree.callers.apiKeys[0] = { ...ADMIN, tenants: ['acme', 'second'], defaultTenant: 'acme' };
      tree.links = [LINK];
    });
    const mixed = await it.reload();
    const { data } = await it.ask(ME);
    const product = async () => JSON.stringify(await it.ask(PRODUCT));
    await expect.poll(product).toContain('"erpItem"');
    await it.restore();
    const back = await it.reload();

    expect(mixed).toEqual({ ...APPLIED, needsRestart: ['server.port'] });
    expect(data.gateway.tenants.map(({ name }: { name: string }) => name)).toEqual(['acme', 'second']);
    expect(back).toEqual(APPLIED);
    expect((await it.ask(ME)).data.gateway.tenants).toEqual([{ name: 'acme' }]);
    expect(await product()).not.toContain('"erpItem"');
  });

  test('a faulty file changes nothing, is reported once with its line, and shows in metrics until it is fixed', async () => {
    const before = it.linesWith(FAULTY).length;
    await it.breakFile();

    const [first, second] = [await it.reload(), await it.reload()];
    const stale = await it.stale();
    const status = await it.status(admin);
    await it.restore();

    const line = it.file.text.split('\n').length + 1;
    expect([first, second]).toEqual(
      Array(2).fill({
        applied: false,
        needsRestart: [],
        faults: [
          expect.stringContaining(`gateway.yaml:${line}:1: sever`),
          expect.stringContaining(`gateway.yaml:${line + 1}:1: limts`),
        ],
      }),
    );
    expect({ stale, status }).toEqual({ stale: '1', status: 200 });
    await expect.poll(it.stale).toBe('0');
    await expect
      .poll(() => it.linesWith(FAULTY).slice(before))
      .toEqual([
        expect.objectContaining({ line, fault: expect.stringContaining('did you mean server') }),
        expect.objectContaining({ line: line + 1, fault: expect.stringContaining('did you mean limits') }),
      ]);
  });

  test.each(['', '# nothing yet\n', '{}'])(
    'a file that is written again is empty for a moment, and ends no caller: %j',
    async (text) => {
      await writeFile(it.file.path, text);

      const result = await it.reload();
      const [stale, status] = [await it.stale(), await it.status(admin)];
      await it.restore();

      const faults = [expect.stringContaining('gateway.yaml: there are no settings')];
      expect(result).toEqual({ applied: false, needsRestart: [], faults });
      expect({ stale, status }).toEqual({ stale: '1', status: 200 });
      await expect.poll(it.stale).toBe('0');
    },
  );

  test('concurrent reloads are each complete', async () => {
    const [acme] = parseYaml(it.file.text).erp.tenants;
    const seen = new Set<string>();
    let isOver = false;
    const look = async () => {
      while (!isOver) {
        const { data } = await it.ask(ME, added);
        seen.add(data ? data.gateway.tenants.map(({ name }: { name: string }) => name).join() : 'not let in');
      }
    };

    const looking = [look(), look()];
    await it.replace((tree) => {
      tree.erp.tenants = [acme, { ...acme, name: 'second' }];
      tree.callers.apiKeys.push({ ...ADDED, tenants: ['acme', 'second'] });
    });
    process.kill(it.main.pid ?? 0, 'SIGHUP');
    const reloaded = await Promise.all([it.reload(), it.reload(), it.reload()]);
    await expect.poll(() => [...seen]).toContain('acme,second');
    await it.restore();
    process.kill(it.main.pid ?? 0, 'SIGHUP');
    reloaded.push(...(await Promise.all([it.reload(), it.reload()])));
    isOver = true;
    await Promise.all(looking);

    expect(reloaded).toEqual(Array(5).fill(APPLIED));
    expect([...seen].sort()).toEqual(['acme,second', 'not let in']);
    expect(await it.status(added)).toBe(401);
  });

  test('a request in progress keeps the configuration that it began with', async () => {
    await it.replace((tree) => tree.callers.apiKeys.push(ADDED));
    await it.reload();
    sandbox.sage200.fault({ match: '/customers', kind: 'hold' });
    sandbox.sage200.clearRequests();

    const answer = it.ask(CUSTOMERS, added);
    await expect.poll(() => sandbox.sage200.requests().length).toBeGreaterThan(0);
    await it.restore();
    const reloaded = await it.reload();

    expect(reloaded).toEqual(APPLIED);
    expect(await it.status(added)).toBe(401);
    sandbox.sage200.clearFaults();
    expect((await answer).data.sage200.customers.nodes).toHaveLength(1);
  });

  test('gateway config reload asks every gateway on the vault and reports the results, but asks nobody if the file is faulty', async () => {
    await it.replace((tree) => {
      tree.callers.apiKeys.push(ADDED);
      tree.server.port = 4999;
    });
    // A gateway on a busy machine may notice a request only once the command no longer waits for it.
    let asked = await gateway('config', 'reload', '--config', it.file.path);
    while (asked.stdout.startsWith('No gateway')) asked = await gateway('config', 'reload', '--config', it.file.path);
    const status = await it.status(added);
    await it.breakFile();
    const faulty = await gateway('config', 'reload', '--config', it.file.path);
    const faults = JSON.parse((await gateway('config', 'reload', '--config', it.file.path, '--json')).stdout);
    await it.restore();
    const again = await it.reload();
    const audit = await gateway('audit', '--config', it.file.path, '--kind', 'act', '--json');

    expect(asked.stdout).toMatch(new RegExp(`:${it.main.pid} +in use +server.port\n$`));
    expect([asked.code, status]).toEqual([0, 200]);
    expect(faulty).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(/gateway.yaml:\d+:1: sever/) });
    expect(faults).toMatchObject({ request: null, faults: Array(2).fill({ line: expect.any(Number) }), gateways: [] });
    expect(again).toEqual(APPLIED);
    const lines = audit.stdout.split('\n').flatMap((line) => (line ? [JSON.parse(line)] : []));
    expect(lines.find(({ caller }) => caller.startsWith('terminal'))).toMatchObject({
      action: 'reload_config',
      outcome: 'DONE',
    });
  });

  test('only administrators who may write can reload, and each reload is recorded', async () => {
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
  test('get a new configuration together, even one that starts later, and never a faulty one', async () => {
    await using it = await startServing(['--workers', '2']);
    /** Each request has a connection of its own, so both workers are asked. */
    const statuses = async () => new Set(await Promise.all(Array.from({ length: 12 }, () => it.status(added))));
    const pidOf = () =>
      it
        .linesWith('"a worker serves"')
        .filter(({ worker }) => worker === 1)
        .at(-1)?.pid;

    const asked = JSON.parse((await gateway('config', 'reload', '--config', it.file.path, '--json')).stdout);
    await expect.poll(() => it.linesWith(READ_AGAIN).length).toBe(1);
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

    // Both workers have heard of it, and it was done once.
    expect(asked).toMatchObject({ request: 1, faults: [] });
    expect(asked.gateways).toEqual([
      { gateway: expect.stringMatching(`:${it.main.pid}$`), answered: true, ...APPLIED },
    ]);
    expect(reloaded).toEqual(APPLIED);
    expect([together, later]).toEqual([new Set([200]), new Set([200])]);
    expect(faulty).toMatchObject({
      applied: false,
      faults: [expect.stringContaining('sever'), expect.stringContaining('limts')],
    });
    expect(stale).toBe('1');
    await expect.poll(() => it.linesWith(FAULTY)).toHaveLength(2);
    await expect.poll(it.stale).toBe('0');
  });
});

const hasTerminals = /util-linux/.test(spawnSync('script', ['--version']).stdout?.toString() ?? '');

test.skipIf(!hasTerminals)('at a terminal it stops when the terminal is closed', async () => {
  await using file = await writeTestConfig({
    sandbox,
    edit: (tree) => void Object.assign(tree, { log: { format: 'json' } }),
  });
  const command = `exec ${process.execPath} ${GATEWAY} serve --config ${file.path}`;
  const terminal = spawn('script', ['--quiet', '--command', command, '/dev/null']);
  let output = '';
  terminal.stdout.on('data', (chunk) => {
    output += String(chunk);
  });
  await expect.poll(() => output, { timeout: 60_000 }).toContain('"msg":"ready"');
  const url = String(readyLine(output)['url']);
  const state = () =>
    fetch(`${url}/healthz`, { headers: { connection: 'close' } }).then(
      ({ status }) => status,
      () => 'gone',
    );
  const before = await state();

  terminal.kill('SIGKILL');

  await expect.poll(state).toBe('gone');
  expect(before).toBe(200);
});

test('reloads under load fail no request, and leave no generation behind', async () => {
  const { answered, failed, memory } = await reloadUnderLoad({ sandbox, reloads: 3, clients: 1, answersBetween: 20 });

  expect([...new Set(failed)]).toEqual([]);
  expect(answered).toBeGreaterThan(100);
  expect(memory.map(({ before, after }) => after.registries - before.registries)).toEqual([0]);
});
