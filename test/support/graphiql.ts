import type { Locator, Page } from 'playwright-core';

/** Opens a gateway's GraphiQL with the documentation beside it, at the root of queries. Waits for what the tenant has. */
export async function openExplorer(page: Page, url: string): Promise<Locator> {
  await page.goto(`${url}/graphql`);
  await page.getByRole('button', { name: /show documentation explorer/i }).click();
  const docs = page.locator('.graphiql-doc-explorer');
  await docs.getByRole('link', { name: 'Query', exact: true }).first().click();
  await docs.getByText('xtremMasterData', { exact: true }).first().waitFor();
  return docs;
}

/** Looks a type up by its name. @param member one of its fields, shown when it is there */
export async function findType(page: Page, docs: Locator, type: string, member: string): Promise<void> {
  await page.keyboard.press('Control+Alt+K');
  await docs.getByRole('combobox').fill(type);
  await docs.getByRole('option', { name: type, exact: true }).click();
  await docs.getByText(member, { exact: true }).first().waitFor();
}

/** Types a query of the tenant's in a tab of its own, takes the editor's suggestion for its last field, and runs it. */
export async function typeQuery(page: Page): Promise<Locator> {
  await page.getByRole('button', { name: /new tab/i }).click();
  const editor = page.locator('.graphiql-query-editor');
  const suggestion = page.locator('.suggest-widget').getByText('totalCount').first();
  // An editor that is still being made loses what is typed, and one without its schema suggests nothing: begun again then.
  // The test's own limit ends the trying.
  do {
    await editor.click();
    await page.keyboard.press('Control+A');
    await page.keyboard.press('Delete');
    await page.keyboard.type('{ xtremSales { salesOrder { query(first: 2) { totalC', { delay: 5 });
  } while (!(await isShown(suggestion)));
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: /execute query/i }).click();
  const answer = page.locator('.result-window');
  await answer.getByText('"totalCount"').first().waitFor();
  return answer;
}

const isShown = (found: Locator): Promise<boolean> =>
  found.waitFor({ timeout: 3_000 }).then(
    () => true,
    () => false,
  );
