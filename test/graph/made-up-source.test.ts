import { parse } from 'graphql';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { tryEverything } from '../../src/cli/check.ts';
import { createApiKey } from '../../src/cli/keys-create.ts';
import { openSources } from '../../src/compose.ts';
import type { Subschema } from '../../src/graph/index.ts';
import { GatewayError } from '../../src/kit/errors/index.ts';
import { startSandbox } from '../../src/sandbox/index.ts';
import { startTestGateway, warmUp } from '../support/test-gateway.ts';

/** The weather over a warehouse: one file of a source, as somebody would add it. */
const weather: Subschema<{ readonly asked: string[] }> = {
  name: 'weather',
  title: 'the weather service',
  own: {
    typeDefs: parse(`
      extend type Query { "The weather somewhere." weather(city: String!): Weather }
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
  right: { title: 'admin', isGiven: ({ admin }) => admin },
  openScope: () => ({ asked: [] }),
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
  expect(gateway.log()).toContain('"sources":["gateway","sage200","erp","weather"]');
});

test('a caller without its right gets nothing of it, whether it was planned for others or not, and the rest', async () => {
  await using sandbox = await startSandbox({ customers: 1 });
  const [boss, clerk] = [createApiKey('boss'), createApiKey('clerk')];
  await using gateway = await startTestGateway({
    sandbox,
    subschemas: [weather],
    edit: (file) => {
      const rights = { connection: 'sandbox', companies: 'all', tenants: [], readOnly: true };
      file['callers'] = {
        apiKeys: [
          { ...rights, name: 'boss', sha256: boss.sha256, admin: true },
          { ...rights, name: 'clerk', sha256: clerk.sha256 },
        ],
      };
    },
  });
  const ask = ({ key }: { readonly key: string }) =>
    gateway.query('{ weather(city: "Paris") { degrees } gateway { me { id } sources { name allowed } } }', {
      headers: { authorization: `Bearer ${key}` },
    });

  for (const _ of [1, 2, 3]) expect((await ask(boss)).data.weather).toEqual({ degrees: 5 });
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
  const [boss, clerk] = [createApiKey('boss'), createApiKey('clerk')];
  await using gateway = await startTestGateway({
    sandbox,
    subschemas: [weather],
    edit: (file) => {
      const rights = { connection: 'sandbox', companies: 'all', tenants: ['acme'], readOnly: true };
      file['callers'] = {
        apiKeys: [
          { ...rights, name: 'boss', sha256: boss.sha256, admin: true },
          { ...rights, name: 'clerk', sha256: clerk.sha256 },
        ],
      };
    },
  });
  const headersOf = ({ key }: { readonly key: string }) => ({ authorization: `Bearer ${key}` });
  await warmUp(gateway, headersOf(clerk));
  const documents = [
    '{ __schema { types { name } queryType { fields { name } } } }',
    '{ __schema { queryType { fields { name } } } __type(name: "Weather") { name } gateway { me { id } } }',
    '{ __type(name: "Weather") { name } __schema { queryType { fields { name } } } xtremMasterData { __typename } }',
    '{ weathe(city: "Paris") { degrees } gateway { me { id } } }',
  ];
  const shownTo = async (caller: { readonly key: string }) => {
    const headers = headersOf(caller);
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
