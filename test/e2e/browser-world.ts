import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { createApiKey } from '../../src/cli/keys-create.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { openBrowser, type TestBrowser } from '../support/browser.ts';
import { startTestGateway, type TestGateway } from '../support/test-gateway.ts';

export const boss = createApiKey('boss');
export const shop = createApiKey('shop');
/** Connections that callers are given and nobody has signed in for: more than are shown at once. */
const branches = Array.from({ length: 30 }, (_, index) => `branch-${index + 10}`);
export const bearer = ({ key }: { readonly key: string }) => ({ authorization: `Bearer ${key}` });

export function withoutCompany(file: Record<string, Record<string, unknown>>): void {
  const { site: _site, company: _company, ...sage200 } = file['sage200'] ?? {};
  file['sage200'] = sage200;
}

/** Pictures for people, where a folder is named for them. */
export async function shoot(page: Page, name: string): Promise<void> {
  const folder = process.env['SCREENSHOTS'];
  if (!folder) return;
  await mkdir(folder, { recursive: true });
  const before = page.viewportSize() ?? { width: 1280, height: 800 };
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    for (const width of [390, 1280]) {
      await page.setViewportSize({ ...before, width });
      await page.screenshot({ path: join(folder, `${name}-${width}-${colorScheme}.png`), fullPage: true });
    }
  }
  await page.setViewportSize(before);
}

/** The name that Sage ID sends browsers back to. */
export const homeOf = ({ url }: TestGateway) => url.replace('127.0.0.1', 'localhost');

export const section = (page: Page, name: string) => page.getByRole('region', { name });
export const run = async (page: Page) => {
  await page.getByRole('button', { name: 'Run' }).click();
  await page.getByText(/^Answered in/).waitFor();
};
/** What a browser notes of every answer that is not a success: those are expected here. */
export const unexpected = (complaints: readonly string[]) =>
  complaints.filter((each) => !/status of 40[01]/.test(each));

export interface BrowserWorld extends AsyncDisposable {
  readonly sandbox: Sandbox;
  /** People of one domain, a program, an administrator; nobody without credentials. */
  readonly closed: TestGateway;
  /** A page that says what it waited for, before the test's own time is over. */
  readonly openPage: () => ReturnType<TestBrowser['newPage']>;
  /** An administrator's mutation at that gateway. @returns its field */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of any shape
  readonly administer: (field: string) => Promise<any>;
}

/** @param returnOrigins where connect links may lead back to */
export async function startBrowserWorld(returnOrigins: readonly string[] = []): Promise<BrowserWorld> {
  const sandbox = await startSandbox({ customers: 60 });
  const key = { companies: 'all', tenants: ['acme'], connection: 'finance' };
  const closed = await startTestGateway({
    sandbox,
    edit(file) {
      withoutCompany(file);
      file['server'] = { ...file['server'], returnOrigins };
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
  const browser = await openBrowser();
  return {
    sandbox,
    closed,
    async openPage() {
      const opened = await browser.newPage();
      opened.page.setDefaultTimeout(20_000);
      return opened;
    },
    async administer(field) {
      const { data, errors } = await closed.query(`mutation { gateway { ${field} } }`, { headers: bearer(boss) });
      if (errors) throw new Error(JSON.stringify(errors));
      return data.gateway;
    },
    async [Symbol.asyncDispose]() {
      await browser[Symbol.asyncDispose]();
      await closed.close();
      await sandbox.close();
    },
  };
}
