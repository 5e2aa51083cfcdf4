import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { runHere } from '../cli/run-here.ts';
import { accessTokenOf, startTestGateway, type TestGateway } from '../support/test-gateway.ts';
import { BOTH, ERP_DATA, SAGE200_DATA } from './faults-world.ts';

const SITES = '{ sage200 { sites { nodes { siteId companyId } } } }';
const ERP = '{ xtremMasterData { customer { query(first: 1) { totalCount } } } }';

let sandbox: Sandbox;
let gateway: TestGateway;
/** For tenants: Alice by her subject, Bob and Carol too, so that only their companies differ. */
const EVERYBODY = ['auth0|sandbox-alice', 'auth0|sandbox-bob', 'auth0|sandbox-carol'];

const start = (passThrough: object) =>
  startTestGateway({
    sandbox,
    edit: (file) => {
      const { site: _, company: __, ...sage200 } = file['sage200'] ?? {};
      Object.assign(file, { sage200, callers: { passThrough } });
    },
  });

beforeAll(async () => {
  sandbox = await startSandbox({ customers: 5 });
  gateway = await start({ allow: EVERYBODY, companies: 'all', tenants: ['acme'] });
});

beforeEach(() => {
  sandbox.sage200.clearFaults();
  sandbox.sage200.clearRequests();
  sandbox.erp.clearRequests();
});

afterAll(async () => {
  await gateway.close();
  await sandbox.close();
});

const ask = async (query: string, token: string, of: TestGateway = gateway) => {
  const response = await of.post({ query }, { authorization: `Bearer ${token}` });
  return { status: response.status, body: await response.json() };
};

/** A token that Sage ID gave to another application, or for another API. */
async function tokenOf(fields: Record<string, string>): Promise<string> {
  const response = await fetch(sandbox.credentials.sageId.tokenUrl, {
    method: 'POST',
    body: new URLSearchParams(fields),
  });
  return ((await response.json()) as { readonly access_token: string }).access_token;
}

const tokenOfDesktop = async (user: string) =>
  tokenOf({
    grant_type: 'refresh_token',
    refresh_token: await sandbox.sageId.issueRefreshToken({ user, client: sandbox.credentials.publicClientId }),
    client_id: sandbox.credentials.publicClientId,
  });

test('a person with a company reads it, and the configured tenant', async () => {
  const { body } = await ask(
    `{ ...A ...B } fragment A on Query ${SITES} fragment B on Query ${ERP}`,
    await accessTokenOf(sandbox, 'bob'),
  );

  expect(body.errors).toBeUndefined();
  expect(body.data.sage200.sites.nodes).toHaveLength(1);
  expect(body.data.xtremMasterData.customer.query.totalCount).toEqual(expect.any(Number));
});

test('a person without a company is refused everywhere, and the tenant gets no request', async () => {
  const token = await accessTokenOf(sandbox, 'carol');

  for (const query of [ERP, SITES, '{ gateway { me { id } } }']) {
    const { status, body } = await ask(query, token);
    expect(status).toBe(403);
    expect(body).toMatchObject({ errors: [{ extensions: { code: 'FORBIDDEN' } }] });
  }
  const schema = await fetch(`${gateway.url}/schema.graphql`, { headers: { authorization: `Bearer ${token}` } });
  expect(schema.status).toBe(403);
  expect(sandbox.erp.requests().filter(({ body }) => JSON.stringify(body ?? '').includes('customer'))).toEqual([]);
  // Asked once, and remembered.
  expect(sandbox.sage200.requests().map(({ path }) => path)).toEqual([expect.stringMatching(/\/sites$/)]);
});

test('genuine tokens of another application or another API are 401, and Sage 200 is not asked', async () => {
  const { clientId, clientSecret, audience } = sandbox.credentials.network;
  const network = await tokenOf({
    grant_type: 'client_credentials',
    client_id: clientId,
    client_secret: clientSecret,
    audience,
  });

  for (const [token, words] of [
    [await tokenOfDesktop('alice'), 'another application'],
    [network, 'another API'],
  ] as const) {
    const { status, body } = await ask(ERP, token);
    expect(status).toBe(401);
    expect(body).toMatchObject({ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] });
    expect(body.errors[0].message).toContain(words);
  }
  expect([...sandbox.sage200.requests(), ...sandbox.erp.requests()]).toEqual([]);
});

test('a listed application is accepted', async () => {
  await using open = await start({ clients: [sandbox.credentials.publicClientId], companies: 'all' });

  expect((await ask(SITES, await tokenOfDesktop('bob'), open)).body.data.sage200.sites.nodes).toHaveLength(1);
});

test('a person who is not in allow is refused before any upstream is asked', async () => {
  await using narrow = await start({ allow: ['auth0|sandbox-alice'], companies: 'all', tenants: ['acme'] });
  const bob = await accessTokenOf(sandbox, 'bob');
  sandbox.sage200.clearRequests();
  sandbox.erp.clearRequests();

  expect(await ask(ERP, bob, narrow)).toMatchObject({
    status: 403,
    body: { errors: [{ extensions: { code: 'FORBIDDEN' } }] },
  });
  expect(sandbox.sage200.requests()).toEqual([]);
  expect((await ask(ERP, await accessTokenOf(sandbox, 'alice'), narrow)).body.errors).toBeUndefined();
});

test('refused people are recorded by account, ten lines an hour each, apart from the lines for strangers', async () => {
  await using narrow = await start({ allow: ['auth0|sandbox-alice', 'auth0|sandbox-carol'], companies: 'all' });
  const [bob, carol] = [await accessTokenOf(sandbox, 'bob'), await accessTokenOf(sandbox, 'carol')];
  for (let time = 0; time < 12; time += 1) expect((await ask(SITES, bob, narrow)).status).toBe(403);
  expect((await ask(SITES, carol, narrow)).status).toBe(403);
  expect((await ask(SITES, 'made-up', narrow)).status).toBe(401);

  const lines = async () => {
    const { stdout } = await runHere('audit', '--config', narrow.configPath, '--kind', 'refusal', '--json');
    const all = stdout.split('\n').filter(Boolean);
    return all.map((line) => JSON.parse(line)).map(({ caller, action, outcome }) => [caller, action, outcome]);
  };

  await expect.poll(lines).toHaveLength(12);
  const [bobs, others] = Object.values(
    Object.groupBy(await lines(), ([caller]) => (caller === 'sage-id:auth0|sandbox-bob' ? 'bob' : 'others')),
  ).sort((one, other) => other.length - one.length);
  expect(bobs).toEqual(Array(10).fill(['sage-id:auth0|sandbox-bob', 'POST /graphql', 'FORBIDDEN']));
  expect(others).toEqual(
    expect.arrayContaining([
      ['sage-id:auth0|sandbox-carol', 'POST /graphql', 'FORBIDDEN'],
      [null, 'POST /graphql', 'UNAUTHENTICATED'],
    ]),
  );
});

describe('companies', () => {
  test('are enforced on every path: list, argument, header and global id', async () => {
    const [first, second] = sandbox.companies.map(({ siteId, companyId }) => ({
      site: siteId,
      company: String(companyId),
    }));
    await using narrow = await start({ companies: [second], allow: [] });
    const alice = await accessTokenOf(sandbox, 'alice');
    const id = Buffer.from(['s2', first?.site, first?.company, 'Sage200', ''].join('\n')).toString('base64url');

    const open = await ask(
      `{ sage200 { customers(first: 1) { nodes { id } } sites { nodes { companyId } } } }`,
      alice,
      narrow,
    );
    const argument = await ask(
      `{ sage200(site: "${first?.site}", company: "${first?.company}") { customers(first: 1) { nodes { id } } } }`,
      alice,
      narrow,
    );
    const node = await ask(`{ node(id: "${id}") { id } }`, alice, narrow);
    const header = await narrow.post(
      { query: '{ sage200 { customers(first: 1) { nodes { id } } } }' },
      { authorization: `Bearer ${alice}`, 'x-site': first?.site ?? '', 'x-company': first?.company ?? '' },
    );

    expect(open.body.errors).toBeUndefined();
    expect(open.body.data.sage200.sites.nodes).toHaveLength(1);
    for (const body of [argument.body, node.body, await header.json()])
      expect(body.errors[0].extensions.code).toMatch(/^(FORBIDDEN|BAD_USER_INPUT)$/);
    // Bob has this company, and Carol none.
    expect((await ask(SITES, await accessTokenOf(sandbox, 'bob'), narrow)).status).toBe(200);
    const asked = sandbox.sage200.requests().map(({ headers }) => headers['x-company']);
    expect(asked).not.toContain(first?.company);
  });

  test('admit nobody if none of them is allowed', async () => {
    const [first] = sandbox.companies.map(({ siteId, companyId }) => ({ site: siteId, company: String(companyId) }));
    await using narrow = await start({ companies: [first] });

    expect((await ask(SITES, await accessTokenOf(sandbox, 'bob'), narrow)).status).toBe(403);
  });
});

test('forty invented tokens cause no request at Sage, and are 429 after twenty; a right one works', async () => {
  await using fresh = await start({ companies: 'all' });
  const bob = await accessTokenOf(sandbox, 'bob');
  const [head, body] = bob.split('.');
  sandbox.sage200.clearRequests();

  const statuses: number[] = [];
  for (let index = 0; index < 40; index += 1) {
    const token = index % 2 === 0 ? `made-up-${index}` : `${head}.${body}.${index}`;
    statuses.push((await ask(SITES, token, fresh)).status);
  }

  expect(statuses).toEqual([...Array(20).fill(401), ...Array(20).fill(429)]);
  expect(sandbox.sage200.requests()).toEqual([]);
  expect((await ask(SITES, bob, fresh)).status).toBe(200);
});

test('two persons at the same moment each see their own', async () => {
  const [alice, bob] = [await accessTokenOf(sandbox, 'alice'), await accessTokenOf(sandbox, 'bob')];
  await using fresh = await start({ companies: 'all' });

  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      ask('{ sage200 { sites { nodes { companyId } } } gateway { me { id } } }', index % 2 === 0 ? alice : bob, fresh),
    ),
  );

  for (const [index, { body }] of answers.entries()) {
    expect(body.errors).toBeUndefined();
    expect(body.data.gateway.me.id).toBe(`sage-id:auth0|sandbox-${index % 2 === 0 ? 'alice' : 'bob'}`);
    expect(body.data.sage200.sites.nodes).toHaveLength(index % 2 === 0 ? 2 : 1);
  }
});

describe('a person’s token for Sage 200 and a tenant', () => {
  let own: TestGateway;

  beforeAll(async () => {
    const passThrough = { allow: EVERYBODY, companies: 'all', tenants: ['acme'], readOnly: true };
    own = await startTestGateway({
      sandbox,
      edit: (file) => {
        file['callers'] = { passThrough };
      },
    });
  });

  afterAll(() => own.close());

  test('reads Sage 200 and the tenants it is given', async () => {
    const { status, body } = await ask(BOTH, await accessTokenOf(sandbox, 'alice'), own);

    expect(status).toBe(200);
    expect(body.errors).toBeUndefined();
    expect(body.data).toEqual({ sage200: SAGE200_DATA, xtremMasterData: ERP_DATA });
  });

  test('that Sage does not know is HTTP 401', async () => {
    const { status, body } = await ask(BOTH, 'eyJ.eyJ.x', own);

    expect(status).toBe(401);
    expect(body.data ?? null).toBeNull();
    expect(body.errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }]);
  });

  test('that expires after it was accepted fails alone: UNAUTHENTICATED beside the ERP’s data', async () => {
    const token = await accessTokenOf(sandbox, 'alice');
    await ask(BOTH, token, own);
    sandbox.sage200.fault({ kind: 'status', status: 401, times: 0 });

    const { status, body } = await ask(BOTH, token, own);

    expect(status).toBe(200);
    expect(body.data).toEqual({ sage200: { customers: null }, xtremMasterData: ERP_DATA });
    expect(body.errors).toMatchObject([
      { path: ['sage200', 'customers'], extensions: { code: 'UNAUTHENTICATED', source: 'sage200' } },
    ]);
  });

  test('that Sage refuses for one company is FORBIDDEN there, and still valid for another', async () => {
    const [first, second] = sandbox.companies;

    const { body } = await ask(
      `{ no: sage200(site: "${first?.siteId}", company: "${first?.companyId}") { customers(first: 1) { nodes { name } } }
         yes: sage200(site: "${second?.siteId}", company: "${second?.companyId}") { customers(first: 1) { nodes { sopOrders(first: 1) { nodes { id } } } } } }`,
      await accessTokenOf(sandbox, 'bob'),
      own,
    );

    expect(body.data.no).toEqual({ customers: null });
    expect(body.data.yes.customers.nodes).toHaveLength(1);
    expect(body.errors).toMatchObject([
      { path: ['no', 'customers'], extensions: { code: 'FORBIDDEN', source: 'sage200' } },
    ]);
  });
});
