import { createServer } from 'node:http';
import { afterAll, beforeAll, expect, vi } from 'vitest';
import { browserTest as test } from '../support/browser.ts';
import { createCookieBrowser } from '../support/cookie-browser.ts';
import { pageFaults } from '../support/page-faults.ts';
import { startTestGateway } from '../support/test-gateway.ts';
import {
  type BrowserWorld,
  bearer,
  boss,
  homeOf,
  run,
  section,
  shoot,
  shop,
  startBrowserWorld,
  unexpected,
  withoutCompany,
} from './browser-world.ts';

// Several whole visits a test, on machines that are busy with other browsers.
vi.setConfig({ testTimeout: 90_000 });

let world: BrowserWorld;
let partner: Awaited<ReturnType<typeof startPartner>>;

beforeAll(async () => {
  partner = await startPartner();
  world = await startBrowserWorld([partner.url]);
});

afterAll(async () => {
  await world?.[Symbol.asyncDispose]();
  await partner?.[Symbol.asyncDispose]();
});

test('a person signs in at Sage ID from the console, comes back, chooses a company and gets the first answer', async () => {
  const { page, requests, complaints } = await world.openPage();
  await page.goto(homeOf(world.closed));
  await page.getByText('You are not signed in.').waitFor();
  await shoot(page, '1-nobody');
  expect(await pageFaults(page)).toEqual([]);

  await page.getByRole('button', { name: 'Sign in to Sage 200' }).click();
  await page.getByRole('button', { name: /Alice Adams/ }).waitFor();
  await shoot(page, '2-sage-id');
  expect(await pageFaults(page)).toEqual([]);
  await page.getByRole('button', { name: /Alice Adams/ }).click();
  await page.waitForURL(`${homeOf(world.closed)}/`);
  const own = section(page, 'Sage 200');
  await own.getByText('Hallam').first().waitFor();
  await shoot(page, '3-signed-in');

  await expect.poll(() => section(page, 'You').innerText()).toContain('Alice Adams alice@hallam.example');
  await expect
    .poll(() => own.innerText())
    .toMatch(/Your Sage account\s+Connected[\s\S]*Consent is valid until \d+ \w+ \d{4}, (89|90) days from now/);
  await expect.poll(() => section(page, 'ERP tenants').innerText()).toMatch(/acme\s+Ready/);
  await run(page);
  await expect.poll(() => page.locator('#summary').innerText()).toContain('COMPANY_REQUIRED');
  await shoot(page, '4-company-required');
  await page.getByLabel('Company').selectOption({ index: 1 });
  await run(page);
  await shoot(page, '5-first-query');
  expect(await pageFaults(page)).toEqual([]);
  await expect.poll(() => page.locator('#summary').innerText()).toMatch(/^Answered in \d+ ms, without errors\.$/);
  const answer = JSON.parse(await page.locator('#answer').innerText());
  expect(answer.sage200.customers.nodes).toHaveLength(3);

  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByText('You are signed out.').waitFor();
  await page.getByText('You are not signed in.').waitFor();
  expect(await page.locator('body').innerText()).not.toContain('Hallam');
  const { origin } = new URL(world.sandbox.sageId.url);
  expect([...new Set(requests.map((url) => new URL(url).origin))].sort()).toEqual(
    [homeOf(world.closed), origin].sort(),
  );
  expect(unexpected(complaints)).toEqual([]);
});

test('a partner sends a client to a link and gets it back connected, and the link works once', async () => {
  await world.administer(
    'putClient(input: { name: "partner-client", title: "Partner Client Ltd" }) { client { name } }',
  );
  const link = `client: "partner-client", returnTo: "${partner.url}/back?from=gateway", state: "ticket-7"`;
  const made = await world.administer(`createConnectLink(input: { ${link} }) { url }`);
  partner.page.link = made.createConnectLink.url;
  const { page, complaints } = await world.openPage();

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
  await page.getByText('This link has already been used').waitFor();
  await page.goto(homeOf(world.closed));
  await page.getByText('You are not signed in.').waitFor();
  expect(complaints.filter((each) => !/status of 40[013]/.test(each))).toEqual([]);
});

test('on the gateway’s own machine each connection says what to do, and anyone can sign in for it or for a new name', async () => {
  // As `npm start` has it: anybody at this machine, no callers configured.
  await using open = await startTestGateway({
    sandbox: world.sandbox,
    connections: { leaver: 'bob' },
    edit: withoutCompany,
  });
  const { page, complaints } = await world.openPage();
  await world.sandbox.sageId.revokeUser('bob');
  await page.goto(homeOf(open));
  const leaver = page.locator('[data-connection="leaver"]');
  await leaver.getByText('Sign in again', { exact: true }).first().waitFor();
  await shoot(page, '10-own-machine');

  await leaver.getByRole('button', { name: 'Sign in again' }).click();
  await page.getByRole('button', { name: /Bob Barker/ }).click();
  await page.waitForURL(`${homeOf(open)}/`);
  await leaver.getByText('Connected').waitFor();
  await expect.poll(() => leaver.innerText()).toContain('used by you');

  await page.getByText('Connect under a new name').click();
  await page.getByLabel('Name').fill('payroll');
  await shoot(page, '11-new-name');
  expect(await pageFaults(page)).toEqual([]);
  await page.getByRole('button', { name: 'Connect', exact: true }).click();
  await page.getByRole('button', { name: /Carol Clarke/ }).click();
  await page.waitForURL(`${homeOf(open)}/`);
  await page.locator('[data-connection="payroll"]').getByText('has no company').waitFor();
  await shoot(page, '12-no-company');
  expect(unexpected(complaints)).toEqual([]);
});

test("the link in a program's error leads its person through Sage ID, and the program works again; others change nothing", async () => {
  await using failing = await startTestGateway({
    sandbox: world.sandbox,
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
  world.sandbox.sageId.clock.set({ accessTokenSeconds: 5 });
  await administrator.open(await world.sandbox.sageId.signIn(begun.location ?? '', 'alice'));
  world.sandbox.sageId.clock.set({ accessTokenSeconds: null });
  const call = async () => {
    const document = '{ sage200 { customers(first: 1) { nodes { name } } } }';
    const { data, errors } = await failing.query(document, { headers: bearer(shop) });
    return { customers: data?.sage200?.customers, problem: errors?.[0]?.extensions };
  };
  expect((await call()).customers.nodes).toHaveLength(1);
  await world.sandbox.sageId.revokeUser('alice');
  await expect.poll(async () => (await call()).problem?.['code']).toBe('NEEDS_CONSENT');
  const connectUrl = String((await call()).problem?.['connectUrl']);
  const visit = async (person: RegExp) => {
    const { page, complaints } = await world.openPage();
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
