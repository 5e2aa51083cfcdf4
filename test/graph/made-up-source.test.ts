import { readFileSync } from 'node:fs';
import { parse } from 'graphql';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { tryEverything } from '../../src/cli/check.ts';
import { createApiKey } from '../../src/cli/keys-create.ts';
import { openSources } from '../../src/compose.ts';
import { loadConfig, ownNamesIn } from '../../src/config/index.ts';
import type { Subschema } from '../../src/graph/index.ts';
import { GatewayError, Secret } from '../../src/kit/errors/index.ts';
import {
  type Sandbox,
  type SandboxOptions,
  type SandboxServer,
  type SimulatedSystem,
  SYSTEMS,
  startSandbox,
  startSandboxServer,
} from '../../src/sandbox/index.ts';
import { defineSource } from '../../src/subschemas/source.ts';
import type { SourceParts } from '../../src/subschemas/source-parts.ts';
import { SOURCES } from '../../src/subschemas/sources.ts';
import { startTestGateway, warmUp, writeTestConfig } from '../support/test-gateway.ts';

/** The weather over a warehouse: one folder of a source, as somebody would add it, with one line in the list. */
const weather = defineSource({
  section: {
    name: 'weather',
    file: () =>
      z
        .strictObject({ station: z.string(), unit: z.string().prefault('C') })
        .describe('The weather.')
        .optional(),
    read: (section) => section,
    namesIn: (section) => (section ? ['barometer'] : []),
    check(file, faults) {
      if (file.text(['weather', 'unit']) === 'F') faults.add(['weather', 'unit'], 'is not measured in; write C');
    },
  },
  right: { name: 'weather', description: 'Whether this caller may ask for the weather, make it too, or neither.' },
  open: async (settings, parts) => ({
    subschema: createWeather(settings, parts),
    check: async () => [
      { what: 'the weather', ok: true, says: `${settings?.unit} at ${settings?.station}`, notes: ['Nothing to do.'] },
    ],
    example: 'query HowIsIt { weather(city: "London") { degrees } }',
  }),
});

function createWeather(
  settings: { readonly station: string; readonly unit: string } | undefined,
  { lane, rows }: SourceParts,
): Subschema {
  const { send } = lane({ source: 'weather' });
  const degreesIn = async (city: string) => {
    const { body } = await send({ method: 'GET', url: `${settings?.station}/${city}`, headers: {} });
    return Number(String(body));
  };
  const subschema: Subschema<{ readonly asked: string[] }> = {
    name: 'weather',
    title: 'the weather service',
    own: {
      typeDefs: parse(`
        extend type Query { "The weather somewhere." weather(city: String!): Weather }
        extend type Mutation { "Makes rain." rain(cities: [String!]!): Int }
        "How it is outside." type Weather { city: String degrees: Int unit: String asked: [String] rainedOn: Int }
      `),
      resolvers: {
        Query: {
          async weather(_root: unknown, { city }: { city: string }, context) {
            const { asked } = context.scopeOf(subschema);
            asked.push(city);
            if (city === 'Atlantis')
              throw new GatewayError('UPSTREAM_UNAVAILABLE', 'Nobody lives there.', { source: 'weather' });
            const rainedOn = Number((await rows?.read('rain'))?.reveal() ?? 0);
            return { city, degrees: await degreesIn(city), unit: settings?.unit, asked, rainedOn };
          },
        },
        Mutation: {
          async rain(_root: unknown, { cities }: { cities: readonly string[] }) {
            await rows?.write('rain', new Secret(String(cities.length)));
            return cities.length;
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
    right: {
      title: 'weather',
      isGiven: (principal, kind) =>
        ['write', ...(kind === 'query' ? ['read'] : [])].includes(Reflect.get(principal, 'weather')),
    },
    headers: ['x-window'],
    raisedFor: (principal) =>
      Reflect.get(principal, 'weather') === 'write' ? { bodyBytes: 3_000_000, values: 30_000 } : undefined,
    routes: [
      {
        path: '/weather/report',
        access: 'open',
        takesForeignPosts: true,
        handlers: { POST: async (exchange) => ({ status: 200, body: String(await exchange.readBody()) }) },
      },
    ],
    openScope: ({ headers }) => ({ asked: headers['x-window'] === undefined ? [] : [`window ${headers['x-window']}`] }),
  };
  return subschema;
}

const sources = [...SOURCES, weather];

/** Its server in the sandbox, which says that it is as warm as the name is long. */
const station: SimulatedSystem<'weather'> = {
  name: 'weather',
  start: (place) =>
    startSandboxServer({
      ...place,
      name: 'Weather',
      handle: ({ path }) => ({ status: 200, body: String(path.length - 1) }),
    }),
};

const startWithStation = (options: SandboxOptions) => startSandbox({ ...options, systems: [...SYSTEMS, station] });

const stationOf = ({ servers }: Sandbox): SandboxServer => {
  const server = servers['weather'];
  if (!server) throw new Error('The sandbox has no weather station.');
  return server;
};

test('a source is added with one line in a list: answers alone and mixed, counted, logged, shown and checked', async () => {
  await using sandbox = await startWithStation({ customers: 2 });
  const metrics = new Registry();
  await using gateway = await startTestGateway({
    sandbox,
    metrics,
    sources,
    logLevel: 'debug',
    edit(file) {
      file['weather'] = { station: stationOf(sandbox).url };
      Object.assign(file['callers']?.['anonymous'] ?? {}, { weather: 'read' });
    },
  });
  await warmUp(gateway);
  const alone = () => gateway.query('{ weather(city: "London") { degrees } }');

  const first = await alone();
  const again = await alone();
  const mixed = await gateway.query(
    `{ oslo: weather(city: "Oslo") { city degrees unit asked } xtremMasterData { customer { query(first: 1) { totalCount } } }
       rome: weather(city: "Rome") { asked } sage200 { customers { totalCount } } gateway { sources { name title allowed } } }`,
  );
  const failed = await gateway.query('{ weather(city: "Atlantis") { city } __typename }');

  expect(first).toEqual({ data: { weather: { degrees: 6 } } });
  expect(again).toEqual(first);
  expect(mixed.errors).toBeUndefined();
  expect(mixed.data).toMatchObject({
    oslo: { city: 'Oslo', degrees: 4, unit: 'C' },
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
  expect(
    stationOf(sandbox)
      .requests()
      .map(({ path }) => path),
  ).toEqual(expect.arrayContaining(['/Oslo', '/Rome']));
});

/** A gateway with the source, and two callers: one with its right, one without. */
async function startForTwo(sandbox: Sandbox, server: object = {}, tenants: readonly string[] = []) {
  const [boss, clerk] = [createApiKey('boss'), createApiKey('clerk')];
  const gateway = await startTestGateway({
    sandbox,
    sources,
    edit: (file) => {
      file['weather'] = { station: stationOf(sandbox).url };
      const rights = { connection: 'sandbox', companies: 'all', tenants, readOnly: false };
      file['server'] = { ...file['server'], ...server };
      file['callers'] = {
        apiKeys: [
          { ...rights, name: 'boss', sha256: boss.sha256, weather: 'write' },
          { ...rights, name: 'clerk', sha256: clerk.sha256 },
        ],
      };
    },
  });
  const as = ({ key }: { readonly key: string }) => ({ authorization: `Bearer ${key}` });
  return { gateway, boss: as(boss), clerk: as(clerk) };
}

test('it reads its own header fields, pages of allowed origins may send them, and GraphiQL opens with its example', async () => {
  await using sandbox = await startWithStation({ customers: 1 });
  const origin = 'https://shop.example';
  const { gateway, boss } = await startForTwo(sandbox, { cors: [origin] });
  await using _ = gateway;

  const { data } = await gateway.query('{ weather(city: "Oslo") { asked } }', {
    headers: { ...boss, 'x-window': 'north' },
  });
  const page = await fetch(`${gateway.url}/graphql`, { headers: { accept: 'text/html' } });
  const preflight = await fetch(`${gateway.url}/graphql`, {
    method: 'OPTIONS',
    headers: { origin, 'access-control-request-method': 'POST' },
  });

  expect(data.weather.asked).toEqual(['window north', 'Oslo']);
  expect(await page.text()).toContain('query HowIsIt');
  expect(preflight.headers.get('access-control-allow-headers')).toMatch(/x-site.*x-company.*x-window/);
});

test('only callers with its right may send more, in size and in values, and only for it', async () => {
  await using sandbox = await startWithStation({ customers: 1 });
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

  for (const query of [
    'query ($many: [String!]) { __typename }',
    'query ($many: [String!]) { weather(city: "Paris") { degrees } gateway { __typename } }',
  ])
    expect(await gateway.query(query, { headers: boss, variables: { many } })).toMatchObject(EXCEEDED);

  const { data } = await gateway.query('{ weather(city: "Paris") { rainedOn } __typename }', { headers: boss });

  expect(data.weather.rainedOn).toBe(1);
});

const EXCEEDED = { errors: [{ extensions: { code: 'COST_EXCEEDED' } }] };

test('its own route accepts forms of other origins only if it says so', async () => {
  await using sandbox = await startWithStation({ customers: 1 });
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

test('a caller without its right gets nothing from it, planned for others or not, but gets the rest', async () => {
  await using sandbox = await startWithStation({ customers: 1 });
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
  await using sandbox = await startWithStation({ customers: 1 });
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

test('its section is read and checked with the others, and unknown without the source', async () => {
  await using sandbox = await startWithStation({ customers: 1 });
  const edit = (file: Record<string, Record<string, unknown>>) => {
    file['weather'] = { station: 'http://127.0.0.1:1' };
  };
  await using written = await writeTestConfig({ sandbox, sources, edit });
  const read =
    (text: string, given = sources) =>
    () =>
      loadConfig({ text, env: {}, sources: given });

  expect(written.config).toMatchObject({ weather: { station: 'http://127.0.0.1:1', unit: 'C' } });
  expect(ownNamesIn(written.config, sources)).toContain('barometer');
  expect(read(`${written.text}\ntelemetry: { url: http://127.0.0.1:1, propagate: [weather] }`)).not.toThrow();
  expect(read(written.text.replace('weather:', 'weather:\n  unit: F'))).toThrow('weather.unit "F" is not measured in');
  expect(read(written.text, [...SOURCES])).toThrow('weather is not a setting');
});

test('its values in the vault are sealed, and survive a restart', async () => {
  await using sandbox = await startWithStation({ customers: 1 });
  await using written = await writeTestConfig({ sandbox, sources });
  const open = () => openSources(written.config, { log: pino({ level: 'silent' }), sources });
  const first = await open();
  await first.vault.rowsOf('weather').write('rain', new Secret('MARKER-rain'));
  await first.close();

  const again = await open();
  const [mine, others] = [again.vault.rowsOf('weather'), again.vault.rowsOf('erp')];
  const { resealed, current } = await again.vault.rotateKey();

  expect((await mine.read('rain'))?.reveal()).toBe('MARKER-rain');
  expect(await others.read('rain')).toBeUndefined();
  expect(resealed).toBe(0);
  expect(current).toBeGreaterThan(0);
  expect(readFileSync(written.config.vault.url.slice('sqlite:'.length)).includes('MARKER')).toBe(false);
  await mine.remove('rain');
  expect(await mine.read('rain')).toBeUndefined();
  await again.close();
});

test('gateway check reports its state', async () => {
  await using sandbox = await startWithStation({ customers: 1 });
  const edit = (file: Record<string, Record<string, unknown>>) => {
    file['weather'] = { station: stationOf(sandbox).url };
  };
  await using gateway = await startTestGateway({ sandbox, sources, edit });
  const opened = await openSources(gateway.config, { log: pino({ level: 'silent' }), sources });

  const findings = await tryEverything(gateway.config, opened);
  await opened.close();

  expect(findings).toContainEqual({
    what: 'the weather',
    ok: true,
    says: `C at ${stationOf(sandbox).url}`,
    notes: ['Nothing to do.'],
  });
});
