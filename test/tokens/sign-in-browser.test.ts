import { expect } from 'vitest';
import { openBrowser, browserTest as test } from '../support/browser.ts';
import { startSignInWorld } from './sign-in-world.ts';

test('in a real browser a person signs in at Sage ID, comes back with a session, and only pages of the gateway use it', async () => {
  await using world = await startSignInWorld({ withKeys: true });
  await using browser = await openBrowser();
  const { page, complaints } = await browser.newPage();

  // By the machine's other name, as people type it: they end where Sage ID sends them back to.
  await page.goto(`${world.url.replace('127.0.0.1', 'localhost')}/connect/sage200?returnTo=/session`);
  await page.getByRole('button', { name: /Alice Adams/ }).click();
  await page.waitForURL(`${world.url}/session`);

  expect(JSON.parse(await page.locator('body').innerText())).toMatchObject({ email: 'alice@hallam.example' });
  expect(await page.evaluate('document.cookie')).toBe('');
  const mutate = `fetch('${world.url}/graphql', {
    method: 'POST', credentials: 'include', headers: { 'content-type': 'application/json' },
    body: '{"query":"mutation { add(n: 1) }"}',
  }).then((response) => response.status, () => 'refused')`;
  expect(await page.evaluate(mutate)).toBe(200);
  expect(world.server.added()).toBe(1);

  // The same browser on a page of another origin.
  await page.goto(`${world.sandbox.sageId.url}/.well-known/openid-configuration`);
  expect(await page.evaluate(mutate)).toBe('refused');
  expect(world.server.added()).toBe(1);

  await page.goto(`${world.url}/session`);
  expect(await page.evaluate(`fetch('/session', { method: 'DELETE' }).then((response) => response.status)`)).toBe(204);
  expect((await page.goto(`${world.url}/session`))?.status()).toBe(401);
  expect(complaints.filter((complaint) => !/CORS|Failed to load resource/.test(complaint))).toEqual([]);
});

test('in a real browser somebody who refuses at Sage ID sees the reason, on a page that follows its policy', async () => {
  await using world = await startSignInWorld();
  await using browser = await openBrowser();
  const { page, complaints } = await browser.newPage();
  await page.goto(`${world.url}/connect/sage200`);
  await page.getByRole('button').last().click();
  await page.waitForURL(/connect\/sage200\/callback/);

  await expect.poll(() => page.getByRole('heading').innerText()).toBe('Not connected');
  await expect.poll(() => page.locator('blockquote').innerText()).toContain('access_denied');
  if (process.env['SCREENSHOTS']) await page.screenshot({ path: `${process.env['SCREENSHOTS']}/refused.png` });
  expect(complaints.filter((complaint) => !/403/.test(complaint))).toEqual([]);
  await page.getByRole('link', { name: 'Try again' }).click();
  await page.waitForURL(/\/sign-in\//);
});
