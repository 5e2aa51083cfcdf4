import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createApiKey } from '../../src/cli/keys-create.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { type Answer, accessTokenOf, startTestGateway, type TestGateway } from '../support/test-gateway.ts';

const ROUNDS = 500;
/** Rounds under way at a time. */
const AT_ONCE = 10;
/** In both companies, another customer in each. */
const SHARED_ID = '27828';

/**
 * `alice` may open both companies and gets the configured first, `bob` may open the second only;
 * `clerk` shares Alice's connection, and with it tokens and sites, but may touch the second only;
 * `self` is Bob again, with a Sage ID token of his own and the other tenant.
 */
const CALLERS = ['alice', 'bob', 'clerk', 'self'] as const;
type Caller = (typeof CALLERS)[number];
const keys = { alice: createApiKey('alice'), bob: createApiKey('bob'), clerk: createApiKey('clerk') };
let bearers: Record<Caller, string>;

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
        passThrough: { tenants: ['acme'], readOnly: true },
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

const DOCUMENT = `query ($id: ID!) {
  sage200 {
    id
    sites { nodes { companyName } }
    customers(first: 3) { nodes { id name sopOrders(first: 2) { nodes { id documentNo customer { name currency { symbol } } } } } }
    customer(id: "${SHARED_ID}") { id name balance }
  }
  node(id: $id) { id ... on Sage200Customer { name } }
  nodes(ids: [$id, $id]) { id ... on Sage200Customer { name } }
  xtremMasterData { customer { query(first: 3) { totalCount edges { node { _id id name } } } } }
  gateway { me { id } }
}`;

const ask = (caller: Caller, id: string): Promise<Answer> =>
  gateway.query(DOCUMENT, { variables: { id }, headers: { authorization: `Bearer ${bearers[caller]}` } });

/** Without what differs between two answers to the same question. */
const plain = ({ data, errors }: Answer) => ({
  data,
  errors: errors?.map(({ message, path, extensions: { code, source } }) => ({ message, path, code, source })),
});

describe('callers who ask the same document at the same moment', () => {
  test(`never see each other's rows, ${ROUNDS} times`, { timeout: 60_000 }, async () => {
    const { data: own } = await ask('alice', 'x');
    const id: string = own.sage200.customer.id;
    const alone = {
      alice: plain(await ask('alice', id)),
      bob: plain(await ask('bob', id)),
      clerk: plain(await ask('clerk', id)),
      self: plain(await ask('self', id)),
    };
    sandbox.sage200.clearRequests();
    sandbox.erp.clearRequests();

    let rounds = 0;
    const mixedUp: Caller[] = [];
    const round = async () => {
      for (let number = rounds++; number < ROUNDS; number = rounds++) {
        // Turned each time, so that each is the first now and then; the other two join in now and then too.
        const present = number % 5 === 0 ? CALLERS : CALLERS.slice(0, 2);
        const order = number % 2 === 0 ? present : present.toReversed();
        await Promise.all(
          order.map(async (caller) => {
            const got = plain(await ask(caller, id));
            if (JSON.stringify(got) !== JSON.stringify(alone[caller])) mixedUp.push(caller);
          }),
        );
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, round));

    expect(mixedUp).toEqual([]);
    // That they differ at all, and how.
    expect(alone.alice.data).toMatchObject({
      sage200: { customer: { name: 'ABS Garages Ltd' }, sites: { nodes: [{}, {}] } },
      node: { name: 'ABS Garages Ltd' },
      gateway: { me: { id: 'key:alice' } },
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
    const names = (caller: Caller): string => JSON.stringify(alone[caller].data.xtremMasterData);
    expect(names('bob')).toContain('Globex');
    expect(names('clerk')).toContain('Globex');
    expect(names('alice')).not.toContain('Globex');
    expect(names('self')).not.toContain('Globex');
    // What left the gateway says the same: three tokens of two people, two tenants' tokens, each for its own.
    const tokensOf = (requests: readonly { headers: Readonly<Record<string, string>> }[]) =>
      new Set(requests.map(({ headers }) => headers['authorization']));
    const reads = sandbox.sage200.requests();
    const [first] = sandbox.companies;
    const firstCompany = reads.filter(({ headers }) => headers['x-company'] === String(first?.companyId));
    expect(tokensOf(reads).size).toBe(3);
    // Bob's try of Alice's id is the only reason why his token went there, and it was refused each time.
    const served = firstCompany.filter(({ status }) => status === 200);
    expect(tokensOf(served).size).toBe(1);
    const byTenant = Object.groupBy(sandbox.erp.requests(), ({ path }) => path);
    expect(Object.values(byTenant).map((requests) => tokensOf(requests ?? []).size)).toEqual([1, 1]);
  });

  test('do not lose their answer when the one who asked first goes away', async () => {
    await using fresh = await startTestGateway({ sandbox });
    sandbox.sage200.fault({ kind: 'delay', delayMs: 300, match: '/sites', times: 1 });
    const leaving = new AbortController();
    const body = JSON.stringify({ query: '{ sage200 { customers(first: 1) { nodes { name } } } }' });
    const headers = { 'content-type': 'application/json' };

    const first = fetch(`${fresh.url}/graphql`, { method: 'POST', headers, body, signal: leaving.signal });
    first.catch(() => {});
    await expect.poll(() => sandbox.sage200.requests().some(({ status }) => status === 0)).toBe(true);
    const second = fresh.query('{ sage200 { customers(first: 1) { nodes { name } } } }');
    await new Promise((resolve) => setTimeout(resolve, 50));
    leaving.abort();
    const { data, errors } = await second;

    await expect(first).rejects.toThrow();
    expect(errors).toBeUndefined();
    expect(data.sage200.customers.nodes).toEqual([{ name: 'ABS Garages Ltd' }]);
  });
});
