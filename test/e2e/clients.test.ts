import { access, copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { afterAll, describe, expect, test } from 'vitest';
import { createApiKey } from '../../src/cli/keys-create.ts';
import { run } from '../../src/cli/run.ts';
import { openVault } from '../../src/tokens/index.ts';
import { bearer, boss, ERRORS, ME, reader, shop, startClientsWorld } from './clients-world.ts';

const world = await startClientsWorld();
const { sandbox, config, lines, here, there, ask, administer, put, newKey, globexErp } = world;
afterAll(() => world[Symbol.asyncDispose]());

/** A command line on the configuration of the gateways. */
const gateway = async (input: string, ...args: string[]) => {
  const output = { stdout: '', stderr: '' };
  const sink = (name: keyof typeof output) =>
    new Writable({
      write(chunk, _encoding, done) {
        output[name] += String(chunk);
        done();
      },
    });
  const env = { GATEWAY_CONFIG: config.path, ERP_SECRET: 'MARKED-ENV-SECRET' };
  const code = await run({
    args,
    env,
    stdin: Readable.from([input]),
    stdout: sink('stdout'),
    stderr: sink('stderr'),
  });
  return { code, ...output };
};

describe('a client that is added while the gateways run', () => {
  test('is served in every process with its connection, tenant and company, until it is removed', async () => {
    const [, second] = sandbox.companies;
    const company = `site: "${second?.siteId}", company: "${second?.companyId}"`;
    expect(await put(`name: "bolt", title: "Bolt Ltd", ${company}`)).toMatchObject({
      client: null,
      userErrors: [{ code: 'NAME_TAKEN', inputPath: ['input', 'name'] }],
    });
    expect(await put(`name: "bolt", title: "Bolt Ltd", adopt: true, ${company}, ${globexErp()}`)).toEqual({
      client: { name: 'bolt', version: 1, enabled: true, state: 'READY' },
      userErrors: [],
    });
    const key = await newKey('bolt', 'web');

    const own = await ask(here, ME, key);
    expect(own.data.gateway.me).toEqual({
      id: 'key:bolt/web',
      readOnly: true,
      admin: false,
      tenants: ['bolt'],
      companies: null,
    });
    await expect.poll(async () => (await ask(there, ME, key)).errors).toBeUndefined();
    const both =
      '{ sage200 { currentUser { logonName } customers(first: 1) { nodes { name } } } xtremMasterData { __typename } }';
    await expect.poll(async () => (await ask(there, both, key)).errors).toBeUndefined();
    const other = await here.query(both, { headers: { ...bearer(key), 'x-tenant': 'acme' } });
    expect(other?.errors?.[0]?.extensions['code']).toBe('FORBIDDEN');

    const removed = await administer(`removeClient(name: "bolt") { client { name } ${ERRORS} }`);
    expect(removed).toEqual({ client: { name: 'bolt' }, userErrors: [] });
    expect((await ask(here, ME, key)).errors?.[0]?.extensions['code']).toBe('UNAUTHENTICATED');
    await expect.poll(async () => (await ask(there, ME, key)).errors?.[0]?.extensions['code']).toBe('UNAUTHENTICATED');
    expect(await put('name: "bolt"')).toMatchObject({ userErrors: [{ code: 'NAME_TAKEN' }] });
    expect(await ask(here, '{ gateway { connections { name } } }', boss.key)).toMatchObject({
      data: { gateway: { connections: expect.not.arrayContaining([{ name: 'bolt' }]) } },
    });
  });

  test("takes its tenant's schemas with it, even if nobody has used them since the start", async () => {
    const fileOf = (name: string) => join(config.config.erp.snapshots, 'tenants', `${name}.json`);
    const isThere = (name: string) =>
      access(fileOf(name)).then(
        () => true,
        () => false,
      );
    await put(`name: "asked", ${globexErp()}`);
    await put(`name: "silent", ${globexErp()}`);
    const key = await newKey('asked', 'web');
    await ask(here, '{ xtremMasterData { __typename } }', key);
    await expect.poll(() => isThere('asked')).toBe(true);
    await copyFile(fileOf('asked'), fileOf('silent'));
    const listed = await gateway('', 'schema', 'history', '--tenant', 'asked', '--json');

    for (const name of ['asked', 'silent']) await administer(`removeClient(name: "${name}") { client { name } }`);

    expect(listed).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(listed.stdout)).toMatchObject([{ tenant: 'asked', isCurrent: true, changes: null }]);
    for (const name of ['asked', 'silent']) await expect.poll(() => isThere(name)).toBe(false);
  });

  test('keeps fields that are left out, and is changed by only one of two who saw the same version', async () => {
    await put(`name: "cord", title: "Cord", ${globexErp()}`);

    const changed = await put('name: "cord", erp: { tenantId: "T2", clientId: "C2" }', ', ifVersion: 1');
    const stale = await put('name: "cord", enabled: false', ', ifVersion: 1');

    expect(changed).toMatchObject({ client: { version: 2 }, userErrors: [] });
    expect(stale).toMatchObject({ client: null, userErrors: [{ code: 'STALE_VERSION', inputPath: ['ifVersion'] }] });
    const vault = await openVault({ ...config.config.vault, makeKey: undefined });
    const stored = await vault.clients.read('cord');
    await vault.close();
    expect(stored).toMatchObject({ client: { title: 'Cord', erp: { tenantId: 'T2', clientId: 'C2' } } });
    const secret = sandbox.credentials.erp.find(({ name }) => name !== 'acme')?.clientSecret;
    expect(stored && 'client' in stored && stored.client.erp?.clientSecret.reveal()).toBe(secret);
  });

  test('accepts no key while it is disabled, and no expired key', async () => {
    await put('name: "delta"');
    const key = await newKey('delta', 'web');
    const endingIn = (name: string, ms: number) =>
      newKey('delta', name, `, expiresAt: "${new Date(Date.now() + ms).toISOString()}"`);
    const ending = await endingIn('short', 2_000);
    expect((await ask(here, ME, await endingIn('long', 3600_000))).data.gateway.me.id).toBe('key:delta/long');

    await put('name: "delta", enabled: false');

    expect((await ask(here, ME, key)).errors?.[0]?.extensions['code']).toBe('FORBIDDEN');
    await put('name: "delta", enabled: true');
    expect((await ask(here, ME, key)).errors).toBeUndefined();
    await expect
      .poll(async () => (await ask(here, ME, ending)).errors?.[0]?.extensions['code'])
      .toBe('UNAUTHENTICATED');
    await administer(`removeKey(client: "delta", name: "web") { client { name } ${ERRORS} }`);
    expect((await ask(here, ME, key)).errors?.[0]?.extensions['code']).toBe('UNAUTHENTICATED');
  });

  test('is refused with everything that is wrong', async () => {
    const faulty = await put('name: "person-x", site: "s 1", companies: [], erp: { tenantId: "", clientId: "C" }');

    expect(faulty['client']).toBeNull();
    expect(
      (faulty['userErrors'] as unknown as { inputPath: string[] }[]).map(({ inputPath }) => inputPath.join('.')),
    ).toEqual([
      'input.name',
      'input.company',
      'input.site',
      'input.companies',
      'input.erp.tenantId',
      'input.erp.clientSecret',
    ]);
    // The configuration's own names.
    for (const name of ['acme', 'sandbox', sandbox.credentials.erp[0]?.tenantId])
      expect(await put(`name: "${name}"`)).toMatchObject({ userErrors: [{ code: 'NAME_TAKEN' }] });
  });
});

describe('administration', () => {
  const LIST = `{ gateway { clients(first: 2, name: "LIST-") {
    totalCount pageInfo { hasNextPage endCursor }
    nodes { name title state shadowed connection { state } tenant { name } keys { name readOnly expiresAt } }
  } } }`;

  test('is for administrators who may write; administrators may read the directory', async () => {
    const act = 'mutation { gateway { removeClient(name: "x") { client { name } } } }';

    for (const [key, query] of [
      [shop.key, act],
      [reader.key, act],
      [shop.key, LIST],
      [shop.key, '{ gateway { client(name: "x") { keys { name } } } }'],
    ] as const)
      expect((await ask(here, query, key)).errors?.[0]?.extensions['code']).toBe('FORBIDDEN');
    expect((await ask(here, LIST, reader.key)).errors).toBeUndefined();
  });

  test('a time that does not exist is refused where it stands', async () => {
    for (const time of ['soon', '2099-02-30T00:00:00Z']) {
      const query = `mutation { gateway { createKey(client: "x", name: "y", expiresAt: "${time}") { key } } }`;
      expect((await ask(here, query, boss.key)).errors).toMatchObject([
        { message: expect.stringContaining('A time must be in UTC'), locations: [{ line: 1, column: 67 }] },
      ]);
    }
  });

  test('a page of null clients has as many as one without a number', async () => {
    const { data } = await ask(here, '{ gateway { clients(first: null) { totalCount } } }', boss.key);

    expect(data.gateway.clients).toMatchObject({ totalCount: expect.any(Number) });
  });

  test('lists clients by pages, with their state', async () => {
    for (const name of ['list-a', 'list-b', 'list-c']) await put(`name: "${name}"`);
    await put('name: "adopted", title: "An adopted list-", adopt: true');
    await newKey('list-a', 'web', ', readOnly: false');

    const { data } = await ask(here, LIST, boss.key);

    expect(data.gateway.clients).toMatchObject({
      totalCount: 4,
      pageInfo: { hasNextPage: true },
      nodes: [
        { name: 'adopted', state: 'READY', connection: { state: 'CONNECTED' }, keys: [], shadowed: false },
        {
          name: 'list-a',
          state: 'NOT_CONNECTED',
          connection: null,
          tenant: null,
          keys: [{ name: 'web', readOnly: false }],
        },
      ],
    });
    const after = data.gateway.clients.pageInfo.endCursor;
    const next = await ask(here, LIST.replace('first: 2', `first: 2, after: "${after}"`), boss.key);
    expect(next.data.gateway.clients.nodes.map(({ name }: { name: string }) => name)).toEqual(['list-b', 'list-c']);
    const strange = await ask(here, LIST.replace('first: 2', 'first: 2, after: "bm90IGEgbmFtZQ"'), boss.key);
    expect(strange.errors?.[0]?.extensions['code']).toBe('BAD_USER_INPUT');
  });

  test('runs in the order of the document, and each act is recorded, without secrets', async () => {
    const { data, errors } = await ask(
      here,
      `mutation { gateway {
        a: putClient(input: { name: "ordered", erp: { tenantId: "T", clientId: "C", clientSecret: "MARKED-SECRET" } }) { client { version } }
        b: createKey(client: "ordered", name: "web") { key client { keys { name } } ${ERRORS} }
        c: removeKey(client: "ordered", name: "web") { ${ERRORS} }
        d: removeClient(name: "ordered") { client { name } }
        e: removeClient(name: "ordered") { ${ERRORS} }
      } }`,
      boss.key,
    );
    expect(errors).toBeUndefined();
    expect(data.gateway).toMatchObject({
      a: { client: { version: 1 } },
      b: { client: { keys: [{ name: 'web' }] }, userErrors: [] },
      c: { userErrors: [] },
      d: { client: { name: 'ordered' } },
      e: { userErrors: [{ code: 'INVALID', inputPath: ['name'] }] },
    });

    const vault = await openVault({ ...config.config.vault, makeKey: undefined });
    const acts = await vault.audit.list({ connection: 'ordered' });
    await vault.close();
    expect(acts.map(({ action, key, outcome, caller }) => [action, key, outcome, caller])).toEqual([
      ['remove_client', undefined, 'INVALID', 'key:boss'],
      ['remove_client', undefined, 'DONE', 'key:boss'],
      ['remove_key', 'web', 'DONE', 'key:boss'],
      ['create_key', 'web', 'DONE', 'key:boss'],
      ['put_client', undefined, 'DONE', 'key:boss'],
    ]);
    expect(JSON.stringify(acts) + lines.join('')).not.toMatch(/MARKED-SECRET|sgk_/);
  });
});

describe('the command line', () => {
  test('adds, lists, imports and removes clients, and creates keys and links that running gateways accept', async () => {
    const erp = ['--tenant-id', 'T', '--client-id', 'C', '--secret-from'];
    expect(await gateway('', 'clients', 'put', 'hotel', '--title', 'Hotel', ...erp, 'ERP_SECRET')).toMatchObject({
      code: 0,
    });
    expect(await gateway('', 'clients', 'put', 'hotel', '--disable', '--if-version', '7')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('STALE_VERSION'),
    });
    const list = JSON.stringify([
      { name: 'india', erp: { tenantId: 'T', clientId: 'C', clientSecret: 'MARKED-SECRET' } },
      { name: 'person-x' },
    ]);
    expect(await gateway(list, 'clients', 'import', '-')).toMatchObject({
      code: 1,
      stdout: '1 of 2 clients are stored.\n',
      stderr: expect.stringContaining('standard input:1: person-x: name: Names that begin with person-'),
    });

    const made = await gateway('', 'keys', 'create', '--client', 'hotel', '--name', 'web', '--write');
    const link = await gateway('', 'connect-link', 'hotel', '--return-to', 'https://portal.example/x');

    const key = made.stdout.trim();
    await expect.poll(async () => (await ask(here, ME, key)).data?.gateway.me.id).toBe('key:hotel/web');
    expect(link.stdout).toMatch(/^http:\/\/localhost:\d+\/connect\/sage200\?link=[\w-]{43}\n$/);
    const listed = await gateway('', 'clients', 'list', '--name', 'HOTEL');
    expect(listed.stdout).toMatch(/^hotel +Hotel +yes +1 +T +web$/m);
    expect(await gateway('', 'clients', 'remove', 'hotel')).toMatchObject({ code: 0 });
    await expect.poll(async () => (await ask(here, ME, key)).errors?.[0]?.extensions['code']).toBe('UNAUTHENTICATED');
    const everything = JSON.stringify([
      made.stderr,
      link.stderr,
      listed,
      await gateway('', 'clients', 'list', '--json'),
    ]);
    expect(everything).not.toMatch(/MARKED|sgk_|link=/);
  });

  test('answers scripts in JSON, and fails as it does for people', async () => {
    const json = async (input: string, ...args: string[]) => {
      const { code, stdout, stderr } = await gateway(input, ...args, '--json');
      return { code, stderr, told: stdout === '' ? undefined : JSON.parse(stdout) };
    };

    expect(await json('', 'clients', 'put', 'juliet', '--title', 'Juliet')).toMatchObject({
      code: 0,
      told: { client: 'juliet', version: 1, enabled: true },
    });
    const key = await json('', 'keys', 'create', '--client', 'juliet', '--name', 'web', '--expires-in', '1d');
    expect(key.told).toMatchObject({ client: 'juliet', name: 'web', key: expect.stringMatching(/^sgk_/) });
    const { told } = await json('', 'clients', 'list', '--name', 'juliet');
    expect(told).toMatchObject({ name: 'juliet', keys: [{ name: 'web', expiresAt: expect.stringMatching(/T.*Z$/) }] });
    expect(await json('', 'connect-link', 'juliet')).toMatchObject({
      code: 0,
      stderr: '',
      told: { client: 'juliet', url: expect.stringContaining('?link='), expiresAt: expect.stringMatching(/T.*Z$/) },
    });
    expect(await json('[{ name: kilo }, { name: person-y }]', 'clients', 'import', '-')).toMatchObject({
      code: 1,
      told: { stored: 1, failed: [{ client: 'person-y', faults: [expect.stringContaining('person-')] }] },
    });
    expect(await json('', 'clients', 'remove', 'juliet')).toMatchObject({
      code: 0,
      told: { client: 'juliet', removed: true },
    });
    expect(await json('', 'clients', 'remove', 'juliet')).toMatchObject({ code: 1, told: undefined });
  });
});

test('a client with a name from the configuration is reported, and not served', async () => {
  const vault = await openVault({ ...config.config.vault, makeKey: undefined });
  const { sha256, key } = createApiKey('web');
  const plain = { title: undefined, enabled: true, site: undefined, company: undefined, companies: 'all' as const };
  await vault.clients.write({ ...plain, name: 'acme', erp: undefined }, 0);
  await vault.clients.addKey({ client: 'acme', name: 'web', sha256, readOnly: true, expiresAt: undefined });
  await vault.close();

  const look = () => ask(here, '{ gateway { client(name: "acme") { state shadowed tenant { name } } } }', boss.key);

  await expect
    .poll(async () => (await look()).data.gateway.client)
    .toEqual({ state: 'SHADOWED', shadowed: true, tenant: null });
  expect((await ask(here, ME, key)).errors?.[0]?.extensions['code']).toBe('UNAUTHENTICATED');
  expect(lines.join('')).toContain('a client is not served');
});

test('removing a client leaves its connection if the configuration now uses its name', async () => {
  const vault = await openVault({ ...config.config.vault, makeKey: undefined });
  const plain = { title: undefined, enabled: true, site: undefined, company: undefined, companies: 'all' as const };
  await vault.clients.write({ ...plain, name: 'sandbox', erp: undefined }, 0);
  await vault.close();
  const REMOVE = `removeClient(name: "sandbox") { client { name } ${ERRORS} }`;

  await expect.poll(() => administer(REMOVE)).toEqual({ client: { name: 'sandbox' }, userErrors: [] });
  const { data, errors } = await ask(here, '{ sage200 { currentUser { logonName } } }', shop.key);

  expect(errors).toBeUndefined();
  expect(data.sage200.currentUser.logonName).toMatch(/@hallam.example$/);
});

test('thousands of tenants of clients are one series in metrics, and none is contacted before its first request', async () => {
  const metrics = await (await fetch(`${here.url}/metrics`, { headers: bearer(boss.key) })).text();

  expect(metrics).toContain('gateway_erp_schema_refresh_failed{tenant="acme"}');
  expect(metrics).not.toMatch(/tenant="(bolt|cord|delta)"|source="erp:(bolt|cord|delta)"/);
  expect(metrics).toContain('gateway_breaker_open{source="erp:directory"}');
});
