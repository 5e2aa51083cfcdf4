import { afterAll, describe, expect, test } from 'vitest';
import { Secret } from '../../../../src/kit/errors/index.ts';
import { startSandbox } from '../../../../src/sandbox/index.ts';
import { importConnection, personalConnectionOf } from '../../../../src/tokens/index.ts';
import { createCookieBrowser } from '../../../support/cookie-browser.ts';
import {
  ADMIN,
  ALICE,
  bearer,
  CAROL,
  HTML,
  JSON_ANSWER,
  SHOP,
  type SignInWorldOptions,
  startSignInWorld as startWorld,
} from '../../sign-in-world.ts';
import { NINETY_DAYS_MS } from '../../world.ts';

const sandbox = await startSandbox({ customers: 1 });
afterAll(() => sandbox.close());
const startSignInWorld = (options: SignInWorldOptions = {}) => startWorld({ sandbox, ...options });
const personal = (subject: string) => personalConnectionOf(sandbox.sageId.issuer, subject);

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
    { headers: HTML },
  );

  expect(visit.status).toBe(400);
  expect(visit.location).toBeUndefined();
  expect(visit.text).toContain('returnTo must be a path');
});

test('without a client id nobody can sign in, and the page says so', async () => {
  await using world = await startSignInWorld({ withoutApplication: true });

  const visit = await createCookieBrowser().open(`${world.url}/connect/sage200`, { headers: HTML });

  expect(visit.status).toBe(503);
  expect(visit.text).toContain('sage200.clientId');
  expect((await createCookieBrowser().open(`${world.url}/session`)).status).toBe(200);
});

test('only an administrator can create a named connection', async () => {
  await using world = await startSignInWorld({ withKeys: true, allow: ['@hallam.example'] });
  const open = (headers: Record<string, string>) =>
    createCookieBrowser().open(`${world.url}/connect/sage200?connection=finance`, { headers });

  expect((await open(bearer(SHOP))).status).toBe(403);
  expect((await open(bearer('sgk_wrong'))).status).toBe(401);
  expect((await open({ ...HTML, ...bearer(SHOP) })).text).toContain('Only callers with admin: true');
  expect((await open(bearer(ADMIN))).status).toBe(303);
  // Strangers and people with a session are led to Sage ID, which is where it ends.
  const person = await world.signIn('alice');
  for (const browser of [createCookieBrowser(), person.browser]) {
    const { begun, visit } = await world.signIn('alice', { query: '?connection=finance', browser });
    expect([begun.status, visit.status]).toEqual([303, 403]);
  }
  expect(await world.vault.connections.read('finance')).toBeUndefined();
});

describe('the link to sign in again, opened by somebody without credentials', () => {
  const LINK = '?connection=finance';

  test("renews its person's connection, begins no session, and says that it is done", async () => {
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

  test('stores nothing for anybody else, an unknown name or an imported connection, and does not reveal which', async () => {
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

test("a console page with an administrator's key gets the URL to open, and the browser its cookie", async () => {
  await using world = await startSignInWorld({ withKeys: true });
  const browser = createCookieBrowser();

  const begun = await browser.open(`${world.url}/connect/sage200?connection=finance`, {
    headers: { ...JSON_ANSWER, ...bearer(ADMIN) },
  });
  const { location } = JSON.parse(begun.text);
  const visit = await browser.open(await world.atSageId({ ...begun, location }, 'alice'));

  expect(begun.status).toBe(200);
  expect(visit).toMatchObject({ status: 303, location: '/' });
  expect((await world.vault.connections.read('finance'))?.subject).toBe(ALICE);
});

test('on a loopback host without callers anybody there may name a connection, but nobody through a proxy', async () => {
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

test('a reconnect must come from the same Sage ID account; another one is refused and revoked', async () => {
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

test('an imported connection adopts the account of its first sign-in', async () => {
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

test('a browser that began under another host name is redirected to the one that it will come back to', async () => {
  await using world = await startSignInWorld();
  const other = world.url.replace('127.0.0.1', 'localhost');

  const visit = await createCookieBrowser().open(`${other}/connect/sage200?returnTo=/x`, { headers: HTML });

  expect(visit.location).toBe(`${world.url}/connect/sage200?returnTo=%2Fx&moved=1`);
  expect(visit.setCookies).toEqual([]);
});

test("a page that sends the key itself learns if Sage's answer would go to another host name", async () => {
  await using world = await startSignInWorld({ withKeys: true });
  const other = world.url.replace('127.0.0.1', 'localhost');

  const visit = await createCookieBrowser().open(`${other}/connect/sage200?connection=finance`, {
    headers: { ...JSON_ANSWER, ...bearer(ADMIN) },
  });

  expect(visit.status).toBe(400);
  expect(JSON.parse(visit.text).errors[0].message).toContain(`Open ${world.url} and begin again`);
  expect(visit.setCookies).toEqual([]);
});

test('a foreign page can lead a person to the sign-in, but cannot begin one unnoticed', async () => {
  await using world = await startSignInWorld();
  const open = (headers: Record<string, string>) =>
    createCookieBrowser().open(`${world.url}/connect/sage200`, { headers });
  const foreign = { 'sec-fetch-site': 'cross-site' };

  expect((await open({ ...foreign, 'sec-fetch-dest': 'image' })).status).toBe(403);
  expect((await open({ ...foreign, 'sec-fetch-dest': 'iframe' })).status).toBe(403);
  expect((await open({ 'sec-fetch-site': 'same-site' })).status).toBe(403);
  expect((await open({ ...foreign, 'sec-fetch-dest': 'document' })).status).toBe(303);
});
