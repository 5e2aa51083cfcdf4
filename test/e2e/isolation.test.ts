import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createApiKey } from '../../src/cli/keys-create.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { inTurns, timesOf } from '../support/in-turns.ts';
import { type Answer, accessTokenOf, startTestGateway, type TestGateway } from '../support/test-gateway.ts';

/** Documents asked at the same moment as others, over all callers. */
const RUNS = timesOf('ISOLATION_RUNS', 2_000);
/** Moments under way at a time. */
const AT_ONCE = 5;
/** In both companies, another customer in each. */
const SHARED_ID = '27828';

/**
 * `alice` may open both companies and gets the configured first, `bob` may open the second only;
 * `clerk` shares Alice's connection, and with it tokens and sites, but may touch the second only;
 * `self` is Bob again, with a Sage ID token of his own. Some ask for the company that is not their usual one.
 */
const CALLERS = {
  alice: { who: 'alice', company: undefined },
  aliceInSecond: { who: 'alice', company: 1 },
  bob: { who: 'bob', company: undefined },
  bobInFirst: { who: 'bob', company: 0 },
  clerk: { who: 'clerk', company: undefined },
  clerkInFirst: { who: 'clerk', company: 0 },
  self: { who: 'self', company: undefined },
} as const;
type Caller = keyof typeof CALLERS;
const NAMES = Object.keys(CALLERS) as Caller[];
const keys = { alice: createApiKey('alice'), bob: createApiKey('bob'), clerk: createApiKey('clerk') };
let bearers: Record<(typeof CALLERS)[Caller]['who'], string>;

let sandbox: Sandbox;
let gateway: TestGateway;

beforeAll(async () => {
  sandbox = await startSandbox({ customers: 20 });
  const [, second] = sandbox.companies;
  const onlySecond = [{ site: second?.siteId, company: String(second?.companyId) }];
  gateway = await startTestGateway({
    sandbox,
    connections: { alice: 'alice', bob: 'bob' },
    edit: (file) => {
      const key = (name: keyof typeof keys, connection: string, companies: unknown, tenant: string) => ({
        name,
        sha256: keys[name].sha256,
        connection,
        companies,
        tenants: [tenant],
        readOnly: true,
      });
      file['callers'] = {
        apiKeys: [
          key('alice', 'alice', 'all', 'acme'),
          key('bob', 'bob', 'all', 'globex'),
          key('clerk', 'alice', onlySecond, 'globex'),
        ],
        passThrough: { allow: ['auth0|sandbox-bob'], companies: 'all', tenants: ['acme'], readOnly: true },
      };
    },
  });
  const { alice, bob, clerk } = keys;
  bearers = { alice: alice.key, bob: bob.key, clerk: clerk.key, self: await accessTokenOf(sandbox, 'bob') };
});

beforeEach(() => {
  for (const server of [sandbox.sage200, sandbox.erp]) server.clearFaults();
});

afterAll(async () => {
  await gateway.close();
  await sandbox.close();
});

const ERP = 'xtremMasterData { customer { query(first: 3) { totalCount edges { node { _id id name } } } } }';
const PAGE = 'query ($first: Int) { sage200 { customers(first: $first) { nodes { id name } } } }';
const OF_COMPANY = `query ($site: ID, $company: ID) {
  sage200(site: $site, company: $company) { id customers(first: 2) { nodes { id name } } ...Row }
}
fragment Row on Sage200 { customer(id: "${SHARED_ID}") { name } }`;
/** Each read by several callers at once, for whom it is not the same; neighbours with one text differ in their variables. */
const DOCUMENTS = {
  everything: `query ($id: ID!) {
    sage200 {
      id
      sites { nodes { companyName } }
      customers(first: 3) { nodes { id name sopOrders(first: 2) { nodes { id documentNo customer { name currency { symbol } } } } } }
      customer(id: "${SHARED_ID}") { id name balance }
    }
    node(id: $id) { id ... on Sage200Customer { name } }
    nodes(ids: [$id, $id]) { id ... on Sage200Customer { name } }
    ${ERP}
    gateway { me { id } }
  }`,
  aList: '{ sage200 { customers(first: 5) { nodes { id name balance } totalCount } } }',
  aRow: `{ sage200 { customer(id: "${SHARED_ID}") { id name } } }`,
  sites: '{ sage200 { sites { nodes { companyName } } } }',
  aNode: 'query ($id: ID!) { node(id: $id) { id ... on Sage200Customer { name } } }',
  both: `{ sage200 { customers(first: 2) { nodes { name } } } ${ERP} }`,
  tenantOnly: `{ ${ERP} }`,
  twoRows: PAGE,
  fourRows: PAGE,
  ofFirst: OF_COMPANY,
  ofSecond: OF_COMPANY,
};
type Document = keyof typeof DOCUMENTS;
const TITLES = Object.keys(DOCUMENTS) as Document[];

const ask = (caller: Caller, document: Document, id: string): Promise<Answer> => {
  const { who, company } = CALLERS[caller];
  const pair = company === undefined ? undefined : sandbox.companies[company];
  return gateway.query(DOCUMENTS[document], {
    variables: { id, ...variablesOf(document) },
    headers: {
      authorization: `Bearer ${bearers[who]}`,
      ...(pair && { 'x-site': pair.siteId, 'x-company': String(pair.companyId) }),
    },
  });
};

function variablesOf(document: Document): object {
  if (document === 'twoRows' || document === 'fourRows') return { first: document === 'twoRows' ? 2 : 4 };
  const [first, second] = sandbox.companies;
  const pair = document === 'ofFirst' ? first : second;
  return document === 'ofFirst' || document === 'ofSecond' ? { site: pair?.siteId, company: pair?.companyId } : {};
}

/** Without what differs between two answers to the same question: what failed first is told first. */
const plain = ({ data, errors }: Answer) => ({
  data,
  errors: errors
    ?.map(({ message, path, extensions: { code, source } }) => ({ message, path, code, source }))
    .toSorted((one, other) => JSON.stringify(one).localeCompare(JSON.stringify(other))),
});

type Alone = Record<Caller, ReturnType<typeof plain>>;

/** What each caller is answered while nobody else asks. */
async function askAlone(document: Document, id: string): Promise<Alone> {
  const answers: [Caller, ReturnType<typeof plain>][] = [];
  for (const caller of NAMES) answers.push([caller, plain(await ask(caller, document, id))]);
  return Object.fromEntries(answers) as Alone;
}

describe('callers who send the same document at the same time', () => {
  test(`never see each other's rows, ${RUNS} times`, async () => {
    const { data: own } = await ask('alice', 'everything', 'x');
    const id: string = own.sage200.customer.id;
    const alone = new Map<Document, Alone>();
    for (const document of TITLES) alone.set(document, await askAlone(document, id));
    sandbox.sage200.clearRequests();
    sandbox.erp.clearRequests();
    // As far away as real ones, so that anyone who may wait for another's call does.
    for (const server of [sandbox.sage200, sandbox.erp]) server.fault({ kind: 'delay', delayMs: 5, times: 0 });

    const mixedUp: string[] = [];
    await inTurns(Math.ceil(RUNS / NAMES.length), AT_ONCE, async (moment) => {
      const document = TITLES[moment % TITLES.length] ?? 'everything';
      // Turned each time, so that each is the first now and then.
      const first = Math.floor(moment / TITLES.length) % NAMES.length;
      const order = [...NAMES.slice(first), ...NAMES.slice(0, first)];
      await Promise.all(
        order.map(async (caller) => {
          const got = plain(await ask(caller, document, id));
          const expected = alone.get(document)?.[caller];
          if (JSON.stringify(got) !== JSON.stringify(expected)) mixedUp.push(`${document} of ${caller}`);
        }),
      );
    });

    expect(mixedUp).toEqual([]);
    // What left the gateway says the same: rows of the first company came with one token only, and no tenant saw two.
    const tokensOf = (requests: readonly { headers: Readonly<Record<string, string>> }[]) =>
      new Set(requests.map(({ headers }) => headers['authorization']));
    const [first] = sandbox.companies;
    const served = sandbox.sage200
      .requests()
      .filter(({ headers, status }) => headers['x-company'] === String(first?.companyId) && status === 200);
    expect(tokensOf(served).size).toBe(1);
    const byTenant = Object.groupBy(sandbox.erp.requests(), ({ path }) => path);
    expect(Object.values(byTenant).map((requests) => tokensOf(requests ?? []).size)).toEqual([1, 1]);
  });

  test('have different rows, sites, companies and tenants, so that a mix-up would show', async () => {
    const { data: own } = await ask('alice', 'everything', 'x');
    const alone = await askAlone('everything', own.sage200.customer.id);

    expect(alone.alice.data).toMatchObject({
      sage200: { customer: { name: 'ABS Garages Ltd' }, sites: { nodes: [{}, {}] } },
      node: { name: 'ABS Garages Ltd' },
      gateway: { me: { id: 'key:alice' } },
    });
    expect(alone.aliceInSecond.data).toMatchObject({
      sage200: { customer: { name: 'Abstract Stoves (Ireland) Ltd' }, sites: { nodes: [{}, {}] } },
      node: { name: 'ABS Garages Ltd' },
    });
    for (const caller of ['bob', 'clerk', 'self'] as const) {
      expect(alone[caller].data).toMatchObject({
        sage200: {
          customer: { name: 'Abstract Stoves (Ireland) Ltd' },
          sites: { nodes: [{ companyName: 'Hallam Tools (Ireland) Ltd' }] },
        },
        node: null,
        nodes: [null, null],
        gateway: { me: { id: expect.stringMatching(caller === 'self' ? /^sage-id:.*bob$/ : `key:${caller}`) } },
      });
      expect(JSON.stringify(alone[caller].data.sage200)).not.toContain('ABS Garages');
      expect(alone[caller].errors?.map(({ code }) => code)).toEqual(['FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN']);
    }
    for (const caller of ['bobInFirst', 'clerkInFirst'] as const) {
      const { sage200, node } = alone[caller].data;
      expect([sage200?.customers ?? null, sage200?.customer ?? null, node]).toEqual([null, null, null]);
      expect(new Set(alone[caller].errors?.map(({ code }) => code))).toEqual(new Set(['FORBIDDEN']));
    }
    const tenantOf = (caller: Caller) => JSON.stringify(alone[caller].data.xtremMasterData).includes('Globex');
    expect(NAMES.filter(tenantOf)).toEqual(['bob', 'bobInFirst', 'clerk', 'clerkInFirst']);
  });

  test('do not lose their answer when the first caller leaves', async () => {
    let come = 0;
    const count = () => {
      come += 1;
    };
    await using fresh = await startTestGateway({ sandbox, phases: [{ onOperation: count }] });
    sandbox.sage200.fault({ kind: 'hold', match: '/sites' });
    const leaving = new AbortController();
    const body = JSON.stringify({ query: '{ sage200 { customers(first: 1) { nodes { name } } } }' });
    const headers = { 'content-type': 'application/json' };

    const first = fetch(`${fresh.url}/graphql`, { method: 'POST', headers, body, signal: leaving.signal });
    first.catch(() => {});
    await expect.poll(() => sandbox.sage200.requests().some(({ status }) => status === 0)).toBe(true);
    const second = fresh.query('{ sage200 { customers(first: 1) { nodes { name } } } }');
    await expect.poll(() => come).toBe(2);
    leaving.abort();
    await expect(first).rejects.toThrow();
    sandbox.sage200.clearFaults();
    const { data, errors } = await second;

    expect(errors).toBeUndefined();
    expect(data.sage200.customers.nodes).toEqual([{ name: 'ABS Garages Ltd' }]);
  });
});
