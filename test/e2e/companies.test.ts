// Longer than most, and one thing: what each caller may touch, whichever way it asks.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createApiKey } from '../../src/cli/keys-create.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { type Answer, startTestGateway, type TestGateway, warmUp } from '../support/test-gateway.ts';

/** First and second company of the sandbox: the same Sage ids, other rows. */
const NAMES = { first: 'ABS Garages Ltd', second: 'Abstract Stoves (Ireland) Ltd' };
const SHARED_ID = '27828';

const CALLERS = ['alice', 'bob', 'carol', 'clerk', 'reader', 'erpOnly', 'sageOnly'] as const;
const keys = Object.fromEntries(CALLERS.map((name) => [name, createApiKey(name)])) as Record<
  (typeof CALLERS)[number],
  ReturnType<typeof createApiKey>
>;

let sandbox: Sandbox;
let gateway: TestGateway;
/** In front of the same sandbox, without a company in the configuration. */
let undecided: TestGateway;
let first: { readonly site: string; readonly company: string };
let second: typeof first;

beforeAll(async () => {
  sandbox = await startSandbox({ customers: 20 });
  const [one, two] = sandbox.companies.map(({ siteId, companyId }) => ({ site: siteId, company: String(companyId) }));
  if (!one || !two) throw new Error('the sandbox has two companies');
  [first, second] = [one, two];
  const tenants = ['acme', 'globex'];
  const apiKeys = [
    { name: 'alice', connection: 'alice', companies: 'all', tenants, defaultTenant: 'acme', readOnly: false },
    { name: 'bob', connection: 'bob', companies: 'all', tenants: ['globex'], readOnly: false },
    { name: 'carol', connection: 'carol', companies: 'all', tenants: [], readOnly: false },
    { name: 'clerk', connection: 'alice', companies: [second], tenants: [], readOnly: false },
    { name: 'reader', connection: 'alice', companies: 'all', tenants, defaultTenant: 'acme', readOnly: true },
    { name: 'erpOnly', companies: 'all', tenants: ['acme'], readOnly: false },
    { name: 'sageOnly', connection: 'alice', companies: 'all', tenants: [], readOnly: false },
  ].map((key) => ({ ...key, sha256: keys[key.name as keyof typeof keys].sha256 }));
  const connections = { alice: 'alice', bob: 'bob', carol: 'carol' };
  const start = (edit: (sage200: Record<string, unknown>) => void) =>
    startTestGateway({
      sandbox,
      connections,
      edit: (file) => {
        file['callers'] = { ...file['callers'], apiKeys };
        edit(file['sage200'] ?? {});
      },
    });
  gateway = await start(() => {});
  undecided = await start((sage200) => {
    delete sage200['site'];
    delete sage200['company'];
  });
  for (const each of [gateway, undecided]) await warmUp(each, { authorization: `Bearer ${keys.alice.key}` });
});

beforeEach(() => {
  for (const server of [sandbox.sage200, sandbox.erp]) server.clearRequests();
});

afterAll(async () => {
  await gateway.close();
  await undecided.close();
  await sandbox.close();
});

interface As {
  readonly headers?: Record<string, string>;
  readonly variables?: object;
  readonly of?: TestGateway;
}

const as = (
  caller: keyof typeof keys,
  document: string,
  { headers = {}, variables = {}, of = gateway }: As = {},
): Promise<Answer> =>
  of.query(document, { variables, headers: { authorization: `Bearer ${keys[caller].key}`, ...headers } });

const headersOf = ({ site, company }: typeof first) => ({ 'x-site': site, 'x-company': company });
const argumentsOf = ({ site, company }: typeof first) => `(site: "${site}", company: "${company}")`;
const NAME = `{ customer(id: "${SHARED_ID}") { id name } }`;
const nameOf = ({ data }: Answer): string => data.sage200.customer.name;
const codesOf = ({ errors }: Answer) => errors?.map(({ extensions }) => extensions['code']);

async function idIn(company: typeof first): Promise<string> {
  const { data } = await as('alice', `{ sage200${argumentsOf(company)} ${NAME} }`);
  return data.sage200.customer.id;
}

describe('two companies', () => {
  test('with the same Sage ids appear in one operation, each with its own rows', async () => {
    const fields = `{ id customer(id: "${SHARED_ID}") { id sageId name sopOrders(first: 3) { nodes { id customer { id name } } } } }`;

    const { data, errors } = await as(
      'alice',
      `{ a: sage200${argumentsOf(first)} ${fields} b: sage200${argumentsOf(second)} ${fields} }`,
    );

    expect(errors).toBeUndefined();
    const { a, b } = data;
    expect([a.customer.sageId, b.customer.sageId]).toEqual([SHARED_ID, SHARED_ID]);
    expect([a.customer.name, b.customer.name]).toEqual([NAMES.first, NAMES.second]);
    expect(a.customer.id).not.toBe(b.customer.id);
    expect(a.id).not.toBe(b.id);
    for (const { customer } of [a, b]) {
      expect(customer.sopOrders.nodes.length).toBeGreaterThan(0);
      for (const order of customer.sopOrders.nodes)
        expect(order.customer).toEqual({ id: customer.id, name: customer.name });
    }
  });

  test('are distinguished only by global ids, in one list of nodes', async () => {
    const ids = [await idIn(second), await idIn(first)];

    const { data } = await as(
      'alice',
      'query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on Sage200Customer { name } } }',
      {
        variables: { ids },
      },
    );

    expect(data.nodes).toEqual([
      { id: ids[0], name: NAMES.second },
      { id: ids[1], name: NAMES.first },
    ]);
  });
});

describe('the company of a request', () => {
  test('is the argument’s, else the headers’, else the configured, else the only one', async () => {
    const byArgument = await as('alice', `{ sage200${argumentsOf(first)} ${NAME} }`, { headers: headersOf(second) });
    const byHeader = await as('alice', `{ sage200 ${NAME} }`, { headers: headersOf(second) });
    const byConfiguration = await as('alice', `{ sage200 ${NAME} }`);
    const onlyOpenOne = await as('bob', `{ sage200 ${NAME} }`, { of: undecided });
    const onlyAllowedOne = await as('clerk', `{ sage200 ${NAME} }`, { of: undecided });

    expect(nameOf(byArgument)).toBe(NAMES.first);
    expect(nameOf(byHeader)).toBe(NAMES.second);
    expect(nameOf(byConfiguration)).toBe(NAMES.first);
    expect(nameOf(onlyOpenOne)).toBe(NAMES.second);
    expect(nameOf(onlyAllowedOne)).toBe(NAMES.second);
  });

  test('is never the configured one if the caller may not use it', async () => {
    expect(nameOf(await as('bob', `{ sage200 ${NAME} }`))).toBe(NAMES.second);
    expect(nameOf(await as('clerk', `{ sage200 ${NAME} }`))).toBe(NAMES.second);
    const companies = sandbox.sage200.requests().map(({ headers }) => headers['x-company']);
    expect(new Set(companies.filter((company) => company !== undefined))).toEqual(new Set([second.company]));
  });

  test('must be chosen if there are several: the error lists them, and nothing is read', async () => {
    const { data, errors } = await as('alice', `{ sage200 ${NAME} }`, { of: undecided });

    expect(data).toEqual({ sage200: { customer: null } });
    expect(errors).toMatchObject([
      {
        message: expect.stringMatching(
          /Choose one with sage200\(site:, company:\) or the headers X-Site and X-Company/,
        ),
        extensions: {
          code: 'COMPANY_REQUIRED',
          source: 'gateway',
          choices: [
            { ...first, companyName: 'Hallam Fixings Ltd' },
            { ...second, companyName: 'Hallam Tools (Ireland) Ltd' },
          ],
        },
      },
    ]);
    expect(sandbox.sage200.requests().filter(({ path }) => !path.endsWith('/sites'))).toHaveLength(0);
  });

  test('without any company is a plain refusal', async () => {
    const answer = await as('carol', `{ sage200 ${NAME} }`);

    expect(codesOf(answer)).toEqual(['FORBIDDEN']);
    expect(answer.data).toEqual({ sage200: { customer: null } });
  });
});

describe('a key for one company only', () => {
  test('sees no other in the list of sites, and its own identity', async () => {
    const { data } = await as(
      'clerk',
      '{ sage200 { sites { totalCount nodes { companyId } } } gateway { me { id companies { site company } tenants readOnly } } }',
    );

    expect(data.sage200.sites).toEqual({ totalCount: 1, nodes: [{ companyId: second.company }] });
    expect(data.gateway.me).toEqual({ id: 'key:clerk', companies: [second], tenants: [], readOnly: false });
  });

  test('is refused the other company by argument, by header, by half of the pair and by global id', async () => {
    const id = await idIn(first);
    const order = await as('alice', `{ sage200${argumentsOf(first)} { id sopOrders(first: 1) { nodes { id } } } }`);
    sandbox.sage200.clearRequests();

    const answers = await Promise.all([
      as('clerk', `{ sage200${argumentsOf(first)} ${NAME} }`),
      as('clerk', `{ sage200 ${NAME} }`, { headers: headersOf(first) }),
      as('clerk', `{ sage200(company: "${first.company}") ${NAME} }`),
      as('clerk', `{ node(id: "${id}") { id } }`),
      as('clerk', `{ node(id: "${order.data.sage200.sopOrders.nodes[0].id}") { id } }`),
      as(
        'clerk',
        `{ node(id: "${order.data.sage200.id}") { id ... on Sage200 { customers(first: 1) { nodes { name } } } } }`,
      ),
      as('clerk', `mutation { sage200${argumentsOf(first)} { deleteCustomer(id: "${id}") { deletedId } } }`),
    ]);

    for (const answer of answers) {
      expect(codesOf(answer)).toEqual(['FORBIDDEN']);
      expect(JSON.stringify(answer.data)).not.toContain(NAMES.first);
    }
    const asked = sandbox.sage200.requests().filter(({ headers }) => headers['x-company'] === first.company);
    expect(asked).toHaveLength(0);
  });

  test('gets its own rows from a list of ids, and each foreign one fails alone', async () => {
    const [own, foreign] = [await idIn(second), await idIn(first)];

    const answer = await as('clerk', 'query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Sage200Customer { name } } }', {
      variables: { ids: [own, foreign, own] },
    });

    expect(answer.data.nodes).toEqual([{ name: NAMES.second }, null, { name: NAMES.second }]);
    expect(answer.errors).toMatchObject([{ path: ['nodes', 1], extensions: { code: 'FORBIDDEN' } }]);
  });
});

describe('global ids as arguments', () => {
  const IN_FIRST: readonly (readonly [string, (id: string) => string])[] = [
    ['a read by id', (id) => `{ sage200 { customer(id: "${id}") { name } } }`],
    ['a filter', (id) => `{ sage200 { customers(filter: { id: { eq: "${id}" } }) { nodes { name } } } }`],
    [
      'a filter by reference',
      (id) => `{ sage200 { sopOrders(filter: { customerId: { in: ["${id}"] } }) { nodes { id } } } }`,
    ],
    [
      'an update',
      (id) => `mutation { sage200 { updateCustomer(id: "${id}", input: { name: "X" }) { customer { id } } } }`,
    ],
    ['a deletion', (id) => `mutation { sage200 { deleteCustomer(id: "${id}") { deletedId } } }`],
    ['an input', (id) => `mutation { sage200 { createSopOrder(input: { customerId: "${id}" }) { sopOrder { id } } } }`],
  ];

  test.each(IN_FIRST)('of another company are refused in %s, with what to do', async (_name, document) => {
    const id = await idIn(second);
    sandbox.sage200.clearRequests();

    const answer = await as('alice', document(id));

    expect(codesOf(answer)).toEqual(['BAD_USER_INPUT']);
    expect(answer.errors?.[0]?.message).toMatch(/another company.*Choose that company with sage200\(site:, company:\)/);
    expect(sandbox.sage200.requests()).toHaveLength(0);
  });

  test.each(IN_FIRST)('of another type are refused in %s', async (_name, document) => {
    const { data } = await as('alice', '{ sage200 { suppliers(first: 1) { nodes { id } } } }');
    sandbox.sage200.clearRequests();

    const answer = await as('alice', document(data.sage200.suppliers.nodes[0].id));

    expect(codesOf(answer)).toEqual(['BAD_USER_INPUT']);
    expect(answer.errors?.[0]?.message).toMatch(/belongs to a Sage200Supplier, not to a Sage200Customer/);
    expect(sandbox.sage200.requests()).toHaveLength(0);
  });

  test('name a row but give no right to it: Sage’s own refusal applies', async () => {
    const answer = await as('bob', `{ node(id: "${await idIn(first)}") { id } }`);

    expect(answer.data).toEqual({ node: null });
    expect(codesOf(answer)).toEqual(['FORBIDDEN']);
  });
});

describe('ERP tenants', () => {
  const CUSTOMER = '{ xtremMasterData { customer { query(first: 1) { edges { node { name } } } } } }';
  const erpName = ({ data }: Answer): string => data.xtremMasterData.customer.query.edges[0].node.name;
  const idOf = (name: string) => sandbox.erp.tenants.find((tenant) => tenant.name === name)?.tenantId ?? '';

  test('are chosen by X-Tenant, name or id, and otherwise the caller’s first', async () => {
    expect(erpName(await as('alice', CUSTOMER))).not.toContain('Globex');
    expect(erpName(await as('bob', CUSTOMER))).toContain('Globex');
    expect(erpName(await as('alice', CUSTOMER, { headers: { 'x-tenant': 'globex' } }))).toContain('Globex');
    expect(erpName(await as('alice', CUSTOMER, { headers: { 'x-tenant': idOf('globex') } }))).toContain('Globex');
  });

  test.each(['acme', 'nobody'])('that are not the caller’s are refused with the same message: %s', async (name) => {
    const answer = await as('bob', CUSTOMER, { headers: { 'x-tenant': name } });

    expect(codesOf(answer)).toEqual(['FORBIDDEN']);
    expect(answer.errors?.[0]?.message).toBe(
      'X-Tenant does not name an ERP tenant of this caller. Its tenants: globex.',
    );
    expect(sandbox.erp.requests()).toHaveLength(0);
  });

  test('that are not the caller’s are refused by id too', async () => {
    expect(codesOf(await as('bob', CUSTOMER, { headers: { 'x-tenant': idOf('acme') } }))).toEqual(['FORBIDDEN']);
  });

  test('are invisible to a caller without any: in the schema and in the gateway’s list', async () => {
    const asked = await as('clerk', CUSTOMER);
    const { data } = await as('clerk', '{ gateway { tenants { name } } __type(name: "Customer") { name } }');

    expect(codesOf(asked)).toEqual(['BAD_USER_INPUT']);
    expect(data).toEqual({ gateway: { tenants: [] }, __type: null });
    expect(sandbox.erp.requests()).toHaveLength(0);
  });

  test('work for a caller without a Sage 200 connection, whose Sage 200 fields say that', async () => {
    const erp = await as('erpOnly', CUSTOMER);
    const mixed = await as('erpOnly', `{ sage200 ${NAME} ${CUSTOMER.slice(1)}`);

    expect(erpName(erp)).toBe(NAMES.first);
    expect(erpName(mixed)).toBe(NAMES.first);
    expect(mixed.data.sage200).toEqual({ customer: null });
    expect(codesOf(mixed)).toEqual(['FORBIDDEN']);
  });
});

describe('a key that may only read', () => {
  test.each([
    ['Sage 200', 'mutation { sage200 { createCustomer(input: { reference: "RO1", name: "X" }) { customer { id } } } }'],
    ['the ERP', 'mutation { xtremMasterData { customer { update(data: { _id: "1" }) { _id } } } }'],
    [
      'both',
      'mutation { sage200 { deleteCustomer(id: "27828") { deletedId } } xtremMasterData { customer { update(data: { _id: "1" }) { _id } } } }',
    ],
  ])('writes nothing to %s, and nothing is sent', async (_name, document) => {
    const answer = await as('reader', document);

    expect(codesOf(answer)).toEqual(['FORBIDDEN']);
    expect(answer.errors?.[0]?.message).toMatch(/only read/);
    expect(sandbox.sage200.requests()).toHaveLength(0);
    expect(sandbox.erp.requests()).toHaveLength(0);
  });

  test('reads like everybody else, including nodes', async () => {
    const { data, errors } = await as(
      'reader',
      `{ sage200 ${NAME} node(id: "${await idIn(second)}") { ... on Sage200Customer { name } } }`,
    );

    expect(errors).toBeUndefined();
    expect([data.sage200.customer.name, data.node.name]).toEqual([NAMES.first, NAMES.second]);
  });
});

test('connections of others are not shown to a key that is not an administrator', async () => {
  const { data } = await as('bob', '{ gateway { me { admin } connections { name } } }');

  expect(data.gateway).toEqual({ me: { admin: false }, connections: [{ name: 'bob' }] });
});
