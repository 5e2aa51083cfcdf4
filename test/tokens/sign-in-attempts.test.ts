import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { parseReturnTo } from '../../src/tokens/consent/return-to.ts';
import { type CookieBrowser, createCookieBrowser } from '../support/cookie-browser.ts';
import { ADMIN, bearer, type SignInWorldOptions, startSignInWorld as startWorld } from './sign-in-world.ts';

let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await startSandbox({ customers: 1 });
});

afterAll(() => sandbox.close());

const startSignInWorld = (options: SignInWorldOptions = {}) => startWorld({ sandbox, ...options });
type World = Awaited<ReturnType<typeof startSignInWorld>>;

const begin = (world: World, browser: CookieBrowser, query = '') =>
  browser.open(`${world.url}/connect/sage200${query}`);
const attemptsOf = (world: World, browser: CookieBrowser) =>
  [...browser.cookies(world.url)].filter(([name]) => name.includes('sign-in'));
const codesSent = () => sandbox.sageId.requests().filter(({ path }) => path.startsWith('/oauth/token')).length;

test('unfinished sign-ins of strangers block nobody and leave nothing in the vault', async () => {
  await using world = await startSignInWorld({ withKeys: true });
  for (let index = 0; index < 60; index += 1) {
    const stranger = createCookieBrowser();
    const begun = await begin(world, stranger);
    expect(begun.status).toBe(303);
    const state = new URL(begun.location ?? '').searchParams.get('state');
    if (index % 3 === 0) await stranger.open(`${world.url}/connect/sage200/callback?code=made-up&state=${state}`);
  }

  const admin = await world.signIn('alice', { query: '?connection=finance', headers: bearer(ADMIN) });
  const person = await world.signIn('bob');

  expect([admin.visit.status, person.visit.status]).toEqual([303, 303]);
  using database = new DatabaseSync(world.vaultUrl.slice('sqlite:'.length), { readOnly: true });
  expect(database.prepare('SELECT count(*) AS n FROM sign_ins').get()).toEqual({ n: 0 });
});

test('a browser that begins repeatedly keeps its newest sign-ins, and can finish them', async () => {
  await using world = await startSignInWorld();
  const browser = createCookieBrowser();
  const begun = [];
  for (let index = 0; index < 25; index += 1) begun.push(await begin(world, browser, `?returnTo=/${index}`));

  const kept = attemptsOf(world, browser);
  const oldest = await browser.open(await world.atSageId(begun[0] ?? begun[1] ?? never(), 'alice'));
  const visits = [];
  for (const visit of begun.slice(-2)) visits.push(await browser.open(await world.atSageId(visit, 'alice')));

  expect(kept.length).toBeLessThanOrEqual(10);
  expect(kept.flat().join('').length).toBeLessThan(8_000);
  expect(oldest.status).toBe(400);
  expect(oldest.text).toContain('Begin again');
  expect(visits.map(({ location }) => location)).toEqual(['/23', '/24']);
});

test('two tabs with the longest returnTo both finish, with cookies that browsers and proxies accept', async () => {
  await using world = await startSignInWorld({ withKeys: true });
  const browser = createCookieBrowser();
  const tail = 'x'.repeat(1_998);
  const one = await begin(world, browser, `?returnTo=/1${tail}`);
  const two = await begin(world, browser, `?returnTo=/2${tail}`);

  const cookies = attemptsOf(world, browser);
  const visits = [];
  for (const visit of [one, two]) visits.push(await browser.open(await world.atSageId(visit, 'alice')));

  expect(cookies).toHaveLength(2);
  expect(Math.max(...cookies.map((cookie) => cookie.join('=').length))).toBeLessThan(4_000);
  expect(cookies.map((cookie) => cookie.join('=')).join('; ').length).toBeLessThan(7_000);
  expect(visits.map(({ location }) => location)).toEqual([`/1${tail}`, `/2${tail}`]);
});

test("a browser's copy of a sign-in cannot be read, changed or put under another name", async () => {
  await using world = await startSignInWorld();
  const browser = createCookieBrowser();
  const begun = await begin(world, browser, '?connection=finance&returnTo=/graphql');
  const other = await begin(world, browser, '?returnTo=/other');
  const [[name = '', value = ''] = [], [otherName = '', otherValue = ''] = []] = attemptsOf(world, browser);
  const callback = await world.atSageId(begun, 'alice');
  const before = codesSent();

  const text = [value, Buffer.from(value.split('.').at(-1) ?? '', 'base64url').toString('latin1')].join();
  for (const secret of [...new URL(begun.location ?? '').searchParams.values(), 'finance', 'graphql'])
    expect(text).not.toContain(secret);
  await fc.assert(
    fc.asyncProperty(fc.nat(value.length - 2), fc.constantFrom('A', 'B', '-', '.', '1'), async (at, sign) => {
      fc.pre(value[at] !== sign);
      const thief = createCookieBrowser();
      thief.setCookie(world.url, name, value.slice(0, at) + sign + value.slice(at + 1));
      expect((await thief.open(callback)).status).toBe(400);
    }),
    { numRuns: 60 },
  );
  const swapped = createCookieBrowser();
  swapped.setCookie(world.url, name, otherValue);
  swapped.setCookie(world.url, otherName, value);
  expect((await swapped.open(callback)).status).toBe(400);
  expect(codesSent()).toBe(before);
  expect((await browser.open(callback)).location).toBe('/graphql');
  expect((await browser.open(await world.atSageId(other, 'alice'))).location).toBe('/other');
});

test('a repeated callback, at once or later, at this instance or another, sends its code once', async () => {
  await using one = await startSignInWorld();
  await using two = await startSignInWorld({ vaultUrl: one.vaultUrl, publicUrl: one.url });
  const browser = createCookieBrowser();
  const callback = await one.atSageId(await begin(one, browser), 'alice');
  const elsewhere = callback.replace(one.url, two.url);
  const cookie = attemptsOf(one, browser)[0] ?? ['', ''];
  const again = (url: string) => {
    const copy = createCookieBrowser();
    copy.setCookie(url, ...cookie);
    return copy.open(url);
  };
  const before = codesSent();

  const visits = await Promise.all([again(callback), again(elsewhere), again(callback)]);
  const late = [await again(callback), await again(elsewhere)];

  expect(visits.map(({ status }) => status).sort()).toEqual([303, 400, 400]);
  expect(late.map(({ status }) => status)).toEqual([400, 400]);
  expect(codesSent()).toBe(before + 1);
  const [connection] = await one.vault.connections.list();
  expect(await (await one.connections.identityOf(connection?.name ?? ''))?.tokens.get()).toMatchObject({
    value: expect.anything(),
  });
});

test('a sign-in that took longer than ten minutes is not finished', async () => {
  let passed = 0;
  await using world = await startSignInWorld({ now: () => Date.now() + passed });
  const browser = createCookieBrowser();
  const callback = await world.atSageId(await begin(world, browser), 'alice');

  passed = 10 * 60_000;

  expect((await browser.open(callback)).status).toBe(400);
});

test("two gateways on one machine do not affect each other's sign-ins", async () => {
  await using one = await startSignInWorld();
  await using two = await startSignInWorld();
  const browser = createCookieBrowser();
  const first = await begin(one, browser, '?returnTo=/one');
  for (let index = 0; index < 12; index += 1) await begin(two, browser);

  expect((await browser.open(await one.atSageId(first, 'alice'))).location).toBe('/one');
});

test('a person who began to renew a connection does not bind it again once it was disconnected', async () => {
  await using world = await startSignInWorld({ withKeys: true });
  const browser = createCookieBrowser();
  const { visit } = await world.signIn('alice', { query: '?connection=finance', headers: bearer(ADMIN), browser });
  const begun = await begin(world, browser, '?connection=finance');
  await createCookieBrowser().open(`${world.url}/connect/sage200/disconnect`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...bearer(ADMIN) },
    body: JSON.stringify({ connection: 'finance' }),
  });

  const late = await browser.open(await world.atSageId(begun, 'alice'));

  expect([visit.status, begun.status, late.status]).toEqual([303, 303, 403]);
  expect(late.text).toContain('an administrator of the gateway can sign in for it again');
  expect(await world.vault.connections.list()).toEqual([]);
});

test('the record names who began a sign-in for a program, even if another person finished it', async () => {
  await using world = await startSignInWorld({ withKeys: true });

  await world.signIn('alice', { query: '?connection=finance', headers: bearer(ADMIN) });

  expect(world.events).toMatchObject([
    { type: 'connected', connection: 'finance', caller: expect.stringMatching(/boss$/) },
  ]);
});

test.each([
  ['/€', '/%E2%82%AC'],
  ['/übersicht?für=später#ende', '/%C3%BCbersicht?f%C3%BCr=sp%C3%A4ter#ende'],
  ['/a b', '/a%20b'],
  ['/😀\u202e\u0085\u2028', '/%F0%9F%98%80%E2%80%AE%C2%85%E2%80%A8'],
  ['/%0d%0aset-cookie:x=y', '/%0d%0aset-cookie:x=y'],
  ['/%zz', '/%zz'],
  ['/a/../graphql', '/graphql'],
])('returnTo %j is opened after the sign-in, as %s', async (returnTo, location) => {
  await using world = await startSignInWorld();

  const { visit } = await world.signIn('alice', { query: `?returnTo=${encodeURIComponent(returnTo)}` });

  expect(visit).toMatchObject({ status: 303, location });
});

test('returnTo is a header of printable ASCII that stays on the gateway, or is refused', () => {
  const parts = fc.array(
    fc.oneof(
      fc.constantFrom('/', '//', '..', '.', '\\', '%2f', '%5c', '@', ':', 'evil.example', '\t', '?', '#', '€'),
      fc.string({ unit: 'binary' }),
    ),
  );
  fc.assert(
    fc.property(parts, (rest) => {
      const path = parseReturnTo(`/${rest.join('')}`);
      if (path === undefined) return;
      expect(path).toMatch(/^\/(?!\/)[\x21-\x7e]*$/);
      expect(path.length).toBeLessThanOrEqual(2_000);
      expect(new URL(path, 'https://gateway.example').origin).toBe('https://gateway.example');
    }),
    { numRuns: 2_000 },
  );
});

test.each(['/a/..//evil.example/', '/.//evil.example', `/${'€'.repeat(250)}`])(
  'returnTo %j, which cannot be written as a path of the gateway, is refused before anything begins',
  async (returnTo) => {
    await using world = await startSignInWorld();

    const visit = await begin(world, createCookieBrowser(), `?returnTo=${encodeURIComponent(returnTo)}`);

    expect(visit.status).toBe(400);
    expect(visit.setCookies).toEqual([]);
  },
);

function never(): never {
  throw new Error('There is always one.');
}
