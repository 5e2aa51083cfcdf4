import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable, Writable } from 'node:stream';
import { json } from 'node:stream/consumers';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createApiKey } from '../../src/cli/keys-create.ts';
import { run } from '../../src/cli/run.ts';
import { startGateway } from '../../src/gateway.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { openVault } from '../../src/tokens/index.ts';
import { createCookieBrowser } from '../support/cookie-browser.ts';
import { type TestConfig, toClient, writeTestConfig } from '../support/test-gateway.ts';

const [boss, reader, shop] = [createApiKey('boss'), createApiKey('reader'), createApiKey('shop')];
const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

const lines: string[] = [];
/** What the webhook was told. */
const events: { readonly type: string; readonly connection: string }[] = [];
let receiver: Server;
let sandbox: Sandbox;
let config: TestConfig;
let gateways: Awaited<ReturnType<typeof startGateway>>[] = [];
let [here, there]: ReturnType<typeof toClient>[] = [];

beforeAll(async () => {
  sandbox = await startSandbox({ customers: 5 });
  receiver = createServer(async (request, response) => {
    events.push((await json(request)) as (typeof events)[number]);
    response.end();
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  const eventsUrl = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`;
  const [globex] = sandbox.credentials.erp.filter(({ name }) => name !== 'acme');
  config = await writeTestConfig({
    sandbox,
    connections: { adopted: 'alice', bolt: 'bob' },
    edit: (file) => {
      file['server'] = { ...file['server'], returnOrigins: ['https://portal.example'] };
      file['events'] = { url: eventsUrl, secret: 'shared with the receiver' };
      const { tokenUrl } = sandbox.credentials.erp[0] ?? {};
      file['erp'] = {
        ...file['erp'],
        tenants: sandbox.credentials.erp.filter(({ name }) => name === 'acme'),
        runtime: { tokenUrl },
      };
      const rights = { companies: 'all', tenants: ['acme'] };
      file['callers'] = {
        apiKeys: [
          { name: 'boss', sha256: boss.sha256, ...rights, readOnly: false, admin: true },
          { name: 'reader', sha256: reader.sha256, ...rights, readOnly: true, admin: true },
          { name: 'shop', sha256: shop.sha256, ...rights, connection: 'sandbox', readOnly: false },
        ],
      };
    },
  });
  expect(globex).toBeDefined();
  const log = pino({ level: 'info' }, { write: (line) => void lines.push(line) });
  gateways = [await startGateway(config.config, { log, env: {} }), await startGateway(config.config, { log, env: {} })];
  [here, there] = gateways.map(({ url }) => toClient(url));
});

afterAll(async () => {
  for (const gateway of gateways) await gateway.close();
  receiver?.close();
  await config?.[Symbol.asyncDispose]();
  await sandbox?.close();
});

type Variables = Record<string, unknown>;

async function administer(field: string, variables: Variables = {}, key = boss.key) {
  const { data, errors } = await ask(here, `mutation { gateway { ${field} } }`, key, variables);
  if (errors) throw new Error(JSON.stringify(errors));
  return Object.values(data.gateway)[0] as Record<string, never>;
}

const ask = async (gateway: typeof here, query: string, key: string, variables: Variables = {}) => {
  if (!gateway) throw new Error('not started');
  return gateway.query(query, { headers: bearer(key), variables });
};

const ERRORS = 'userErrors { code message inputPath }';

async function put(input: string, rest = '') {
  return administer(`putClient(input: { ${input} }${rest}) { client { name version enabled state } ${ERRORS} }`);
}

async function newKey(client: string, name: string, rest = ''): Promise<string> {
  const made = await administer(`createKey(client: "${client}", name: "${name}"${rest}) { key ${ERRORS} }`);
  expect(made['userErrors']).toEqual([]);
  return String(made['key']);
}

/** The tenant of the sandbox that the configuration does not have. */
function globexErp() {
  const tenant = sandbox.credentials.erp.find(({ name }) => name !== 'acme');
  if (!tenant) throw new Error('The sandbox has one tenant only.');
  const { tenantId, clientId, clientSecret } = tenant;
  return `erp: { tenantId: "${tenantId}", clientId: "${clientId}", clientSecret: "${clientSecret}" }`;
}

const ME = '{ gateway { me { id readOnly admin tenants companies { site company } } } }';

/** Every process knows within two seconds; a busy machine may take longer to say so. */
const SOON = { timeout: 10_000, interval: 50 };

describe('a client that is added while the gateways run', () => {
  test('is served in every process with its connection, tenant and company, and is gone with its removal', async () => {
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
    await expect.poll(async () => (await ask(there, ME, key)).errors, SOON).toBeUndefined();
    const both =
      '{ sage200 { currentUser { logonName } customers(first: 1) { nodes { name } } } xtremMasterData { __typename } }';
    await expect.poll(async () => (await ask(there, both, key)).errors, SOON).toBeUndefined();
    const other = await here?.query(both, { headers: { ...bearer(key), 'x-tenant': 'acme' } });
    expect(other?.errors?.[0]?.extensions['code']).toBe('FORBIDDEN');

    const removed = await administer(`removeClient(name: "bolt") { client { name } ${ERRORS} }`);
    expect(removed).toEqual({ client: { name: 'bolt' }, userErrors: [] });
    expect((await ask(here, ME, key)).errors?.[0]?.extensions['code']).toBe('UNAUTHENTICATED');
    await expect
      .poll(async () => (await ask(there, ME, key)).errors?.[0]?.extensions['code'], SOON)
      .toBe('UNAUTHENTICATED');
    expect(await put('name: "bolt"')).toMatchObject({ userErrors: [{ code: 'NAME_TAKEN' }] });
    expect(await ask(here, '{ gateway { connections { name } } }', boss.key)).toMatchObject({
      data: { gateway: { connections: expect.not.arrayContaining([{ name: 'bolt' }]) } },
    });
  });

  test('keeps what is left out, and is changed by one of two who saw the same version', async () => {
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

  test('lets nobody in while it is disabled, and no key that has expired', async () => {
    await put('name: "delta"');
    const key = await newKey('delta', 'web');
    const ending = await newKey('delta', 'short', `, expiresAt: "${new Date(Date.now() + 1_500).toISOString()}"`);
    expect((await ask(here, ME, ending)).data.gateway.me.id).toBe('key:delta/short');

    await put('name: "delta", enabled: false');

    expect((await ask(here, ME, key)).errors?.[0]?.extensions['code']).toBe('FORBIDDEN');
    await put('name: "delta", enabled: true');
    expect((await ask(here, ME, key)).errors).toBeUndefined();
    await expect
      .poll(async () => (await ask(here, ME, ending)).errors?.[0]?.extensions['code'], SOON)
      .toBe('UNAUTHENTICATED');
    await administer(`removeKey(client: "delta", name: "web") { client { name } ${ERRORS} }`);
    expect((await ask(here, ME, key)).errors?.[0]?.extensions['code']).toBe('UNAUTHENTICATED');
  });

  test('is told all that is wrong with it', async () => {
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

  test('is for administrators who may write; reading the directory for administrators', async () => {
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

  test('lists clients by pages, with what is known of them', async () => {
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
  });

  test('runs in the order of the document, and each act is in the record, without secrets', async () => {
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

describe('a connect link', () => {
  const browse = { headers: { accept: 'text/html' } };

  async function makeLink(client: string, rest = ''): Promise<string> {
    const input = `client: "${client}", returnTo: "https://portal.example/done?a=1", state: "s-1"${rest}`;
    const made = await administer(`createConnectLink(input: { ${input} }) { url ${ERRORS} }`);
    expect(made['userErrors']).toEqual([]);
    return String(made['url']);
  }

  /** From the page on to Sage ID, where that person signs in, or somebody says no. @returns where the gateway sends the browser in the end */
  async function follow(url: string, user: string | undefined, browser = createCookieBrowser()) {
    const page = await browser.open(url, browse);
    const [, onwards = ''] = /href="([^"]+)">Sign in at Sage/.exec(page.text) ?? [];
    const begun = await browser.open(new URL(onwards.replaceAll('&amp;', '&'), url).href, browse);
    const { signIn, refuseSignIn } = sandbox.sageId;
    const back = await (user ? signIn(begun.location ?? '', user) : refuseSignIn(begun.location ?? ''));
    return browser.open(back, browse);
  }

  const goal = ({ location = '' }: { readonly location?: string | undefined }): Record<string, string> => {
    const { origin, pathname, searchParams } = new URL(location);
    return { origin, pathname, ...Object.fromEntries(searchParams) };
  };
  const back = (connection: string, status: string) => ({
    origin: 'https://portal.example',
    pathname: '/done',
    a: '1',
    connection,
    status,
    state: 's-1',
  });

  test('says who asks and for whom, and uses nothing up however often it is opened', async () => {
    await put('name: "echo", title: "Echo & Sons"');
    const url = await makeLink('echo');

    const opened = await createCookieBrowser().open(url, browse);
    for (let times = 0; times < 3; times += 1) await createCookieBrowser().open(`${url}&go=1`, browse);

    expect(opened).toMatchObject({ status: 200, setCookies: [] });
    expect(opened.text).toContain('<strong>boss</strong> asks for access');
    expect(opened.text).toContain('Echo &amp; Sons');
    expect(opened.text).toContain('Afterwards you are sent to portal.example.');
    expect(opened.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    expect(opened.headers.get('referrer-policy')).toBe('no-referrer');
    expect(
      (
        await createCookieBrowser().open(url, {
          headers: { ...browse.headers, 'sec-fetch-site': 'cross-site', 'sec-fetch-dest': 'iframe' },
        })
      ).status,
    ).toBe(403);
    expect(lines.join('')).not.toContain(new URL(url).searchParams.get('link'));

    const visit = await follow(url, 'alice');
    expect(goal(visit)).toEqual(back('echo', 'connected'));
    // Nobody is signed in to the gateway by it.
    expect(visit.setCookies.filter((cookie) => !/max-age=0/i.test(cookie))).toEqual([]);
    const { data } = await ask(
      here,
      '{ gateway { client(name: "echo") { state connection { name state } } } }',
      boss.key,
    );
    expect(data.gateway.client).toEqual({ state: 'READY', connection: { name: 'echo', state: 'CONNECTED' } });
  });

  test('works once, in time, for its person, and not for a client that is disabled', async () => {
    await put('name: "fox"');
    const [once, ofAlice, early] = [
      await makeLink('fox'),
      await makeLink('fox', ', email: "ALICE@hallam.example"'),
      await makeLink('fox'),
    ];

    expect(goal(await follow(ofAlice, 'bob'))).toEqual(back('fox', 'refused'));
    expect(goal(await follow(once, 'alice'))).toEqual(back('fox', 'connected'));
    const again = await createCookieBrowser().open(once, browse);
    expect([again.status, again.text]).toEqual([403, expect.stringContaining('was used already')]);
    // Another person's account does not take it over, and the same person's renews it.
    expect(goal(await follow(early, 'bob'))).toEqual(back('fox', 'refused'));
    expect(goal(await follow(ofAlice, 'alice'))).toEqual(back('fox', 'connected'));
    await put('name: "fox", enabled: false');
    expect((await createCookieBrowser().open(early, browse)).status).toBe(403);
    expect((await createCookieBrowser().open(`${early.slice(0, -1)}_`, browse)).text).toContain('is not known here');
    await put('name: "fox", enabled: true');
    // Of two who go out with one link at the same moment, one is connected.
    const both = await Promise.all([follow(early, 'alice'), follow(early, 'alice')]);
    expect(both.map((visit) => goal(visit)['status']).sort()).toEqual(['connected', 'refused']);
  });

  test('that replaces ends the former person’s sign-in, here and at Sage', async () => {
    await put('name: "golf"');
    await follow(await makeLink('golf'), 'alice');
    const before = await openVault({ ...config.config.vault, makeKey: undefined });
    const former = (await before.connections.read('golf'))?.refreshToken?.reveal() ?? '';
    await before.close();
    const link = await makeLink('golf', ', replace: true');

    expect(goal(await follow(link, 'bob'))).toEqual(back('golf', 'connected'));

    const vault = await openVault({ ...config.config.vault, makeKey: undefined });
    const acts = await vault.audit.list({ connection: 'golf', kind: 'act' });
    await vault.close();
    expect(
      acts
        .slice(0, 2)
        .map(({ action }) => action)
        .sort(),
    ).toEqual(['connected', 'revoked']);
    await expect
      .poll(() => sandbox.sageId.requests().filter(({ path }) => /revoke/.test(path)).length, SOON)
      .toBeGreaterThan(0);
    expect(former).not.toBe('');
  });

  test('can be used again after a person said no, or Sage ID did not answer, and tells the two apart', async () => {
    await put('name: "kilo"');
    const url = await makeLink('kilo');
    sandbox.sageId.fault({ match: '/oauth/token', kind: 'status', status: 503, times: 1 });

    const failed = goal(await follow(url, 'alice'))['status'];
    const refused = goal(await follow(url, undefined))['status'];
    const connected = goal(await follow(url, 'alice'))['status'];

    expect([failed, refused, connected]).toEqual(['failed', 'refused', 'connected']);
  });

  test('tells the webhook of what was stored, and of nothing else, whatever a browser is told', async () => {
    const told = () => events.filter(({ connection }) => connection === 'juno').map(({ type }) => type);
    await put('name: "juno"');
    const [ofAlice, replacing] = [
      await makeLink('juno', ', email: "alice@hallam.example"'),
      await makeLink('juno', ', replace: true'),
    ];

    const refused = goal(await follow(ofAlice, 'bob'))['status'];
    const connected = goal(await follow(ofAlice, 'alice'))['status'];
    await expect.poll(told, SOON).toEqual(['connected']);
    // As anybody may type it.
    await createCookieBrowser().open(`${ofAlice}&go=1&status=connected`, browse);
    await follow(replacing, 'bob');
    await expect.poll(() => told().length, SOON).toBe(3);
    await administer(`removeClient(name: "juno") { ${ERRORS} }`);
    await expect.poll(() => told().length, SOON).toBe(4);

    expect([refused, connected]).toEqual(['refused', 'connected']);
    expect(told()).toEqual(['connected', 'revoked', 'connected', 'revoked']);
  });
});

describe('the command line', () => {
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

  test('adds, lists, imports and removes clients, and makes keys and links that running gateways know', async () => {
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
      stderr: expect.stringContaining('person-x: name: Names that begin with person-'),
    });

    const made = await gateway('', 'keys', 'create', '--client', 'hotel', '--name', 'web', '--write');
    const link = await gateway('', 'connect-link', 'hotel', '--return-to', 'https://portal.example/x');

    const key = made.stdout.trim();
    await expect.poll(async () => (await ask(here, ME, key)).data?.gateway.me.id, SOON).toBe('key:hotel/web');
    expect(link.stdout).toMatch(/^http:\/\/localhost:\d+\/connect\/sage200\?link=[\w-]{43}\n$/);
    const listed = await gateway('', 'clients', 'list', '--name', 'HOTEL');
    expect(listed.stdout).toMatch(/^hotel +Hotel +yes +1 +T +web$/m);
    expect(await gateway('', 'clients', 'remove', 'hotel')).toMatchObject({ code: 0 });
    await expect
      .poll(async () => (await ask(here, ME, key)).errors?.[0]?.extensions['code'], SOON)
      .toBe('UNAUTHENTICATED');
    const everything = JSON.stringify([
      made.stderr,
      link.stderr,
      listed,
      await gateway('', 'clients', 'list', '--json'),
    ]);
    expect(everything).not.toMatch(/MARKED|sgk_|link=/);
  });
});

test('a client whose name the configuration has is told of, and not served', async () => {
  const vault = await openVault({ ...config.config.vault, makeKey: undefined });
  const { sha256, key } = createApiKey('web');
  const plain = { title: undefined, enabled: true, site: undefined, company: undefined, companies: 'all' as const };
  await vault.clients.write({ ...plain, name: 'acme', erp: undefined }, 0);
  await vault.clients.addKey({ client: 'acme', name: 'web', sha256, readOnly: true, expiresAt: undefined });
  await vault.close();

  const look = () => ask(here, '{ gateway { client(name: "acme") { state shadowed tenant { name } } } }', boss.key);

  await expect
    .poll(async () => (await look()).data.gateway.client, SOON)
    .toEqual({ state: 'SHADOWED', shadowed: true, tenant: null });
  expect((await ask(here, ME, key)).errors?.[0]?.extensions['code']).toBe('UNAUTHENTICATED');
  expect(lines.join('')).toContain('a client of the directory is not served');
});

test('a client whose name the configuration has taken over leaves its connection there when it is removed', async () => {
  const vault = await openVault({ ...config.config.vault, makeKey: undefined });
  const plain = { title: undefined, enabled: true, site: undefined, company: undefined, companies: 'all' as const };
  await vault.clients.write({ ...plain, name: 'sandbox', erp: undefined }, 0);
  await vault.close();
  const REMOVE = `removeClient(name: "sandbox") { client { name } ${ERRORS} }`;

  await expect.poll(() => administer(REMOVE), SOON).toEqual({ client: { name: 'sandbox' }, userErrors: [] });
  const { data, errors } = await ask(here, '{ sage200 { currentUser { logonName } } }', shop.key);

  expect(errors).toBeUndefined();
  expect(data.sage200.currentUser.logonName).toMatch(/@hallam.example$/);
});

test('thousands of tenants of clients are one series in metrics, and none is asked before its first request', async () => {
  const metrics = await (await fetch(`${here?.url}/metrics`, { headers: bearer(boss.key) })).text();

  expect(metrics).toContain('gateway_erp_schema_refresh_failed{tenant="acme"}');
  expect(metrics).not.toMatch(/tenant="(bolt|cord|delta)"|source="erp:(bolt|cord|delta)"/);
  expect(metrics).toContain('gateway_breaker_open{source="erp:directory"}');
});
