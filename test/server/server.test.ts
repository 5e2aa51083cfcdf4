import { auditServer } from 'graphql-http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { speak } from '../support/raw-http.ts';
import { ADMIN_KEY, KEY, MARKER, startWorld, type World } from './world.ts';

let world: World;

beforeAll(async () => {
  world = await startWorld({ server: { cors: ['https://shop.example'] } });
});

afterAll(async () => {
  await world.close();
});

const post = (body: string, headers: Record<string, string> = {}, to: Pick<World, 'url'> = world) =>
  fetch(`${to.url}/graphql`, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body });

const hello = JSON.stringify({ query: '{ hello }' });

describe('an answer', () => {
  test('passes every audit of GraphQL over HTTP', async () => {
    const results = await auditServer({ url: `${world.url}/graphql` });

    expect(results).toHaveLength(61);
    expect(results.filter(({ status }) => status !== 'ok')).toEqual([]);
  });

  test('is 200 if there is data, and an upstream chooses neither status nor headers', async () => {
    const { status, headers, body } = await world.query('{ hello a: fail(how: "erp") b: fail(how: "http") }');

    expect(status).toBe(200);
    expect(headers.get('x-evil')).toBeNull();
    expect(headers.get('set-cookie')).toBeNull();
    expect(body.data).toEqual({ hello: 'Hello world', a: null, b: null });
  });

  test('has the codes of the gateway’s own errors, and of others only what is meant for callers', async () => {
    const { body } = await world.query(
      '{ a: fail(how: "gateway") b: fail(how: "erp") c: fail(how: "wrapped") d: fail(how: "x") }',
    );

    const [own, erp, wrapped, ordinary] = body.errors ?? [];
    expect(own).toMatchObject({
      path: ['a'],
      extensions: { code: 'UPSTREAM_TIMEOUT', source: 'sage200', retryAfter: 5, choices: ['a', 'b'] },
    });
    expect(erp).toMatchObject({
      path: ['b'],
      message: expect.stringContaining('on hold'),
      extensions: { code: 'UPSTREAM_REJECTED', source: 'erp:acme' },
    });
    expect(erp?.message).not.toContain('https://');
    for (const error of [wrapped, ordinary])
      expect(error?.extensions).toMatchObject({ code: 'INTERNAL', source: 'gateway', requestId: expect.any(String) });
  });

  test('reveals no internal error', async () => {
    const answers = await Promise.all(
      ['gateway', 'http', 'wrapped', 'several', 'x'].map((how) => world.query(`{ hello fail(how: "${how}") }`)),
    );

    for (const { body, headers } of answers) expect(JSON.stringify([body, ...headers])).not.toContain(MARKER);
  });
});

describe('a request', () => {
  test.each([
    [
      'a mutation by GET',
      (url: string) => fetch(`${url}/graphql?query=${encodeURIComponent('mutation { add(n: 1) }')}`),
      405,
    ],
    [
      'a form',
      (url: string) =>
        fetch(`${url}/graphql`, { method: 'POST', body: new URLSearchParams({ query: 'mutation { add(n: 1) }' }) }),
      415,
    ],
    ['text', (url: string) => post(hello, { 'content-type': 'text/plain' }, { url }), 415],
    [
      'a body of 2 MB',
      (url: string) => post(JSON.stringify({ query: `{ hello(name: "${'x'.repeat(2_000_000)}") }` }), {}, { url }),
      413,
    ],
    ['a page of another origin', (url: string) => post(hello, { origin: 'https://evil.example' }, { url }), 403],
    ['a page without an origin', (url: string) => post(hello, { origin: 'null' }, { url }), 403],
    ['a wrong key', (url: string) => post(hello, { authorization: 'Bearer sgk_wrong' }, { url }), 401],
    ['a path nobody has', (url: string) => fetch(`${url}/nope`), 404],
  ])('with %s is refused', async (_name, send, status) => {
    const response = await send(world.url);

    expect(response.status).toBe(status);
    expect(await response.text()).not.toContain(MARKER);
    expect(world.added()).toBe(0);
  });

  test('of an allowed origin is answered, and its page may read the answer', async () => {
    const response = await post(hello, { origin: 'https://shop.example' });

    expect(response.status).toBe(200);
    expect(response.headers.get('access-control-allow-origin')).toBe('https://shop.example');
    expect(response.headers.get('access-control-allow-credentials')).toBeNull();
  });

  test('gets no CORS header at all if no origin is allowed', async () => {
    await using closed = await startWorld();

    const response = await post(hello, {}, closed);

    expect([...response.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
  });

  test.each([
    ['60 levels', `{ ${'deep { '.repeat(60)} name ${'}'.repeat(60)} }`],
    ['101 aliases', `{ ${Array.from({ length: 101 }, (_, index) => `a${index}: hello`).join(' ')} }`],
    ['31 root fields', `{ ${Array.from({ length: 31 }, (_, index) => `f${index}: hello`).join(' ')} }`],
    [
      'levels hidden in fragments',
      `${Array.from({ length: 30 }, (_, index) => `fragment f${index} on Deep { deep { ...f${index + 1} } }`).join(' ')} fragment f30 on Deep { name } { deep { ...f0 } }`,
    ],
  ])('of %s costs too much, and the error names the limit', async (_name, query) => {
    const { body } = await world.query(query);

    expect(body.errors?.[0]).toMatchObject({ extensions: { code: 'COST_EXCEEDED', source: 'gateway' } });
    expect(body.data ?? null).toBeNull();
  });

  test('that does not fit the schema is the caller’s mistake', async () => {
    const { body } = await world.query('{ nope }');

    expect(body.errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT', source: 'gateway' } }]);
  });

  test('passes its company, its tenant and a unique number to the graph', async () => {
    const { body, headers } = await world.query('{ who { id tenant site company requestId } }', {
      headers: {
        authorization: `Bearer ${KEY}`,
        'x-site': 's1',
        'x-company': '7',
        'x-tenant': 'acme',
        'x-request-id': 'mine',
      },
    });

    expect(body.data?.['who']).toEqual({
      id: 'key:shop',
      tenant: 'acme',
      site: 's1',
      company: '7',
      requestId: headers.get('x-request-id'),
    });
    expect(headers.get('x-request-id')).not.toBe('mine');
  });
});

describe('the other routes', () => {
  test('every answer has the headers that browsers need, whatever the route and the outcome', async () => {
    await using world = await startWorld();
    const answers = [];
    for (const path of ['/', '/graphql', '/schema.graphql', '/schema.json', '/healthz', '/readyz', '/metrics', '/nope'])
      for (const method of ['GET', 'POST', 'PUT'])
        answers.push(await fetch(world.url + path, { method, headers: { accept: 'text/html' } }));

    expect(new Set(answers.map(({ status }) => status)).size).toBeGreaterThan(3);
    for (const { headers } of answers) {
      expect(Object.fromEntries(headers)).toMatchObject({
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'x-frame-options': 'DENY',
        'cross-origin-resource-policy': 'same-origin',
      });
      const type = headers.get('content-type') ?? '';
      if (headers.get('content-length') !== '0') expect(type).toMatch(/; charset=utf-8$/i);
      if (type.startsWith('text/html'))
        expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    }
    const trace = 'TRACE /graphql HTTP/1.1\r\nHost: gateway.example\r\nX-Mark: reflected\r\n\r\n';
    const [traced] = await speak(world.port, { parts: [trace], answers: 1 });
    expect(traced?.status).toBe(405);
    expect(traced?.body).not.toContain('reflected');
  });

  test.each([
    ['location', '/€'],
    ['location', '/a\r\nset-cookie: planted=1'],
    ['www-authenticate', 'Bearer error_description="\u0000"'],
  ])(
    'an answer whose header %s cannot be written is an error with a message, not a closed connection',
    async (name, value) => {
      const handlers = { GET: async () => ({ status: 303, headers: { [name]: value } }) };
      await using world = await startWorld({ routes: [{ path: '/odd', access: 'open', handlers }] });

      const response = await fetch(`${world.url}/odd`, { redirect: 'manual' });

      expect(response.status).toBe(500);
      expect([response.headers.get(name), response.headers.get('set-cookie')]).toEqual([null, null]);
      const [error] = ((await response.json()) as { errors: { extensions: object }[] }).errors;
      expect(error?.extensions).toMatchObject({ code: 'INTERNAL', requestId: response.headers.get('x-request-id') });
      expect(world.logText()).toContain('an answer could not be sent');
    },
  );

  test('the schema has an ETag, and is not sent twice', async () => {
    const first = await fetch(`${world.url}/schema.graphql`);
    const tag = first.headers.get('etag') ?? '';

    const second = await fetch(`${world.url}/schema.graphql`, { headers: { 'if-none-match': tag } });

    expect(await first.text()).toContain('type Query');
    expect(second.status).toBe(304);
  });

  test('GraphiQL and the console load nothing from elsewhere', async () => {
    const graphiql = await fetch(`${world.url}/graphql`, { headers: { accept: 'text/html' } });
    const console = await fetch(`${world.url}/`);

    for (const page of [graphiql, console]) {
      expect(page.status).toBe(200);
      expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    }
  });

  test('GraphiQL is compressed or not, as the browser accepts it', async () => {
    const ask = (encoding: string) =>
      fetch(`${world.url}/graphql`, { headers: { accept: 'text/html', 'accept-encoding': encoding } });
    const [packed, plain] = await Promise.all([ask('gzip, br'), ask('identity')]);

    const text = await plain.text();

    expect(await packed.text()).toBe(text);
    expect(packed.headers.get('content-encoding')).toBe('gzip');
    expect(plain.headers.get('content-encoding')).toBeNull();
    expect(Number(plain.headers.get('content-length'))).toBe(Buffer.byteLength(text));
    expect(packed.headers.get('etag')).not.toBe(plain.headers.get('etag'));
  });

  test('metrics are for administrators, and contain no operation’s text', async () => {
    await world.query('query Secret { hello(name: "Mr Smith") }');

    const refused = await fetch(`${world.url}/metrics`, { headers: { authorization: `Bearer ${KEY}` } });
    const shown = await fetch(`${world.url}/metrics`, { headers: { authorization: `Bearer ${ADMIN_KEY}` } });

    expect(refused.status).toBe(403);
    const text = await shown.text();
    expect(text).toContain('process_cpu_user_seconds_total');
    expect(text).not.toContain('Smith');
  });

  test('health needs no credentials', async () => {
    await using strict = await startWorld({ anonymous: false });

    const [alive, ready, other] = await Promise.all(
      ['/healthz', '/readyz', '/schema.graphql'].map((path) => fetch(strict.url + path)),
    );

    expect([alive?.status, ready?.status, other?.status]).toEqual([200, 200, 401]);
  });
});

test('closing lets a running operation finish, and accepts no new ones', async () => {
  const own = await startWorld();
  const answer = own.query('{ wait }');
  await own.waiting();

  const closed = own.close();
  own.release('done');

  expect((await answer).body.data).toEqual({ wait: 'done' });
  await closed;
  await expect(fetch(`${own.url}/healthz`)).rejects.toThrow();
});

test('the log says who requested what and the outcome, without the caller’s text', async () => {
  await using own = await startWorld();
  await own.query('query Named { hello(name: "Mr Smith") fail(how: "x") }', {
    headers: { authorization: `Bearer ${KEY}` },
  });
  await fetch(`${own.url}/graphql?query=${encodeURIComponent('{ hello(name: "Mrs Jones") }')}`);

  const text = own.logText();

  expect(own.logLines()).toContainEqual(
    expect.objectContaining({
      method: 'POST',
      path: '/graphql',
      status: 200,
      caller: 'key:shop',
      operation: 'Named',
      errors: ['INTERNAL'],
    }),
  );
  for (const hidden of ['Smith', 'Jones', KEY]) expect(text).not.toContain(hidden);
});
