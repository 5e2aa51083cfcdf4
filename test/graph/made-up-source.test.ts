import { parse } from 'graphql';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { tryEverything } from '../../src/cli/check.ts';
import { createApiKey } from '../../src/cli/keys-create.ts';
import { openSources } from '../../src/compose.ts';
import type { Subschema } from '../../src/graph/index.ts';
import { GatewayError } from '../../src/kit/errors/index.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { startTestGateway, warmUp } from '../support/test-gateway.ts';

/** The weather over a warehouse: one file of a source, as somebody would add it. */
const weather: Subschema<{ readonly asked: string[] }> = {
  name: 'weather',
  title: 'the weather service',
  own: {
    typeDefs: parse(`
      extend type Query { "The weather somewhere." weather(city: String!): Weather }
      extend type Mutation { "Makes rain." rain(cities: [String!]!): Int }
      "How it is outside." type Weather { city: String degrees: Int asked: [String] }
    `),
    resolvers: {
      Query: {
        weather(_root: unknown, { city }: { city: string }, context) {
          const { asked } = context.scopeOf(weather);
          asked.push(city);
          if (city === 'Atlantis')
            throw new GatewayError('UPSTREAM_UNAVAILABLE', 'Nobody lives there.', { source: 'weather' });
          return { city, degrees: city.length, asked };
        },
      },
      Mutation: { rain: (_root: unknown, { cities }: { cities: readonly string[] }) => cities.length },
    },
  },
  roots: {
    weather: {
      compile: (nodes) => ({
        reads: ['looks out of the window'],
        run({ asked }) {
          asked.push(`planned with ${nodes.length} nodes`);
          return ['{"degrees":6}'];
        },
      }),
    },
  },
  right: { title: 'admin', isGiven: ({ admin, readOnly }, kind) => admin && (kind === 'query' || !readOnly) },
  headers: ['x-window'],
  raisedFor: ({ admin }) => (admin ? { bodyBytes: 3_000_000, values: 30_000 } : undefined),
  routes: [
    {
      path: '/weather/report',
      access: 'open',
      takesForeignPosts: true,
      handlers: { POST: async (exchange) => ({ status: 200, body: String(await exchange.readBody()) }) },
    },
  ],
  openScope: ({ headers }) => ({ asked: headers['x-window'] === undefined ? [] : [`window ${headers['x-window']}`] }),
  check: async () => ['the window is clean', 'Nothing to do.'],
};

test('a source is added with one line in a list: answers alone and mixed, counted, logged, shown and checked', async () => {
  await using sandbox = await startSandbox({ customers: 2 });
  const metrics = new Registry();
  await using gateway = await startTestGateway({ sandbox, metrics, subschemas: [weather], logLevel: 'debug' });
  await warmUp(gateway);
  const alone = () => gateway.query('{ weather(city: "London") { degrees } }');

  const first = await alone();
  const again = await alone();
  const mixed = await gateway.query(
    `{ oslo: weather(city: "Oslo") { city degrees asked } xtremMasterData { customer { query(first: 1) { totalCount } } }
       rome: weather(city: "Rome") { asked } sage200 { customers { totalCount } } gateway { sources { name title allowed } } }`,
  );
  const failed = await gateway.query('{ weather(city: "Atlantis") { city } __typename }');

  expect(first).toEqual({ data: { weather: { degrees: 6 } } });
  expect(again).toEqual(first);
  expect(mixed.errors).toBeUndefined();
  expect(mixed.data).toMatchObject({
    oslo: { city: 'Oslo', degrees: 4 },
    rome: { asked: ['Oslo', 'Rome'] },
    xtremMasterData: { customer: { query: { totalCount: expect.any(Number) } } },
    sage200: { customers: { totalCount: 2 } },
  });
  expect(mixed.data.gateway.sources).toContainEqual({ name: 'weather', title: 'the weather service', allowed: true });
  expect(failed).toMatchObject({
    data: { weather: null, __typename: 'Query' },
    errors: [{ path: ['weather'], extensions: { code: 'UPSTREAM_UNAVAILABLE', source: 'weather' } }],
  });
  expect(await metrics.metrics()).toMatch(
    /gateway_graphql_errors_total\{code="UPSTREAM_UNAVAILABLE",source="weather"\} 1/,
  );
  expect(gateway.log()).toContain('"sources":["gateway","sage200","erp","network","weather"]');
});

/** A gateway with the source, and two callers: one with its right, one without. */
async function startForTwo(sandbox: Sandbox, server: object = {}, tenants: readonly string[] = []) {
  const [boss, clerk] = [createApiKey('boss'), createApiKey('clerk')];
  const gateway = await startTestGateway({
    sandbox,
    subschemas: [weather],
    edit: (file) => {
      const rights = { connection: 'sandbox', companies: 'all', tenants, readOnly: false };
      file['server'] = { ...file['server'], ...server };
      file['callers'] = {
        apiKeys: [
          { ...rights, name: 'boss', sha256: boss.sha256, admin: true },
          { ...rights, name: 'clerk', sha256: clerk.sha256 },
        ],
      };
    },
  });
  const as = ({ key }: { readonly key: string }) => ({ authorization: `Bearer ${key}` });
  return { gateway, boss: as(boss), clerk: as(clerk) };
}

test('it reads header fields of its own, and pages of allowed origins may send them', async () => {
  await using sandbox = await startSandbox({ customers: 1 });
  const origin = 'https://shop.example';
  const { gateway, boss } = await startForTwo(sandbox, { cors: [origin] });
  await using _ = gateway;

  const { data } = await gateway.query('{ weather(city: "Oslo") { asked } }', {
    headers: { ...boss, 'x-window': 'north' },
  });
  const preflight = await fetch(`${gateway.url}/graphql`, {
    method: 'OPTIONS',
    headers: { origin, 'access-control-request-method': 'POST' },
  });

  expect(data.weather.asked).toEqual(['window north', 'Oslo']);
  expect(preflight.headers.get('access-control-allow-headers')).toMatch(/x-site.*x-company.*x-window/);
});

test('callers with its right may send more, in size and in values, and no others', async () => {
  await using sandbox = await startSandbox({ customers: 1 });
  const { gateway, boss, clerk } = await startForTwo(sandbox);
  await using _ = gateway;
  const rain = async (headers: Record<string, string>, cities: readonly string[]) => {
    const variables = { cities };
    return gateway.query('mutation Rain($cities: [String!]!) { rain(cities: $cities) }', { headers, variables });
  };
  const [many, long] = [Array<string>(25_000).fill('x'), ['x'.repeat(2_000_000)]];

  expect(await rain(boss, many)).toEqual({ data: { rain: 25_000 } });
  expect(await rain(boss, long)).toEqual({ data: { rain: 1 } });
  expect(await rain(boss, Array<string>(31_001).fill('x'))).toMatchObject(EXCEEDED);
  expect(await rain(clerk, many)).toMatchObject(EXCEEDED);
  expect(await rain(clerk, long)).toMatchObject(EXCEEDED);
});

const EXCEEDED = { errors: [{ extensions: { code: 'COST_EXCEEDED' } }] };

test('a route of its own takes forms of other origins only where it says so', async () => {
  await using sandbox = await startSandbox({ customers: 1 });
  const { gateway } = await startForTwo(sandbox);
  await using _ = gateway;
  const post = (path: string) =>
    fetch(`${gateway.url}${path}`, {
      method: 'POST',
      headers: { origin: 'https://elsewhere.example', 'content-type': 'application/x-www-form-urlencoded' },
      body: 'sky=blue',
    });

  const taken = await post('/weather/report');
  const refused = await post('/graphql');

  expect([taken.status, await taken.text()]).toEqual([200, 'sky=blue']);
  expect(refused.status).toBe(403);
});

test('a caller without its right gets nothing of it, whether it was planned for others or not, and the rest', async () => {
  await using sandbox = await startSandbox({ customers: 1 });
  const { gateway, boss, clerk } = await startForTwo(sandbox);
  await using _ = gateway;
  const ask = (headers: Record<string, string>) =>
    gateway.query('{ weather(city: "Paris") { degrees } gateway { me { id } sources { name allowed } } }', { headers });

  for (const _time of [1, 2, 3]) expect((await ask(boss)).data.weather).toEqual({ degrees: 5 });
  const refused = [await ask(clerk), await ask(clerk)];

  for (const { data, errors } of refused) {
    expect(data.weather).toBeNull();
    expect(data.gateway.me).toEqual({ id: 'key:clerk' });
    expect(data.gateway.sources).toContainEqual({ name: 'weather', allowed: false });
    expect(errors).toMatchObject([{ path: ['weather'], extensions: { code: 'FORBIDDEN' } }]);
  }
});

test('introspection, printed schemas and suggestions show it to callers with its right, and to no others', async () => {
  await using sandbox = await startSandbox({ customers: 1 });
  const { gateway, boss, clerk } = await startForTwo(sandbox, {}, ['acme']);
  await using _ = gateway;
  await warmUp(gateway, clerk);
  const documents = [
    '{ __schema { types { name } queryType { fields { name } } } }',
    '{ __schema { queryType { fields { name } } } __type(name: "Weather") { name } gateway { me { id } } }',
    '{ __type(name: "Weather") { name } __schema { queryType { fields { name } } } xtremMasterData { __typename } }',
    '{ weathe(city: "Paris") { degrees } gateway { me { id } } }',
  ];
  const shownTo = async (headers: Record<string, string>) => {
    const answers = [];
    // Each again, since what was asked before goes another way.
    for (const document of [...documents, ...documents, ...documents])
      answers.push(JSON.stringify(await gateway.query(document, { headers })));
    for (const path of ['/schema.graphql', '/schema.json'])
      answers.push(await (await fetch(gateway.url + path, { headers })).text());
    return answers;
  };

  const [seen, again] = [await shownTo(boss), await shownTo(boss)];
  const [hidden] = await Promise.all([shownTo(clerk), shownTo(boss)]);

  for (const answer of [...seen, ...again]) expect(answer).toMatch(/"?weather\b/);
  for (const answer of hidden) {
    expect(answer).toMatch(/gateway/);
    expect(answer).not.toMatch(/weather/i);
  }
});

test('gateway check asks it how it is', async () => {
  await using sandbox = await startSandbox({ customers: 1 });
  await using gateway = await startTestGateway({ sandbox });
  const sources = await openSources(gateway.config, { log: pino({ level: 'silent' }), subschemas: [weather] });

  const findings = await tryEverything(gateway.config, sources);
  await sources.close();

  expect(findings).toContainEqual({
    what: 'the weather service',
    ok: true,
    says: 'the window is clean',
    notes: ['Nothing to do.'],
  });
});
