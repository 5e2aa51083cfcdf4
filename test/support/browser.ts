import { existsSync } from 'node:fs';
import { mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';

export interface TestBrowser extends AsyncDisposable {
  /** A page of its own profile: nothing stored by another page is seen in it. */
  newPage(): Promise<TestPage>;
}

export interface TestPage {
  readonly page: Page;
  /** Every address the page asked for, `data:` aside. */
  readonly requests: readonly string[];
  /** What the page complained about: exceptions, and errors in the console, such as a blocked script. */
  readonly complaints: readonly string[];
}

/**
 * Headless Chromium as users have it, with its security on: the list of arguments that its package proposes turns
 * web security off, and tests of CORS or of a content security policy would pass for the wrong reason.
 */
export async function openBrowser(): Promise<TestBrowser> {
  const browser = await launch();
  return {
    async newPage() {
      const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
      const page = await context.newPage();
      const requests: string[] = [];
      const complaints: string[] = [];
      page.on('request', (request) => {
        if (!request.url().startsWith('data:')) requests.push(request.url());
      });
      page.on('pageerror', (error) => complaints.push(error.message));
      page.on('console', (message) => {
        if (message.type() === 'error') complaints.push(message.text());
      });
      return { page, requests, complaints };
    },
    async [Symbol.asyncDispose]() {
      await browser.close();
    },
  };
}

async function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath: await unpacked(),
    args: ['--no-sandbox', '--disable-gpu'], // root in containers has no sandbox
  });
}

/**
 * The browser's package unpacks 210 MB into the temporary folder and takes any file named `chromium` it finds there.
 * So it gets a folder of its own, which later runs use again; whoever comes second while it is being made wins nothing.
 */
async function unpacked(): Promise<string> {
  const folder = join(tmpdir(), 'sage-gateway-chromium-153');
  if (!existsSync(join(folder, 'chromium'))) {
    const parent = await mkdtemp(`${folder}-`);
    await withTemporaryFolder(parent, async () => {
      const { default: packed } = await import('@sparticuz/chromium');
      await packed.executablePath();
    });
    await rename(parent, folder).catch(() => rm(parent, { recursive: true }));
  }
  return join(folder, 'chromium');
}

async function withTemporaryFolder(folder: string, work: () => Promise<void>): Promise<void> {
  const before = process.env['TMPDIR'];
  process.env['TMPDIR'] = folder;
  try {
    await work();
  } finally {
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
  }
}
