import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { vi } from 'vitest';

const WIDTHS = [390, 1280];
const SCHEMES = ['light', 'dark'] as const;

/**
 * What axe finds on a page, and what is too wide for it: on a phone and on a desk, light and dark. Afterwards the page is as wide
 * as before.
 * @param settle waits until the page has taken a scheme over that it asks for only once
 */
export async function pageFaults(page: Page, settle: () => Promise<unknown> = async () => {}): Promise<string[]> {
  const before = page.viewportSize() ?? { width: 1280, height: 800 };
  const found: string[] = [];
  for (const colorScheme of SCHEMES) {
    // Colours that are on their way to others are nobody's fault.
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await settle();
    for (const width of WIDTHS) {
      await page.setViewportSize({ ...before, width });
      found.push(...(await tooWide(page)).map((each) => `${width} ${colorScheme} wider than the screen: ${each}`));
      for (const { id, nodes } of await violations(page))
        found.push(...nodes.map((node) => `${width} ${colorScheme} ${id}: ${node}`));
    }
  }
  await page.emulateMedia({ colorScheme: null, reducedMotion: null });
  await page.setViewportSize(before);
  return found;
}

/** How long a page that has just become narrower may take to lay itself out again, ms: editors do so piece by piece. */
const LAID_OUT_WITHIN_MS = 10_000;

/** What still reaches beyond the right edge once the page is laid out. */
async function tooWide(page: Page): Promise<string[]> {
  let found: string[] = [];
  const fits = async () => {
    found = await tooWideNow(page);
    return found.length === 0;
  };
  await vi.waitUntil(fits, { timeout: LAID_OUT_WITHIN_MS }).catch(() => {});
  return found;
}

/** The page itself, or a dialog before it, with those of its elements that nothing clips. */
const tooWideNow = (page: Page): Promise<string[]> =>
  // Text, since it runs in the page.
  page.evaluate(`(() => {
    const isBeyond = (each) => each.getBoundingClientRect().right > innerWidth;
    const isClipped = ({ parentElement: parent }) =>
      parent !== null && (getComputedStyle(parent).overflowX !== 'visible' || isClipped(parent));
    const nameOf = ({ tagName, id, className }) => tagName + ' ' + (id || className);
    return [document.documentElement, ...document.querySelectorAll('dialog[open]')]
      .filter((each) => each.scrollWidth > each.clientWidth || isBeyond(each))
      .map((each) => [each, ...[...each.querySelectorAll('*')].filter((one) => isBeyond(one) && !isClipped(one))])
      .map((all) => all.slice(0, 5).map(nameOf).join(' > '));
  })()`);

interface Violation {
  readonly id: string;
  readonly nodes: readonly string[];
}

async function violations(page: Page): Promise<readonly Violation[]> {
  await page.evaluate(axe.source);
  // Text, since it runs in the page.
  return page.evaluate(`axe.run(document).then(({ violations }) =>
    violations.map(({ id, nodes }) => ({ id, nodes: nodes.map(({ html }) => html.slice(0, 200)) })))`);
}
