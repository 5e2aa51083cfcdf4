import { getIntrospectionQuery } from 'graphql';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createGraph, type Graph } from '../../src/graph/index.ts';
import { Secret } from '../../src/kit/errors/index.ts';
import { createHttp, type Http } from '../../src/kit/http/index.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { createErp, type Erp } from '../../src/subschemas/erp/index.ts';
import { createErpTokenSource } from '../../src/tokens/index.ts';
import { ask, caller, fakeSage200, subschemasOf } from './world.ts';

let sandbox: Sandbox;
let http: Http;
let erp: Erp;
let graph: Graph;
const log = pino({ level: 'silent' });
const closing: (() => Promise<void>)[] = [];

beforeAll(async () => {
  sandbox = await startSandbox({ customers: 30 });
  http = createHttp();
  const tenants = sandbox.credentials.erp.map(({ clientSecret, ...tenant }) => ({
    ...tenant,
    clientSecret: new Secret(clientSecret),
    grant: 'tenant' as const,
    allowedHosts: [],
  }));
  erp = createErp({
    config: { deadlineMs: 5_000, schemaRefreshMs: 900_000, tenants },
    tokensFor: (name) => {
      const tenant = tenants.find((each) => each.name === name);
      if (!tenant) throw new Error(`no tenant ${name}`);
      const source = createErpTokenSource({ tenant, send: http.send, log });
      closing.push(() => source.close());
      return source;
    },
    sendTo: () => http.send,
    log,
  });
  graph = createGraph({ subschemas: subschemasOf(fakeSage200(), erp), log });
});

afterAll(async () => {
  await erp.close();
  await Promise.all(closing.map((close) => close()));
  await http.close();
  await sandbox.close();
});

const principal = caller({ tenants: ['acme', 'globex'], defaultTenant: 'acme' });

/** What the tenant itself answers to its own client. */
async function askDirectly(query: string, variables?: Record<string, unknown>, operationName?: string) {
  const { tokenUrl, clientId, clientSecret, tenantId } = sandbox.credentials.erp[0] ?? { tokenUrl: '' };
  const post = async (url: string, body: unknown, headers = {}) => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
    return (await response.json()) as Record<string, unknown>;
  };
  const token = (await post(tokenUrl, { clientId, clientSecret, tenantId })) as {
    accessToken: string;
    urls: { graphQL: string };
  };
  return post(
    token.urls.graphQL,
    { query, variables, operationName },
    { authorization: `Bearer ${token.accessToken}` },
  );
}

/** Our two additions taken away. */
function withoutAdded(result: Record<string, unknown>) {
  const errors = result['errors'] as { extensions?: Record<string, unknown> }[] | undefined;
  if (!errors) return result;
  const bare = errors.map(({ extensions, ...error }) => {
    const { code: _code, source: _source, ...rest } = extensions ?? {};
    return { ...error, ...(Object.keys(rest).length > 0 && { extensions: rest }) };
  });
  return { ...result, errors: bare };
}

test.each([
  [
    'a page of twenty',
    '{ xtremMasterData { customer { query { totalCount edges { cursor node { _id id name currency { id } } } pageInfo { hasNextPage endCursor } } } } }',
  ],
  [
    'a natural key and a bare integer',
    '{ xtremMasterData { customer { a: read(_id: 1) { _id name } b: read(_id: "#ABS001") { name } c: read(_id: "#NOBODY") { name } } } }',
  ],
  [
    'a relaxed filter in a literal',
    `{ xtremMasterData { customer { query(first: 3, filter: "{name: {_regex: 'a', _options: 'i'}}", orderBy: "{name: -1}") { edges { node { name } } } } } }`,
  ],
  [
    'a filter that cannot be read',
    `{ xtremMasterData { customer { query(filter: "{name: {_never: 1}}") { totalCount } } } }`,
  ],
  ['an unknown field', '{ xtremMasterData { customer { query { nothing } } } }'],
  ['an unknown argument', '{ xtremMasterData { customer { query(top: 1) { totalCount } } } }'],
  ['a record that is not there', 'mutation { xtremMasterData { item { delete(_id: "999999") } } }'],
  [
    'custom data and service fields',
    '{ xtremMasterData { item { query(first: 2) { edges { node { _id _etag _customData _updateTick __typename } } } } } }',
  ],
])('%s: the same data and the same errors, sent directly and through the gateway', async (_name, source) => {
  const direct = await askDirectly(source);
  const through = await ask(graph, source, { principal });

  expect(withoutAdded({ ...through })).toEqual(direct);
});

test('variables and one of several operations work', async () => {
  const source =
    'query A { xtremSales { __typename } } query B($f: Int!, $s: String) { xtremMasterData { item { query(first: $f, filter: $s) { edges { node { id } } } } } }';
  const variables = { f: 2, s: '{"id":{"_ne":"none"}}' };

  const direct = await askDirectly(source, variables, 'B');
  const through = await ask(graph, source, { principal, variables, operationName: 'B' });

  expect({ ...through }).toEqual(direct);
});

test('mixed with Sage 200, the tenant’s part is the same as alone, in one request', async () => {
  const part = (name: string) =>
    `${name}: xtremMasterData { customer { query(first: 2, orderBy: "{id: 1}") { edges { node { _id id } } } } }`;
  const alone = await ask(graph, `{ ${part('a')} }`, { principal });
  sandbox.erp.clearRequests();

  const both = await ask(graph, `{ ${part('a')} sage200 { company } ${part('b')} }`, { principal });

  expect(both.errors).toBeUndefined();
  expect(both.data?.['a']).toEqual(alone.data?.['a']);
  expect(both.data?.['b']).toEqual(alone.data?.['a']);
  expect(sandbox.erp.requests().filter(({ method }) => method === 'POST')).toHaveLength(1);
});

test('tenants on one release share a schema; a moved tenant is found; an upgraded one is read again', async () => {
  const [acme, globex] = await Promise.all([erp.schemaOf('acme'), erp.schemaOf('globex')]);
  expect(acme.schema).toBe(globex.schema);
  const source = '{ xtremMasterData { customer { query { totalCount } } } }';
  sandbox.erp.move('globex');
  sandbox.erp.upgrade('globex');

  const moved = await ask(graph, source, { principal, tenant: 'globex' });
  const upgraded = await erp.refreshSchema('globex');

  expect(moved.errors).toBeUndefined();
  expect(upgraded.digest).not.toBe(acme.digest);
  expect((await erp.schemaOf('acme')).schema).toBe(acme.schema);
});

test('tokens that the service forgot are obtained again, unnoticed', async () => {
  sandbox.erp.endTokens();

  const { data, errors } = await ask(graph, '{ xtremMasterData { customer { query { totalCount } } } }', { principal });

  expect(errors).toBeUndefined();
  expect(data).toMatchObject({ xtremMasterData: { customer: { query: { totalCount: expect.any(Number) } } } });
});

test('introspection through the gateway names both sides', async () => {
  const { data } = await ask(graph, getIntrospectionQuery(), { principal });

  const { types } = (data as { __schema: { types: { name: string }[] } }).__schema;
  expect(types.map(({ name }) => name)).toEqual(expect.arrayContaining(['Customer', 'Sage200', 'Gateway']));
});
