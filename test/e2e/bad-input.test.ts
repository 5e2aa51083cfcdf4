// Longer than most, and one thing: each mistake an operator or a client can make, and what it is told.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request as httpRequest, type RequestOptions } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createApiKey } from '../../src/cli/keys-create.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { runMain } from '../cli/run-main.ts';
import { type Answer, startTestGateway, type TestGateway, warmUp, writeTestConfig } from '../support/test-gateway.ts';

let sandbox: Sandbox;
let gateway: TestGateway;
let folder: string;

beforeAll(async () => {
  sandbox = await startSandbox({ customers: 10 });
  gateway = await startTestGateway({
    sandbox,
    edit: (file) => {
      delete file['sage200']?.['site'];
      delete file['sage200']?.['company'];
      file['server'] = { ...file['server'], cors: ['https://shop.example'] };
    },
  });
  await warmUp(gateway);
  folder = await mkdtemp(join(tmpdir(), 'gateway-bad-input-'));
});

beforeEach(() => {
  for (const server of [sandbox.sage200, sandbox.erp]) server.clearRequests();
});

afterAll(async () => {
  await gateway.close();
  await sandbox.close();
  await rm(folder, { recursive: true, force: true });
});

describe('an operator who starts it', () => {
  async function startWith(text: string, env: Record<string, string> = {}) {
    const path = join(folder, `gateway-${Math.random().toString(36).slice(2)}.yaml`);
    await writeFile(path, text);
    const { code, stdout, stderr } = await runMain(['serve', '--config', path], { env: { PORT: '0', ...env } });
    // In words: no stack, and nothing half started before.
    expect(stderr).not.toMatch(/^ {4}at /m);
    expect(stdout).not.toContain('ready');
    return { code, stderr: stderr.replaceAll(path, 'gateway.yaml') };
  }

  test.concurrent.each([
    ['broken YAML', 'server:\n  host: "127.0.0.1\n', /gateway\.yaml:\d+:\d+: .*close what was opened/],
    [
      'an unknown key',
      'sage200:\n  clientid: x\n',
      /gateway\.yaml:2:3: sage200\.clientid is not a setting; did you mean clientId\?/,
    ],
    [
      'a missing variable',
      'sage200:\n  clientId: ${NO_SUCH_VARIABLE}\n',
      /gateway\.yaml:2:13: the environment variable NO_SUCH_VARIABLE is not set; set it, or/,
    ],
    [
      'an unknown tenant',
      'callers:\n  anonymous: { tenants: [nowhere] }\n',
      /gateway\.yaml:2:26: callers\.anonymous\.tenants\[0\] "nowhere" is not a tenant of erp\.tenants; add the tenant there first/,
    ],
  ])('with %s learns where it is and what to write instead', async (_name, text, message) => {
    const { code, stderr } = await startWith(text);

    expect(code).toBe(1);
    expect(stderr).toMatch(message);
  });

  test('with several faults learns all of them at once', async () => {
    const { stderr } = await startWith('server: { prot: 1 }\nlog: { level: loud }\nvault: { key: short }\n');

    expect(stderr).toMatch(/has 3 mistakes/);
    expect(stderr).toMatch(/prot.*\n.*log\.level.*\n.*vault\.key/);
  });

  test('on a port in use learns which one, and how to use another', async () => {
    const { port } = new URL(gateway.url);

    const { code, stderr } = await startWith(`vault: { url: "sqlite:${folder}/port.db" }\n`, { PORT: port });

    expect(code).toBe(1);
    expect(stderr).toMatch(new RegExp(`Port ${port} .*in use.*PORT=\\d+`));
  });

  test('with the wrong vault key learns that, and the vault is not changed', async () => {
    await using file = await writeTestConfig({ sandbox });
    const vaultFile = file.config.vault.url.replace('sqlite:', '');
    const before = await readFile(vaultFile);
    const other = file.text.replace(/^( *key: ).*$/m, `$1${'B'.repeat(42)}A=`);

    const { code, stderr } = await startWith(other);

    expect(other).not.toBe(file.text);
    expect(code).toBe(1);
    expect(stderr).toMatch(/written with another key.*Set vault\.key.*previousKeys/);
    expect(await readFile(vaultFile)).toEqual(before);
  });
});

describe('a document', () => {
  const [first, second] = ['first', 'second'] as const;
  const at = (which: 'first' | 'second') => {
    const company = sandbox.companies[which === first ? 0 : 1];
    return `(site: "${company?.siteId}", company: "${company?.companyId}")`;
  };
  const codes = ({ errors }: Answer) => errors?.map(({ extensions: { code, source } }) => [code, source]);
  const expectNothingSent = () => {
    expect(sandbox.sage200.requests().filter(({ path }) => !path.endsWith('/sites'))).toEqual([]);
    expect(sandbox.erp.requests().filter(({ body }) => JSON.stringify(body ?? '').includes('sage200'))).toEqual([]);
  };

  const REFUSED: readonly (readonly [name: string, document: () => string, code: string, message: RegExp])[] = [
    [
      'without a company, with several open',
      () => '{ sage200 { customers { nodes { id } } } }',
      'COMPANY_REQUIRED',
      /Choose one with sage200\(site:, company:\) or the headers X-Site and X-Company/,
    ],
    [
      'with an unknown field in a filter',
      () => `{ sage200${at(first)} { customers(filter: { balanse: { gt: "0" } }) { nodes { id } } } }`,
      'BAD_USER_INPUT',
      /"balanse" is not defined by type "Sage200CustomerFilter"\. Did you mean "balance"/,
    ],
    [
      'with first: 100000',
      () => `{ sage200${at(first)} { customers(first: 100000) { nodes { id } } } }`,
      'BAD_USER_INPUT',
      /first: 100000 is out of range. Request 0 to 5000 rows and continue with after: pageInfo\.endCursor/,
    ],
    [
      'with first: -1',
      () => `{ sage200${at(first)} { customers(first: -1) { nodes { id } } } }`,
      'BAD_USER_INPUT',
      /first: -1 is out of range. Request 0 to 5000/,
    ],
    [
      'with a malformed cursor',
      () => `{ sage200${at(first)} { customers(after: "bm90IG91cnM") { nodes { id } } } }`,
      'BAD_USER_INPUT',
      /not a cursor\. Use pageInfo\.endCursor of the previous page, unchanged/,
    ],
    [
      'with an id that is none',
      () => `{ sage200${at(first)} { customer(id: "1 or 1 eq 1") { id } } }`,
      'BAD_USER_INPUT',
      /“1 or 1 eq 1” is not an id. Use the id or the sageId of a row/,
    ],
    [
      'with a node that is none',
      () => '{ node(id: "42") { id } }',
      'BAD_USER_INPUT',
      /not a global id\. Use an id exactly as the gateway returned it/,
    ],
    [
      'that is nested 60 levels deep',
      () => `{ sage200${at(first)} ${nested(60)} }`,
      'COST_EXCEEDED',
      /more than 24 levels of fields \(limits\.depth\)\. Query the inner levels in a separate operation/,
    ],
    [
      'that asks the ERP 60 levels deep',
      () => `{ xtremMasterData ${nested(60)} }`,
      'COST_EXCEEDED',
      /more than 24 levels of fields \(limits\.depth\)/,
    ],
  ];

  test.each(REFUSED)('%s is refused with what to do, and nothing is sent', async (_name, document, code, message) => {
    const answer = await gateway.query(document());

    expect(codes(answer)).toEqual([[code, 'gateway']]);
    expect(answer.errors?.[0]?.message).toMatch(message);
    expectNothingSent();
  });

  test('with a cursor of another list or order is refused', async () => {
    const { data } = await gateway.query(
      `{ sage200${at(first)} { suppliers(first: 1) { pageInfo { endCursor } } customers(first: 1, orderBy: [{ reference: DESC }]) { pageInfo { endCursor } } } }`,
    );
    sandbox.sage200.clearRequests();
    const { suppliers, customers } = data.sage200;

    for (const { endCursor } of [suppliers.pageInfo, customers.pageInfo]) {
      const answer = await gateway.query(
        `{ sage200${at(first)} { customers(first: 1, after: "${endCursor}") { nodes { id } } } }`,
      );
      expect(codes(answer)).toEqual([['BAD_USER_INPUT', 'gateway']]);
      expect(answer.errors?.[0]?.message).toMatch(/belongs to another list or another order\. Use the same orderBy/);
    }
    expectNothingSent();
  });

  test('with a forged cursor changes no filter', async () => {
    const { data } = await gateway.query(`{ sage200${at(first)} { customers(first: 1) { pageInfo { endCursor } } } }`);
    sandbox.sage200.clearRequests();
    const [name] = JSON.parse(Buffer.from(data.sage200.customers.pageInfo.endCursor, 'base64url').toString());
    const forged = Buffer.from(JSON.stringify([name, ['0 or true']])).toString('base64url');

    const answer = await gateway.query(
      `{ sage200${at(first)} { customers(first: 1, after: "${forged}") { nodes { id } } } }`,
    );

    expect(codes(answer)).toEqual([['BAD_USER_INPUT', 'gateway']]);
    expectNothingSent();
  });

  test('with an id of another type or another company is refused, with where to find it', async () => {
    const { data } = await gateway.query(
      `{ a: sage200${at(first)} { suppliers(first: 1) { nodes { id } } } b: sage200${at(second)} { customers(first: 1) { nodes { id } } } }`,
    );
    sandbox.sage200.clearRequests();
    const ask = (id: string) => gateway.query(`{ sage200${at(first)} { customer(id: "${id}") { id } } }`);

    const ofType = await ask(data.a.suppliers.nodes[0].id);
    const ofCompany = await ask(data.b.customers.nodes[0].id);

    expect([...(codes(ofType) ?? []), ...(codes(ofCompany) ?? [])]).toEqual([
      ['BAD_USER_INPUT', 'gateway'],
      ['BAD_USER_INPUT', 'gateway'],
    ]);
    expect(ofType.errors?.[0]?.message).toMatch(/belongs to a Sage200Supplier, not to a Sage200Customer/);
    expect(ofCompany.errors?.[0]?.message).toMatch(/another company.*sage200\(site:, company:\), or use node\(id:\)/);
    expectNothingSent();
  });

  test('for an unknown tenant is refused with a list of the tenants', async () => {
    const response = await gateway.post({ query: '{ gateway { me { id } } }' }, { 'x-tenant': 'nowhere' });
    const answer = (await response.json()) as Answer;

    expect(codes(answer)).toEqual([['FORBIDDEN', 'gateway']]);
    expect(answer.errors?.[0]?.message).toMatch(/Its tenants: acme, globex/);
  });

  test('of 2 MB is refused with the limit, and the gateway continues to work', async () => {
    const response = await gateway.post({ query: `{ gateway { me { id } } } ${'#'.repeat(2_000_000)}` });
    const answer = (await response.json()) as Answer;

    expect(response.status).toBe(413);
    expect(codes(answer)).toEqual([['COST_EXCEEDED', 'gateway']]);
    expect(answer.errors?.[0]?.message).toMatch(
      /longer than \d+ bytes \(limits\.bodyBytes\).*long values as variables/,
    );
    expect((await gateway.query('{ gateway { me { id } } }')).errors).toBeUndefined();
  });
});

/** So many fields inside one another, the outermost left out. */
const nested = (levels: number): string =>
  `${'{ customers { nodes { sopOrders { nodes { customer '.repeat(Math.ceil(levels / 5))}{ id }${' } } } } }'.repeat(Math.ceil(levels / 5))}`;

describe('a request', () => {
  const QUERY = '{ gateway { me { id } } }';
  const WRITE = 'mutation { sage200 { deleteCustomer(id: "27828") { deletedId } } }';
  const JSON_TYPE = { 'content-type': 'application/json' };

  interface Raw {
    readonly status: number;
    readonly headers: Record<string, unknown>;
    readonly body: string;
  }

  /** fetch keeps some headers to itself, which is what browsers do and attackers do not. */
  const raw = (path: string, { body, ...options }: RequestOptions & { body?: string } = {}): Promise<Raw> =>
    new Promise((resolve, reject) => {
      const sent = httpRequest(gateway.url + path, options, (response) => {
        let text = '';
        response.on('data', (chunk) => {
          text += String(chunk);
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }));
      });
      sent.on('error', reject).end(body);
    });

  const post = (query: string, headers: Record<string, string> = {}) =>
    raw('/graphql', { method: 'POST', headers: { ...JSON_TYPE, ...headers }, body: JSON.stringify({ query }) });

  const expectRefused = ({ status, body }: Raw, expected: number, code: string, message: RegExp) => {
    expect(status).toBe(expected);
    expect(JSON.parse(body)).toMatchObject({
      errors: [{ message: expect.stringMatching(message), extensions: { code } }],
    });
    expect(sandbox.sage200.requests()).toEqual([]);
  };

  test.each(['/graphql', '/', '/metrics', '/schema.graphql', '/healthz', '/readyz'])(
    'to a foreign Host is refused on %s',
    async (path) => {
      const answer = await raw(path, { headers: { host: 'gateway.evil.example' } });

      expect(answer.status).toBe(403);
      expect(answer.body).toMatch(/Host header.*server\.allowedHosts/);
    },
  );

  test('from a foreign Origin is refused, and no CORS header says otherwise', async () => {
    for (const origin of ['https://evil.example', 'null', 'https://shop.example.evil.example']) {
      const answer = await post(WRITE, { origin });
      expectRefused(answer, 403, 'FORBIDDEN', /origin.*server\.cors/);
      expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
    }
  });

  test('from an allowed Origin is answered', async () => {
    const answer = await post(QUERY, { origin: 'https://shop.example' });

    expect(answer.status).toBe(200);
    expect(answer.headers['access-control-allow-origin']).toBe('https://shop.example');
  });

  test.each([
    ['application/x-www-form-urlencoded', `query=${encodeURIComponent(WRITE)}`],
    ['multipart/form-data; boundary=x', `--x\r\ncontent-disposition: form-data; name="query"\r\n\r\n${WRITE}\r\n--x--`],
    ['text/plain', JSON.stringify({ query: WRITE })],
  ])('as a form of type %s is refused', async (type, body) => {
    expectRefused(
      await raw('/graphql', { method: 'POST', headers: { 'content-type': type }, body }),
      415,
      'BAD_USER_INPUT',
      /as JSON.*Content-Type: application\/json/,
    );
  });

  test('by GET never writes', async () => {
    const answer = await raw(`/graphql?query=${encodeURIComponent(WRITE)}`, {
      headers: { accept: 'application/json' },
    });

    expectRefused(answer, 405, 'BAD_USER_INPUT', /POST/);
    expect(answer.headers['allow']).toBe('POST');
  });

  test('with a wrong API key is 401 and never anonymous', async () => {
    const { key } = createApiKey('stranger');

    for (const authorization of [`Bearer ${key}`, 'Bearer sgk_', 'Bearer x', 'Basic eDp5', '']) {
      const answer = await post(QUERY, { authorization });
      expectRefused(answer, 401, 'UNAUTHENTICATED', /./);
    }
    // Most of those who forget the word have a right key.
    expectRefused(await post(QUERY, { authorization: key }), 401, 'UNAUTHENTICATED', /the word Bearer/);
    expect((await raw('/metrics', { headers: { authorization: `Bearer ${key}` } })).status).toBe(401);
    expect((await raw('/schema.graphql', { headers: { authorization: `Bearer ${key}` } })).status).toBe(401);
  });

  test('that came through a proxy is not anonymous, since it may come from anywhere', async () => {
    const answer = await post(QUERY, { 'x-forwarded-for': '127.0.0.1' });

    expectRefused(answer, 401, 'UNAUTHENTICATED', /./);
    expect(JSON.parse(answer.body).errors[0].extensions.connectUrl).toMatch(
      /^http:\/\/localhost:\d+\/connect\/sage200$/,
    );
  });
});
