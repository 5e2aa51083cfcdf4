import { createServer } from 'node:http';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fingerprint } from '../../src/sandbox/fingerprint.ts';
import { startSandbox } from '../../src/sandbox/index.ts';
import { type SandboxServer, startSandboxServer } from '../../src/sandbox/sandbox-server.ts';

let server: SandboxServer;
let handled: string[];

beforeEach(async () => {
  handled = [];
  server = await startSandboxServer({
    name: 'test',
    secretHeaders: ['X-Own-Secret'],
    handle: ({ method, path, body }) => {
      handled.push(`${method} ${path}`);
      return { status: 200, body: { path, length: body.length } };
    },
    defaultErrorBody: (status) => ({ Message: `told to answer ${status}` }),
  });
});

afterEach(() => server.close());

const get = (path: string, init?: RequestInit) => fetch(server.url + path, init);
const door = (method: string, path: string, body?: unknown) =>
  get(path, { method, ...(body !== undefined && { body: JSON.stringify(body) }) });

test('a status fault strikes the given number of times, with its headers and the vendor’s error body', async () => {
  const added = await door('POST', '/__faults', {
    match: '/customers',
    method: 'get',
    kind: 'status',
    status: 503,
    headers: { 'retry-after': '2' },
    times: 2,
  });
  const answers = [await get('/customers?x=1'), await get('/other'), await get('/customers'), await get('/customers')];

  expect(added.status).toBe(201);
  expect(answers.map(({ status }) => status)).toEqual([503, 200, 503, 200]);
  expect(answers[0]?.headers.get('retry-after')).toBe('2');
  expect(await answers[0]?.json()).toEqual({ Message: 'told to answer 503' });
});

test('a fault without times strikes once, and one with times 0 until the faults are cleared', async () => {
  server.fault({ kind: 'status', status: 500, body: { own: true } });
  server.fault({ kind: 'status', status: 502, times: 0 });
  const statuses = [];
  for (let at = 0; at < 3; at++) statuses.push((await get('/a')).status);
  await door('DELETE', '/__faults');

  expect([...statuses, (await get('/a')).status]).toEqual([500, 502, 502, 200]);
});

test('garbage is 200 with something that is not JSON', async () => {
  server.fault({ kind: 'garbage' });

  const answer = await get('/a');

  expect(answer.status).toBe(200);
  await expect(answer.json()).rejects.toThrow();
});

test('a delay ends in the usual answer', async () => {
  // How long it takes is what is tested.
  server.fault({ kind: 'delay', delayMs: 30 });

  const answer = await get('/a');

  expect(await answer.json()).toEqual({ path: '/a', length: 0 });
  const [logged] = server.requests();
  expect((logged?.endedAt ?? 0) - (logged?.startedAt ?? 0)).toBeGreaterThanOrEqual(29);
});

test('held requests are answered as usual once the faults are cleared, and later requests at once', async () => {
  server.fault({ kind: 'hold', match: '/held', times: 0 });
  const held = [get('/held'), get('/held')];
  await expect.poll(() => server.requests().map(({ status }) => status)).toEqual([0, 0]);
  const other = await get('/a');

  await door('DELETE', '/__faults');
  const answers = await Promise.all([...held, get('/held')]);

  expect([other, ...answers].map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  expect(handled).toEqual(['GET /a', 'GET /held', 'GET /held', 'GET /held']);
});

test.each([
  ['beforeHeaders', []],
  ['afterProcessing', ['POST /a']],
  ['afterHeaders', ['POST /a']],
  ['midBody', ['POST /a']],
] as const)('a cut %s loses the answer', async (cutAt, expected) => {
  server.fault({ kind: 'cut', cutAt });

  const answer = get('/a', { method: 'POST', body: 'x' }).then((response) => response.text());

  await expect(answer).rejects.toThrow();
  expect(handled).toEqual(expected);
});

test.each([
  [{ kind: 'explode' }, 'kind'],
  [{}, '"kind" is missing'],
  [{ kind: 'status', status: 99 }, 'from 200 to 599'],
  [{ kind: 'delay' }, 'delayMs'],
  [{ kind: 'cut', wehn: 1 }, '"wehn" is not known'],
  [[], 'JSON object'],
])('the fault %j is refused with what is wrong', async (fault, words) => {
  const answer = await door('POST', '/__faults', fault);

  expect(answer.status).toBe(400);
  expect(JSON.stringify(await answer.json())).toContain(words.replaceAll('"', '\\"'));
});

test('the log shows requests in order with hashed secrets, without the control doors', async () => {
  await get('/a?refresh_token=geheim&b=1', {
    method: 'POST',
    headers: { authorization: 'Bearer geheim', 'x-own-secret': 'geheim', 'content-type': 'application/json' },
    body: JSON.stringify({ clientSecret: 'geheim', nested: { access_token: 'geheim' }, code: 'SKU1' }),
  });
  await get('/token', {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'authorization_code', code: 'geheim', client_secret: 'geheim' }),
  });

  const logged = await (await get('/__requests')).json();

  const secret = fingerprint('geheim');
  expect(logged).toMatchObject([
    {
      method: 'POST',
      path: `/a?refresh_token=${secret}&b=1`,
      headers: { authorization: fingerprint('Bearer geheim'), 'x-own-secret': secret },
      body: { clientSecret: secret, nested: { access_token: secret }, code: 'SKU1' },
      status: 200,
    },
    { path: '/token', body: { grant_type: 'authorization_code', code: secret, client_secret: secret } },
  ]);
  expect(JSON.stringify(logged)).not.toContain('geheim');
  expect((await door('DELETE', '/__requests')).status).toBe(204);
  expect(server.requests()).toEqual([]);
});

test('an entry is complete as soon as its answer has arrived', async () => {
  for (let at = 0; at < 50; at++) {
    await (await get(`/${at}`)).text();
    expect(server.requests().at(-1)).toMatchObject({ path: `/${at}`, status: 200 });
  }
});

test('the clock can be moved and tokens shortened; anything else is refused', async () => {
  expect((await door('POST', '/__clock', { skewMs: 60_000, accessTokenSeconds: 2 })).status).toBe(204);
  expect(server.clock.now() - Date.now()).toBeGreaterThan(59_000);
  expect(server.clock.accessTokenSeconds).toBe(2);

  expect((await door('POST', '/__clock', { accessTokenSeconds: null })).status).toBe(204);
  expect(server.clock.accessTokenSeconds).toBeUndefined();
  expect((await door('POST', '/__clock', { skew: 1 })).status).toBe(400);
  expect((await door('GET', '/__clock')).status).toBe(405);
});

test('a library that uses Node’s objects can read the body after the log', async () => {
  await using raw = await startSandboxServer({
    name: 'raw',
    listener: async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(Buffer.from(chunk));
      response.end(Buffer.concat(chunks));
    },
  });

  const answers = await Promise.all(
    ['one', 'two', 'x'.repeat(300_000)].map(async (body) => [
      await (await fetch(raw.url, { method: 'POST', body })).text(),
      body,
    ]),
  );

  for (const [answer, body] of answers) expect(answer === body).toBe(true);
});

test('a port in use is named, with what to do', async () => {
  const holder = createServer();
  await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve));
  const address = holder.address();
  const port = typeof address === 'object' && address ? address.port : 0;

  const start = startSandboxServer({ name: 'ERP', port });

  await expect(start).rejects.toThrow(`Port ${port}, wanted for the ERP sandbox, is in use`);
  await expect(start).rejects.toThrow('--port');
  holder.close();
});

test('the three servers take neighbouring ports, and none is left running when one is taken', async () => {
  const base = await threeFreePorts();
  await using taken = await startSandboxServer({ name: 'probe', port: base + 1 });

  await expect(startSandbox({ port: base, customers: 5 })).rejects.toThrow(
    /^Port \d+, wanted for the .+ sandbox, is in use/,
  );
  await taken.close();

  await using sandbox = await startSandbox({ port: base, customers: 5, accessTokenSeconds: 2 });
  expect([sandbox.sageId.port, sandbox.sage200.port, sandbox.erp.port]).toEqual([base, base + 1, base + 2]);
  expect(sandbox.erp.clock.accessTokenSeconds).toBe(2);
});

/** Below the range that systems give out by themselves, where other tests' connections come and go. */
async function threeFreePorts(): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const base = 20_000 + Math.floor(Math.random() * 12_000);
    const servers = await Promise.allSettled(
      [0, 1, 2].map((offset) => startSandboxServer({ name: 'probe', port: base + offset })),
    );
    for (const server of servers) if (server.status === 'fulfilled') await server.value.close();
    if (servers.every(({ status }) => status === 'fulfilled')) return base;
  }
  throw new Error('There are no three free ports in a row.');
}
