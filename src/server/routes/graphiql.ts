import { createHash } from 'node:crypto';
import { headerText } from '../../kit/http/index.ts';
import { refusalAnswer } from '../answers/error-answer.ts';
import { type PackedText, packedAnswer, packText } from '../answers/packed-text.ts';
import type { RequestHead } from '../intake/request-checks.ts';
import type { ExampleOperation } from '../server-options.ts';
import type { Route } from './route.ts';

interface GraphiqlPage {
  readonly text: PackedText;
  readonly contentSecurityPolicy: string;
}

interface GraphiqlOptions {
  readonly path: string;
  /** Of `publicUrl`. */
  readonly basePath: string;
  readonly examples: readonly ExampleOperation[];
}

/** GraphiQL for browsers that open `/graphql`: everything it needs is in the page, nothing comes from elsewhere. */
export function createGraphiqlRoute({ path, basePath, examples }: GraphiqlOptions): Route {
  let page: Promise<GraphiqlPage> | undefined;
  return {
    path,
    access: 'page',
    matches: isBrowser,
    handlers: {
      async GET({ headers }) {
        page ??= renderPage(`${basePath}${path}`, examples);
        const { text, contentSecurityPolicy } = await page;
        return packedAnswer(text, headers, {
          'content-type': 'text/html; charset=utf-8',
          'cache-control': 'private, no-cache',
          'content-security-policy': contentSecurityPolicy,
        });
      },
    },
  };
}

/** In its place where it is switched off. A query in the address is still answered, by the route after this one. */
export function createNoGraphiqlRoute(path: string): Route {
  const message = 'GraphiQL is switched off here (server.graphiql). Send operations to this path by POST, as JSON.';
  return {
    path,
    access: 'page',
    matches: (head) => isBrowser(head) && !/[?&]query=/.test(head.target),
    handlers: { GET: ({ requestId }) => refusalAnswer({ status: 404, code: 'BAD_USER_INPUT', message }, requestId) },
  };
}

/** Browsers ask for `text/html` first when a person opens a link; programs do not name it. */
function isBrowser(head: RequestHead): boolean {
  return head.method === 'GET' && (headerText(head, 'accept')?.toLowerCase().includes('text/html') ?? false);
}

async function renderPage(endpoint: string, examples: readonly ExampleOperation[]): Promise<GraphiqlPage> {
  // 9 MB of script: read when somebody opens the page, not at the start. Only its packed form is kept.
  const { renderGraphiQL } = await import('@graphql-yoga/render-graphiql');
  const html = renderGraphiQL({
    title: 'Sage gateway',
    endpoint,
    defaultTabs: examples.map(({ query }) => ({ query })),
    // Keys typed into the headers editor are gone with the tab.
    shouldPersistHeaders: false,
    // Without a credential of its own beside it: the session's cookie goes to our own origin only.
    credentials: 'same-origin',
    // The page's own logo is drawn for another product.
    logo: ' ',
  }).replaceAll('\r\n', '\n'); // as a browser reads it, or its digest of the script would differ from ours
  return { text: await packText(html), contentSecurityPolicy: toContentSecurityPolicy(html) };
}

/**
 * Only this very script may run. The editor sets styles from its script, which no digest can name; its workers come
 * from `blob:` addresses that the script makes of text in the page.
 */
function toContentSecurityPolicy(html: string): string {
  const digest = createHash('sha256').update(inlineScript(html)).digest('base64');
  return [
    "default-src 'none'",
    `script-src 'sha256-${digest}'`,
    "style-src 'unsafe-inline'",
    'img-src data:',
    'font-src data:',
    "connect-src 'self'",
    'worker-src blob:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

/** The page has one script, and as for a browser it ends at the first `</script`. */
function inlineScript(html: string): string {
  const opening = '<script>';
  const start = html.indexOf(opening, html.indexOf('<div id="root">')) + opening.length;
  return html.slice(start, html.indexOf('</script', start));
}
