import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, vi } from 'vitest';
import { createApiKey } from '../../src/cli/keys-create.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { openBrowser, type TestBrowser, browserTest as test } from '../support/browser.ts';
import { createCookieBrowser } from '../support/cookie-browser.ts';
import { pageFaults } from '../support/page-faults.ts';
import { startTestGateway, type TestGateway } from '../support/test-gateway.ts';

// Several whole visits a test, on machines that are busy with other browsers.
vi.setConfig({ testTimeout: 90_000 });

let sandbox: Sandbox;
let browser: TestBrowser;
let partner: Awaited<ReturnType<typeof startPartner>>;
/** As `npm start` has it: anybody at this machine, no callers configured. */
let open: TestGateway;
/** People of one domain, a program, an administrator; nobody without credentials. */
let closed: TestGateway;

const boss = createApiKey('boss');
const shop = createApiKey('shop');
/** Connections that callers are given and nobody has signed in for: more than are shown at once. */
const branches = Array.from({ length: 30 }, (_, index) => `branch-${index + 10}`);
const bearer = ({ key }: { readonly key: string }) => ({ authorization: `Bearer ${key}` });

beforeAll(async () => {
  sandbox = await startSandbox({ customers: 60 });
  partner = await startPartner();
  open = await startTestGateway({ sandbox, connections: { leaver: 'bob' }, edit: withoutCompany });
  const key = { companies: 'all', tenants: ['acme'], connection: 'finance' };
  closed = await startTestGateway({
    sandbox,
    edit(file) {
      withoutCompany(file);
      file['server'] = { ...file['server'], returnOrigins: [partner.url] };
      file['callers'] = {
        sessions: { allow: ['@hallam.example'], tenants: ['acme'] },
        apiKeys: [
          { ...key, name: 'boss', sha256: boss.sha256, readOnly: false, admin: true },
          { ...key, name: 'shop', sha256: shop.sha256, readOnly: true },
          ...branches.map((name) => ({ ...key, name, sha256: createApiKey(name).sha256, connection: name })),
        ],
      };
    },
  });
  browser = await openBrowser();
});

afterAll(async () => {
  await browser?.[Symbol.asyncDispose]();
  await open?.close();
  await closed?.close();
  await partner?.[Symbol.asyncDispose]();
  await sandbox?.close();
});

function withoutCompany(file: Record<string, Record<string, unknown>>): void {
  const { site: _site, company: _company, ...sage200 } = file['sage200'] ?? {};
  file['sage200'] = sage200;
}

/** Pictures for people, where a folder is named for them. */
async function shoot(page: Page, name: string): Promise<void> {
  const folder = process.env['SCREENSHOTS'];
  if (!folder) return;
  await mkdir(folder, { recursive: true });
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    await page.screenshot({ path: join(folder, `${name}-${colorScheme}.png`), fullPage: true });
  }
}

/** A partner's portal, on an origin of its own: a page with a link, and one that clients come back to. */
async function startPartner() {
  const page = { link: '' };
  const server = createServer((request, response) => {
    response.setHeader('content-type', 'text/html; charset=utf-8');
    response.end(
      request.url === '/' ? `<a href="${page.link}">Connect your Sage 200</a>` : '<h1>Back at the partner</h1>',
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`,
    page,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The name that Sage ID sends browsers back to. */
const homeOf = ({ url }: TestGateway) => url.replace('127.0.0.1', 'localhost');

/** A page that says what it waited for, before the test's own time is over. */
async function openPage() {
  const opened = await browser.newPage();
  opened.page.setDefaultTimeout(20_000);
  return opened;
}

const section = (page: Page, name: string) => page.getByRole('region', { name });
const run = async (page: Page) => {
  await page.getByRole('button', { name: 'Run' }).click();
  await page.getByText(/^Answered in/).waitFor();
};
/** What a browser notes of every answer that is not a success: those are expected here. */
const unexpected = (complaints: readonly string[]) => complaints.filter((each) => !/status of 40[01]/.test(each));

test('from the console a person signs in at Sage ID, comes back, chooses a company and gets the first answer', async () => {
  const { page, requests, complaints } = await openPage();
  await page.goto(homeOf(closed));
  await page.getByText('You are not signed in.').waitFor();
  await shoot(page, '1-nobody');
  expect(await pageFaults(page)).toEqual([]);

  await page.getByRole('button', { name: 'Sign in to Sage 200' }).click();
  await page.getByRole('button', { name: /Alice Adams/ }).waitFor();
  await shoot(page, '2-sage-id');
  expect(await pageFaults(page)).toEqual([]);
  await page.getByRole('button', { name: /Alice Adams/ }).click();
  await page.waitForURL(`${homeOf(closed)}/`);
  const own = section(page, 'Sage 200');
  await own.getByText('Hallam').first().waitFor();
  await shoot(page, '3-signed-in');

  expect(await section(page, 'You').innerText()).toContain('Alice Adams alice@hallam.example');
  expect(await own.innerText()).toMatch(
    /Your Sage account\s+Connected[\s\S]*Consent holds until \d+ \w+ \d{4}, (89|90) days from now/,
  );
  expect(await section(page, 'ERP tenants').innerText()).toMatch(/acme\s+Ready/);
  await run(page);
  expect(await page.locator('#summary').innerText()).toContain('COMPANY_REQUIRED');
  await shoot(page, '4-company-required');
  await page.getByLabel('Company').selectOption({ index: 1 });
  await run(page);
  await shoot(page, '5-first-query');
  expect(await pageFaults(page)).toEqual([]);
  expect(await page.locator('#summary').innerText()).toMatch(/^Answered in \d+ ms, without errors\.$/);
  const answer = JSON.parse(await page.locator('#answer').innerText());
  expect(answer.sage200.customers.nodes).toHaveLength(3);

  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByText('You are signed out.').waitFor();
  await page.getByText('You are not signed in.').waitFor();
  expect(await page.locator('body').innerText()).not.toContain('Hallam');
  const { origin } = new URL(sandbox.sageId.url);
  expect([...new Set(requests.map((url) => new URL(url).origin))].sort()).toEqual([homeOf(closed), origin].sort());
  expect(unexpected(complaints)).toEqual([]);
});

test('a partner sends a client out with a link and gets it back connected, and the link works once', async () => {
  const act = async (field: string) => {
    const { data, errors } = await closed.query(`mutation { gateway { ${field} } }`, {
      headers: { authorization: `Bearer ${boss.key}` },
    });
    if (errors) throw new Error(JSON.stringify(errors));
    return data.gateway;
  };
  await act('putClient(input: { name: "partner-client", title: "Partner Client Ltd" }) { client { name } }');
  const link = `client: "partner-client", returnTo: "${partner.url}/back?from=gateway", state: "ticket-7"`;
  const made = await act(`createConnectLink(input: { ${link} }) { url }`);
  partner.page.link = made.createConnectLink.url;
  const { page, complaints } = await openPage();

  await page.goto(`${partner.url}/`);
  await page.getByRole('link', { name: 'Connect your Sage 200' }).click();
  await page.getByRole('heading', { name: 'Connect Sage 200 for Partner Client Ltd' }).waitFor();
  await shoot(page, '10-connect-link');
  await page.getByRole('link', { name: 'Sign in at Sage' }).click();
  await page.getByRole('button', { name: /Alice Adams/ }).click();
  await page.getByRole('heading', { name: 'Back at the partner' }).waitFor();

  const { origin, pathname, searchParams } = new URL(page.url());
  expect([`${origin}${pathname}`, Object.fromEntries(searchParams)]).toEqual([
    `${partner.url}/back`,
    { from: 'gateway', connection: 'partner-client', status: 'connected', state: 'ticket-7' },
  ]);
  await page.goto(made.createConnectLink.url);
  await page.getByText('This link was used already').waitFor();
  await page.goto(homeOf(closed));
  await page.getByText('You are not signed in.').waitFor();
  expect(complaints.filter((each) => !/status of 40[013]/.test(each))).toEqual([]);
});

test('an administrator finds a client in the console, makes it a key and a link', async () => {
  const { page, complaints } = await openPage();
  await page.goto(homeOf(closed));
  await page.getByText('Use an API key or token instead').click();
  await page.getByLabel('API key or token').fill(boss.key);
  await page.getByRole('button', { name: 'Use it' }).click();
  const clients = section(page, 'Clients');
  await clients.getByLabel('Find').fill('partner client');
  const card = page.locator('[data-client="partner-client"]');
  await card.getByText('Partner Client Ltd').waitFor();

  await card.getByRole('button', { name: 'Make a key' }).click();
  await page.getByLabel('The key is called').fill('web');
  await page.getByRole('button', { name: 'Make it' }).click();
  const key = await page.locator('#made-text').innerText();
  await page.getByRole('button', { name: 'Close' }).click();
  await card.getByRole('button', { name: 'Make a link' }).click();
  await page.getByText('/connect/sage200?link=').waitFor();
  await shoot(page, '11-clients');

  const { data } = await closed.query('{ gateway { me { id } } }', { headers: { authorization: `Bearer ${key}` } });
  expect(data.gateway.me.id).toBe('key:partner-client/web');
  expect(unexpected(complaints)).toEqual([]);
});

describe('with an API key typed into the console', () => {
  test('an administrator signs in for a Sage X3 in the cloud, whose answer is a form of another site', async () => {
    await using gateway = await startTestGateway({
      sandbox,
      edit(file) {
        Object.assign(file['erp'] ?? {}, { tenants: [sandbox.credentials.x3Cloud] });
        const key = { name: 'boss', sha256: boss.sha256, companies: 'all', tenants: ['works'], admin: true };
        file['callers'] = { apiKeys: [key] };
      },
    });
    const { page, complaints } = await openPage();
    await page.goto(homeOf(gateway));
    await page.getByText('Use an API key or token instead').click();
    await page.getByLabel('API key or token').fill(boss.key);
    await page.getByRole('button', { name: 'Use it' }).click();

    await page.getByRole('button', { name: 'Sign in for works' }).click();
    await page.getByLabel('X3', { exact: true }).uncheck();
    await page.getByRole('button', { name: 'Accept' }).click();
    await page.waitForURL(`${homeOf(gateway)}/`);
    await page.getByText('The sign-in is stored.').waitFor();

    const ask = () =>
      gateway.query('{ x3MasterData { customer { query { totalCount } } } }', {
        headers: { authorization: `Bearer ${boss.key}` },
      });
    await vi.waitUntil(async () => !(await ask()).errors, { timeout: 30_000, interval: 200 });
    expect(unexpected(complaints)).toEqual([]);
  });

  test('an administrator connects a name, whose account is seen afterwards, and disconnects it', async () => {
    const { page, complaints } = await openPage();
    const useKey = async () => {
      await page.getByText('Use an API key or token instead').click();
      await page.getByLabel('API key or token').fill(boss.key);
      await page.getByRole('button', { name: 'Use it' }).click();
      await page.getByText('an API key · reads and writes, administrator').waitFor();
    };
    await page.goto(homeOf(closed));
    await useKey();
    const finance = page.locator('[data-connection="finance"]');
    await finance.getByText('Nobody has signed in for this connection yet.').waitFor();
    await shoot(page, '6-key-nobody-yet');
    const cards = section(page, 'Sage 200').locator('article');
    expect(await cards.count()).toBe(20);
    await page.getByLabel('Search connections').fill('NCH-37');
    await section(page, 'Sage 200')
      .getByText(/^1 of \d+\.$/)
      .waitFor();
    expect(await cards.innerText()).toMatch(/branch-37\s+Nobody yet[\s\S]*Connect/);
    await page.getByLabel('Search connections').fill('');
    const download = page.waitForEvent('download');
    await page.getByRole('link', { name: /^Schema/ }).click();
    expect((await download).suggestedFilename()).toBe('schema.graphql');
    await page.getByText('schema.graphql is downloaded, as your key sees it.').waitFor();

    await finance.getByRole('button', { name: 'Connect' }).click();
    await page.getByRole('button', { name: /Bob Barker/ }).click();
    await page.waitForURL(`${homeOf(closed)}/`);
    await page.getByText('Type the key again to go on here.').waitFor();
    expect((await page.evaluate('JSON.stringify([localStorage, sessionStorage])')) as string).not.toContain('sgk_');
    // Who signed in is allowed here too, so the browser has a session now; the key counts before it.
    await useKey();
    await finance.getByText('Its company', { exact: true }).waitFor();
    await shoot(page, '7-key-connected');
    expect(await pageFaults(page)).toEqual([]);
    await run(page);
    expect(await page.locator('#summary').innerText()).toContain('without errors');
    expect(await page.locator('#answer').innerText()).toContain('"customers"');

    await finance.getByRole('button', { name: 'Disconnect' }).click();
    await page.getByRole('heading', { name: 'Disconnect finance?' }).waitFor();
    await shoot(page, '8-disconnect');
    expect(await pageFaults(page)).toEqual([]);
    await page.getByRole('button', { name: 'Keep it' }).click();
    await finance.getByText('Connected').waitFor();
    await finance.getByRole('button', { name: 'Disconnect' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Disconnect' }).click();
    await page.getByText('finance is disconnected, at Sage too.').waitFor();
    await finance.getByText('Nobody has signed in for this connection yet.').waitFor();
    expect(unexpected(complaints)).toEqual([]);
  });

  test('a program without the right is offered nothing that would be refused, and a wrong key is told', async () => {
    const { page, complaints } = await openPage();
    await page.goto(homeOf(closed));
    await page.getByText('Use an API key or token instead').click();
    await page.getByLabel('API key or token').fill('sgk_wrong');
    await page.getByRole('button', { name: 'Use it' }).click();
    await page.locator('#notice.bad').waitFor();
    await shoot(page, '9-wrong-key');
    expect(await pageFaults(page)).toEqual([]);
    await page.getByLabel('API key or token').fill(shop.key);
    await page.getByRole('button', { name: 'Use it' }).click();
    await page.getByText('an API key · reads only').waitFor();

    expect(await section(page, 'Sage 200').getByRole('button').count()).toBe(0);
    expect(unexpected(complaints)).toEqual([]);
  });
});

test('at the gateway’s own machine each connection says what to do, and somebody signs in for it or for a new name', async () => {
  const { page, complaints } = await openPage();
  await sandbox.sageId.revokeUser('bob');
  await page.goto(homeOf(open));
  const leaver = page.locator('[data-connection="leaver"]');
  await leaver.getByText('Sign in again', { exact: true }).first().waitFor();
  await shoot(page, '10-own-machine');

  await leaver.getByRole('button', { name: 'Sign in again' }).click();
  await page.getByRole('button', { name: /Bob Barker/ }).click();
  await page.waitForURL(`${homeOf(open)}/`);
  await leaver.getByText('Connected').waitFor();
  expect(await leaver.innerText()).toContain('used by you');

  await page.getByText('Connect under a new name').click();
  await page.getByLabel('Name').fill('payroll');
  await shoot(page, '11-new-name');
  expect(await pageFaults(page)).toEqual([]);
  await page.getByRole('button', { name: 'Connect', exact: true }).click();
  await page.getByRole('button', { name: /Carol Clarke/ }).click();
  await page.waitForURL(`${homeOf(open)}/`);
  await page.locator('[data-connection="payroll"]').getByText('opens no company').waitFor();
  await shoot(page, '12-no-company');
  expect(unexpected(complaints)).toEqual([]);
});

test('the link in the error of a failing program leads its person through Sage ID, and the program goes on; others change nothing', async () => {
  await using failing = await startTestGateway({
    sandbox,
    edit(file) {
      const key = { companies: 'all', tenants: [], connection: 'finance' };
      file['callers'] = {
        sessions: { allow: ['@hallam.example'] },
        apiKeys: [
          { ...key, name: 'boss', sha256: boss.sha256, admin: true },
          { ...key, name: 'shop', sha256: shop.sha256 },
        ],
      };
    },
  });
  const administrator = createCookieBrowser();
  const begun = await administrator.open(`${homeOf(failing)}/connect/sage200?connection=finance`, {
    headers: bearer(boss),
  });
  sandbox.sageId.clock.set({ accessTokenSeconds: 5 });
  await administrator.open(await sandbox.sageId.signIn(begun.location ?? '', 'alice'));
  sandbox.sageId.clock.set({ accessTokenSeconds: null });
  const call = async () => {
    const document = '{ sage200 { customers(first: 1) { nodes { name } } } }';
    const { data, errors } = await failing.query(document, { headers: bearer(shop) });
    return { customers: data?.sage200?.customers, problem: errors?.[0]?.extensions };
  };
  expect((await call()).customers.nodes).toHaveLength(1);
  await sandbox.sageId.revokeUser('alice');
  await expect.poll(async () => (await call()).problem?.['code'], { timeout: 15_000 }).toBe('NEEDS_CONSENT');
  const connectUrl = String((await call()).problem?.['connectUrl']);
  const visit = async (person: RegExp) => {
    const { page, complaints } = await openPage();
    await page.goto(connectUrl);
    await page.getByRole('button', { name: person }).click();
    await page.waitForURL(/callback/);
    return { page, complaints };
  };

  const { page: refused } = await visit(/Bob Barker/);
  await refused.getByRole('heading', { name: 'Not your connection' }).waitFor();
  await shoot(refused, '14-not-your-connection');
  expect(await pageFaults(refused)).toEqual([]);
  expect((await call()).problem).toMatchObject({ code: 'NEEDS_CONSENT', connectUrl });
  const { page: renewed, complaints } = await visit(/Alice Adams/);
  await renewed.getByRole('heading', { name: 'Signed in again' }).waitFor();
  await shoot(renewed, '15-signed-in-again');
  expect(await pageFaults(renewed)).toEqual([]);

  await expect.poll(async () => (await call()).customers?.nodes).toHaveLength(1);
  // What Sage ID keeps aside, its browser has nothing: no session began.
  const own = (await renewed.context().cookies()).filter(({ name }) => name.includes('sage-'));
  expect(own).toEqual([]);
  expect(unexpected(complaints)).toEqual([]);
});

test('the console is used by keyboard alone, and fits a phone', async () => {
  const { page } = await openPage();
  await page.setViewportSize({ width: 360, height: 740 });
  await page.goto(homeOf(closed));
  await page.getByText('You are not signed in.').waitFor();
  for (const _ of ['Look again', 'Sign in']) await page.keyboard.press('Tab');
  expect(await page.evaluate('document.activeElement.textContent')).toBe('Sign in to Sage 200');
  await page.keyboard.press('Space');
  await page.getByRole('button', { name: /Alice Adams/ }).click();
  await page.waitForURL(`${homeOf(closed)}/`);
  await section(page, 'Sage 200').getByText('Hallam').first().waitFor();
  await run(page);
  await shoot(page, '13-phone');

  expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);
});

test('reached below a path, the console, its sign-in, GraphiQL and links stay below it', async () => {
  await using below = await startTestGateway({
    sandbox,
    edit(file) {
      file['server'] = { ...file['server'], publicUrl: 'http://localhost:0/tools/sage' };
    },
  });
  const home = `${homeOf(below)}/tools/sage`;
  const { page, requests, complaints } = await openPage();

  await page.goto(home);
  await section(page, 'ERP tenants').getByText('acme').waitFor();
  await page.getByRole('button', { name: 'Sign in to Sage 200' }).click();
  await page.getByRole('button', { name: /Alice Adams/ }).click();
  await page.waitForURL(`${home}/`);
  await section(page, 'You').getByText('Alice Adams').waitFor();
  await run(page);
  expect(await page.locator('#summary').innerText()).toContain('without errors');
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
