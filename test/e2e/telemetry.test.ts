import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createApiKey } from '../../src/cli/keys-create.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import type { GraphqlRequest } from '../../src/server/index.ts';
import { loadTelemetry } from '../../src/telemetry/index.ts';
import { createSampler } from '../../src/telemetry/sampling.ts';
import { parseTraceparent } from '../../src/telemetry/traceparent.ts';
import { marker, startTestGateway, type TestGateway, warmUp } from '../support/test-gateway.ts';

interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly attributes: readonly { readonly key: string; readonly value: Readonly<Record<string, unknown>> }[];
  readonly links?: readonly { readonly traceId: string; readonly spanId: string }[];
}

/** A collector: what it does with what it is sent is up to the test. */
async function startCollector(answer: RequestListener = (_, response) => response.end('{}')) {
  const texts: string[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    texts.push((request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body).toString());
    answer(request, response);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    text: () => texts.join('\n'),
    spans: (): Span[] =>
      texts.flatMap((text) =>
        JSON.parse(text).resourceSpans.flatMap((each: { scopeSpans: { spans: Span[] }[] }) =>
          each.scopeSpans.flatMap(({ spans }) => spans),
        ),
      ),
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

const CALLERS = 200;
const keys = Array.from({ length: CALLERS }, (_, index) => createApiKey(`caller-${index}`));
const bearer = (index: number) => ({ authorization: `Bearer ${keys[index]?.key}` });
const callers = keys.map(({ sha256 }, index) => ({
  name: `caller-${index}`,
  sha256,
  connection: 'sandbox',
  companies: 'all',
  tenants: ['acme'],
  readOnly: false,
}));

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox({ customers: 300 });
});
afterAll(async () => sandbox?.close());

/** Requests to Sage that operations of that name have asked for. */
const callsOf = (name: string) =>
  come.filter(({ operation }) => operation?.name === name).map(({ gateway }) => gateway.calls.made);
const come: GraphqlRequest[] = [];

const startTraced = (telemetry: object) =>
  startTestGateway({
    sandbox,
    phases: [{ onOperation: (request) => void come.push(request) }],
    edit: (file) => {
      Object.assign(file, { telemetry, metrics: { port: 0 } });
      Object.assign(file['server'] ?? {}, { trustProxy: true });
      Object.assign(file['callers'] ?? {}, { apiKeys: callers });
    },
  });

const attributeOf = (span: Span | undefined, name: string) => {
  const value = span?.attributes.find(({ key }) => key === name)?.value ?? {};
  const [found] = Object.values(value);
  return found;
};

const customers = (first: number, name: string) =>
  `query ${name} { sage200 { customers(first: ${first}) { nodes { reference } } } }`;

describe('every request is traced', () => {
  let collector: Awaited<ReturnType<typeof startCollector>>;
  let gateway: TestGateway;
  const secrets = {
    key: marker('header'),
    variable: marker('variable'),
    query: marker('query'),
    text: marker('text').replaceAll('-', '_'),
  };
  beforeAll(async () => {
    collector = await startCollector();
    gateway = await startTraced({
      url: collector.url,
      headers: { 'x-collector-key': secrets.key },
      sampling: 1,
      propagate: ['sage200'],
    });
    await warmUp(gateway, bearer(0));
  });
  afterAll(async () => {
    await gateway?.close();
    collector?.close();
  });

  const named = (name: string) =>
    collector.spans().find((span) => attributeOf(span, 'graphql.operation.name') === name);

  test('two hundred callers at a time: each call to Sage is under its own request', async () => {
    sandbox.sage200.clearRequests();
    const ask = (index: number) => gateway.query(customers(index + 1, `Op${index}`), { headers: bearer(index) });
    const answers = await Promise.all(keys.map((_, index) => ask(index)));

    for (const { errors } of answers) expect(errors).toBeUndefined();
    await expect.poll(() => keys.every((_, index) => named(`Op${index}`))).toBe(true);
    const bySpanId = new Map(collector.spans().map((span) => [span.spanId, span]));
    const calls = sandbox.sage200.requests().filter(({ path }) => path.includes('/customers?'));
    expect(calls).toHaveLength(CALLERS);
    for (const { path, headers } of calls) {
      // A row more than is asked for shows whether another page follows; no two ask for the same number.
      const [, top] = /top=(\d+)/.exec(decodeURIComponent(path)) ?? [];
      const [, traceId, spanId = ''] = headers['traceparent']?.split('-') ?? [];
      const call = bySpanId.get(spanId);
      const request = bySpanId.get(call?.parentSpanId ?? '');
      const name = String(attributeOf(request, 'graphql.operation.name'));
      expect(call?.traceId).toBe(traceId);
      expect(Math.abs(Number(name.replace('Op', '')) + 1 - Number(top))).toBeLessThanOrEqual(1);
    }
    const [call] = [...bySpanId.values()].filter((span) => attributeOf(span, 'url.template') === '/customers');
    expect(call).toMatchObject({ name: 'GET /customers' });
    expect(attributeOf(call, 'gateway.source')).toBe('sage200');
    const request = named('Op3');
    expect(request?.name).toBe('POST /graphql');
    expect(attributeOf(request, 'graphql.operation.type')).toBe('query');
    expect(['sage200', 'general']).toContain(attributeOf(request, 'gateway.plan'));
  });

  test('a request that shares the call of another one links to it', async () => {
    sandbox.sage200.fault({ kind: 'hold', match: 'top=252' });
    const query = customers(251, 'Twin');
    const asked = [1, 2].map(() => gateway.query(query, { headers: bearer(1) }));
    await expect.poll(() => callsOf('Twin')).toEqual([1, 1]);
    sandbox.sage200.clearFaults();
    await Promise.all(asked);

    const twins = () => collector.spans().filter((span) => attributeOf(span, 'graphql.operation.name') === 'Twin');
    await expect.poll(() => twins().length).toBe(2);
    const below = (twin: Span) => collector.spans().filter(({ parentSpanId }) => parentSpanId === twin.spanId);
    const joined = twins()
      .flatMap(below)
      .filter(({ name }) => name === 'join');
    const calls = twins()
      .flatMap(below)
      .filter(({ name }) => name === 'GET /customers');
    expect([joined.length, calls.length]).toEqual([1, 1]);
    const linked = joined[0]?.links?.[0]?.spanId;
    expect([calls[0]?.spanId, calls[0]?.parentSpanId]).toContain(linked);
  });

  test("a trusted proxy's request id and a caller's trace are continued, and the log names both", async () => {
    const [traceId, requestId] = ['0af7651916cd43dd8448eb211c80319c', 'proxy-id-0001'];
    const headers = { ...bearer(2), traceparent: `00-${traceId}-b7ad6b7169203331-01`, 'x-request-id': requestId };
    sandbox.sage200.clearRequests();
    sandbox.erp.clearRequests();
    const tenant = 'xtremMasterData { customer { query(first: 1) { totalCount } } }';
    const answer = await gateway.post({ query: customers(299, 'Onward').replace(/}$/, `${tenant} }`) }, headers);

    expect(answer.headers.get('x-request-id')).toBe(requestId);
    const [call] = sandbox.sage200.requests();
    expect(call?.headers['x-request-id']).toBe(requestId);
    expect(call?.headers['traceparent']).toContain(traceId);
    // Not among those that are sent traces.
    const [asked] = sandbox.erp.requests();
    expect([asked?.headers['x-request-id'], asked?.headers['traceparent']]).toEqual([requestId, undefined]);
    const line = () =>
      gateway
        .log()
        .split('\n')
        .find((each) => each.includes('"operation":"Onward"')) ?? '{}';
    await expect.poll(line).toContain(traceId);
    expect(JSON.parse(line())).toMatchObject({
      requestId,
      trace_id: traceId,
      connection: 'sandbox',
      company: expect.stringContaining('/'),
      upstreamCalls: 2,
      upstreamMs: expect.any(Number),
    });
    await expect.poll(() => named('Onward')?.parentSpanId).toBe('b7ad6b7169203331');
  });

  test('a write is under its own request, with its id, and its time is in the log', async () => {
    sandbox.sage200.clearRequests();
    const headers = { ...bearer(3), 'x-request-id': 'proxy-id-0002' };
    const input = 'input: { reference: "SPAN1", name: "Span" }';
    const query = `mutation Written { sage200 { createCustomer(${input}) { userErrors { message } } } }`;
    await gateway.post({ query }, headers);

    const sent = sandbox.sage200.requests().find(({ method }) => method === 'POST');
    expect(sent?.headers['x-request-id']).toBe('proxy-id-0002');
    await expect.poll(() => collector.spans().map(({ name }) => name)).toContain('POST /customers');
    const call = collector.spans().find(({ name }) => name === 'POST /customers');
    expect(call?.parentSpanId).toBe(named('Written')?.spanId);
    expect(sent?.headers['traceparent']).toContain(call?.spanId);
    await expect.poll(() => gateway.log()).toMatch(/"operation":"Written".*"upstreamMs":/);
  });

  test('no span, metric or line of the log contains an address, a value, a header or a document', async () => {
    const { variable, query, text } = secrets;
    const name = (what: string) => marker(what).replaceAll('-', '_');
    const document = `query Quiet($name: String) { # ${text}
      sage200 { ${name('alias')}: customers(first: 1, filter: { name: { eq: $name } }) { nodes { id } }
        customer(id: "${marker('literal')}") { id } ${name('unknown')} } }`;
    const headers = {
      ...bearer(3),
      'x-company': marker('company'),
      'user-agent': marker('agent'),
      referer: `https://app.example/${marker('referer')}`,
      cookie: `session=${marker('cookie')}`,
      traceparent: marker('parent'),
      'x-request-id': `${marker('request-id')} with a blank`,
    };
    const valid = document.replace(/MARKER_unknown_\w+/, '');
    for (const sent of [valid, document, `{ ${text}`])
      await gateway.post({ query: sent, variables: { name: variable }, extensions: { [text]: variable } }, headers);
    await gateway.post({ documentId: text }, headers);
    await gateway.query(valid, { headers: bearer(3), variables: { name: variable } });
    sandbox.sage200.fault({ kind: 'status', status: 500, match: '/customers', times: 1, headers: { 'x-odd': text } });
    await gateway.query(`${valid} # failing`, { headers: bearer(3), variables: { name: variable } });
    for (const path of [`/schema.graphql?${query}`, `/connect/sage200/callback?code=${query}`])
      await fetch(`${gateway.url}${path}`, { headers, redirect: 'manual' });
    await fetch(`${gateway.url}/graphql`, { headers: { authorization: `Bearer ${marker('wrong key')}` } });
    const quiet = () => collector.spans().filter((span) => attributeOf(span, 'graphql.operation.name') === 'Quiet');
    await expect.poll(() => quiet().length).toBeGreaterThanOrEqual(4);
    const [, port] = /"port":(\d+),"msg":"metrics are served"/.exec(gateway.log()) ?? [];
    const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();

    const hidden = ['MARKER', 'Bearer', '$filter', 'url.full', keys[3]?.key ?? '-'];
    const lines = [collector.text(), metrics, gateway.log()].flatMap((told) => told.split('\n'));
    expect(lines.filter((line) => hidden.some((each) => line.includes(each)))).toEqual([]);
  });
});

test('a collector that refuses, fails, hangs or is slow costs callers nothing, and lost spans are counted', async () => {
  const withCollector = async (answer: RequestListener | undefined) => {
    const collector = await startCollector(answer ?? (() => {}));
    if (!answer) collector.close();
    const gateway = await startTraced({ url: collector.url, sampling: 1 });
    const isTaken = () => {
      const taken = collector.spans().filter((span) => attributeOf(span, 'graphql.operation.name') === 'Lost');
      return answer === slow && taken.length === 20;
    };
    try {
      const answers = await Promise.all(
        keys.slice(0, 20).map((_key, index) => gateway.query(customers(1, 'Lost'), { headers: bearer(index) })),
      );
      const [, port] = /"port":(\d+),"msg":"metrics are served"/.exec(gateway.log()) ?? [];
      const dropped = async () => {
        const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
        return Number(/^gateway_spans_dropped_total (\d+)/m.exec(text)?.[1]);
      };
      await expect.poll(async () => isTaken() || (await dropped()) > 0).toBe(true);
      expect((await dropped()) > 0).toBe(answer !== slow);
      return answers;
    } finally {
      collector.close();
      await gateway.close();
    }
  };

  const fail: RequestListener = (_, response) => void response.writeHead(503).end();
  const slow: RequestListener = (_, response) => void setTimeout(() => response.end('{}'), 1_000);
  const answers = await Promise.all([undefined, fail, () => {}, slow].map(withCollector));

  for (const { errors } of answers.flat()) expect(errors).toBeUndefined();
});

test('spans beyond the capacity of the queue are dropped at once, and counted', async () => {
  const collector = await startCollector(() => {});
  let dropped = 0;
  const telemetry = await loadTelemetry({
    config: {
      url: collector.url,
      headers: {},
      serviceName: 'flooded',
      sampling: 1,
      parents: 'nobody',
      parentsPerSecond: 0,
      propagate: [],
    },
    onDropped: (count) => {
      dropped += count;
    },
  });

  for (let span = 0; span < 10_000; span += 1) telemetry.renewal('sage200')(undefined);

  // As many as may wait, and a batch that is on its way.
  expect(dropped).toBeLessThanOrEqual(10_000 - 8_192);
  expect(dropped).toBeGreaterThanOrEqual(10_000 - 8_192 - 512);
  collector.close();
  await telemetry.close();
});

describe('whether a request is traced', () => {
  const options = { sampling: 0.5, parentsPerSecond: 2, now: () => 0, random: () => 0.7 };
  const parent = { traceId: 'a', spanId: 'b', isSampled: true };

  test('is decided by its caller, up to a limit in a second, and otherwise by chance', () => {
    let now = 0;
    const isSampled = createSampler({ ...options, now: () => now });

    const first = [parent, parent, parent, undefined, { ...parent, isSampled: false }].map(isSampled);
    now = 500;
    const later = [parent, parent].map(isSampled);

    expect(first).toEqual([true, true, false, false, false]);
    expect(later).toEqual([true, false]);
    expect(createSampler({ ...options, random: () => 0.3 })(undefined)).toBe(true);
    expect(createSampler({ ...options, sampling: 0, random: () => 0 })(undefined)).toBe(false);
  });

  test.each([
    ['callers', true, true],
    ['callers', false, false],
    ['anybody', false, true],
    ['nobody', true, false],
  ] as const)(
    'by a sampled parent if parents are %s, and the caller is known: %s',
    async (parents, isCaller, isTraced) => {
      const config = { url: 'http://127.0.0.1:9', headers: {}, serviceName: 'asked', sampling: 0 };
      const telemetry = await loadTelemetry({
        config: { ...config, parents, parentsPerSecond: 1, propagate: [] },
        onDropped: () => {},
      });
      const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

      const trace = telemetry.begin({ method: 'POST', route: '/graphql', startedAt: 0, traceparent, isCaller });

      expect(trace?.context.traceId).toBe(isTraced ? '0af7651916cd43dd8448eb211c80319c' : undefined);
      await telemetry.close();
    },
  );

  test.each([
    ['00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', true],
    ['00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00', false],
    ['cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-what', true],
    ['00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-what', undefined],
    ['ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', undefined],
    ['00-00000000000000000000000000000000-b7ad6b7169203331-01', undefined],
    ['00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01', undefined],
    ['00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01', undefined],
    [undefined, undefined],
  ])('traceparent %s says %s', (header, isSampled) => {
    expect(parseTraceparent(header)?.isSampled).toBe(isSampled);
  });
});
