import { afterAll, expect, test } from 'vitest';
import { startSandbox } from '../../../../src/sandbox/index.ts';
import { createCookieBrowser } from '../../../support/cookie-browser.ts';
import { ALICE, type SignInWorldOptions, startSignInWorld as startWorld } from '../../sign-in-world.ts';

const sandbox = await startSandbox({ customers: 1 });
afterAll(() => sandbox.close());
const startSignInWorld = (options: SignInWorldOptions = {}) => startWorld({ sandbox, ...options });

test("a callback with another browser's state is refused, and the right browser can still finish", async () => {
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

test('an answer from a wrong issuer is refused before its code is sent anywhere', async () => {
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

test('a missing issuer is accepted, since Sage ID may not send it', async () => {
  await using world = await startSignInWorld();
  const browser = createCookieBrowser();
  const callback = new URL(await world.atSageId(await browser.open(`${world.url}/connect/sage200`), 'alice'));
  callback.searchParams.delete('iss');

  expect((await browser.open(callback.href)).status).toBe(303);
});

test('a session cookie planted beforehand is not reused: signing in creates a new one and ends the old', async () => {
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

test("a refusal at Sage ID is a clear page, and Sage's message is shown as text", async () => {
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
  expect(visit.text).toContain('You did not allow Sage ID');
  expect(visit.text).toContain('&lt;img src=x');
  expect(visit.text).not.toContain('<img');
  expect(visit.text).not.toContain('\u0007');
  expect(visit.text).toContain('href="/connect/sage200"');
});

test('the message of an error that belongs to no attempt is not shown', async () => {
  await using world = await startSignInWorld();

  const visit = await createCookieBrowser().open(
    `${world.url}/connect/sage200/callback?error=access_denied&error_description=call-0900-evil&state=x`,
  );

  expect(visit.status).toBe(400);
  expect(visit.text).not.toContain('0900');
});

test('without a refresh token the sign-in fails and says why', async () => {
  await using world = await startSignInWorld({ grant: { scopes: ['openid', 'email'] } });

  const { visit } = await world.signIn('alice');

  expect(visit.status).toBe(503);
  expect(visit.text).toContain('offline_access');
  expect(await world.vault.connections.list()).toEqual([]);
});

test('without an id_token nobody has signed in', async () => {
  await using world = await startSignInWorld({ grant: { scopes: ['offline_access'] } });

  expect((await world.signIn('alice')).visit.text).toContain('sage200.scopes contains openid');
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

test('an id_token from another time is refused, and its refresh token revoked', async () => {
  await using world = await startSignInWorld();
  sandbox.sageId.clock.set({ skewMs: -10 * 3600_000 });

  const { visit } = await world.signIn('alice');
  sandbox.sageId.clock.set({ skewMs: 0 });

  expect(visit.text).toContain('does not match this sign-in');
  expect(await world.vault.connections.list()).toEqual([]);
  await expect.poll(() => sandbox.sageId.requests().some(({ path }) => path === '/oauth/revoke')).toBe(true);
});

test('a code answer that is lost, late or broken is a page that says to begin again, and is requested once', async () => {
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
