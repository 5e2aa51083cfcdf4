import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/config/index.ts';
import type { Principal } from '../../src/kit/principal.ts';
import { createHereCheck, type ReachSettings } from '../../src/kit/this-machine.ts';
import { mayUse } from '../../src/subschemas/sage200/index.ts';
import { createSessionCookie, openVault } from '../../src/tokens/index.ts';
import { createClock, VAULT_KEY } from '../tokens/world.ts';
import { bearing, createWorld, FROM_HERE, HERE, KEY, REFUSED, SHOP } from './world.ts';

describe('API keys', () => {
  const callers = createWorld({
    apiKeys: [{ ...SHOP, name: 'other', sha256: '00'.repeat(32) }, SHOP],
    anonymous: { companies: 'all', tenants: [], readOnly: false },
  });

  test('a key identifies its caller, with the rights configured beside its hash', async () => {
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

  test('a caller has the rights that sources add, and no rights that are not configured', async () => {
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

test('the API key of a removed caller is refused after the next start, even on a loopback host that is open to anybody', async () => {
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

  test('a cookie identifies its person, with the rights of callers.sessions', async () => {
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

  test('credentials in the header, even wrong ones, take precedence over a cookie', async () => {
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

  test('an empty list admits people at this machine, whose address is known', async () => {
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

  test('without permission nobody is anonymous', async () => {
    await expect(createWorld({}).identify(here)).rejects.toMatchObject({
      ...REFUSED,
      message: expect.stringContaining('connectUrl'),
    });
  });
});

test('company ids are compared only together with their site', () => {
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
