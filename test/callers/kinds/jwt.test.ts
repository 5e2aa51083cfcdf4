import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createHttp } from '../../../src/kit/http/index.ts';
import { type StubAnswer, startStubServer } from '../../tokens/stub-server.ts';
import { createClock } from '../../tokens/world.ts';
import { bearing, createWorld, REFUSED, TRY_AGAIN } from '../world.ts';

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

  test('subjects of two issuers never share a name, and only a text is a subject', async () => {
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

  test('a valid token identifies its subject, with connection and tenants from its claims', async () => {
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

  test("a token that names a person's own connection is refused, and its sender recorded", async () => {
    await using world = await startIssuer();
    const token = await world.sign({ sage_connection: 'person-0123456789abcdef' });

    await expect(world.callers.identify(bearing(token))).rejects.toMatchObject({
      code: 'FORBIDDEN',
      message: expect.stringContaining('connectionClaim'),
      caller: 'jwt:https://login.example/:jane',
    });
  });

  test("the default tenant is the one that the claim names, if it is among the token's tenants", async () => {
    await using world = await startIssuer();
    const usualOf = async (claims: object) =>
      (await world.callers.identify(bearing(await world.sign({ tenants: ['acme', 'other'], ...claims }))))
        .defaultTenant;

    expect(await usualOf({ usual: 'other' })).toBe('other');
    expect(await usualOf({ usual: 'unknown' })).toBeUndefined();
    expect(await usualOf({ tenants: ['acme'], usual: 'other' })).toBeUndefined();
    expect(await usualOf({})).toBeUndefined();
  });

  test('a clock that is a minute off is tolerated, but not more', async () => {
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

  describe('with a simulated clock for the age of keys', () => {
    beforeEach(() => {
      vi.useFakeTimers({ toFake: ['Date'] });
    });

    afterEach(() => {
      vi.useRealTimers();
    });

    const pass = (ms: number) => vi.setSystemTime(Date.now() + ms);

    test('a storm of unknown key ids fetches the keys at most once a minute, whatever it claims', async () => {
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

    test('a new key of the issuer works a minute later, and a retired key stops working', async () => {
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

    test('an issuer that is known to hang delays nobody whose key is cached', async () => {
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
    ])('an issuer that %s locks out nobody whose key is cached, for an hour', async (_, answer) => {
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

    test('an issuer whose keys were never loaded is an outage, not a wrong token, and is not called for every request', async () => {
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
