import { createHash } from 'node:crypto';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type CallerRequest, type CallersConfig, type CallersOptions, createCallers } from '../../src/callers/index.ts';
import { loadConfig } from '../../src/config/index.ts';
import { Secret } from '../../src/kit/errors/index.ts';
import { createHttp, type Send } from '../../src/kit/http/index.ts';
import type { Principal } from '../../src/kit/principal.ts';
import { createHereCheck, type ReachSettings } from '../../src/kit/this-machine.ts';
import { mayUse } from '../../src/subschemas/sage200/index.ts';
import { createPassThroughTokenSource, createSessionCookie, openVault } from '../../src/tokens/index.ts';
import { type StubAnswer, startStubServer } from '../tokens/stub-server.ts';
import { createClock, VAULT_KEY } from '../tokens/world.ts';

const KEY = 'sgk_MARKER0123456789abcdef';
const SHOP = {
  name: 'web-shop',
  sha256: createHash('sha256').update(KEY).digest('hex'),
  connection: 'finance',
  companies: [{ site: 's1', company: '1' }],
  tenants: ['acme', 'removed'],
  readOnly: true,
  admin: false,
} as const;
const NOBODY: Partial<CallersConfig> = { passThrough: false, apiKeys: [], jwt: [] };

const HERE: ReachSettings = { host: '127.0.0.1', publicUrl: 'http://localhost:4000' };

const noNetwork: Send = async () => {
  throw new Error('no network here');
};

function createWorld(config: Partial<CallersConfig>, changes: Partial<CallersOptions> = {}) {
  const tokens = createPassThroughTokenSource(new Secret('at'));
  const consent = { connection: 'finance', consent: 1, subject: 'auth0|jane', key: 'consent:finance#1', tokens };
  const callers = createCallers({
    config: { ...NOBODY, ...config },
    isHere: createHereCheck(HERE),
    connection: (name) => (name === 'finance' ? consent : undefined),
    sageId: { issuer: 'https://id.example/', audience: 'sage200', clockToleranceMs: 30_000, clientId: 'gateway' },
    companiesOf: async () => [],
    knownTenants: ['acme', 'other'],
    send: noNetwork,
    ...changes,
  });
  // Some are known at once, some later, and some are refused at once.
  return { identify: async (request: CallerRequest) => callers.identify(request) };
}

const bearing = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });
const FROM_HERE = { headers: { host: 'localhost:4000' }, remoteAddress: '127.0.0.1' };
const TRY_AGAIN = { code: 'UPSTREAM_UNAVAILABLE', retryAfter: expect.any(Number) };
const REFUSED = { code: 'UNAUTHENTICATED', connectUrl: '/connect/sage200' };

describe('API keys', () => {
  const callers = createWorld({
    apiKeys: [{ ...SHOP, name: 'other', sha256: '00'.repeat(32) }, SHOP],
    anonymous: { companies: 'all', tenants: [], readOnly: false },
  });

  test('a key is its caller, with the rights written beside its hash', async () => {
    const principal = await callers.identify(bearing(KEY));

    expect(principal).toMatchObject({
      id: 'key:web-shop',
      kind: 'apiKey',
      sage200: { key: 'consent:finance#1', connection: 'finance' },
      companies: SHOP.companies,
      tenants: ['acme'],
      readOnly: true,
      admin: false,
    });
  });

  test('a caller carries the rights that sources bring, and none that are not written', async () => {
    const rights = { companies: 'all', readOnly: true };
    const keys = [{ ...rights, name: 'payer', sha256: SHOP.sha256, paymentsOut: 'write' }];
    const text = JSON.stringify({ callers: { apiKeys: keys, anonymous: rights } });
    const { identify } = createWorld(loadConfig({ text, env: {} }).callers);

    expect(await identify(bearing(KEY))).toMatchObject({ id: 'key:payer', paymentsOut: 'write' });
    expect(await identify(FROM_HERE)).toMatchObject({ id: 'anonymous', paymentsOut: 'none' });
  });

  test.each([
    ['an unknown key', bearing('sgk_nobody')],
    ['a shortened key', bearing(KEY.slice(0, -1))],
    ['the hash itself', bearing(SHOP.sha256)],
    ['a token nobody knows', bearing('whatever')],
    ['Basic credentials', { headers: { authorization: 'Basic dXNlcjpwYXNz' } }],
    ['an empty header', { headers: { authorization: '' } }],
    ['an empty bearer', { headers: { authorization: 'Bearer ' } }],
    ['two headers', { headers: { authorization: [`Bearer ${KEY}`, 'Bearer x'] } }],
    ['two tokens in one', { headers: { authorization: `Bearer ${KEY} ${KEY}` } }],
  ])('%s is refused and never taken for anonymous', async (_, request) => {
    await expect(callers.identify({ ...request, remoteAddress: '127.0.0.1' })).rejects.toMatchObject(REFUSED);
  });
});

test('the API key of a removed caller is refused from the next start on, also on a loopback host open to anybody', async () => {
  const anonymous = { companies: 'all', tenants: [], readOnly: false } as const;
  const before = createWorld({ apiKeys: [SHOP], anonymous });
  const after = createWorld({ apiKeys: [], anonymous });

  expect(await before.identify(bearing(KEY))).toMatchObject({ id: 'key:web-shop' });
  await expect(after.identify({ ...bearing(KEY), remoteAddress: '127.0.0.1' })).rejects.toMatchObject(REFUSED);
});

describe('sessions', () => {
  const person = {
    subject: 'auth0|jane',
    connection: 'finance',
    consent: 1,
    email: 'jane@hallam.example',
    name: 'Jane',
  };
  const here = { host: 'localhost:4000' };

  async function createSessionWorld(allow: readonly string[], reach: Partial<ReachSettings> = {}) {
    const clock = createClock();
    const vault = await openVault({ url: 'sqlite::memory:', key: VAULT_KEY, now: clock.now });
    const cookie = createSessionCookie({ vaultId: vault.id, isHttps: () => false });
    const { token } = await vault.sessions.start(person);
    const [pair = ''] = cookie.write(token, 60_000).split(';');
    const sessions = { sessions: vault.sessions, cookie, publicUrl: 'http://localhost:4000' };
    const settings = { allow, tenants: ['acme', 'gone'], readOnly: true };
    const callers = createWorld(
      { sessions: settings, apiKeys: [SHOP], anonymous: { companies: 'all', tenants: ['acme'], readOnly: false } },
      { sessions, isHere: createHereCheck({ ...HERE, ...reach }) },
    );
    return { clock, vault, callers, pair };
  }

  test('a cookie is its person, with the rights of callers.sessions', async () => {
    const { callers, pair } = await createSessionWorld(['@hallam.example']);

    const principal = await callers.identify({ headers: { ...here, cookie: `theme=dark; ${pair}` } });

    expect(principal).toMatchObject({
      id: 'session:auth0|jane',
      kind: 'session',
      sage200: { connection: 'finance' },
      tenants: ['acme'],
      readOnly: true,
      admin: false,
    });
  });

  test('an ended or unknown session and a cookie sent twice are never taken for anonymous', async () => {
    const { callers, pair, clock } = await createSessionWorld(['jane@hallam.example']);
    const [name = ''] = pair.split('=');
    const identify = (cookie: string) => callers.identify({ headers: { ...here, cookie }, remoteAddress: '127.0.0.1' });

    await expect(identify(`${name}=guessed`)).rejects.toMatchObject(REFUSED);
    await expect(identify(`${name}=planted; ${pair}`)).rejects.toMatchObject(REFUSED);
    clock.pass(8 * 24 * 3600_000);
    await expect(identify(pair)).rejects.toMatchObject(REFUSED);
  });

  test('credentials in the header count before a cookie, wrong ones too', async () => {
    const { callers, pair } = await createSessionWorld(['@hallam.example']);
    const identify = (authorization: string) => callers.identify({ headers: { ...here, cookie: pair, authorization } });

    expect(await identify(`Bearer ${KEY}`)).toMatchObject({ id: 'key:web-shop' });
    await expect(identify('Bearer sgk_wrong')).rejects.toMatchObject(REFUSED);
  });

  test.each([
    ['a list without this address', ['@other.example', 'hallam.example', 'ane@hallam.example'], {}, here],
    ['an empty list and a host that others reach', [], { host: '0.0.0.0' }, here],
    ['an empty list and a public address', [], { publicUrl: 'https://gateway.example' }, here],
    ['an empty list and a proxy', [], {}, { ...here, 'x-forwarded-for': '203.0.113.9' }],
    ['an empty list and another name', [], {}, { host: 'gateway.example' }],
  ])('%s lets nobody in', async (_, allow, reach, headers) => {
    const { callers, pair } = await createSessionWorld(allow, reach);
    const request = { headers: { ...headers, cookie: pair }, remoteAddress: '127.0.0.1' };

    await expect(callers.identify(request)).rejects.toMatchObject(REFUSED);
  });

  test('an empty list lets in people at this machine, whose address is known', async () => {
    const { callers, pair } = await createSessionWorld([]);
    const identify = (remoteAddress: string | undefined) =>
      callers.identify({ headers: { ...here, cookie: pair }, remoteAddress });

    expect(await identify('::1')).toMatchObject({ id: 'session:auth0|jane' });
    await expect(identify('10.0.0.7')).rejects.toMatchObject(REFUSED);
    await expect(identify(undefined)).rejects.toMatchObject(REFUSED);
  });
});

describe('anonymous callers', () => {
  const anonymous = { connection: 'finance', companies: 'all', tenants: ['acme'], readOnly: false } as const;
  const here = { headers: { host: 'localhost:4000' }, remoteAddress: '::ffff:127.0.0.1' };

  test('somebody at this machine needs no credentials, and is its administrator while nobody else is configured', async () => {
    expect(await createWorld({ anonymous }).identify(here)).toMatchObject({
      id: 'anonymous',
      kind: 'anonymous',
      tenants: ['acme'],
      admin: true,
    });
    expect(await createWorld({ anonymous, apiKeys: [SHOP] }).identify(here)).toMatchObject({
      kind: 'anonymous',
      admin: false,
    });
  });

  test.each([
    ...['x-forwarded-for', 'x-forwarded-host', 'x-forwarded-anything', 'forwarded', 'x-real-ip', 'via'],
    ...[
      'cf-connecting-ip',
      'cf-ray',
      'cf-visitor',
      'true-client-ip',
      'x-client-ip',
      'cdn-loop',
      'x-envoy-external-address',
      'x-forwarded',
      'forwarded-for',
      'client-ip',
      'proxy-client-ip',
      'wl-proxy-client-ip',
      'x-proxyuser-ip',
      'x-remote-ip',
      'x-remote-addr',
      'x-scheme',
      'front-end-https',
      'x-nginx-proxy',
      'x-varnish',
      'x-vercel-forwarded-for',
      'x-nf-client-connection-ip',
      'do-connecting-ip',
      'akamai-origin-hop',
      'x-akamai-edgescape',
      'incap-client-ip',
      'x-sucuri-clientip',
      'ngrok-trace-id',
      'tailscale-user-login',
      'x-goog-iap-jwt-assertion',
      'x-auth-request-email',
    ],
  ])('a request with %s came from elsewhere', async (name) => {
    const request = { ...here, headers: { ...here.headers, [name]: '' } };

    await expect(createWorld({ anonymous }).identify(request)).rejects.toMatchObject(REFUSED);
  });

  test.each([
    ['a gateway open to the network', { host: '0.0.0.0' }, here],
    ['a gateway on a name that only begins like loopback', { host: '127.0.0.1.example' }, here],
    ['a gateway with a public address', { publicUrl: 'https://gateway.example' }, here],
    ['a caller from elsewhere', {}, { ...here, remoteAddress: '10.0.0.7' }],
    ['a caller whose address is not known', {}, { ...here, remoteAddress: undefined }],
    ['a request to another name of this machine', {}, { ...here, headers: { host: 'gateway.example' } }],
    ['a request without a name', {}, { ...here, headers: {} }],
  ])('%s has no anonymous callers', async (_, reach, request) => {
    const isHere = createHereCheck({ ...HERE, ...reach });

    await expect(createWorld({ anonymous }, { isHere }).identify(request)).rejects.toMatchObject(REFUSED);
  });

  test('without leave for it nobody is anonymous', async () => {
    await expect(createWorld({}).identify(here)).rejects.toMatchObject({
      ...REFUSED,
      message: expect.stringContaining('connectUrl'),
    });
  });
});

describe('JWTs of configured issuers', async () => {
  const issuer = 'https://login.example/';
  const rsa = await generateKeyPair('RS256');
  const elliptic = await generateKeyPair('ES256');
  const stranger = await generateKeyPair('RS256');
  const any = await generateKeyPair('PS512');
  const jwks = {
    keys: [
      { ...(await exportJWK(rsa.publicKey)), kid: 'rsa', alg: 'RS256', use: 'sig' },
      { ...(await exportJWK(elliptic.publicKey)), kid: 'ec', alg: 'ES256', use: 'sig' },
      // Says not what it signs with, as many do: what is allowed must not follow from the token alone.
      { ...(await exportJWK(any.publicKey)), kid: 'any' },
    ],
  };

  const startIssuer = async (name = issuer) => {
    const answers: { next: StubAnswer } = { next: { body: jwks } };
    const server = await startStubServer(() => answers.next);
    const http = createHttp();
    const clock = createClock();
    const settings = {
      issuer: name,
      jwksUri: `${server.url}/jwks`,
      connectionClaim: 'sage_connection',
      tenantClaim: 'tenants',
      defaultTenantClaim: 'usual',
      companies: 'all' as const,
      readOnly: true,
    };
    const jwt = ['gateway', 'reports'].map((audience) => ({ ...settings, audience }));
    const sign = (claims: Record<string, unknown> = {}, key = rsa.privateKey, header = { alg: 'RS256', kid: 'rsa' }) =>
      new SignJWT({ iss: name, aud: 'gateway', sub: 'jane', exp: clock.now() / 1000 + 300, ...claims })
        .setProtectedHeader(header)
        .sign(key);
    return {
      callers: createWorld({ jwt }, { send: http.send, now: clock.now }),
      clock,
      sign,
      /** A token whose key id nobody knows. */
      signUnknown: (kid: string) => sign({}, rsa.privateKey, { alg: 'RS256', kid }),
      answers,
      requests: server.requests,
      async [Symbol.asyncDispose]() {
        await http.close();
        await server[Symbol.asyncDispose]();
      },
    };
  };

  test('no subject of one issuer is called as one of another is, and only a text is a subject', async () => {
    const [outer, inner] = await Promise.all([
      startIssuer('https://login.example'),
      startIssuer('https://login.example:8443'),
    ]);
    await using _outer = outer;
    await using _inner = inner;
    const idOf = async (world: typeof outer, sub: unknown): Promise<string> =>
      (await world.callers.identify(bearing(await world.sign({ sub })))).id;

    const pairs = [
      [await idOf(outer, '8443:bob'), await idOf(inner, 'bob')],
      [await idOf(outer, '8443%3Abob'), await idOf(outer, '8443:bob')],
    ];

    for (const [one, other] of pairs) expect(one).not.toBe(other);
    for (const sub of [['bob'], { bob: 1 }, 7, true, ''])
      await expect(idOf(inner, sub)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  test('a valid token is its subject, with connection and tenants from its claims', async () => {
    await using world = await startIssuer();
    const claims = { sage_connection: 'finance', tenants: ['acme', 'unknown', 7] };

    const principal = await world.callers.identify(bearing(await world.sign(claims)));
    const plain = await world.callers.identify(
      bearing(await world.sign({}, elliptic.privateKey, { alg: 'ES256', kid: 'ec' })),
    );

    expect(principal).toMatchObject({
      id: 'jwt:https://login.example/:jane',
      kind: 'jwt',
      sage200: { connection: 'finance' },
      tenants: ['acme'],
      readOnly: true,
      admin: false,
    });
    expect(plain.sage200).toBeUndefined();
    expect(plain.tenants).toEqual([]);
    expect(world.requests).toHaveLength(1);
  });

  test("a token that names a person's own connection is refused, with who sent it for the record", async () => {
    await using world = await startIssuer();
    const token = await world.sign({ sage_connection: 'person-0123456789abcdef' });

    await expect(world.callers.identify(bearing(token))).rejects.toMatchObject({
      code: 'FORBIDDEN',
      message: expect.stringContaining('connectionClaim'),
      caller: 'jwt:https://login.example/:jane',
    });
  });

  test('the default tenant is the one that its claim names, when it is among its tenants', async () => {
    await using world = await startIssuer();
    const usualOf = async (claims: object) =>
      (await world.callers.identify(bearing(await world.sign({ tenants: ['acme', 'other'], ...claims }))))
        .defaultTenant;

    expect(await usualOf({ usual: 'other' })).toBe('other');
    expect(await usualOf({ usual: 'unknown' })).toBeUndefined();
    expect(await usualOf({ tenants: ['acme'], usual: 'other' })).toBeUndefined();
    expect(await usualOf({})).toBeUndefined();
  });

  test('a clock that is a minute off is borne, and no more', async () => {
    await using world = await startIssuer();
    const token = await world.sign();

    world.clock.pass(355_000);
    await world.callers.identify(bearing(token));
    world.clock.pass(10_000);

    await expect(world.callers.identify(bearing(token))).rejects.toMatchObject(REFUSED);
  });

  test.each([
    ['for another audience', { aud: 'other' }],
    ['without a subject', { sub: undefined }],
    ['without an end', { exp: undefined }],
    ['that has expired', { exp: createClock().now() / 1000 - 120 }],
    ['not valid yet', { nbf: createClock().now() / 1000 + 600 }],
    ['of an unknown issuer', { iss: 'https://login.example' }],
  ])('a token %s is refused', async (_, claims) => {
    await using world = await startIssuer();

    await expect(world.callers.identify(bearing(await world.sign(claims)))).rejects.toMatchObject(REFUSED);
  });

  test('a foreign signature, alg none, a shared secret, another algorithm and a changed claim are refused', async () => {
    await using world = await startIssuer();
    const good = await world.sign();
    const [header, , signature] = good.split('.');
    const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const claims = { iss: issuer, aud: 'gateway', sub: 'admin', exp: world.clock.now() / 1000 + 300 };
    const shared = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256', kid: 'rsa' })
      .sign(Buffer.from(JSON.stringify(jwks.keys[0])));

    for (const token of [
      await world.sign({}, stranger.privateKey),
      `${encode({ alg: 'none' })}.${encode(claims)}.`,
      shared,
      await world.sign({}, any.privateKey, { alg: 'PS512', kid: 'any' }),
      `${header}.${encode(claims)}.${signature}`,
    ]) {
      await expect(world.callers.identify(bearing(token))).rejects.toMatchObject(REFUSED);
    }
  });

  describe('with a clock of the test for the age of keys', () => {
    beforeEach(() => {
      vi.useFakeTimers({ toFake: ['Date'] });
    });

    afterEach(() => {
      vi.useRealTimers();
    });

    const pass = (ms: number) => vi.setSystemTime(Date.now() + ms);

    test('a storm of unknown key ids fetches the keys at most once a minute, whatever it claims to be for', async () => {
      await using world = await startIssuer();
      await world.callers.identify(bearing(await world.sign()));

      for (let second = 0; second < 180; second += 2) {
        const tokens = await Promise.all([1, 2, 3].map((index) => world.signUnknown(`unknown-${second}-${index}`)));
        const ended = await Promise.allSettled(tokens.map((token) => world.callers.identify(bearing(token))));
        expect(ended.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
        expect(world.requests.length).toBeLessThanOrEqual(1 + second / 60);
        pass(2_000);
      }

      expect(world.requests.length).toBe(3);
    });

    test('a key that is new to the issuer is known a minute later, and one it gave up is not any more', async () => {
      await using world = await startIssuer();
      await world.callers.identify(bearing(await world.sign()));
      world.answers.next = { body: { keys: [{ ...(await exportJWK(stranger.publicKey)), kid: 'new', alg: 'RS256' }] } };
      const renewed = await world.sign({}, stranger.privateKey, { alg: 'RS256', kid: 'new' });

      await expect(world.callers.identify(bearing(renewed))).rejects.toMatchObject(TRY_AGAIN);
      pass(61_000);

      expect(await world.callers.identify(bearing(renewed))).toMatchObject({ kind: 'jwt' });
      await expect(world.callers.identify(bearing(await world.sign()))).rejects.toMatchObject(REFUSED);
      expect(world.requests).toHaveLength(2);
    });

    test.each([
      ['after a pause of ten seconds', [10_000]],
      ['while tokens keep coming', Array<number>(20).fill(500)],
    ])('a key that its issuer removed stops working within ten seconds, %s', async (_, pauses) => {
      await using world = await startIssuer();
      const [token, other] = [
        await world.sign(),
        await world.sign({}, elliptic.privateKey, { alg: 'ES256', kid: 'ec' }),
      ];
      await world.callers.identify(bearing(token));
      world.answers.next = { body: { keys: jwks.keys.slice(1) } };

      for (const ms of pauses.slice(0, -1)) {
        pass(ms);
        await world.callers.identify(bearing(token)).catch(() => {});
      }
      pass(pauses.at(-1) ?? 0);

      await expect(world.callers.identify(bearing(token))).rejects.toMatchObject(REFUSED);
      await expect(world.callers.identify(bearing(token))).rejects.toMatchObject(REFUSED);
      expect(await world.callers.identify(bearing(other))).toMatchObject({ kind: 'jwt' });
      expect(world.requests.length).toBeLessThanOrEqual(4);
    });

    test('an issuer that hangs keeps nobody waiting whose key is known, once it was found to hang', async () => {
      await using world = await startIssuer();
      const token = await world.sign();
      await world.callers.identify(bearing(token));
      world.answers.next = 'cut';
      pass(20_000);
      await world.callers.identify(bearing(token));

      for (let times = 0; times < 10; times += 1) expect(await world.callers.identify(bearing(token))).toBeDefined();
      expect(world.requests).toHaveLength(2);
    });

    test.each<[string, StubAnswer]>([
      ['is away', 'cut'],
      ['fails', { status: 503 }],
      ['answers a page', { body: '<html>' }],
      ['answers something else', { body: { error: 'try later' } }],
    ])('an issuer that %s keeps nobody out whose key is known, for an hour', async (_, answer) => {
      await using world = await startIssuer();
      const token = await world.sign();
      await world.callers.identify(bearing(token));
      world.answers.next = answer;

      pass(50 * 60_000);
      expect(await world.callers.identify(bearing(token))).toMatchObject({ kind: 'jwt' });
      await expect(world.callers.identify(bearing(await world.signUnknown('new')))).rejects.toMatchObject(TRY_AGAIN);
      pass(20 * 60_000);

      await expect(world.callers.identify(bearing(token))).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
    });

    test('an issuer whose keys were never had is an outage, not a wrong token, and not asked for every request', async () => {
      await using world = await startIssuer();
      world.answers.next = { status: 500 };
      const token = await world.sign();

      for (let times = 0; times < 5; times += 1) {
        await expect(world.callers.identify(bearing(token))).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
      }
      expect(world.requests).toHaveLength(1);
      world.answers.next = { body: jwks };
      pass(10_000);

      expect(await world.callers.identify(bearing(token))).toMatchObject({ kind: 'jwt' });
    });
  });
});

test('company ids count only together with their site', () => {
  const principal: Principal = {
    id: 'x',
    kind: 'apiKey',
    companies: [{ site: 's1', company: '1' }],
    tenants: ['acme'],
    readOnly: false,
    admin: false,
  };

  expect(mayUse(principal, { site: 's1', company: '1' })).toBe(true);
  expect(mayUse(principal, { site: 's2', company: '1' })).toBe(false);
  expect(mayUse({ ...principal, companies: 'all' }, { site: 's2', company: '1' })).toBe(true);
  expect(mayUse({ ...principal, companies: [] }, { site: 's1', company: '1' })).toBe(false);
});
