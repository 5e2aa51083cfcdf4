import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { createApiKey } from '../../src/cli/keys-create.ts';
import { createMachineMetrics } from '../../src/cluster/machine-metrics.ts';
import { loadConfig } from '../../src/config/index.ts';
import { staleMetric } from '../../src/reload/index.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { missingFrom, readSeries } from '../support/read-promql.ts';
import { type Answer, marker, startTestGateway, type TestGateway, tenantsOf, warmUp } from '../support/test-gateway.ts';

const CUSTOMERS = '{ sage200 { customers(first: 2) { nodes { reference } } } }';
const ITEMS = '{ xtremMasterData { item { query(first: 1) { edges { node { id } } } } } }';

const [boss, watcher, clerk] = [createApiKey('boss'), createApiKey('watcher'), createApiKey('clerk')];
const bearer = ({ key }: { readonly key: string }) => ({ authorization: `Bearer ${key}` });

let sandbox: Sandbox;
let gateway: TestGateway;
let own: string;
beforeAll(async () => {
  sandbox = await startSandbox({ customers: 4 });
  const rights = { connection: 'sandbox', companies: 'all', tenants: ['acme'] };
  gateway = await startTestGateway({
    sandbox,
    edit: (file) => {
      Object.assign(file, { metrics: { port: 0 }, telemetry: { url: 'http://127.0.0.1:9', sampling: 0 } });
      Object.assign(file['erp'] ?? {}, { tenants: tenantsOf(file).slice(0, 1) });
      file['callers'] = {
        apiKeys: [
          { name: 'boss', sha256: boss.sha256, ...rights, admin: true },
          { name: 'watcher', sha256: watcher.sha256, companies: 'all', metrics: true },
          { name: 'clerk', sha256: clerk.sha256, ...rights },
        ],
      };
    },
  });
  await warmUp(gateway, bearer(boss));
  const [, port] = /"port":(\d+),"msg":"metrics are served"/.exec(gateway.log()) ?? [];
  own = `http://127.0.0.1:${port}`;
});
afterAll(async () => {
  await gateway?.close();
  await sandbox?.close();
});

const seriesNow = async () => {
  const text = await (await fetch(`${own}/metrics`)).text();
  return new Map(
    text
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]),
  );
};

describe('at rest', () => {
  test('one tenant and one connection have at most 400 series, with errors at 0', async () => {
    const series = await seriesNow();

    // Payments Out is configured here too, and its series with it.
    expect(series.size).toBeLessThanOrEqual(400);
    expect([...series.keys()].filter((name) => name.includes('directory'))).toEqual([]);
    for (const [source, tenant, method] of [
      ['sage200', '', 'GET'],
      ['erp', 'acme', 'POST'],
      ['gateway', '', 'POST'],
    ])
      for (const error of ['refused', 'cut', 'timeout', 'tooLarge', 'aborted'])
        expect(series.get(clientSeries({ source, tenant, method, error }))).toBe(0);
    expect(series.get('gateway_graphql_errors_total{code="OVERLOADED",source="gateway"}')).toBe(0);
    expect(series.get('gateway_graphql_errors_total{code="UPSTREAM_TIMEOUT",source="sage200"}')).toBe(0);
    for (const limit of ['bodyBytes', 'depth', 'rows', 'upstreamRequests', 'answerBytes', 'memory'])
      expect(series.get(`gateway_refused_total{limit="${limit}"}`)).toBe(0);
    expect(series.get('gateway_held_bytes')).toBe(0);
    expect([...series.keys()].filter((name) => name.startsWith('graphql_envelop'))).toEqual([]);
  });
});

const clientSeries = ({ source = '', tenant = '', method = '', status = '', error = '' }) =>
  `http_client_request_duration_seconds_count{source="${source}",tenant="${tenant}",http_request_method="${method}",` +
  `http_response_status_code="${status}",error_type="${error}"}`;

test('requests to each source and their outcomes are counted with a closed set of labels', async () => {
  const before = await seriesNow();
  const rise = (after: ReadonlyMap<string, number>, name: string) => (after.get(name) ?? 0) - (before.get(name) ?? 0);
  const secret = marker('alias');

  const ask = (query: string) => gateway.query(query, { headers: bearer(clerk) });
  await ask(`query ${secret.replaceAll('-', '_')} ${CUSTOMERS}`);
  await ask(ITEMS);
  sandbox.sage200.fault({ kind: 'status', status: 503, match: '/customers?', times: 1 });
  await ask(`query Failing ${CUSTOMERS}`);
  await ask(`{ ${'a { '.repeat(30)} b ${'} '.repeat(30)} }`);

  const after = await seriesNow();
  expect(rise(after, clientSeries({ source: 'sage200', method: 'GET', status: '200' }))).toBeGreaterThan(0);
  expect(rise(after, clientSeries({ source: 'sage200', method: 'GET', status: '503', error: '503' }))).toBe(1);
  expect(rise(after, clientSeries({ source: 'erp', tenant: 'acme', method: 'POST', status: '200' }))).toBe(1);
  expect(rise(after, 'gateway_graphql_requests_total{type="query",result="ok"}')).toBe(2);
  expect(rise(after, 'gateway_graphql_requests_total{type="query",result="partial"}')).toBeLessThanOrEqual(1);
  expect(rise(after, 'gateway_graphql_errors_total{code="UPSTREAM_UNAVAILABLE",source="sage200"}')).toBe(1);
  expect(rise(after, 'gateway_refused_total{limit="depth"}')).toBe(1);
  expect(rise(after, 'gateway_graphql_duration_seconds_count{phase="parse",type="query"}')).toBeGreaterThan(0);
  expect(rise(after, 'gateway_operation_upstream_requests_count')).toBeGreaterThan(1);
  expect(after.get('http_client_active_requests{source="sage200",tenant=""}')).toBe(0);
  expect(after.get('gateway_upstream_waiting_requests{source="sage200",tenant=""}')).toBe(0);
  expect([...after.keys()].join()).not.toContain('MARKER');
});

describe('the cost of an operation is reported', () => {
  const query = '{ sage200 { customers(first: 3) { nodes { reference currency { symbol } } } } }';
  const most = { rows: 50_000, upstreamRequests: 250, bytes: 32 * 1024 * 1024 };
  const costOf = (bytes: unknown) => ({
    rows: { requested: 6, actual: 6, most: most.rows },
    upstreamRequests: { actual: expect.any(Number), most: most.upstreamRequests },
    bytes: { actual: bytes, most: most.bytes },
  });

  test.each([
    ['in extensions', { extensions: { cost: true } }, {}],
    ['in a header', {}, { 'x-gateway-cost': '1' }],
  ])('to callers who ask %s, with a plan and without', async (_, extra, headers) => {
    const plain = await (await gateway.post({ query }, bearer(clerk))).text();
    const ask = async (more: object = {}) =>
      (await (await gateway.post({ query, ...extra, ...more }, { ...bearer(clerk), ...headers })).json()) as Answer;

    for (let time = 0; time < 3; time += 1) {
      const { data, extensions } = await ask();
      expect({ data }).toEqual(JSON.parse(plain));
      expect(extensions).toEqual({ cost: costOf(Buffer.byteLength(plain)) });
    }
    const explained = await gateway.post(
      { query, extensions: { plan: true, cost: true } },
      { ...bearer(boss), ...headers },
    );
    expect(((await explained.json()) as Answer).extensions).toEqual({
      plan: expect.anything(),
      cost: costOf(expect.any(Number)),
    });
  });

  test.each(['{ sage200 { customers', '{ nothing }', `# other\n${query}`])(
    'with the size of the same answer without it, and with the limits: %s',
    async (document) => {
      const ask = async (headers = {}) =>
        JSON.parse(await (await gateway.post({ query: document }, { ...bearer(clerk), ...headers })).text());
      const plain: Answer = await ask();
      const { extensions }: Answer = await ask({ 'x-gateway-cost': '1' });

      const size = Buffer.byteLength(JSON.stringify(plain));
      expect(extensions?.['cost']).toMatchObject({
        rows: { most: most.rows },
        upstreamRequests: { most: most.upstreamRequests },
        bytes: { actual: size, most: most.bytes },
      });
    },
  );

  test('beside the answer of a tenant, which keeps its extensions', async () => {
    const answer = await gateway.post({ query: ITEMS, extensions: { cost: true } }, bearer(clerk));

    const { data, extensions } = (await answer.json()) as Answer;
    expect(data.xtremMasterData.item.query.edges).toHaveLength(1);
    expect(extensions).toMatchObject({ cost: { upstreamRequests: { actual: 1 } } });
  });
});

describe('the separate listener', () => {
  test.each([
    ['/metrics', 200],
    ['/healthz', 200],
    ['/readyz', 200],
    ['/graphql', 404],
    ['/', 404],
  ])('answers %s with %i, without credentials', async (path, status) => {
    const answer = await fetch(`${own}${path}`);

    expect(answer.status).toBe(status);
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  test('says which methods it accepts', async () => {
    const answer = await fetch(`${own}/metrics`, { method: 'POST' });

    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });

  test('refuses a page that reaches it under a foreign host name', async () => {
    const { request } = await import('node:http');
    const statusFor = (host: string) =>
      new Promise((resolve) => {
        request(`${own}/metrics`, { headers: { host } }, (answer) => {
          answer.resume();
          resolve(answer.statusCode);
        }).end();
      });

    expect(await Promise.all(['rebound.example', 'gateway:9464', '[::1]:1', 'localhost'].map(statusFor))).toEqual([
      403, 200, 200, 200,
    ]);
  });
});

test.each([
  ['with admin', 200, boss],
  ['with metrics', 200, watcher],
  ['with neither', 403, clerk],
])('on the main port a caller %s is answered %i', async (_, status, key) => {
  expect((await fetch(`${gateway.url}/metrics`, { headers: bearer(key) })).status).toBe(status);
});

describe('what is shipped for operators', () => {
  const shipped = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
  const labelsIn = (text: string) =>
    [...text.matchAll(/\{\{ ?(?:\$labels\.)?(\w+) ?\}\}/g)].map(([, label = '']) => label);

  interface Alert {
    readonly alert: string;
    readonly expr: string;
    readonly labels: { readonly severity: string };
    readonly annotations: { readonly summary: string };
  }
  interface Panel {
    readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[];
  }
  const alerts = (parseYaml(shipped('examples/prometheus/alerts.yml')).groups as { rules: Alert[] }[]).flatMap(
    ({ rules }) => rules,
  );
  const targets = (JSON.parse(shipped('examples/grafana/gateway.json')).panels as Panel[]).flatMap(
    (panel) => panel.targets ?? [],
  );
  const page = shipped('docs/operating.md');

  let scraped: ReturnType<typeof readSeries>;
  beforeAll(async () => {
    sandbox.sage200.fault({ kind: 'status', status: 503, match: '/customers?', times: 1 });
    await gateway.query(CUSTOMERS, { headers: bearer(clerk) });
    // What only the first process of several tells stands beside what a gateway tells of itself.
    const machine = await createMachineMetrics(() => [staleMetric(false)]).print([], () => {});
    scraped = readSeries(`${await (await fetch(`${own}/metrics`)).text()}\n${machine.text}`);
  });

  test('every expression of the alerts names existing metrics, labels and values', () => {
    expect(alerts.length).toBeGreaterThan(20);
    expect(
      alerts.flatMap(({ expr, annotations }) => missingFrom(scraped, expr, labelsIn(annotations.summary))),
    ).toEqual([]);
  });

  test('so does every expression of the dashboard', () => {
    expect(targets.length).toBeGreaterThan(30);
    expect(targets.flatMap(({ expr, legendFormat }) => missingFrom(scraped, expr, labelsIn(legendFormat)))).toEqual([]);
  });

  test.each([
    ['gateway_typo_total', ['gateway_typo_total']],
    ['sum by (colour) (gateway_held_bytes)', ['gateway_held_bytes by colour']],
    ['gateway_refused_total{limit=~"rows|lines"} > 0', ['gateway_refused_total{limit="lines"}']],
  ])('%s would be found', (expression, missing) => {
    expect(missingFrom(scraped, expression)).toEqual(missing);
  });

  test('the page for operators explains every alert, and names no unknown metric', () => {
    const rows = [...page.matchAll(/^\| `(Gateway\w+)` \| (\w+) \|/gm)].map(([, name, severity]) => ({
      name,
      severity,
    }));
    const named = [...page.matchAll(/`((?:gateway|http_client|process|nodejs)_\w+)/g)].map(([, name = '']) => name);

    expect(rows).toEqual(alerts.map(({ alert, labels }) => ({ name: alert, severity: labels.severity })));
    expect(named.filter((name) => name !== 'nodejs_' && name !== 'process_' && !scraped.names.has(name))).toEqual([]);
  });

  test('the gateway of the compose file accepts its configuration, and every mounted file exists', () => {
    const { services, configs } = parseYaml(shipped('examples/compose.yaml'));
    const values = { GATEWAY_VAULT_KEY: Buffer.alloc(32, 7).toString('base64'), ADMIN_KEY_SHA256: boss.sha256 };
    const env = Object.fromEntries(Object.keys(services.gateway.environment).map((name) => [name, 'made-up']));
    Object.assign(env, values, {
      GATEWAY_VAULT_URL: 'postgres://a:b@postgres/c',
      PUBLIC_URL: 'https://gateway.example.com',
    });
    const text = String(configs.gateway.content).replaceAll('$$', '$');

    const { metrics } = loadConfig({ path: 'gateway.yaml', text, env });

    const scrapes = parseYaml(configs.prometheus.content).scrape_configs;
    expect(scrapes[0]).toMatchObject({
      job_name: 'sage-gateway',
      static_configs: [{ targets: [`gateway:${metrics?.port}`] }],
    });
    const mounted = Object.values<{ volumes?: string[] }>(services).flatMap(({ volumes = [] }) => volumes);
    for (const volume of mounted.filter((each) => each.startsWith('./')))
      expect(shipped(`examples/${volume.split(':')[0]}`)).not.toBe('');
  });
});
