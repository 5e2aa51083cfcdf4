import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Secret } from '../../src/kit/errors/index.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { startSageIdSandbox } from '../../src/sandbox/sage-id/index.ts';
import { importConnection, personalConnectionOf } from '../../src/tokens/index.ts';
import { createCookieBrowser } from '../support/cookie-browser.ts';
import { ADMIN, SHOP, type SignInWorldOptions, startSignInWorld as startWorld } from './sign-in-world.ts';
import { NINETY_DAYS_MS } from './world.ts';

let sandbox: Sandbox;
/** The same with a Sage ID that knows a redirect address behind https. */
let https: Sandbox;

beforeAll(async () => {
  sandbox = await startSandbox({ customers: 1 });
  const sageId = await startSageIdSandbox({
    companies: sandbox.companies,
    redirectUris: ['https://gateway.example/connect/sage200/callback'],
  });
  const { issuer, url } = sageId;
  const urls = {
    issuer,
    authorizeUrl: `${url}/authorize`,
    tokenUrl: `${url}/oauth/token`,
    revokeUrl: `${url}/oauth/revoke`,
  };
  https = { ...sandbox, sageId, credentials: { ...sandbox.credentials, sageId: urls } };
});

afterAll(async () => {
  await https.sageId[Symbol.asyncDispose]();
  await sandbox.close();
});

const startSignInWorld = (options: SignInWorldOptions = {}) => startWorld({ sandbox, ...options });

const json = { accept: 'application/json' };
const html = { accept: 'text/html,application/xhtml+xml' };
const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

const ALICE = 'auth0|sandbox-alice';
const CAROL = 'auth0|sandbox-carol';
const personal = (subject: string) => personalConnectionOf(sandbox.sageId.issuer, subject);

test('a person signs in, gets a connection and a session, and is sent where they wanted to go', async () => {
  await using world = await startSignInWorld();

  const { browser, begun, visit } = await world.signIn('alice', { query: '?returnTo=/graphql%3Fa%3D1' });

  expect(begun.status).toBe(303);
  const authorize = new URL(begun.location ?? '');
  expect(`${authorize.origin}${authorize.pathname}`).toBe(sandbox.credentials.sageId.authorizeUrl);
  expect(Object.fromEntries(authorize.searchParams)).toMatchObject({
    response_type: 'code',
    client_id: sandbox.credentials.sage200.clientId,
    audience: 's200ukipd/sage200',
    scope: 'openid profile email offline_access',
    redirect_uri: `${world.url}/connect/sage200/callback`,
    code_challenge_method: 'S256',
    state: expect.stringMatching(/^.{43}$/),
    nonce: expect.stringMatching(/^.{43}$/),
    code_challenge: expect.stringMatching(/^.{43}$/),
  });
  expect(visit).toMatchObject({ status: 303, location: '/graphql?a=1' });
  const me = await browser.open(`${world.url}/session`);
  expect(JSON.parse(me.text)).toMatchObject({
    id: `session:${ALICE}`,
    kind: 'session',
    email: 'alice@hallam.example',
    name: 'Alice Adams',
    connection: { name: personal(ALICE), state: 'connected' },
  });
  const token = await (await world.connections.identityOf(personal(ALICE)))?.tokens.get();
  expect(await sandbox.sageId.verifyAccessToken(token?.value.reveal() ?? '')).toMatchObject({ subject: ALICE });
  expect(world.events).toMatchObject([{ type: 'connected', connection: personal(ALICE) }]);
});

test.each([
  ['a public client with PKCE', { clientId: 'sandbox-desktop', clientSecret: undefined }],
  ['a confidential client without PKCE', { pkce: false }],
  ['a confidential client with JSON bodies', { bodyEncoding: 'json' as const }],
])('%s signs in', async (_, grant) => {
  await using world = await startSignInWorld({ grant });

  const { begun, visit } = await world.signIn('bob');

  expect(visit.status).toBe(303);
  expect(new URL(begun.location ?? '').searchParams.has('code_challenge')).toBe(!('pkce' in grant));
  expect((await world.vault.connections.read(personal('auth0|sandbox-bob')))?.state).toBe('connected');
});

test('whichever instance the browser comes back to finishes the sign-in', async () => {
  await using one = await startSignInWorld();
  // Behind one name, as a load balancer has it: the same redirect address, another process.
  await using two = await startSignInWorld({ vaultUrl: one.vaultUrl, publicUrl: one.url });
  const browser = createCookieBrowser();
  const begun = await browser.open(`${one.url}/connect/sage200?returnTo=/graphql`);
  const callback = (await one.atSageId(begun, 'alice')).replace(one.url, two.url);

  const visit = await browser.open(callback);

  expect(visit).toMatchObject({ status: 303, location: '/graphql' });
  expect(two.events).toMatchObject([{ type: 'connected', connection: personal(ALICE) }]);
  // Stored for all of them, and so is the session.
  expect((await one.vault.connections.read(personal(ALICE)))?.state).toBe('connected');
  expect(await (await one.connections.identityOf(personal(ALICE)))?.tokens.get()).toMatchObject({
    value: expect.any(Secret),
  });
  expect(JSON.parse((await browser.open(`${one.url}/session`)).text)).toMatchObject({ id: `session:${ALICE}` });
  expect((await browser.open(callback.replace(two.url, one.url))).status).toBe(400);
});

test('behind https every cookie is a __Host- cookie that scripts and other sites cannot use', async () => {
  await using world = await startSignInWorld({
    sandbox: https,
    publicUrl: 'https://gateway.example',
    allow: ['@hallam.example'],
  });

  const { begun, visit } = await world.signIn('alice');

  const [login] = begun.setCookies;
  expect(login).toMatch(
    /^__Host-sage-sign-in-[0-9a-f]{16}=v1\.[0-9a-f]{12}\.[\w-]{200,500}; Path=\/; Max-Age=600; HttpOnly; SameSite=Lax; Secure$/,
  );
  const session = visit.setCookies.find((cookie) => cookie.includes('sage-gateway'));
  expect(session).toMatch(
    /^__Host-sage-gateway-[0-9a-f]{8}=[\w-]{43}; Path=\/; Max-Age=\d+; HttpOnly; SameSite=Lax; Secure$/,
  );
  expect(visit.setCookies.find((cookie) => cookie.includes('sign-in'))).toContain('Max-Age=0');
});

test("a callback with another browser's state is refused and leaves the right browser its chance", async () => {
  await using world = await startSignInWorld();
  const mine = createCookieBrowser();
  const begun = await mine.open(`${world.url}/connect/sage200`);
  const callback = await world.atSageId(begun, 'alice');
  const stranger = createCookieBrowser();
  await stranger.open(`${world.url}/connect/sage200`);

  const stolen = await stranger.open(callback);
  const right = await mine.open(callback);

  expect(stolen.status).toBe(400);
  expect(stolen.text).toContain('was not begun in this browser');
  expect(stolen.setCookies).toEqual([]);
  expect(right.status).toBe(303);
});

test('a stolen state with a guessed login cookie is refused', async () => {
  await using world = await startSignInWorld();
  const mine = createCookieBrowser();
  const callback = await world.atSageId(await mine.open(`${world.url}/connect/sage200`), 'alice');
  const thief = createCookieBrowser();
  for (const name of mine.cookies(world.url).keys()) thief.setCookie(world.url, name, 'guessed');

  expect((await thief.open(callback)).status).toBe(400);
  expect(await world.vault.connections.list()).toEqual([]);
});

test('a replayed code is refused without asking Sage ID again', async () => {
  await using world = await startSignInWorld();
  const browser = createCookieBrowser();
  const begun = await browser.open(`${world.url}/connect/sage200`);
  const login = [...browser.cookies(world.url)][0] ?? ['', ''];
  const callback = await world.atSageId(begun, 'alice');
  await browser.open(callback);
  const asked = () => sandbox.sageId.requests().filter(({ path }) => path.startsWith('/oauth/token')).length;
  const before = asked();
  browser.setCookie(world.url, ...login);

  const again = await browser.open(callback);

  expect(again.status).toBe(400);
  expect(asked()).toBe(before);
});

test('two tabs may sign in side by side', async () => {
  await using world = await startSignInWorld();
  const browser = createCookieBrowser();
  const one = await browser.open(`${world.url}/connect/sage200?returnTo=/one`);
  const two = await browser.open(`${world.url}/connect/sage200?returnTo=/two`);
  const callbacks = [await world.atSageId(two, 'alice'), await world.atSageId(one, 'alice')];

  const visits = [];
  for (const callback of callbacks) visits.push(await browser.open(callback));

  expect(visits.map(({ location }) => location)).toEqual(['/two', '/one']);
  expect([...browser.cookies(world.url).keys()].filter((name) => name.includes('sign-in'))).toEqual([]);
});

test.each([
  ['no state', (url: URL) => url.searchParams.delete('state')],
  ['an invented state', (url: URL) => url.searchParams.set('state', 'x'.repeat(43))],
  ['two states', (url: URL) => url.searchParams.append('state', 'another')],
])('a callback with %s is refused', async (_, change) => {
  await using world = await startSignInWorld();
  const browser = createCookieBrowser();
  const callback = new URL(await world.atSageId(await browser.open(`${world.url}/connect/sage200`), 'alice'));
  change(callback);

  const visit = await browser.open(callback.href);

  expect(visit.status).toBe(400);
  expect(await world.vault.connections.list()).toEqual([]);
});

test('an answer of a mixed-up issuer is refused before its code goes anywhere', async () => {
  await using world = await startSignInWorld();
  const browser = createCookieBrowser();
  const callback = new URL(await world.atSageId(await browser.open(`${world.url}/connect/sage200`), 'alice'));
  const before = sandbox.sageId.requests().filter(({ path }) => path.startsWith('/oauth/token')).length;
  callback.searchParams.set('iss', sandbox.sageId.issuer.replace(/\/$/, ''));

  const visit = await browser.open(callback.href);

  expect(visit.status).toBe(400);
  expect(visit.text).toContain('another sign-in service');
  expect(sandbox.sageId.requests().filter(({ path }) => path.startsWith('/oauth/token'))).toHaveLength(before);
});

test('an issuer that is not told is taken, as Sage ID may not tell it', async () => {
  await using world = await startSignInWorld();
  const browser = createCookieBrowser();
  const callback = new URL(await world.atSageId(await browser.open(`${world.url}/connect/sage200`), 'alice'));
  callback.searchParams.delete('iss');

  expect((await browser.open(callback.href)).status).toBe(303);
});

test.each([
  'https://evil.example/',
  '//evil.example/',
  '/\\evil.example/',
  '\\\\evil.example',
  '/\t/evil.example',
  '/\r\nlocation: https://evil.example',
  'javascript:alert(1)',
  'graphql',
  `/${'x'.repeat(3000)}`,
])('returnTo %j is refused before anything begins', async (returnTo) => {
  await using world = await startSignInWorld();

  const visit = await createCookieBrowser().open(
    `${world.url}/connect/sage200?returnTo=${encodeURIComponent(returnTo)}`,
    { headers: html },
  );

  expect(visit.status).toBe(400);
  expect(visit.location).toBeUndefined();
  expect(visit.text).toContain('returnTo must be a path');
});

test('a session cookie planted beforehand is not taken over: signing in gives a new one and ends the old', async () => {
  await using world = await startSignInWorld();
  const attacker = await world.signIn('bob');
  const [name = '', planted = ''] = [...attacker.browser.cookies(world.url)][0] ?? [];
  const victim = createCookieBrowser();
  victim.setCookie(world.url, name, planted);

  await world.signIn('alice', { browser: victim });

  const now = victim.cookies(world.url).get(name);
  expect(now).not.toBe(planted);
  expect((await attacker.browser.open(`${world.url}/session`)).status).toBe(401);
  expect(JSON.parse((await victim.open(`${world.url}/session`)).text)).toMatchObject({ id: `session:${ALICE}` });
});

test('without a client id nobody can sign in, and is told so', async () => {
  await using world = await startSignInWorld({ withoutApplication: true });

  const visit = await createCookieBrowser().open(`${world.url}/connect/sage200`, { headers: html });

  expect(visit.status).toBe(503);
  expect(visit.text).toContain('sage200.clientId');
  expect((await createCookieBrowser().open(`${world.url}/session`)).status).toBe(200);
});

test('a refusal at Sage ID is a clear page, and what Sage says is shown as text', async () => {
  await using world = await startSignInWorld();
  const browser = createCookieBrowser();
  const begun = await browser.open(`${world.url}/connect/sage200`);
  const refused = new URL(await sandbox.sageId.refuseSignIn(begun.location ?? ''));
  refused.searchParams.set('error_description', '<img src=x onerror=alert(1)>\u0007');

  const visit = await browser.open(`${world.url}${refused.pathname}${refused.search}`);

  expect(visit.status).toBe(403);
  expect(visit.headers.get('content-type')).toContain('text/html');
  expect(visit.headers.get('content-security-policy')).toContain("default-src 'none'");
  expect(visit.headers.get('cache-control')).toBe('no-store');
  expect(visit.text).toContain('was not given leave');
  expect(visit.text).toContain('&lt;img src=x');
  expect(visit.text).not.toContain('<img');
  expect(visit.text).not.toContain('\u0007');
  expect(visit.text).toContain('href="/connect/sage200"');
});

test('an error that belongs to no attempt shows nothing of what it says', async () => {
  await using world = await startSignInWorld();

  const visit = await createCookieBrowser().open(
    `${world.url}/connect/sage200/callback?error=access_denied&error_description=call-0900-evil&state=x`,
  );

  expect(visit.status).toBe(400);
  expect(visit.text).not.toContain('0900');
});

test('without a refresh token the sign-in has failed and says why', async () => {
  await using world = await startSignInWorld({ grant: { scopes: ['openid', 'email'] } });

  const { visit } = await world.signIn('alice');

  expect(visit.status).toBe(503);
  expect(visit.text).toContain('offline_access');
  expect(await world.vault.connections.list()).toEqual([]);
});

test('without an id_token nobody has signed in', async () => {
  await using world = await startSignInWorld({ grant: { scopes: ['offline_access'] } });

  expect((await world.signIn('alice')).visit.text).toContain('sage200.scopes has openid');
});

/** Of id tokens of the sandbox. */
const LIFE_MS = 28_800_000;

test.each([
  ['ahead', { skewMs: 120_000 }, {}, true],
  ['behind by less than a token’s life', { skewMs: -120_000 }, {}, true],
  ['behind, within the tolerance', { skewMs: -LIFE_MS - 15_000 }, {}, true],
  ['behind, beyond the tolerance', { skewMs: -LIFE_MS - 60_000 }, {}, false],
  ['behind, within a tolerance that is set', { skewMs: -LIFE_MS - 60_000 }, { clockToleranceMs: 90_000 }, true],
])('Sage ID’s clock may be %s', async (_where, skew, grant, isTaken) => {
  await using world = await startSignInWorld({ grant });
  sandbox.sageId.clock.set(skew);

  const { visit } = await world.signIn('alice');
  sandbox.sageId.clock.set({ skewMs: 0 });

  expect(visit.status === 303).toBe(isTaken);
});

test('an id_token of another time is refused, and its refresh token given back', async () => {
  await using world = await startSignInWorld();
  sandbox.sageId.clock.set({ skewMs: -10 * 3600_000 });

  const { visit } = await world.signIn('alice');
  sandbox.sageId.clock.set({ skewMs: 0 });

  expect(visit.text).toContain('does not fit this sign-in');
  expect(await world.vault.connections.list()).toEqual([]);
  await expect.poll(() => sandbox.sageId.requests().some(({ path }) => path === '/oauth/revoke')).toBe(true);
});

test('a code answer that is lost, late or broken is a page that says to begin again, and is asked for once', async () => {
  await using world = await startSignInWorld();
  for (const kind of ['cut', 'garbage', 'status'] as const) {
    const count = () => sandbox.sageId.requests().filter(({ path }) => path === '/oauth/token').length;
    const before = count();
    sandbox.sageId.fault({ match: '/oauth/token', kind });

    const { visit } = await world.signIn('alice', { browser: createCookieBrowser() });

    expect(visit.status).toBe(503);
    expect(visit.text).toContain('Try again');
    expect(count()).toBe(before + 1);
  }
  expect(await world.vault.connections.list()).toEqual([]);
});

test('a named connection is made by an administrator only', async () => {
  await using world = await startSignInWorld({ withKeys: true, allow: ['@hallam.example'] });
  const open = (headers: Record<string, string>) =>
    createCookieBrowser().open(`${world.url}/connect/sage200?connection=finance`, { headers });

  expect((await open(bearer(SHOP))).status).toBe(403);
  expect((await open(bearer('sgk_wrong'))).status).toBe(401);
  expect((await open({ ...html, ...bearer(SHOP) })).text).toContain('Only callers with admin: true');
  expect((await open(bearer(ADMIN))).status).toBe(303);
  // Strangers and people with a session are led to Sage ID, which is where it ends.
  const person = await world.signIn('alice');
  for (const browser of [createCookieBrowser(), person.browser]) {
    const { begun, visit } = await world.signIn('alice', { query: '?connection=finance', browser });
    expect([begun.status, visit.status]).toEqual([303, 403]);
  }
  expect(await world.vault.connections.read('finance')).toBeUndefined();
});

describe('the link to sign in again, opened by somebody who shows no credentials', () => {
  const LINK = '?connection=finance';

  test('renews the connection of the person it belongs to, begins no session, and says that it is done', async () => {
    await using world = await startSignInWorld({ withKeys: true });
    await world.signIn('alice', { query: LINK, headers: bearer(ADMIN) });
    const before = await world.vault.connections.read('finance');

    const { begun, visit, browser } = await world.signIn('alice', { query: LINK });
    const elsewhere = await world.signIn('alice', { query: `${LINK}&returnTo=/graphql` });

    expect([begun.status, visit.status]).toEqual([303, 200]);
    expect(visit.text).toContain('The connection "finance" works again');
    expect(elsewhere.visit).toMatchObject({ status: 303, location: '/graphql' });
    expect([...browser.cookies(world.url)]).toEqual([]);
    const after = await world.vault.connections.read('finance');
    expect(after).toMatchObject({ subject: ALICE, consent: before?.consent, state: 'connected' });
    expect(after?.generation).not.toBe(before?.generation);
  });

  test('stores nothing for anybody else, an unknown name or an imported connection, and tells none from the others', async () => {
    await using world = await startSignInWorld({ withKeys: true, allow: ['@hallam.example'] });
    await world.signIn('alice', { query: LINK, headers: bearer(ADMIN) });
    const own = await world.signIn('carol');
    const refreshToken = new Secret(await sandbox.refreshToken('bob'));
    await importConnection(world.vault, { name: 'imported', refreshToken, refreshLifetimeMs: NINETY_DAYS_MS });
    const stored = () =>
      Promise.all(['finance', 'imported', personal(CAROL)].map((each) => world.vault.connections.read(each)));
    const before = await stored();
    const names = ['finance', 'imported', 'nobody', personal(CAROL), personal('nobody')];

    const tried = await Promise.all(
      names.map(async (name) => {
        const { begun, visit, browser } = await world.signIn('bob', { query: `?connection=${name}` });
        // Where to try again differs for a person's own connection, which needs no name.
        const page = visit.text.replaceAll(name, 'NAME').replaceAll('?connection=NAME', '');
        const seen = [begun.status, visit.status, page];
        return { seen: JSON.stringify(seen), cookies: browser.cookies(world.url).size };
      }),
    );

    expect(new Set(tried.map(({ seen }) => seen)).size).toBe(1);
    expect(tried[0]?.seen).toContain('303,403');
    expect(tried.map(({ cookies }) => cookies)).toEqual(names.map(() => 0));
    expect(await stored()).toEqual(before);
    expect((await world.vault.connections.list()).map(({ name }) => name)).toHaveLength(3);
    expect((await own.browser.open(`${world.url}/session`)).status).toBe(200);
    // Nobody fills the record by opening links.
    expect((await world.vault.audit.list()).filter(({ action }) => action === 'sign_in_begun')).toHaveLength(1);
  });
});

test("a console page with an administrator's key gets the address to go to, and the browser its cookie", async () => {
  await using world = await startSignInWorld({ withKeys: true });
  const browser = createCookieBrowser();

  const begun = await browser.open(`${world.url}/connect/sage200?connection=finance`, {
    headers: { ...json, ...bearer(ADMIN) },
  });
  const { location } = JSON.parse(begun.text);
  const visit = await browser.open(await world.atSageId({ ...begun, location }, 'alice'));

  expect(begun.status).toBe(200);
  expect(visit).toMatchObject({ status: 303, location: '/' });
  expect((await world.vault.connections.read('finance'))?.subject).toBe(ALICE);
});

test('on a loopback host without callers anybody there names a connection, and nobody through a proxy does', async () => {
  await using world = await startSignInWorld();

  const { visit } = await world.signIn('alice', { query: '?connection=finance' });
  const proxied = await world.signIn('alice', {
    query: '?connection=payroll',
    headers: { 'x-forwarded-for': '203.0.113.9' },
  });

  expect(visit.status).toBe(303);
  expect((await world.vault.connections.list()).map(({ name, subject }) => [name, subject])).toEqual([
    ['finance', ALICE],
  ]);
  expect(proxied.visit.status).toBe(403);
});

test('a reconnect must come from the same Sage ID account; another one is refused and given back', async () => {
  await using world = await startSignInWorld();
  await world.signIn('alice', { query: '?connection=finance' });
  const before = await world.vault.connections.read('finance');

  const other = await world.signIn('bob', { query: '?connection=finance' });
  const same = await world.signIn('alice', { query: '?connection=finance' });

  expect(other.visit.status).toBe(403);
  expect(other.visit.text).toContain('belongs to another Sage ID account');
  expect(same.visit.status).toBe(303);
  const after = await world.vault.connections.read('finance');
  expect([before?.subject, after?.subject]).toEqual([ALICE, ALICE]);
  expect(after?.generation).not.toBe(before?.generation);
});

test('an imported connection takes the account of its first sign-in', async () => {
  await using world = await startSignInWorld();
  const refreshToken = new Secret(await sandbox.refreshToken('alice'));
  await importConnection(world.vault, { name: 'finance', refreshToken, refreshLifetimeMs: NINETY_DAYS_MS });

  await world.signIn('alice', { query: '?connection=finance' });
  const other = await world.signIn('bob', { query: '?connection=finance' });

  expect(other.visit.status).toBe(403);
});

test('the name of a personal connection can be given to nothing else', async () => {
  await using world = await startSignInWorld();
  await world.signIn('alice');

  const { visit } = await world.signIn('bob', { query: `?connection=${personal(ALICE)}` });

  expect(visit.status).toBe(403);
  expect((await world.vault.connections.list()).map(({ subject }) => subject)).toEqual([ALICE]);
});

test('only people on the list sign in, and anyone who is taken off it is out at once', async () => {
  await using world = await startSignInWorld({ withKeys: true, allow: ['Alice@Hallam.example'] });
  const alice = await world.signIn('alice');
  const bob = await world.signIn('bob');
  await using stricter = await startSignInWorld({
    withKeys: true,
    allow: ['bob@hallam.example'],
    vaultUrl: world.vaultUrl,
  });

  expect(alice.visit.status).toBe(303);
  expect(bob.visit.status).toBe(403);
  expect(bob.visit.text).toContain('callers.sessions.allow');
  expect((await alice.browser.open(`${world.url}/session`)).status).toBe(200);
  expect((await alice.browser.open(`${stricter.url}/session`)).status).toBe(401);
});

test('with an empty list people at this machine sign in, and nobody through a proxy', async () => {
  await using local = await startSignInWorld({ withKeys: true });
  await using remote = await startSignInWorld({ withKeys: true, sandbox: https, publicUrl: 'https://gateway.example' });

  expect((await local.signIn('alice')).visit.status).toBe(303);
  expect((await remote.signIn('alice')).visit.status).toBe(403);
});

test('signing out ends the session and keeps the connection', async () => {
  await using world = await startSignInWorld({ withKeys: true });
  const { browser } = await world.signIn('alice');
  const cookies = browser.cookies(world.url);
  const own = { origin: world.url };

  const out = await browser.open(`${world.url}/session`, { method: 'DELETE', headers: own });
  for (const [name, value] of cookies) browser.setCookie(world.url, name, value);
  const after = await browser.open(`${world.url}/session`);

  expect(out.status).toBe(204);
  expect(after.status).toBe(401);
  expect(after.setCookies[0]).toContain('Max-Age=0');
  expect(await world.vault.connections.list()).toHaveLength(1);
});

test('a session counts only for pages of the gateway: other origins, and what no page of the gateway sends, are refused', async () => {
  const shop = 'https://shop.example';
  await using world = await startSignInWorld({ withKeys: true, cors: [shop] });
  const { browser } = await world.signIn('alice');
  const mutate = (headers: Record<string, string>) =>
    browser.open(`${world.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: '{"query":"mutation { add(n: 1) }"}',
    });

  expect((await mutate({ origin: world.url })).status).toBe(200);
  expect((await mutate({ 'x-sage-gateway': '1' })).status).toBe(200);
  expect((await mutate({ 'sec-fetch-site': 'same-origin' })).status).toBe(200);
  const added = world.server.added();
  expect((await mutate({ origin: shop })).status).toBe(403);
  expect((await mutate({ origin: shop, 'x-sage-gateway': '1' })).status).toBe(403);
  expect((await mutate({ origin: 'null' })).status).toBe(403);
  expect((await mutate({ origin: 'https://evil.example' })).status).toBe(403);
  expect((await mutate({ 'sec-fetch-site': 'same-site' })).status).toBe(403);
  expect((await mutate({})).status).toBe(403);
  expect((await browser.open(`${world.url}/session`, { headers: { origin: shop } })).status).toBe(403);
  expect((await browser.open(`${world.url}/session`, { method: 'DELETE' })).status).toBe(403);
  expect((await browser.open(`${world.url}/connect/sage200/disconnect`, postJson({}))).status).toBe(403);
  expect(world.server.added()).toBe(added);
  expect((await browser.open(`${world.url}/session`)).status).toBe(200);
});

test('disconnecting ends the sign-in at Sage ID and forgets it here', async () => {
  await using world = await startSignInWorld({ withKeys: true });
  const { browser } = await world.signIn('alice');
  const row = await world.vault.connections.read(personal(ALICE));

  const visit = await browser.open(`${world.url}/connect/sage200/disconnect`, postJson({}, { origin: world.url }));

  expect(JSON.parse(visit.text)).toEqual({ connection: personal(ALICE), disconnected: true, revoked: true });
  expect(await world.vault.connections.list()).toEqual([]);
  const renewed = await fetch(sandbox.credentials.sageId.tokenUrl, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'refresh_token',
      refresh_token: row?.refreshToken?.reveal() ?? '',
      client_id: sandbox.credentials.sage200.clientId,
      client_secret: sandbox.credentials.sage200.clientSecret,
    }),
  });
  expect(renewed.status).toBe(403);
  expect(world.events.map(({ type }) => type)).toEqual(['connected', 'revoked']);
  await expect
    .poll(async () => (await world.vault.audit.list()).map(({ action }) => action).sort())
    .toEqual(['connected', 'revoked', 'signed_in']);
});

test('what others use is disconnected by an administrator only, and also when Sage ID does not answer', async () => {
  await using world = await startSignInWorld({ withKeys: true });
  const browser = createCookieBrowser();
  const begun = await browser.open(`${world.url}/connect/sage200?connection=finance`, { headers: bearer(ADMIN) });
  await browser.open(await world.atSageId(begun, 'alice'));
  const disconnect = (headers: Record<string, string>) =>
    createCookieBrowser().open(`${world.url}/connect/sage200/disconnect`, postJson({ connection: 'finance' }, headers));
  sandbox.sageId.fault({ match: '/oauth/revoke', kind: 'status', status: 503, times: 0 });

  expect((await disconnect({})).status).toBe(401);
  expect((await disconnect(bearer(SHOP))).status).toBe(403);
  expect(
    (
      await browser.open(
        `${world.url}/connect/sage200/disconnect`,
        postJson({ connection: 'finance' }, { origin: world.url }),
      )
    ).status,
  ).toBe(403);
  const done = await disconnect(bearer(ADMIN));
  sandbox.sageId.clearFaults();

  expect(JSON.parse(done.text)).toEqual({ connection: 'finance', disconnected: true, revoked: false });
  expect(await world.vault.connections.read('finance')).toBeUndefined();
});

test('a browser that began under another name of this machine is sent to the one it will come back to', async () => {
  await using world = await startSignInWorld();
  const other = world.url.replace('127.0.0.1', 'localhost');

  const visit = await createCookieBrowser().open(`${other}/connect/sage200?returnTo=/x`, { headers: html });

  expect(visit.location).toBe(`${world.url}/connect/sage200?returnTo=%2Fx&moved=1`);
  expect(visit.setCookies).toEqual([]);
});

test("a page that sends the key itself is told when Sage's answer would come to another name than its own", async () => {
  await using world = await startSignInWorld({ withKeys: true });
  const other = world.url.replace('127.0.0.1', 'localhost');

  const visit = await createCookieBrowser().open(`${other}/connect/sage200?connection=finance`, {
    headers: { ...json, ...bearer(ADMIN) },
  });

  expect(visit.status).toBe(400);
  expect(JSON.parse(visit.text).errors[0].message).toContain(`Open ${world.url} and begin again`);
  expect(visit.setCookies).toEqual([]);
});

test('a page of others leads a person to the sign-in, and begins none behind their back', async () => {
  await using world = await startSignInWorld();
  const open = (headers: Record<string, string>) =>
    createCookieBrowser().open(`${world.url}/connect/sage200`, { headers });
  const foreign = { 'sec-fetch-site': 'cross-site' };

  expect((await open({ ...foreign, 'sec-fetch-dest': 'image' })).status).toBe(403);
  expect((await open({ ...foreign, 'sec-fetch-dest': 'iframe' })).status).toBe(403);
  expect((await open({ 'sec-fetch-site': 'same-site' })).status).toBe(403);
  expect((await open({ ...foreign, 'sec-fetch-dest': 'document' })).status).toBe(303);
});

test('the record has who began a named sign-in, who signed in with which request, and who signed out', async () => {
  await using world = await startSignInWorld({ withKeys: true });
  const { browser, begun, visit } = await world.signIn('alice', {
    query: '?connection=finance',
    headers: bearer(ADMIN),
  });
  const out = await browser.open(`${world.url}/session`, { method: 'DELETE', headers: { origin: world.url } });

  expect(out.status).toBe(204);
  const requestOf = ({ headers }: typeof visit) => headers.get('x-request-id');
  const acts = async () =>
    (await world.vault.audit.list()).map(({ action, caller, connection, requestId }) => [
      action,
      caller,
      connection,
      requestId,
    ]);
  await expect
    .poll(async () => (await acts()).sort())
    .toEqual([
      ['connected', 'key:boss', 'finance', requestOf(visit)],
      ['sign_in_begun', 'key:boss', 'finance', requestOf(begun)],
      ['signed_in', `session:${ALICE}`, 'finance', requestOf(visit)],
      ['signed_out', `session:${ALICE}`, 'finance', requestOf(out)],
    ]);
  expect((await world.vault.audit.verify()).faults).toEqual([]);
});

test('nothing secret of a sign-in is in the log, the events or the audit trail', async () => {
  await using world = await startSignInWorld();
  const { browser, callback } = await world.signIn('alice');
  await world.signIn('bob', { query: '?connection=finance' });
  const rows = await Promise.all(
    (await world.vault.connections.list()).map(({ name }) => world.vault.connections.read(name)),
  );
  const { searchParams } = new URL(callback);
  const secrets = [
    searchParams.get('code'),
    searchParams.get('state'),
    ...browser.cookies(world.url).values(),
    ...rows.flatMap((row) => [row?.accessToken?.value.reveal(), row?.refreshToken?.reveal()]),
    sandbox.credentials.sage200.clientSecret,
  ].filter((secret) => secret !== undefined && secret !== null);

  const told = [...world.lines, JSON.stringify(world.events), JSON.stringify(await world.vault.audit.list())].join();

  expect(secrets.length).toBeGreaterThanOrEqual(8);
  expect(secrets.filter((secret) => told.includes(secret))).toEqual([]);
});

const postJson = (body: object, headers: Record<string, string> = {}) => ({
  method: 'POST',
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(body),
});
