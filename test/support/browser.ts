import { createReadStream, existsSync } from 'node:fs';
import { mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { createBrotliDecompress } from 'node:zlib';
import { type Browser, chromium, type Page } from 'playwright-core';
import { extract } from 'tar-fs';
import { test } from 'vitest';

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

/** How long a page may take to load or to show something, ms: GraphiQL alone is 9 MB of script. */
const PATIENCE_MS = 60_000;

/**
 * Headless Chromium as users have it, with its security on: the list of arguments that its package proposes turns
 * web security off, and tests of CORS or of a content security policy would pass for the wrong reason.
 */
export async function openBrowser(): Promise<TestBrowser> {
  const browser = await launch();
  return {
    async newPage() {
      const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
      context.setDefaultTimeout(PATIENCE_MS);
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

/** A test in a browser. Where none can run, which is said once, it is skipped. */
export const browserTest = test.skipIf(await isWithoutBrowser());

async function isWithoutBrowser(): Promise<boolean> {
  try {
    const browser = await launch();
    await browser.close();
    return false;
  } catch (error) {
    const [reason] = String(error).split('\n');
    process.stderr.write(`Tests in a browser are skipped, since none runs here (${process.platform}): ${reason}\n`);
    return true;
  }
}

async function launch(): Promise<Browser> {
  const folder = await unpacked();
  return chromium.launch({
    executablePath: join(folder, 'chromium'),
    args: ['--no-sandbox', '--disable-gpu'], // root in containers has no sandbox
    // NSS and other libraries that a bare system lacks come with the package.
    env: { ...process.env, LD_LIBRARY_PATH: join(folder, 'al2023', 'lib') },
  });
}

/**
 * The browser's package unpacks 210 MB into the temporary folder and takes any file named `chromium` it finds there.
 * So it gets a folder of its own, which later runs use again; anyone who comes second while it is being made wins nothing.
 */
async function unpacked(): Promise<string> {
  const folder = join(tmpdir(), 'sage-gateway-chromium-153-libraries');
  if (existsSync(folder)) return folder;
  const parent = await mkdtemp(`${folder}-`);
  await withTemporaryFolder(parent, async () => {
    const { default: packed } = await import('@sparticuz/chromium');
    await packed.executablePath();
  });
  // The package itself unpacks its libraries only where it believes to be in a cloud function.
  const libraries = join(dirname(fileURLToPath(import.meta.resolve('@sparticuz/chromium'))), '../bin/al2023.tar.br');
  await pipeline(createReadStream(libraries), createBrotliDecompress(), extract(join(parent, 'al2023')));
  await rename(parent, folder).catch(() => rm(parent, { recursive: true }));
  return folder;
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
