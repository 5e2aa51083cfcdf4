import { afterAll, beforeAll, describe, expect, vi } from 'vitest';
import { browserTest as test } from '../support/browser.ts';
import { pageFaults } from '../support/page-faults.ts';
import { startTestGateway } from '../support/test-gateway.ts';
import {
  type BrowserWorld,
  boss,
  homeOf,
  run,
  section,
  shoot,
  shop,
  startBrowserWorld,
  unexpected,
} from './browser-world.ts';

// Several whole visits a test, on machines that are busy with other browsers.
vi.setConfig({ testTimeout: 90_000 });

let world: BrowserWorld;

beforeAll(async () => {
  world = await startBrowserWorld();
});

afterAll(() => world?.[Symbol.asyncDispose]());

test('an administrator finds a client in the console, creates a key and a link for it, and removes it', async () => {
  const faultless = async (name: string) => {
    await shoot(page, name);
    expect([name, await pageFaults(page)]).toEqual([name, []]);
  };
  const { administer, closed } = world;
  await administer('putClient(input: { name: "partner-client", title: "Partner Client Ltd" }) { client { name } }');
  await administer('putClient(input: { name: "partner-resting", enabled: false }) { client { name } }');
  const { page, complaints } = await world.openPage();
  await page.goto(homeOf(closed));
  await page.getByText('Use an API key or token instead').click();
  await page.getByLabel('API key or token').fill(boss.key);
  await page.getByRole('button', { name: 'Use it' }).click();
  const clients = section(page, 'Clients');
  await clients.getByLabel('Find').fill('no such');
  await clients.getByText('No such client.').waitFor();
  await clients.getByLabel('Find').fill('partner');
  const card = page.locator('[data-client="partner-client"]');
  await card.getByText('Partner Client Ltd').waitFor();
  await expect.poll(() => card.innerText()).toContain('Not connected');
  await expect.poll(() => page.locator('[data-client="partner-resting"]').innerText()).toContain('Disabled');
  await faultless('20-clients');

  await card.getByRole('button', { name: 'New key' }).click();
  await page.getByLabel('The key is called').fill('web');
  await faultless('21-make-a-key');
  await page.getByRole('button', { name: 'Create key' }).click();
  await page.getByText('The new key of partner-client.').waitFor();
  const key = await page.locator('#made-text').innerText();
  await faultless('22-a-key');
  await page.getByRole('button', { name: 'Close' }).click();
  await card.getByText('Keys: web.').waitFor();
  await card.getByRole('button', { name: 'New link' }).click();
  await page.getByText('/connect/sage200?link=').waitFor();
  await faultless('23-a-link');
  await page.getByRole('button', { name: 'Close' }).click();
  const ask = () => closed.query('{ gateway { me { id } } }', { headers: { authorization: `Bearer ${key}` } });
  expect((await ask()).data.gateway.me.id).toBe('key:partner-client/web');

  await card.getByRole('button', { name: 'Remove' }).click();
  await page.getByRole('heading', { name: 'Remove partner-client?' }).waitFor();
  await faultless('24-remove');
  await page.getByRole('button', { name: 'Cancel' }).click();
  await card.getByRole('button', { name: 'Remove' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
  await page.getByText('partner-client was removed.').waitFor();
  await card.waitFor({ state: 'detached' });
  expect((await ask()).errors?.[0]?.extensions['code']).toBe('UNAUTHENTICATED');
  expect(unexpected(complaints)).toEqual([]);
});

describe('with an API key typed into the console', () => {
  test('an administrator signs in for a Sage X3 in the cloud, which answers with a form from another site', async () => {
    await using gateway = await startTestGateway({
      sandbox: world.sandbox,
      edit(file) {
        Object.assign(file['erp'] ?? {}, { tenants: [world.sandbox.credentials.x3Cloud] });
        const key = { name: 'boss', sha256: boss.sha256, companies: 'all', tenants: ['works'], admin: true };
        file['callers'] = { apiKeys: [key] };
      },
    });
    const { page, complaints } = await world.openPage();
    await page.goto(homeOf(gateway));
    await page.getByText('Use an API key or token instead').click();
    await page.getByLabel('API key or token').fill(boss.key);
    await page.getByRole('button', { name: 'Use it' }).click();

    await page.getByRole('button', { name: 'Sign in for works' }).click();
    await page.getByLabel('X3', { exact: true }).uncheck();
    await page.getByRole('button', { name: 'Accept' }).click();
    await page.waitForURL(`${homeOf(gateway)}/`);
    await page.getByText('The sign-in was stored.').waitFor();

    const ask = () =>
      gateway.query('{ x3MasterData { customer { query { totalCount } } } }', {
        headers: { authorization: `Bearer ${boss.key}` },
      });
    await vi.waitUntil(async () => !(await ask()).errors, { timeout: 30_000, interval: 200 });
    expect(unexpected(complaints)).toEqual([]);
  });

  test('an administrator connects a name, sees its account, and disconnects it', async () => {
    const { page, complaints } = await world.openPage();
    const useKey = async () => {
      await page.getByText('Use an API key or token instead').click();
      await page.getByLabel('API key or token').fill(boss.key);
      await page.getByRole('button', { name: 'Use it' }).click();
      await page.getByText('an API key · reads and writes, administrator').waitFor();
    };
    await page.goto(homeOf(world.closed));
    await useKey();
    const finance = page.locator('[data-connection="finance"]');
    await finance.getByText('Nobody has signed in for this connection yet.').waitFor();
    await shoot(page, '6-key-nobody-yet');
    const cards = section(page, 'Sage 200').locator('article');
    await expect.poll(() => cards.count()).toBe(20);
    await page.getByLabel('Search connections').fill('NCH-37');
    await section(page, 'Sage 200')
      .getByText(/^1 of \d+\.$/)
      .waitFor();
    await expect.poll(() => cards.innerText()).toMatch(/branch-37\s+Nobody yet[\s\S]*Connect/);
    await page.getByLabel('Search connections').fill('');
    const download = page.waitForEvent('download');
    await page.getByRole('link', { name: /^Schema/ }).click();
    expect((await download).suggestedFilename()).toBe('schema.graphql');
    await page.getByText('schema.graphql was downloaded, as your key may see it.').waitFor();

    await finance.getByRole('button', { name: 'Connect' }).click();
    await page.getByRole('button', { name: /Bob Barker/ }).click();
    await page.waitForURL(`${homeOf(world.closed)}/`);
    await page.getByText('Enter the key again to continue here.').waitFor();
    expect((await page.evaluate('JSON.stringify([localStorage, sessionStorage])')) as string).not.toContain('sgk_');
    // Who signed in is allowed here too, so the browser has a session now; the key counts before it.
    await useKey();
    await finance.getByText('Its company', { exact: true }).waitFor();
    await shoot(page, '7-key-connected');
    expect(await pageFaults(page)).toEqual([]);
    await run(page);
    await expect.poll(() => page.locator('#summary').innerText()).toContain('without errors');
    await expect.poll(() => page.locator('#answer').innerText()).toContain('"customers"');

    await finance.getByRole('button', { name: 'Disconnect' }).click();
    await page.getByRole('heading', { name: 'Disconnect finance?' }).waitFor();
    await shoot(page, '8-disconnect');
    expect(await pageFaults(page)).toEqual([]);
    await page.getByRole('button', { name: 'Cancel' }).click();
    await finance.getByText('Connected').waitFor();
    await finance.getByRole('button', { name: 'Disconnect' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Disconnect' }).click();
    await page.getByText('finance was disconnected, at Sage too.').waitFor();
    await finance.getByText('Nobody has signed in for this connection yet.').waitFor();
    expect(unexpected(complaints)).toEqual([]);
  });

  test('a program without the right sees no action that would be refused, and a wrong key is reported', async () => {
    const { page, complaints } = await world.openPage();
    await page.goto(homeOf(world.closed));
    await page.getByText('Use an API key or token instead').click();
    await page.getByLabel('API key or token').fill('sgk_wrong');
    await page.getByRole('button', { name: 'Use it' }).click();
    await page.locator('#notice.bad').waitFor();
    await shoot(page, '9-wrong-key');
    expect(await pageFaults(page)).toEqual([]);
    await page.getByLabel('API key or token').fill(shop.key);
    await page.getByRole('button', { name: 'Use it' }).click();
    await page.getByText('an API key · reads only').waitFor();

    await expect.poll(() => section(page, 'Sage 200').getByRole('button').count()).toBe(0);
    expect(unexpected(complaints)).toEqual([]);
  });
});

test('the console works with only a keyboard, and fits a phone', async () => {
  const { page } = await world.openPage();
  await page.setViewportSize({ width: 360, height: 740 });
  await page.goto(homeOf(world.closed));
  await page.getByText('You are not signed in.').waitFor();
  for (const _ of ['Refresh', 'Sign in']) await page.keyboard.press('Tab');
  expect(await page.evaluate('document.activeElement.textContent')).toBe('Sign in to Sage 200');
  await page.keyboard.press('Space');
  await page.getByRole('button', { name: /Alice Adams/ }).click();
  await page.waitForURL(`${homeOf(world.closed)}/`);
  await section(page, 'Sage 200').getByText('Hallam').first().waitFor();
  await run(page);
  await shoot(page, '13-phone');

  expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);
});

test('served under a path, the console, its sign-in, GraphiQL and links stay under it', async () => {
  await using below = await startTestGateway({
    sandbox: world.sandbox,
    edit(file) {
      file['server'] = { ...file['server'], publicUrl: 'http://localhost:0/tools/sage' };
    },
  });
  const home = `${homeOf(below)}/tools/sage`;
  const { page, requests, complaints } = await world.openPage();

  await page.goto(home);
  await section(page, 'ERP tenants').getByText('acme').waitFor();
  await page.getByRole('button', { name: 'Sign in to Sage 200' }).click();
  await page.getByRole('button', { name: /Alice Adams/ }).click();
  await page.waitForURL(`${home}/`);
  await section(page, 'You').getByText('Alice Adams').waitFor();
  await run(page);
  await expect.poll(() => page.locator('#summary').innerText()).toContain('without errors');
  await page.getByRole('link', { name: 'Open GraphiQL' }).click();
  await page.getByRole('button', { name: /execute query/i }).click();
  await page.locator('.result-window').getByText('"customers"').first().waitFor();

  const own = requests.filter((url) => url.startsWith(homeOf(below))).map((url) => new URL(url).pathname);
  expect(own.filter((path) => !/^\/tools\/sage(\/|$)/.test(path))).toEqual([]);
  expect(unexpected(complaints)).toEqual([]);
  // What stands before it may take the path away, and need not.
  for (const url of [`${below.url}/healthz`, `${below.url}/tools/sage/healthz`])
    expect((await fetch(url)).status).toBe(200);
  expect((await fetch(`${below.url}/tools/sagehealthz`)).status).toBe(404);
});

test('a missing or restricted address shows a page with a way on, and JSON to scripts', async () => {
  const home = homeOf(world.closed);
  const { page } = await world.openPage();
  const statuses: (number | undefined)[] = [];
  for (const [path, title] of [
    ['/nowhere?<b>', 'Not found'],
    ['/metrics', 'Not signed in'],
  ] as const) {
    statuses.push((await page.goto(`${home}${path}`))?.status());
    await page.getByRole('heading', { name: title }).waitFor();
    await shoot(page, `16-${title}`);
    expect([title, await pageFaults(page)]).toEqual([title, []]);
  }
  expect(statuses).toEqual([404, 401]);
  expect(await page.getByRole('link', { name: 'Sign in to Sage 200' }).getAttribute('href')).toBe(
    `${home}/connect/sage200`,
  );

  await page.getByRole('link', { name: 'To the start page' }).click();
  await page.getByText('You are not signed in.').waitFor();
  const read = "fetch('/metrics').then((answer) => answer.json()).then(({ errors }) => errors[0].extensions.code)";
  expect(await page.evaluate(read)).toBe('UNAUTHENTICATED');
});
