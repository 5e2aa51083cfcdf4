import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { GatewayError, Secret } from '../../src/kit/errors/index.ts';
import { createHttp } from '../../src/kit/http/index.ts';
import { createErpTokenSource, type ErpTenantSettings } from '../../src/tokens/index.ts';
import { type StubAnswer, type StubRequest, startStubServer } from './stub-server.ts';
import { createClock, createLogBook } from './world.ts';

const MARKER = 'MARKER51c2';
const QUARTER_HOUR_MS = 900_000;

interface ErpWorldOptions extends Partial<ErpTenantSettings> {
  /** What the token API answers; `base` is its own address, `count` how often it was asked for a token. */
  readonly answer?: (base: string, count: number, request: StubRequest) => StubAnswer | undefined;
  readonly timeoutMs?: number;
}

/** A token API of the older kind; each answer may be replaced. */
async function startErpWorld(options: ErpWorldOptions = {}) {
  const { answer, timeoutMs, ...tenant } = options;
  let count = 0;
  const server = await startStubServer((request) => {
    if (request.method === 'DELETE') return { status: 200 };
    count += 1;
    return answer?.(server.url, count, request) ?? { body: fullAnswer(server.url, count) };
  });
  const http = createHttp();
  const clock = createClock();
  const book = createLogBook();
  const tokens = createErpTokenSource({
    tenant: {
      name: 'acme',
      tokenUrl: `${server.url}/v1/token`,
      grant: 'tenant',
      clientId: 'client-1',
      clientSecret: new Secret(`${MARKER}-client-secret`),
      tenantId: 'tenant-1',
      allowedHosts: ['erp.sage.com'],
      ...tenant,
    },
    send: http.send,
    log: book.log,
    now: clock.now,
    random: () => 0.5,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  });
  return {
    tokens,
    clock,
    lines: book.lines,
    log: book.log,
    url: server.url,
    requests: server.requests,
    async [Symbol.asyncDispose]() {
      await http.close();
      await server[Symbol.asyncDispose]();
    },
  };
}

const fullAnswer = (base: string, count: number) => ({
  accessToken: `${MARKER}-at-${count}`,
  refreshToken: `${MARKER}-rt-${count}`,
  expires_in: 900,
  urls: {
    graphQl: `${base}/graphql`,
    refreshToken: `${base}/v1/token/renew`,
    invalidateToken: `${base}/v1/token`,
    websocketUrl: `wss://elsewhere.example/`,
  },
});

const failureOf = async (work: Promise<unknown>): Promise<GatewayError> => {
  const failure = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (failure instanceof GatewayError) return failure;
  throw new Error(`expected a GatewayError, got ${inspect(failure)}`);
};

test('fifty parallel callers cost one request in the documented JSON form, and all get the token and URL', async () => {
  await using world = await startErpWorld();

  const got = await Promise.all(Array.from({ length: 50 }, () => world.tokens.get()));

  expect(new Set(got.map(({ value }) => value.reveal()))).toEqual(new Set([`${MARKER}-at-1`]));
  expect(got[0]).toMatchObject({ graphqlUrl: `${world.url}/graphql`, expiresAt: world.clock.now() + QUARTER_HOUR_MS });
  expect(world.requests).toHaveLength(1);
  expect(world.requests[0]).toMatchObject({ method: 'POST', path: '/v1/token' });
  expect(JSON.parse(world.requests[0]?.body ?? '')).toEqual({
    clientId: 'client-1',
    clientSecret: `${MARKER}-client-secret`,
    tenantId: 'tenant-1',
  });
});

test('the newer generation is asked as a form with the tenant as scope', async () => {
  await using world = await startErpWorld({
    grant: 'client_credentials',
    answer: (base) => ({ body: { access_token: 'new', apps: { sdmo: { graphqlEndpoint: `${base}/api` } } } }),
  });

  const token = await world.tokens.get();

  expect(token).toMatchObject({ graphqlUrl: `${world.url}/api`, expiresAt: world.clock.now() + QUARTER_HOUR_MS });
  expect(world.requests[0]?.body).toContain('scope=tenantid%3Atenant-1');
  expect(Object.fromEntries(new URLSearchParams(world.requests[0]?.body))).toEqual({
    grant_type: 'client_credentials',
    client_id: 'client-1',
    client_secret: `${MARKER}-client-secret`,
    scope: 'tenantid:tenant-1',
  });
});

test('renewing sends each refresh token once, as bearer, to the URL in the answer', async () => {
  await using world = await startErpWorld();
  await world.tokens.get();

  for (let round = 0; round < 3; round += 1) {
    world.clock.pass(QUARTER_HOUR_MS);
    await Promise.all([world.tokens.get(), world.tokens.get()]);
  }

  const renewals = world.requests.slice(1);
  expect(renewals.map(({ path }) => path)).toEqual(['/v1/token/renew', '/v1/token/renew', '/v1/token/renew']);
  const bearers = renewals.map(({ headers }) => headers['authorization']);
  expect(bearers).toEqual([1, 2, 3].map((count) => `Bearer ${MARKER}-rt-${count}`));
});

test('a renewal that is refused or lost falls back to a new token, and the refresh token is not sent again', async () => {
  let trouble: StubAnswer = { status: 401, body: { message: 'no' } };
  await using world = await startErpWorld({
    answer: (_, __, { path }) => (path === '/v1/token/renew' ? trouble : undefined),
  });
  await world.tokens.get();

  world.clock.pass(QUARTER_HOUR_MS);
  const second = await world.tokens.get();
  trouble = 'cut';
  world.clock.pass(QUARTER_HOUR_MS);
  const third = await world.tokens.get();

  expect([second.value.reveal(), third.value.reveal()]).toEqual([`${MARKER}-at-3`, `${MARKER}-at-5`]);
  expect(world.requests.map(({ path }) => path)).toEqual([
    '/v1/token',
    '/v1/token/renew',
    '/v1/token',
    '/v1/token/renew',
    '/v1/token',
  ]);
  const bearers = world.requests.flatMap(({ headers }) => headers['authorization'] ?? []);
  expect(new Set(bearers).size).toBe(bearers.length);
});

test('an expired refresh token is not sent', async () => {
  await using world = await startErpWorld({
    answer: (base, count) => ({ body: { ...fullAnswer(base, count), refreshTokenExpiresIn: 3600 } }),
  });
  await world.tokens.get();

  world.clock.pass(3600_000);
  await world.tokens.get();

  expect(world.requests.map(({ path }) => path)).toEqual(['/v1/token', '/v1/token']);
});

test('a rejected token is dropped by value: the fresh one stays', async () => {
  await using world = await startErpWorld();
  const first = await world.tokens.get();

  world.tokens.drop(first);
  const second = await world.tokens.get();
  world.clock.pass(60_000);
  world.tokens.drop(first);

  expect((await world.tokens.get()).value.reveal()).toBe(second.value.reveal());
  expect(world.requests).toHaveLength(2);
});

test('closing ends both tokens at Sage, and an unreachable token service does not delay it', async () => {
  await using world = await startErpWorld();
  await world.tokens.get();
  await using broken = await startErpWorld({
    answer: (base) => ({
      body: { ...fullAnswer(base, 1), urls: { graphQL: `${base}/g`, invalidateToken: 'http://127.0.0.1:1/' } },
    }),
  });
  await broken.tokens.get();

  await world.tokens.close();
  await broken.tokens.close();

  const last = world.requests.at(-1);
  expect(last).toMatchObject({ method: 'DELETE', path: '/v1/token' });
  expect(last?.headers['x-tokens']).toBe(`accessToken=${MARKER}-at-1;refreshToken=${MARKER}-rt-1`);
});

const jwt = (claims: object) => `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.sig`;
const START = createClock().now();

const ANSWERS = [
  ['graphQL', { urls: { graphQL: '/g' }, expires_in: 60 }, '/g', 60],
  ['graphql and expires_in as text', { urls: { graphql: '/g' }, expires_in: '60' }, '/g', 60],
  ['access_token', { accessToken: undefined, access_token: 'x', urls: { graphQL: '/g' } }, '/g', 900],
  [
    'a written expiry date',
    { urls: { graphQL: '/g' }, accessTokenExpiresAt: new Date(START + 120_000).toISOString() },
    '/g',
    120,
  ],
  ['an expiry date in epoch seconds', { urls: { graphQL: '/g' }, expirationDate: (START + 180_000) / 1000 }, '/g', 180],
  [
    'an expiry date before expires_in',
    { urls: { graphQL: '/g' }, expires_in: 5, expiresAt: START + 240_000 },
    '/g',
    240,
  ],
  ["only the refresh token's date", { urls: { graphQL: '/g' }, refreshTokenExpiresAt: START + 3600_000 }, '/g', 900],
  ['the claim of a JWT', { accessToken: jwt({ exp: START / 1000 + 300 }), urls: { graphQL: '/g' } }, '/g', 300],
  [
    'names in another case',
    { accessToken: undefined, ACCESSTOKEN: 'at', URLs: { GraphQl: '/g' }, Expires_In: 60 },
    '/g',
    60,
  ],
  [
    'all of it below data',
    { accessToken: undefined, data: { Access_Token: 'at', urls: { GRAPHQL: '/g' }, expiresIn: 60 } },
    '/g',
    60,
  ],
  [
    'a first address under apps',
    { urls: undefined, apps: { a: { invalidateToken: '/i', main: { url: '/first' } }, b: { url: '/second' } } },
    '/first',
    900,
  ],
] as const;

test.each(ANSWERS)('an answer with %s is understood', async (_, changes, path, lifetimeS) => {
  await using world = await startErpWorld({
    answer: (base) => ({
      headers: { date: new Date(START).toUTCString() },
      body: JSON.stringify({ accessToken: 'at', ...changes }).replaceAll('"/', `"${base}/`),
    }),
  });

  const token = await world.tokens.get();

  expect(token.graphqlUrl).toBe(`${world.url}${path}`);
  expect(token.expiresAt - world.clock.now()).toBe(lifetimeS * 1000);
});

test('an expiry date is read by the clock of the server that wrote it', async () => {
  await using world = await startErpWorld({
    answer: (base) => ({
      headers: { date: new Date(START + 120_000).toUTCString() },
      body: {
        accessToken: 'at',
        urls: { graphQL: `${base}/g` },
        expiresAt: new Date(START + 120_000 + QUARTER_HOUR_MS).toISOString(),
      },
    }),
  });

  expect((await world.tokens.get()).expiresAt).toBe(START + QUARTER_HOUR_MS);
});

const FAILURES: readonly (readonly [string, StubAnswer, GatewayError['code'], RegExp])[] = [
  ['a wrong secret', { status: 401, body: { message: 'Unauthorized' } }, 'MISCONFIGURED', /clientId or clientSecret/],
  [
    'a wrong client in $diagnoses',
    { status: 400, body: { $diagnoses: [{ $message: 'Invalid client credentials' }] } },
    'MISCONFIGURED',
    /clientId or clientSecret/,
  ],
  ['an unknown tenant', { status: 404, body: { message: 'Tenant not found' } }, 'MISCONFIGURED', /tenantId is unknown/],
  [
    'no API user',
    { status: 403, body: { errors: [{ message: 'No API user for this application in the tenant' }] } },
    'MISCONFIGURED',
    /API user/,
  ],
  ['a plain refusal', { status: 403, body: '' }, 'MISCONFIGURED', /was refused \(HTTP 403\)/],
  ['no token service there', { status: 404, body: '<html>' }, 'MISCONFIGURED', /tokenUrl/],
  ['a redirect', { status: 307, headers: { location: 'https://erp.sage.com/' } }, 'MISCONFIGURED', /redirects/],
  ['a 503', { status: 503, body: { message: 'tenant user client secret' } }, 'UPSTREAM_UNAVAILABLE', /HTTP 503/],
  ['a broken connection', 'cut', 'UPSTREAM_UNAVAILABLE', /broke off/],
  ['HTML', { status: 200, body: '<html>hello</html>' }, 'UPSTREAM_UNAVAILABLE', /not JSON/],
  [
    'no token',
    { status: 200, body: { $diagnoses: [{ $message: 'oops' }] } },
    'UPSTREAM_UNAVAILABLE',
    /without a token/,
  ],
  [
    'no address',
    { status: 200, body: { accessToken: 'x', urls: {} } },
    'UPSTREAM_UNAVAILABLE',
    /without a GraphQL address/,
  ],
  [
    'an address elsewhere',
    { status: 200, body: { accessToken: 'x', urls: { graphQL: 'https://erp.sage.com.evil.example/' } } },
    'MISCONFIGURED',
    /allowedHosts/,
  ],
  [
    'an address over http',
    { status: 200, body: { accessToken: 'x', urls: { graphQL: 'http://api.erp.sage.com/' } } },
    'MISCONFIGURED',
    /allowedHosts/,
  ],
  ['a 504', { status: 504, body: '' }, 'UPSTREAM_TIMEOUT', /in time/],
  ['a 429', { status: 429, headers: { 'retry-after': '7' } }, 'RATE_LIMITED', /7 s/],
];

test.each(FAILURES)('%s has its own message, for all callers', async (_, answer, code, message) => {
  await using world = await startErpWorld({ answer: () => answer });

  const failures = await Promise.all(Array.from({ length: 5 }, () => failureOf(world.tokens.get())));
  const during = await failureOf(world.tokens.get());

  for (const failure of [...failures, during]) {
    expect(failure).toMatchObject({ code, source: 'erp:acme', message: expect.stringMatching(message) });
    expect(failure.message).not.toMatch(/https?:/);
  }
  expect(failures[0]?.retryAfter).toBe(code === 'RATE_LIMITED' ? 7 : undefined);
  expect(world.requests).toHaveLength(1);
});

test('a token service that does not answer is a timeout, an unreachable or broken one is unavailable', async () => {
  await using broken = await startErpWorld({ answer: () => ({ body: 'not JSON' }) });
  const hanging = await startStubServer(() => new Promise<StubAnswer>(() => {}));
  await using hung = await startErpWorld({ timeoutMs: 40, tokenUrl: `${hanging.url}/v1/token` });
  await using away = await startErpWorld({ tokenUrl: 'http://127.0.0.1:1/v1/token' });

  expect((await failureOf(hung.tokens.get())).code).toBe('UPSTREAM_TIMEOUT');
  expect(await failureOf(away.tokens.get())).toMatchObject({
    code: 'UPSTREAM_UNAVAILABLE',
    message: expect.stringContaining('cannot be reached'),
  });
  expect((await failureOf(broken.tokens.get())).code).toBe('UPSTREAM_UNAVAILABLE');
  await hanging[Symbol.asyncDispose]();
});

test('the tenant works again once its token service is back', async () => {
  await using world = await startErpWorld({ answer: (_, count) => (count === 1 ? { status: 503 } : undefined) });
  await failureOf(world.tokens.get());

  world.clock.pass(1_000);

  expect((await world.tokens.get()).value.reveal()).toBe(`${MARKER}-at-2`);
});

test('a renewal address outside the allowed hosts gets no token: a new one is obtained instead', async () => {
  await using world = await startErpWorld({
    answer: (base, count) => ({
      body: { ...fullAnswer(base, count), urls: { graphQL: `${base}/g`, refreshToken: 'https://evil.example/renew' } },
    }),
  });
  await world.tokens.get();

  world.clock.pass(QUARTER_HOUR_MS);
  await world.tokens.get();

  expect(world.requests.map(({ path }) => path)).toEqual(['/v1/token', '/v1/token']);
});

test('no secret of a tenant appears in an error, a log line or a printed object', async () => {
  const echo = { message: `${MARKER}-client-secret and ${MARKER}-rt-1 of client`, accessToken: `${MARKER}-x` };
  const answers: StubAnswer[] = [
    { status: 401, body: echo },
    { status: 200, body: `{"accessToken": "${MARKER}-broken` },
    { status: 200, body: { accessToken: `${MARKER}-y`, urls: { graphQL: `https://evil.example/${MARKER}` } } },
  ];
  await using world = await startErpWorld({
    answer: (_, count, { path }) =>
      answers[count - 1] ?? (path.endsWith('renew') ? { status: 400, body: echo } : undefined),
  });
  const seen: unknown[] = [world.tokens];

  for (let round = 0; round < 6; round += 1) {
    const outcome = await world.tokens.get().catch((error: unknown) => error);
    if (outcome instanceof Error) world.log.error({ err: outcome }, 'seen');
    seen.push(outcome);
    world.clock.pass(QUARTER_HOUR_MS);
  }

  const printed = [
    ...seen.map((each) => inspect(each, { depth: 20, showHidden: true })),
    JSON.stringify(seen),
    ...world.lines,
  ];
  expect(printed.filter((text) => text.includes(MARKER))).toEqual([]);
});

test.each([
  ['an outage is over two seconds after its end, however long it was', 503, 2_000],
  ['what only the operator can fix is asked for less and less', 401, 30_000],
])('%s', async (_, status, pauseMs) => {
  let isOut = true;
  await using world = await startErpWorld({ answer: () => (isOut ? { status } : undefined) });
  for (let times = 0; times < 12; times += 1) {
    await failureOf(world.tokens.get());
    world.clock.pass(60_000);
  }
  await failureOf(world.tokens.get());
  isOut = false;
  world.clock.pass(pauseMs / 2);
  expect((await failureOf(world.tokens.get())).code).toBe(status === 503 ? 'UPSTREAM_UNAVAILABLE' : 'MISCONFIGURED');
  world.clock.pass(pauseMs / 2);

  expect((await world.tokens.get()).graphqlUrl).toContain('/graphql');
});
