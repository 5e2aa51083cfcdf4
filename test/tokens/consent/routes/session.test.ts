import { afterAll, expect, test } from 'vitest';
import { startSandbox } from '../../../../src/sandbox/index.ts';
import { personalConnectionOf } from '../../../../src/tokens/index.ts';
import { createCookieBrowser } from '../../../support/cookie-browser.ts';
import {
  ADMIN,
  ALICE,
  bearer,
  postJson,
  SHOP,
  type SignInWorldOptions,
  startSignInWorld as startWorld,
} from '../../sign-in-world.ts';

const sandbox = await startSandbox({ customers: 1 });
afterAll(() => sandbox.close());
const startSignInWorld = (options: SignInWorldOptions = {}) => startWorld({ sandbox, ...options });
const personal = (subject: string) => personalConnectionOf(sandbox.sageId.issuer, subject);

test('only people on the list can sign in, and removing one ends their session at once', async () => {
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

test('a session is valid only for pages of the gateway: other origins and requests are refused', async () => {
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

test('disconnecting ends the sign-in at Sage ID and deletes it here', async () => {
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

test('only an administrator can disconnect what others use, even if Sage ID does not answer', async () => {
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
