import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { openBrowser, type TestBrowser, browserTest as test } from '../support/browser.ts';
import { findType, openExplorer, typeQuery } from '../support/graphiql.ts';
import { pageFaults } from '../support/page-faults.ts';
import { startTestGateway, type TestGateway } from '../support/test-gateway.ts';

/** What a person can look at afterwards; CI keeps the folder. */
const SHOTS = fileURLToPath(new URL('../../artifacts/', import.meta.url));

let sandbox: Sandbox;
let gateway: TestGateway;
let browser: TestBrowser;

beforeAll(async () => {
  await mkdir(SHOTS, { recursive: true });
  sandbox = await startSandbox({ customers: 60 });
  gateway = await startTestGateway({ sandbox });
  browser = await openBrowser();
});

afterAll(async () => {
  await browser?.[Symbol.asyncDispose]();
  await gateway?.close();
  await sandbox?.close();
});

const foreign = (requests: readonly string[]) =>
  requests.filter((url) => !url.startsWith('blob:') && new URL(url).origin !== gateway.url);

test('GraphiQL opens with a working example, and sends requests only to the gateway', async () => {
  const { page, requests, complaints } = await browser.newPage();

  await page.goto(`${gateway.url}/graphql`);
  await page.getByRole('button', { name: /execute query/i }).click();
  const answer = page.locator('.result-window');
  await answer.getByText('"sopOrders"').first().waitFor();

  const shown = await answer.innerText();
  await page.screenshot({ path: join(SHOTS, 'graphiql.png') });
  expect(await page.title()).toBe('Sage gateway');
  expect(shown).toContain('"customers"');
  expect(shown).not.toContain('"errors"');
  expect(foreign(requests)).toEqual([]);
  expect(requests).toContain(`${gateway.url}/graphql`);
  expect(complaints).toEqual([]);
});

test('GraphiQL stores operations but no typed key, and axe finds no fault on a phone or a desktop', async () => {
  const { page, complaints } = await browser.newPage();
  await page.goto(`${gateway.url}/graphql`);
  await page.getByRole('button', { name: 'Headers' }).click();
  await page.keyboard.type('{ "x-note": "sgk_typed" }');
  const run = async () => {
    await page.locator('.graphiql-query-editor').getByText('customers').first().waitFor();
    await page.getByRole('button', { name: /execute query/i }).click();
    await page.locator('.result-window').getByText('"customers"').first().waitFor();
  };
  await run();

  await page.getByRole('button', { name: /show history/i }).click();
  await page.locator('.graphiql-history-item').first().waitFor();
  expect((await page.evaluate('JSON.stringify({ ...localStorage })')) as string).not.toContain('sgk_');
  await page.getByRole('button', { name: /hide history/i }).click();
  // Its editor takes the reader's scheme over when it is made.
  const again = async () => {
    await page.setViewportSize({ width: 1280, height: 800 });
    // From another page: GraphiQL writes what it keeps a moment later, and once more when it is left.
    await page.goto(`${gateway.url}/healthz`);
    await page.evaluate('localStorage.clear()');
    await page.goto(`${gateway.url}/graphql`);
    await run();
  };
  expect(await pageFaults(page, again)).toEqual([]);
  expect(complaints).toEqual([]);
});

test('GraphiQL shows the documentation of both systems, and finds a type by its name', async () => {
  const { page, complaints } = await browser.newPage();

  const docs = await openExplorer(page, gateway.url);
  const shown = await docs.innerText();
  await page.screenshot({ path: join(SHOTS, 'graphiql-docs.png') });
  await findType(page, docs, 'SalesOrderLine', '_sortValue');

  expect(shown).toContain('sage200');
  expect(shown.indexOf('sage200')).toBeLessThan(shown.indexOf('xtremMasterData'));
  await expect.poll(() => docs.innerText()).toContain('SalesOrder');
  expect(complaints).toEqual([]);
});

// The editor loads in pieces, and now and then on a busy machine one of them comes too late for what is typed.
test("GraphiQL suggests the tenant's fields while a query is typed, and runs it", { retry: 2 }, async () => {
  const { page, complaints } = await browser.newPage();
  await page.goto(`${gateway.url}/graphql`);

  const answer = await typeQuery(page).finally(() => page.screenshot({ path: join(SHOTS, 'graphiql-typed.png') }));

  expect(await answer.innerText()).not.toContain('"errors"');
  expect(complaints).toEqual([]);
});

test('the console shows who is calling, the connection and the tenants', async () => {
  const { page, requests, complaints } = await browser.newPage();

  await page.goto(`${gateway.url}/`);
  await page.getByText('acme').first().waitFor();

  await page.screenshot({ path: join(SHOTS, 'console.png'), fullPage: true });
  await expect.poll(() => page.locator('body').innerText()).toContain('sandbox');
  expect(foreign(requests)).toEqual([]);
  expect(complaints).toEqual([]);
});
