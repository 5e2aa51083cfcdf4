import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Secret } from '../../src/kit/errors/index.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { importConnection, openVault } from '../../src/tokens/index.ts';
import { startTestGateway, type TestConfig, warmUp, writeTestConfig } from '../support/test-gateway.ts';
import { runHere as gateway } from './run-here.ts';

const customer = { from: 'Sage200Customer.reference', to: 'xtremMasterData.customer', key: 'id' };
const LINKS = [
  { name: 'erpCustomer', ...customer, reverse: 'sage200Customer' },
  { name: 'erpOrders', ...customer, to: 'xtremSales.salesOrder', key: 'soldToCustomer.id', many: true },
  { name: 'nowhere', ...customer, to: 'xtremNothing.customer' },
  { name: 'erpSomebody', ...customer, from: 'Sage200CountryCode.code', key: 'country.id' },
];

let folder: string;
let sandbox: Sandbox;
let file: TestConfig;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gateway-operator-'));
  sandbox = await startSandbox({ customers: 40 });
  file = await writeTestConfig({ sandbox, edit: (content) => edit(content, LINKS) });
});

afterAll(async () => {
  await file[Symbol.asyncDispose]();
  await sandbox.close();
  await rm(folder, { recursive: true, force: true });
});

function edit(content: object, links: readonly object[]): void {
  const { clientId, clientSecret, audience } = sandbox.credentials.network;
  const network = {
    clientId,
    clientSecret,
    audience,
    grantType: 'client_credentials',
    baseUrl: 'https://network.invalid',
  };
  Object.assign(content, { links, network });
}

describe('gateway documents check', () => {
  const nameOf = (field: string) =>
    `query Item { xtremMasterData { item { query(first: 1) { edges { node { ${field} } } } } } }`;
  const documents = {
    own: '{ sage200 { customers(first: 1) { nodes { reference } } } }',
    named: nameOf('name'),
    quoted: '{ xtremMasterData { item { query(first: "1") { edges { node { id } } } } } }',
  };

  const check = async (listed: object, ...args: string[]) => {
    const path = join(folder, 'documents.json');
    await writeFile(path, JSON.stringify(listed));
    await using config = await writeTestConfig({
      sandbox,
      edit: (content) => Object.assign(content, { documents: { files: [path] } }),
    });
    return await gateway('documents', 'check', '--config', config.path, ...args);
  };

  test("says for each document and tenant whether it can run, now and with the tenant's schema", async () => {
    const { code, stdout } = await check(documents, '--tenant', 'acme', '--refresh');

    for (const schema of ['present', 'refreshed']) {
      expect(stdout).toMatch(new RegExp(`^ok +own +acme +${schema}`, 'm'));
      expect(stdout).toMatch(new RegExp(`^ok +named +acme +${schema}`, 'm'));
      expect(stdout).toMatch(new RegExp(`^note +quoted +acme +${schema} .*Int cannot represent`, 'm'));
    }
    expect(code).toBe(0);
  });

  test('ends with 1 when one cannot, and says why, as data too', async () => {
    const { code, stdout } = await check({ ...documents, gone: nameOf('colourOfOld') }, '--json');

    const rows: { document: string; tenant: string; grade: string; reasons: string[] }[] = JSON.parse(stdout);
    expect(rows.filter(({ grade }) => grade === 'FAULT')).toEqual(
      ['acme', 'globex'].map((tenant) => ({
        document: 'gone',
        tenant,
        schema: 'present',
        grade: 'FAULT',
        reasons: [expect.stringContaining('Cannot query field "colourOfOld"')],
      })),
    );
    expect(code).toBe(1);
  });

  test('a tenant whose schema cannot be read is not blamed on the documents', async () => {
    sandbox.erp.setApiUser('globex', false);
    const { code, stdout, stderr } = await check(documents, '--tenant', 'globex');
    sandbox.erp.setApiUser('globex', true);

    expect(stdout).toBe('');
    expect(stderr).toContain('Cannot read the schema of ERP tenant globex');
    expect(code).toBe(1);
  });
});

describe('gateway explain', () => {
  const explainWithout = async (document: string) => {
    const path = join(folder, 'operation.graphql');
    await writeFile(path, document);
    await using config = await writeTestConfig({ sandbox, edit: (content) => edit(content, LINKS) });
    sandbox.erp.setApiUser('globex', false);
    const explained = await gateway('explain', path, '--config', config.path, '--tenant', 'globex');
    sandbox.erp.setApiUser('globex', true);
    return explained;
  };

  test.each([
    '{ xtremMasterData { customer { query { edges { node { id sage200Customer { name } } } } } } }',
    'query ($of: Customer_Input) { sage200 { customers { nodes { name } } } xtremMasterData { customer { create(data: $of) { id } } } }',
  ])('says that the schema of a tenant cannot be read, and nothing untrue: %s', async (document) => {
    const { code, stdout, stderr } = await explainWithout(document);

    expect(stdout).toBe('');
    expect(stderr).toContain('Cannot read the schema of ERP tenant globex');
    expect(code).toBe(1);
  });

  test('explains what needs no tenant while a schema cannot be read', async () => {
    const { code, stdout } = await explainWithout('{ sage200 { customers(first: 3) { nodes { name } } } }');

    expect(stdout).toContain('Only Sage 200, compiled:');
    expect(code).toBe(0);
  });
});

describe('gateway check', () => {
  test('reports what would be served, and what is wrong', async () => {
    const { code, stdout } = await gateway('check', '--config', file.path);

    expect(stdout).toMatch(/^ok +connection sandbox +2 companies$/m);
    expect(stdout).toMatch(/^FAULT +ERP tenant acme +\d+ types, schema [0-9a-f]{12}$/m);
    expect(stdout).toContain('link left out, nowhere: the tenant has no xtremNothing.customer');
    expect(stdout).toContain('links: Sage200Customer.erpCustomer');
    expect(stdout).toMatch(
      /connection sandbox\n +consent ends at 2\d{3}-.*\n +Hallam Group \/ Hallam Fixings Ltd: site /,
    );
    expect(stdout).toMatch(/^ok +Payments Out +token valid until 2\d{3}-/m);
    expect(code).toBe(1);
  });

  test('a failing tenant is reported beside working ones, also as JSON', async () => {
    sandbox.erp.setApiUser('globex', false);
    const { code, stdout } = await gateway('check', '--config', file.path, '--json');
    sandbox.erp.setApiUser('globex', true);

    const findings: { what: string; ok: boolean; says: string }[] = JSON.parse(stdout);
    expect(code).toBe(1);
    expect(findings.find(({ what }) => what === 'connection sandbox')?.ok).toBe(true);
    expect(findings.find(({ what }) => what === 'ERP tenant globex')).toMatchObject({
      ok: false,
      says: expect.stringContaining('MISCONFIGURED'),
    });
  });
});

test('connections are listed, including those without a sign-in, and removed here and at Sage ID', async () => {
  await using config = await writeTestConfig({
    sandbox,
    connections: { finance: 'carol' },
    edit: (content) => {
      content['callers'] = { anonymous: { connection: 'payroll', tenants: ['acme'] } };
    },
  });
  const list = async () => {
    const { stdout } = await gateway('connections', 'list', '--config', config.path, '--json');
    return JSON.parse(stdout).map(({ name, state }: { name: string; state: string }) => [name, state]);
  };
  const before = await list();
  const revoked = () => sandbox.sageId.requests().filter(({ path }) => path === '/oauth/revoke').length;
  const revokedBefore = revoked();

  const removed = await gateway('connections', 'remove', 'finance', '--config', config.path, '--json');
  const again = await gateway('connections', 'remove', 'finance', '--config', config.path);

  expect(before).toEqual([
    ['finance', 'connected'],
    ['sandbox', 'connected'],
    ['payroll', 'nobody has signed in'],
  ]);
  expect(removed).toMatchObject({ code: 0, stderr: '' });
  expect(JSON.parse(removed.stdout)).toEqual({ connection: 'finance', disconnected: true, revoked: true });
  expect(revoked() - revokedBefore).toBe(1);
  expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining('There is no connection finance') });
  expect((await list()).map(([name]: [string]) => name)).toEqual(['sandbox', 'payroll']);
  expect((await gateway('connections', 'list', '--config', config.path)).stdout).toMatch(
    /^sandbox +connected +2\d{3}-/m,
  );
  const record = await gateway('audit', '--config', config.path, '--connection', 'finance', '--json');
  expect(record.stdout).toMatch(/"action": ?"revoked"/);
});

describe('gateway check, where Sage ID refuses', () => {
  const findingsOf = async (path: string): Promise<{ what: string; ok: boolean; says: string; notes: string[] }[]> =>
    JSON.parse((await gateway('check', '--config', path, '--json')).stdout);

  test('reports each connection separately, and where its person signs in', async () => {
    await using config = await writeTestConfig({ sandbox, connections: { leaver: 'bob' } });
    await sandbox.sageId.revokeUser('bob');

    const findings = await findingsOf(config.path);

    expect(findings.find(({ what }) => what === 'connection sandbox')).toMatchObject({ ok: true, says: '2 companies' });
    expect(findings.find(({ what }) => what === 'connection leaver')).toMatchObject({
      ok: false,
      says: 'NEEDS_CONSENT',
      notes: expect.arrayContaining([
        expect.stringMatching(/^connectUrl is http.*\/connect\/sage200\?connection=leaver$/),
      ]),
    });
  });

  test("a person's own expired sign-in is noted but is not a fault of the configuration", async () => {
    await using config = await writeTestConfig({ sandbox });
    const name = `person-${'0'.repeat(32)}`;
    const { vault: settings } = config.config;
    const vault = await openVault({ ...settings, makeKey: settings.keyFile });
    const refreshToken = new Secret(await sandbox.refreshToken('bob'));
    await importConnection(vault, { name, refreshToken, refreshLifetimeMs: 1_000_000 });
    await vault.close();
    await sandbox.sageId.revokeUser('bob');

    const { code, stdout } = await gateway('check', '--config', config.path);

    expect(stdout).toMatch(new RegExp(`^note +connection ${name} +NEEDS_CONSENT$`, 'm'));
    expect(code).toBe(0);
  });

  test('a network token that Sage ID refuses is a fault beside what works, and no token is shown', async () => {
    await using config = await writeTestConfig({
      sandbox,
      edit: (content) => {
        edit(content, []);
        content['network'] = { ...content['network'], clientSecret: 'not-the-secret' };
      },
    });

    const findings = await findingsOf(config.path);

    expect(findings.find(({ what }) => what === 'connection sandbox')?.ok).toBe(true);
    expect(findings.find(({ what }) => what === 'Payments Out')).toMatchObject({ ok: false, says: 'MISCONFIGURED' });
    expect(JSON.stringify(findings)).not.toContain('not-the-secret');
  });

  test('without a client id it says that nobody can sign in, and that stored connections have no effect', async () => {
    await using config = await writeTestConfig({
      sandbox,
      edit: (content) => {
        const { clientId: _id, clientSecret: _secret, ...sage200 } = content['sage200'] ?? {};
        content['sage200'] = sage200;
        content['callers'] = { anonymous: { tenants: ['acme'] } };
      },
    });

    expect((await findingsOf(config.path)).find(({ what }) => what === 'Sage 200')).toMatchObject({
      ok: false,
      says: 'no client id',
    });
  });
});

describe('gateway links check', () => {
  test('counts matches, keys on one side only and duplicates, with examples', async () => {
    const { code, stdout } = await gateway('links', 'check', '--config', file.path, '--tenant', 'acme', '--json');

    interface Keys {
      count: number;
      examples: string[];
    }
    const [one, orders, nowhere, somebody] = JSON.parse(stdout) as Record<string, Keys & string>[];
    expect(code).toBe(1);
    expect(one).toMatchObject({
      link: 'erpCustomer',
      tenant: 'acme',
      duplicatesSage200: { count: 0 },
      duplicatesErp: { count: 0 },
    });
    expect(one?.['matched']?.count).toBeGreaterThan(10);
    expect((one?.['matched']?.count ?? 0) + (one?.['onlySage200']?.count ?? 0)).toBe(40);
    expect(one?.['onlyErp']?.examples).toContain('ERP00001');
    expect(orders?.['duplicatesErp']?.count).toBeGreaterThan(0);
    expect(nowhere).toMatchObject({ problem: expect.stringContaining('xtremNothing.customer') });
    expect(somebody?.['duplicatesErp']?.examples[0]).toMatch(/^[A-Z]{2} \(\d+, \d+/);
  });

  test('as a table', async () => {
    const { stdout } = await gateway('links', 'check', '--config', file.path, '--tenant', 'acme');

    expect(stdout).toMatch(/^link +tenant +matched +only Sage 200 +only ERP/);
    expect(stdout).toMatch(/^erpCustomer +acme +\d+/m);
    expect(stdout).toContain('  only in the ERP: ERP0');
  });

  test('without links, and for an unknown tenant, it says what to write', async () => {
    await using bare = await writeTestConfig({ sandbox });

    expect((await gateway('links', 'check', '--config', bare.path)).stderr).toContain('Add some under links');
    expect((await gateway('links', 'check', '--config', file.path, '--tenant', 'x')).stderr).toContain('acme, globex');
  });
});

describe('gateway schema', () => {
  test('print shows the gateway’s schema, or a tenant’s with it and the links', async () => {
    const [own, both] = [
      await gateway('schema', 'print'),
      await gateway('schema', 'print', '--config', file.path, '--tenant', 'acme'),
    ];

    expect(own.stdout).toContain('type Sage200Customer implements Node');
    expect(own.stdout).not.toContain('type SalesOrder ');
    expect(both.stdout).toContain('erpCustomer: Customer\n');
    expect(both.stdout).toContain('sage200Customer(');
  });

  test('save and diff show what an upgrade breaks, and refresh applies it to a running gateway', async () => {
    await using upgrading = await startSandbox({ customers: 5 });
    await using running = await startTestGateway({ sandbox: upgrading });
    await warmUp(running);
    const path = running.configPath;
    const kept = join(folder, 'acme.graphql');
    const options = ['--config', path, '--tenant', 'acme', '--file', kept];
    const saved = await gateway('schema', 'save', ...options);
    const same = await gateway('schema', 'diff', ...options);
    const digest = async () =>
      (await running.query('{ gateway { tenants { schemaDigest } } }')).data.gateway.tenants[0].schemaDigest;
    const before = await digest();

    upgrading.erp.upgrade('acme');
    const changed = await gateway('schema', 'diff', ...options);
    const refreshed = await gateway('schema', 'refresh', '--config', path);
    const history = await gateway('schema', 'history', '--config', path, '--tenant', 'acme');
    const asData = await gateway('schema', 'history', '--config', path, '--json');

    expect(saved.code).toBe(0);
    expect(await readFile(kept, 'utf8')).toContain('type PurchaseOrder');
    expect(same).toMatchObject({ code: 0, stdout: expect.stringContaining('Nothing has changed') });
    expect(changed.code).toBe(1);
    expect(changed.stdout).toMatch(/^BREAKING .*orderDate/m);
    expect(changed.stdout).toMatch(/\d+ changes since .*, \d+ of them breaking\.\n$/);
    expect(refreshed.stdout).toMatch(/^globex +the same/m);
    await expect.poll(digest).not.toBe(before);
    const rows = history.stdout.split('\n').filter((line) => /^acme +[0-9a-f]{12} +2\d{3}-/.test(line));
    expect(rows).toHaveLength(2);
    expect(rows[0]).toMatch(/Z +[1-9]\d* +\d+ +\d+ +in use$/);
    expect(rows[1]).toMatch(new RegExp(`^acme +${before.slice(0, 12)} .*Z +- +- +-$`));
    expect(history.stdout).toMatch(/^ {2}BREAKING .*orderDate/m);
    const [now, first, ...others] = JSON.parse(asData.stdout);
    expect(now).toMatchObject({ tenant: 'acme', isCurrent: true, changes: expect.arrayContaining([]) });
    expect(now.changes.map(({ level }: { level: string }) => level)).toEqual(expect.arrayContaining(['BREAKING']));
    expect(first).toEqual({
      tenant: 'acme',
      digest: before,
      firstSeen: expect.any(String),
      isCurrent: false,
      changes: null,
    });
    expect(others).toMatchObject([{ tenant: 'globex', isCurrent: true, changes: null }]);
  });

  test("history says what to do if a tenant's schema was never requested", async () => {
    await using fresh = await writeTestConfig({ sandbox });

    const { code, stderr } = await gateway('schema', 'history', '--config', fresh.path, '--tenant', 'acme');

    expect(code).toBe(1);
    expect(stderr).toContain('run gateway schema refresh');
  });

  test('diff without a saved schema says how to save one', async () => {
    const { code, stderr } = await gateway('schema', 'diff', '--file', join(folder, 'none.graphql'));

    expect(code).toBe(1);
    expect(stderr).toContain('Run gateway schema save first');
  });
});
