import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createApiKey } from '../../src/cli/keys-create.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { type Answer, startTestGateway, type TestGateway, tenantsOf, warmUp } from '../support/test-gateway.ts';

const plain = createApiKey('plain');
const boss = createApiKey('boss');
const asPlain = { authorization: `Bearer ${plain.key}` };
const asBoss = { authorization: `Bearer ${boss.key}` };

let sandbox: Sandbox;
let gateways: Record<'all' | 'callers' | 'admins' | 'none', TestGateway>;

beforeAll(async () => {
  sandbox = await startSandbox({ customers: 10 });
  const start = async (introspection: string) => {
    const gateway = await startTestGateway({
      sandbox,
      edit: (file) => {
        const tenants = tenantsOf(file).map(({ name }) => name);
        const key = { connection: 'sandbox', companies: 'all', tenants, defaultTenant: 'acme', readOnly: true };
        file['server'] = { ...file['server'], introspection, graphiql: introspection !== 'none' };
        file['callers'] = {
          apiKeys: [
            { name: 'plain', sha256: plain.sha256, ...key },
            { name: 'boss', sha256: boss.sha256, ...key, admin: true },
          ],
        };
      },
    });
    await warmUp(gateway, asBoss);
    return gateway;
  };
  gateways = {
    all: await start('all'),
    callers: await start('callers'),
    admins: await start('admins'),
    none: await start('none'),
  };
});

afterAll(async () => {
  await Promise.all(Object.values(gateways).map((gateway) => gateway.close()));
  await sandbox.close();
});

const TENANT = 'xtremMasterData { customer { query(first: 1) { totalCount } } }';

/** Each asks for the schema in a way of its own. */
const DOCUMENTS: readonly (readonly [name: string, query: string, operationName?: string])[] = [
  ['__schema', '{ __schema { queryType { name } } }'],
  ['__type', '{ __type(name: "Query") { name } }'],
  ['an alias', '{ innocent: __type(name: "Query") { name } }'],
  ['a fragment', '{ ...F } fragment F on Query { __schema { queryType { name } } }'],
  ['an inline fragment', '{ ... on Query { ... { __schema { queryType { name } } } } }'],
  [
    'a fragment of a fragment',
    '{ ...F } fragment F on Query { ...G } fragment G on Query { __type(name: "Query") { name } }',
  ],
  ['one of several operations', 'query A { __typename } query B { __schema { queryType { name } } }', 'B'],
  ['a field left out by a directive', '{ __typename __schema @skip(if: false) { queryType { name } } }'],
  ['beside data of the gateway', '{ gateway { me { id } } __schema { queryType { name } } }'],
  ['beside data of the tenant', `{ ${TENANT} __schema { queryType { name } } }`],
  ['deep in a document of the tenant', '{ xtremMasterData { __schema { queryType { name } } } }'],
];

async function ask(gateway: TestGateway, query: string, headers: Record<string, string>, operationName?: string) {
  const response = await gateway.post({ query, operationName }, headers);
  return { status: response.status, ...((await response.json()) as Answer) };
}

const codesOf = ({ errors }: Answer) => errors?.map(({ extensions }) => extensions['code']);

describe('who may request the schema', () => {
  test.each(DOCUMENTS)('by %s', async (_name, query = '', operationName = undefined) => {
    // Often, and the one who may first: what is kept of an answer must reach nobody else.
    for (let round = 0; round < 3; round += 1) {
      const allowed = await ask(gateways.admins, query, asBoss, operationName);
      const refused = await ask(gateways.admins, query, asPlain, operationName);
      const byNobody = await ask(gateways.none, query, asBoss, operationName);
      const usual = await ask(gateways.callers, query, asPlain, operationName);

      expect(codesOf(refused)).toEqual(['FORBIDDEN']);
      expect(refused.data).toBeUndefined();
      expect(refused.errors?.[0]?.message).toMatch(
        /Only callers with admin may ask for the schema \(server\.introspection\)/,
      );
      expect(codesOf(byNobody)).toEqual(['FORBIDDEN']);
      expect(byNobody.errors?.[0]?.message).toMatch(/shows its schema to nobody \(server\.introspection\)/);
      for (const answer of [allowed, usual]) expect(codesOf(answer) ?? []).not.toContain('FORBIDDEN');
    }
  });

  test('everybody may request __typename, and an operation beside one that requests the schema', async () => {
    const query = `query A { __typename sage200 { __typename } ${TENANT.replace('totalCount', 'totalCount __typename')} } query B { __schema { queryType { name } } }`;
    const answer = await ask(gateways.none, query, asPlain, 'A');

    expect(answer.errors).toBeUndefined();
    expect(answer.data).toMatchObject({ __typename: 'Query', sage200: { __typename: 'Sage200' } });
  });

  test('/schema.graphql and /schema.json follow the same rule', async () => {
    const status = async (gateway: TestGateway, path: string, headers: Record<string, string>) =>
      (await fetch(gateway.url + path, { headers })).status;
    for (const path of ['/schema.graphql', '/schema.json']) {
      expect(await status(gateways.all, path, {})).toBe(200);
      expect(await status(gateways.all, path, { authorization: 'Bearer sgk_wrong' })).toBe(401);
      expect(await status(gateways.callers, path, asPlain)).toBe(200);
      expect(await status(gateways.callers, path, {})).toBe(401);
      expect(await status(gateways.admins, path, asBoss)).toBe(200);
      expect(await status(gateways.admins, path, asPlain)).toBe(403);
      expect(await status(gateways.none, path, asBoss)).toBe(403);
      expect(await status(gateways.none, path, {})).toBe(401);
    }
  });
});

describe('faults in a document', () => {
  test.each<[name: string, query: string, variables?: object]>([
    ['a field', '{ sage200 { custommers { totalCount } } }'],
    ['a type', '{ sage200 { ... on Sage20 { id } } }'],
    ['an argument', '{ sage200 { customers(frist: 1) { totalCount } } }'],
    ['a field of an input', '{ sage200 { customers(filter: { nmae: { eq: "" } }) { totalCount } } }'],
    ['a member of an enumeration', '{ sage200 { customers(orderBy: [{ name: ASCC }]) { totalCount } } }'],
    ['a field without its selection', '{ sage200 { customers } }'],
    [
      'a field of an input in a variable',
      'query ($f: Sage200CustomerFilter) { sage200 { customers(filter: $f) { totalCount } } }',
      { f: { nmae: {} } },
    ],
    [
      'a member in a variable',
      'query ($o: [Sage200CustomerOrder!]) { sage200 { customers(orderBy: $o) { totalCount } } }',
      { o: [{ name: 'ASCC' }] },
    ],
    ['a field of the tenant', '{ xtremMasterData { custommer { query { totalCount } } } }'],
    ['a root field of the tenant', '{ xtremMasterDate { customer { query { totalCount } } } }'],
    ['a field of the tenant beside ours', '{ sage200 { id } xtremMasterData { custommer { query { totalCount } } } }'],
  ])('suggest names only to callers who may request the schema: %s', async (_name, query, variables) => {
    const messages = async (gateway: TestGateway, headers: Record<string, string>) => {
      const { errors } = await gateway.query(query, { headers, ...(variables && { variables }) });
      return errors?.map(({ message }) => message).join() ?? '';
    };

    expect(await messages(gateways.admins, asBoss)).toContain('Did you mean');
    for (const hidden of [await messages(gateways.admins, asPlain), await messages(gateways.none, asBoss)]) {
      expect(hidden).not.toContain('Did you mean');
      expect(hidden).not.toBe('');
    }
  });
});

describe('somebody without credentials, where the schema is open to all', () => {
  test.each(DOCUMENTS.slice(0, 7))('is shown it by %s', async (_name, query = '', operationName = undefined) => {
    const answer = await ask(gateways.all, query, {}, operationName);

    expect(answer.status).toBe(200);
    expect(answer.errors).toBeUndefined();
    expect(answer.data).not.toBeNull();
  });

  test.each([
    ['data', '{ gateway { me { id } } }'],
    ['data beside the schema', '{ __schema { queryType { name } } gateway { tenants { name } } }'],
    ['data of the tenant', `{ ${TENANT} }`],
    ['a mutation', 'mutation { sage200 { deleteCustomer(id: "1") { deletedId } } }'],
    ['nothing that can be read', '{'],
  ])('must send them when it is %s', async (_name, query) => {
    const answer = await ask(gateways.all, query, {});

    expect(answer.status).toBe(401);
    expect(codesOf(answer)).toEqual(['UNAUTHENTICATED']);
  });

  test('sees nothing with a parameter that is sent twice, or with wrong credentials', async () => {
    const schema = encodeURIComponent('{ __schema { queryType { name } } }');
    const data = encodeURIComponent('{ gateway { me { id } } }');
    const accept = { accept: 'application/json' };

    expect((await fetch(`${gateways.all.url}/graphql?query=${schema}`, { headers: accept })).status).toBe(200);
    for (const search of [`query=${schema}&query=${data}`, `query=${data}&query=${schema}`])
      expect((await fetch(`${gateways.all.url}/graphql?${search}`, { headers: accept })).status).toBe(401);
    const wrong = await ask(gateways.all, '{ __schema { queryType { name } } }', { authorization: 'Bearer sgk_wrong' });
    expect(wrong.status).toBe(401);
  });

  test('is refused everywhere else', async () => {
    expect((await ask(gateways.callers, '{ __schema { queryType { name } } }', {})).status).toBe(401);
    expect((await ask(gateways.none, '{ __schema { queryType { name } } }', {})).status).toBe(401);
  });
});

describe('GraphiQL', () => {
  const browser = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };

  test('is shown to browsers and linked by the console unless it is switched off', async () => {
    const on = await fetch(`${gateways.callers.url}/graphql`, { headers: browser });
    const off = await fetch(`${gateways.none.url}/graphql`, { headers: browser });
    const consoleOn = await (await fetch(gateways.callers.url, { headers: browser })).text();
    const consoleOff = await (await fetch(gateways.none.url, { headers: browser })).text();

    expect(on.status).toBe(200);
    expect(on.headers.get('content-type')).toMatch(/text\/html/);
    expect(off.status).toBe(404);
    expect(((await off.json()) as Answer).errors?.[0]?.message).toMatch(
      /GraphiQL is switched off here \(server\.graphiql\)/,
    );
    expect(consoleOn).toContain('GraphiQL');
    expect(consoleOff).not.toContain('GraphiQL');
  });

  test('switched off removes no operation', async () => {
    const query = encodeURIComponent('{ gateway { me { id } } }');
    const inAddress = await fetch(`${gateways.none.url}/graphql?query=${query}`, {
      headers: { ...browser, ...asPlain },
    });

    expect(inAddress.status).toBe(200);
    expect((await ask(gateways.none, '{ gateway { me { id } } }', asPlain)).data).toEqual({
      gateway: { me: { id: 'key:plain' } },
    });
  });
});

test('others are answered while the schema is read', { timeout: 60_000 }, async () => {
  const { callers } = gateways;
  // An alias of its own, so that no earlier answer is used again.
  const query = '{ slow: __schema { types { fields { name type { name fields { name } } } } } }';
  let isAnswered = false;
  let others = 0;

  const answer = ask(callers, query, asPlain).finally(() => {
    isAnswered = true;
  });
  while (!isAnswered) {
    await fetch(`${callers.url}/healthz`);
    if (!isAnswered) others += 1;
  }

  expect((await answer).errors).toBeUndefined();
  expect(others).toBeGreaterThan(10);
});

test.each([
  ['of itself', `{ __schema { ${Array.from({ length: 25 }, (_, index) => `a${index}: types { name }`).join(' ')} } }`],
  [
    'by fragments that double',
    `{ __schema { ...f0 } } ${Array.from({ length: 30 }, (_, index) => `fragment f${index} on __Schema { ...f${index + 1} ...f${index + 1} }`).join(' ')} fragment f30 on __Schema { types { name } }`,
  ],
])('a document that selects lists of the schema more often than any tool is refused: %s', async (_, query) => {
  const { data, errors } = await ask(gateways.callers, query, asPlain);

  expect(data).toBeUndefined();
  expect(errors?.map(({ extensions }) => extensions['code'])).toEqual(['COST_EXCEEDED']);
});
