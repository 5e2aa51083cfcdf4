import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createApiKey } from '../../src/cli/keys-create.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { accessTokenOf, startTestGateway, type TestGateway } from '../support/test-gateway.ts';

let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await startSandbox({ customers: 5 });
});

afterAll(() => sandbox.close());

/** What a proxy may add, of each kind. */
const SIGNS = [
  ['forwarded', 'for=203.0.113.9'],
  ['x-forwarded-for', '203.0.113.9'],
  ['x-forwarded-proto', 'https'],
  ['x-real-ip', '203.0.113.9'],
  ['via', '1.1 proxy'],
  ['cf-connecting-ip', '203.0.113.9'],
  ['cf-ray', '1'],
  ['true-client-ip', '203.0.113.9'],
] as const;

const ME = { query: '{ gateway { me { id admin } } }' };

/** Everything that people at this machine may do without credentials. */
const ROUTES: readonly [string, string, RequestInit][] = [
  ['graphql', '/graphql', { method: 'POST', body: JSON.stringify(ME) }],
  ['a schema', '/schema.graphql', {}],
  ['metrics', '/metrics', {}],
  ['the session', '/session', {}],
  ['signing in under a name', '/connect/sage200?connection=sandbox&moved=1', { redirect: 'manual' }],
  ['disconnecting', '/connect/sage200/disconnect', { method: 'POST', body: JSON.stringify({ connection: 'unknown' }) }],
];

/** Signing in again is for anybody: who it was, Sage ID says. */
const withoutCredentials = (path: string) => (path.startsWith('/connect/sage200?') ? 303 : 401);

const request = (gateway: TestGateway, path: string, init: RequestInit, headers: Record<string, string> = {}) =>
  fetch(`${gateway.url}${path}`, { ...init, headers: { 'content-type': 'application/json', ...headers } });

describe('a gateway on loopback without callers', () => {
  let gateway: TestGateway;

  beforeAll(async () => {
    gateway = await startTestGateway({ sandbox });
  });

  afterAll(() => gateway.close());

  test.each(ROUTES)('opens %s to people here, and to nobody behind a proxy', async (_, path, init) => {
    expect((await request(gateway, path, init)).status).toBeLessThan(400);
    for (const [name, value] of SIGNS) {
      const { status } = await request(gateway, path, init, { [name]: value });
      expect(status, name).toBe(withoutCredentials(path));
    }
  });
});

describe('a gateway with a public address, behind a proxy that adds no header', () => {
  let gateway: TestGateway;

  beforeAll(async () => {
    gateway = await startTestGateway({
      sandbox,
      edit: (file) => {
        file['server'] = { ...file['server'], publicUrl: 'https://gateway.example' };
        file['callers'] = {};
      },
    });
  });

  afterAll(() => gateway.close());

  test.each(ROUTES)('opens %s to nobody', async (_, path, init) => {
    expect((await request(gateway, path, init)).status).toBe(withoutCredentials(path));
  });
});

describe('wrong credentials', () => {
  test.each(ROUTES)(
    'at %s are 401 twenty times a minute and then 429; a right key always works',
    async (_, path, init) => {
      const { key, sha256 } = createApiKey('right');
      await using gateway = await startTestGateway({
        sandbox,
        edit: (file) => {
          const rights = { connection: 'sandbox', companies: 'all', tenants: ['acme'], admin: true };
          file['callers'] = { apiKeys: [{ name: 'right', sha256, ...rights }] };
        },
      });
      const right = { authorization: `Bearer ${key}` };

      const answers: Response[] = [];
      for (let index = 0; index < 23; index += 1)
        answers.push(await request(gateway, path, init, { authorization: `Bearer sgk_wrong${index}` }));

      expect(answers.map(({ status }) => status)).toEqual([...Array(20).fill(401), 429, 429, 429]);
      const last = answers.at(-1);
      const seconds = Number(last?.headers.get('retry-after'));
      expect(seconds).toBeGreaterThan(0);
      expect(seconds).toBeLessThanOrEqual(60);
      expect(await last?.json()).toMatchObject({
        errors: [{ extensions: { code: 'RATE_LIMITED', retryAfter: seconds } }],
      });
      expect((await request(gateway, path, init, right)).status).toBeLessThan(400);
      // None at all is not a guess.
      expect((await request(gateway, path, init)).status).toBe(withoutCredentials(path));
    },
  );

  test('count for the client that a trusted proxy names, whatever headers the client sent', async () => {
    await using gateway = await startTestGateway({
      sandbox,
      edit: (file) => {
        file['server'] = { ...file['server'], trustProxy: true };
        file['callers'] = { passThrough: { companies: 'all' } };
      },
    });
    const wrong = async (forwardedFor: string) =>
      (await gateway.post(ME, { authorization: 'Bearer wrong', 'x-forwarded-for': forwardedFor })).status;

    for (let index = 0; index < 20; index += 1) expect(await wrong(`10.0.0.${index}, 203.0.113.9`)).toBe(401);

    expect(await wrong('203.0.113.9')).toBe(429);
    expect(await wrong('203.0.113.10')).toBe(401);
    const right = { authorization: `Bearer ${await accessTokenOf(sandbox, 'bob')}`, 'x-forwarded-for': '203.0.113.9' };
    expect((await gateway.post(ME, right)).status).toBe(200);
  });
});
