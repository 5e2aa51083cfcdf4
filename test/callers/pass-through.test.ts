import { inspect } from 'node:util';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { expect, test } from 'vitest';
import { type CallersConfig, createCallers, createSourceRights } from '../../src/callers/index.ts';
import { GatewayError, type Secret } from '../../src/kit/errors/index.ts';
import { createHttp } from '../../src/kit/http/index.ts';
import type { CompanyRef } from '../../src/subschemas/sage200/index.ts';
import { SOURCES } from '../../src/subschemas/sources.ts';
import { type StubAnswer, startStubServer } from '../tokens/stub-server.ts';
import { createClock } from '../tokens/world.ts';

type PassThroughSettings = Exclude<CallersConfig['passThrough'], false>;

const SETTINGS: PassThroughSettings = {
  clients: ['partner-app'],
  allow: [],
  companies: 'all',
  tenants: [],
  readOnly: true,
  opaque: false,
};
const FIRST = { site: 's1', company: '1' };
const SECOND = { site: 's2', company: '1' };
const REFUSED = { code: 'UNAUTHENTICATED', connectUrl: '/connect/sage200' };
const NOT_ALLOWED = { code: 'FORBIDDEN' };

const key = await generateKeyPair('RS256');
const stranger = await generateKeyPair('RS256');
const weak = await generateKeyPair('PS256');
const JWKS = { keys: [{ ...(await exportJWK(key.publicKey)), kid: 'k1', use: 'sig' }] };

interface WorldOptions {
  readonly settings?: Partial<PassThroughSettings>;
  /** What the issuer answers at a path. */
  readonly issuerAnswers?: (path: string, url: string) => StubAnswer;
}

/** A Sage ID that has its keys at the usual address, and a Sage 200 that opens one company to everybody. */
async function startWorld({ settings, issuerAnswers }: WorldOptions = {}) {
  const server = await startStubServer(({ path }) =>
    issuerAnswers
      ? issuerAnswers(path, server.url)
      : path === '/.well-known/jwks.json'
        ? { body: JWKS }
        : { status: 404 },
  );
  const http = createHttp();
  const clock = createClock();
  const asked: string[] = [];
  const sage = { answer: async (_token: string): Promise<readonly CompanyRef[]> => [FIRST] };
  const issuer = `${server.url}/`;
  const callers = createCallers({
    config: { passThrough: { ...SETTINGS, ...settings }, apiKeys: [], jwt: [] },
    isHere: () => true,
    connection: () => undefined,
    sageId: { issuer, audience: 's200', clockToleranceMs: 30_000, clientId: 'gateway' },
    companiesOf: (token: Secret) => {
      asked.push(token.reveal());
      return sage.answer(token.reveal());
    },
    knownTenants: ['acme', 'globex'],
    rights: createSourceRights(SOURCES),
    send: http.send,
    now: clock.now,
  });
  const identify = async (token: string, remoteAddress = '203.0.113.9') =>
    callers.identify({ headers: { authorization: `Bearer ${token}` }, remoteAddress });
  const sign = (claims: Record<string, unknown> = {}, by = key.privateKey, header = {}) =>
    new SignJWT({ iss: issuer, aud: ['s200', `${issuer}userinfo`], azp: 'gateway', sub: 'auth0|jane', ...claims })
      .setProtectedHeader({ alg: 'RS256', kid: 'k1', ...header })
      .setExpirationTime(new Date(clock.now() + 3600_000))
      .sign(by);
  return {
    issuer,
    clock,
    asked,
    sage,
    identify,
    sign,
    keyRequests: server.requests,
    async [Symbol.asyncDispose]() {
      await http.close();
      await server[Symbol.asyncDispose]();
    },
  };
}

const refusal = (code: 'UNAUTHENTICATED' | 'FORBIDDEN' | 'UPSTREAM_UNAVAILABLE') => async () => {
  throw new GatewayError(code, 'no', { source: 'sage200' });
};

test('a token issued to the gateway identifies its person: parallel callers cause one check, repeated after a minute', async () => {
  await using world = await startWorld({
    settings: { allow: ['auth0|jane', 'auth0|john'], tenants: ['acme', 'globex'], defaultTenant: 'globex' },
  });
  const [jane, john] = [await world.sign(), await world.sign({ sub: 'auth0|john' })];

  const principals = await Promise.all(Array.from({ length: 20 }, () => world.identify(jane)));
  const [first] = principals;
  const other = await world.identify(john);

  expect(first).toMatchObject({
    id: 'sage-id:auth0|jane',
    kind: 'passThrough',
    companies: 'all',
    tenants: ['acme', 'globex'],
    defaultTenant: 'globex',
    readOnly: true,
    admin: false,
  });
  expect(first?.sage200?.connection).toBeUndefined();
  expect((await first?.sage200?.tokens.get())?.value.reveal()).toBe(jane);
  expect(other.id).toBe('sage-id:auth0|john');
  expect(other.sage200?.key).not.toBe(first?.sage200?.key);
  expect(new Set(principals.map(({ sage200 }) => sage200?.key)).size).toBe(1);
  expect(world.asked).toEqual([jane, john]);
  world.clock.pass(60_000);
  await world.identify(jane);
  expect(world.asked).toEqual([jane, john, jane]);
});

test("the application in azp or client_id must be the gateway's or listed", async () => {
  await using world = await startWorld();
  const of = (claims: Record<string, unknown>) => world.sign(claims).then((token) => world.identify(token));

  for (const claims of [
    { azp: 'partner-app' },
    { azp: undefined, client_id: 'gateway' },
    { azp: 'gateway', client_id: 'partner-app' },
    { aud: 's200' },
  ])
    expect(await of(claims)).toMatchObject({ id: 'sage-id:auth0|jane' });
});

test('tokens for others are refused without asking Sage 200', async () => {
  await using world = await startWorld({ settings: { opaque: true } });
  const good = await world.sign();
  const [head, body, signature] = good.split('.');
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const now = world.clock.now() / 1000;

  for (const token of [
    await world.sign({ azp: 'another-app' }),
    await world.sign({ azp: undefined }),
    await world.sign({ azp: ['gateway'] }),
    await world.sign({ azp: 'another-app', client_id: 'gateway' }),
    await world.sign({ azp: 'gateway', client_id: 'another-app' }),
    await world.sign({ aud: 'gateway' }),
    await world.sign({ aud: undefined }),
    await world.sign({ aud: 's200/other' }),
    await world.sign({ iss: world.issuer.slice(0, -1) }),
    await world.sign({ iss: 'https://id.sage.example/' }),
    await world.sign({ sub: '' }),
    await world.sign({ sub: undefined }),
    await world.sign({ nbf: now + 600 }),
    await world.sign({}, stranger.privateKey),
    await world.sign({}, weak.privateKey, { alg: 'PS256' }),
    `${encode({ alg: 'none' })}.${body}.`,
    `${head}.${encode({ ...JSON.parse(Buffer.from(body ?? '', 'base64url').toString()), sub: 'auth0|admin' })}.${signature}`,
    await new SignJWT({ iss: world.issuer, aud: 's200', azp: 'gateway', sub: 'x', exp: now + 60 })
      .setProtectedHeader({ alg: 'HS256', kid: 'k1' })
      .sign(Buffer.from(JSON.stringify(JWKS.keys[0]))),
  ]) {
    // Each from an address of its own, since this is not about how many come from one.
    await expect(world.identify(token, `198.51.100.${token.length % 250}`), token).rejects.toMatchObject(REFUSED);
  }
  expect(world.asked).toEqual([]);
});

test('an expired token is refused, even while it is still cached', async () => {
  await using world = await startWorld();
  const token = await world.sign();
  world.clock.pass(3590_000);
  await world.identify(token);
  world.clock.pass(75_000);

  await expect(world.identify(token)).rejects.toMatchObject(REFUSED);
});

test('a person without a company, or without one that the gateway allows, is refused', async () => {
  await using world = await startWorld({ settings: { companies: [SECOND], allow: ['auth0|jane'], tenants: ['acme'] } });

  world.sage.answer = async () => [];
  await expect(world.identify(await world.sign({ jti: '1' }))).rejects.toMatchObject(NOT_ALLOWED);
  world.sage.answer = async () => [FIRST, { site: 's2', company: '2' }];
  await expect(world.identify(await world.sign({ jti: '2' }))).rejects.toMatchObject(NOT_ALLOWED);
  world.sage.answer = async () => [FIRST, SECOND];
  expect(await world.identify(await world.sign({ jti: '3' }))).toMatchObject({
    companies: [SECOND],
    tenants: ['acme'],
  });
});

test.each([
  ['its subject', { sub: 'auth0|jane' }, true],
  ['a verified address, in any case', { sub: 'x', email: 'Jane@Hallam.example', email_verified: true }, true],
  ['an address that is not verified', { sub: 'x', email: 'jane@hallam.example', email_verified: false }, false],
  [
    'an address that is called unverified in text',
    { sub: 'x', email: 'jane@hallam.example', email_verified: 'false' },
    false,
  ],
  ['an address of which nothing is said', { sub: 'x', email: 'jane@hallam.example' }, false],
  ['another subject', { sub: 'auth0|Jane' }, false],
  ['the address as its subject’s part', { sub: 'x', email: ['jane@hallam.example'], email_verified: true }, false],
])('allow checks %s', async (_, claims, isAllowed) => {
  await using world = await startWorld({
    settings: { allow: ['auth0|jane', 'jane@hallam.example'], tenants: ['acme'] },
  });
  const found = world.identify(await world.sign(claims));

  if (isAllowed) expect(await found).toMatchObject({ tenants: ['acme'] });
  else await expect(found).rejects.toMatchObject(NOT_ALLOWED);
  expect(world.asked).toHaveLength(isAllowed ? 1 : 0);
});

test('opaque tokens are refused with an explanation; passThrough.opaque allows them for Sage 200 only', async () => {
  const encrypted = 'eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..aWluaXRpYWw.Y2lwaGVy.dGFn';
  await using closed = await startWorld();
  await using open = await startWorld({ settings: { opaque: true, readOnly: false } });
  await using listed = await startWorld({ settings: { opaque: true, allow: ['auth0|jane'], tenants: ['acme'] } });

  for (const token of ['opaque-token', encrypted]) {
    const words = { ...REFUSED, message: expect.stringContaining('opaque') };
    await expect(closed.identify(token)).rejects.toMatchObject(words);
    await expect(listed.identify(token)).rejects.toMatchObject(words);
    const principal = await open.identify(token);
    expect(principal).toMatchObject({ kind: 'passThrough', tenants: [], companies: 'all', admin: false });
    expect(principal.id).toBe(principal.sage200?.key);
  }
  expect([closed.asked, listed.asked]).toEqual([[], []]);
});

test('forty invented tokens cause no request at all, and opaque ones from one address at most twenty', async () => {
  await using closed = await startWorld();
  await using open = await startWorld({ settings: { opaque: true } });
  open.sage.answer = refusal('UNAUTHENTICATED');
  const made = (index: number) => (index % 2 === 0 ? `made-up-${index}` : `eyJhbGciOiJSUzI1NiJ9.e30.${index}`);

  for (const world of [closed, open])
    await Promise.allSettled(Array.from({ length: 40 }, (_, index) => world.identify(made(index))));
  for (let index = 0; index < 40; index += 1) await open.identify(`made-up-in-turn-${index}`).catch(() => {});

  expect(closed.asked).toEqual([]);
  expect(open.asked.length).toBeLessThanOrEqual(20);
  expect(open.asked.length).toBeGreaterThan(0);
});

test('wrong tokens from an address do not slow an opaque token that was right before, nor a genuine one', async () => {
  await using world = await startWorld({ settings: { opaque: true } });
  const right = world.sage.answer;
  await world.identify('right-before');
  world.sage.answer = refusal('UNAUTHENTICATED');
  for (let index = 0; index < 25; index += 1) await world.identify(`made-up-${index}`).catch(() => {});
  // What Sage said of it counts for a minute.
  world.clock.pass(60_000);
  for (let index = 0; index < 25; index += 1) await world.identify(`made-up-again-${index}`).catch(() => {});
  world.sage.answer = right;

  await expect(world.identify('never-seen')).rejects.toMatchObject({ code: 'RATE_LIMITED' });
  expect(await world.identify('right-before')).toMatchObject({ kind: 'passThrough' });
  expect(await world.identify(await world.sign())).toMatchObject({ id: 'sage-id:auth0|jane' });
});

test('the same wrong token is checked once in half a minute', async () => {
  await using world = await startWorld();
  world.sage.answer = refusal('FORBIDDEN');
  const token = await world.sign();

  for (let times = 0; times < 5; times += 1) await expect(world.identify(token)).rejects.toMatchObject(REFUSED);
  expect(world.asked).toHaveLength(1);
  world.sage.answer = async () => [FIRST];
  world.clock.pass(30_000);

  expect(await world.identify(token)).toMatchObject({ id: 'sage-id:auth0|jane' });
});

test('a Sage 200 outage is reported as one, and Sage 200 is asked again', async () => {
  await using world = await startWorld();
  world.sage.answer = refusal('UPSTREAM_UNAVAILABLE');
  const token = await world.sign();

  await expect(world.identify(token)).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE', source: 'sage200' });
  world.sage.answer = async () => [FIRST];

  expect(await world.identify(token)).toMatchObject({ id: 'sage-id:auth0|jane' });
});

test('a token that Sage refuses later has to be accepted again', async () => {
  await using world = await startWorld();
  const token = await world.sign();
  const { sage200 } = await world.identify(token);

  sage200?.tokens.drop(await sage200.tokens.get());
  await world.identify(token);

  expect(world.asked).toHaveLength(2);
});

test('the cache of tokens is bounded', async () => {
  await using world = await startWorld({ settings: { opaque: true } });
  for (let index = 0; index <= 1_000; index += 1) await world.identify(`t${index}`);

  await world.identify('t1000');
  await world.identify('t0');

  expect(world.asked).toHaveLength(1_002);
});

test('the openid-configuration leads to keys that are not at the usual URL', async () => {
  const configuration = (issuer: string, jwks_uri: string) => ({ body: { issuer, jwks_uri } });
  const at = (own: (url: string) => StubAnswer) => (path: string, url: string) => {
    if (path === '/keys') return { body: JWKS };
    return path === '/.well-known/openid-configuration' ? own(url) : { status: 404, body: 'not here' };
  };
  await using found = await startWorld({ issuerAnswers: at((url) => configuration(`${url}/`, `${url}/keys`)) });
  await using other = await startWorld({ issuerAnswers: at((url) => configuration(url, `${url}/keys`)) });

  expect(await found.identify(await found.sign())).toMatchObject({ id: 'sage-id:auth0|jane' });
  await expect(other.identify(await other.sign())).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
  expect(other.asked).toEqual([]);
});

test('identity and errors reveal nothing of a token', async () => {
  await using world = await startWorld({ settings: { opaque: true } });
  const seen = [
    await world.identify('MARKER-token'),
    await world.identify(`eyJhbGciOiJSUzI1NiJ9.MARKER.x`).catch((error: unknown) => error),
  ];

  expect(inspect(seen, { depth: 20, showHidden: true }) + JSON.stringify(seen)).not.toContain('MARKER');
});
