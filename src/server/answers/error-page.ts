import { basePathOf } from '../../kit/base-path.ts';
import { escapeHtml, PAGE_HEADERS, START_PAGE, toHtmlPage } from '../../kit/html-page.ts';
import type { Exchange } from '../routes/route.ts';
import type { Answer } from './answer.ts';

const TITLES: Readonly<Record<number, string>> = {
  401: 'Not signed in',
  403: 'Not allowed',
  404: 'Not found',
};

/** A person who opened an address gets its error as a page; programs, and scripts of pages, as JSON. */
export function forReader(answer: Answer, { headers, publicUrl }: Pick<Exchange, 'headers' | 'publicUrl'>): Answer {
  const { shown, status } = answer;
  // Browsers alone send these, and pages cannot set them.
  if (!shown || headers['sec-fetch-mode'] !== 'navigate' || headers['sec-fetch-dest'] !== 'document') return answer;
  const { message, requestId, connectUrl } = shown;
  const body = toHtmlPage({
    title: TITLES[status] ?? 'That did not work',
    body: `<p>${escapeHtml(message)}</p>\n<p><small>Request ${escapeHtml(requestId)}</small></p>`,
    links: [...(connectUrl === undefined ? [] : [{ to: connectUrl, words: 'Sign in to Sage 200' }]), START_PAGE],
    basePath: basePathOf(publicUrl()),
  });
  return { ...answer, headers: { ...answer.headers, ...PAGE_HEADERS }, body };
}
