import { createHash } from 'node:crypto';
import { headerText } from '../../kit/http/index.ts';
import { othersTurn } from '../../kit/turns.ts';
import { refusalAnswer } from '../answers/error-answer.ts';
import { type PackedText, packedAnswer, packText } from '../answers/packed-text.ts';
import type { RequestHead } from '../intake/request-checks.ts';
import type { Route } from './route.ts';

interface GraphiqlPage {
  readonly text: PackedText;
  readonly contentSecurityPolicy: string;
}

interface GraphiqlOptions {
  readonly path: string;
  /** Of `publicUrl`. */
  readonly basePath: string;
  readonly examples: readonly string[];
}

/** GraphiQL for browsers that open `/graphql`. The page contains everything it needs. */
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

/** The answer if GraphiQL is switched off. A query in the URL is still answered, by the next route. */
export function createNoGraphiqlRoute(path: string): Route {
  const message = 'GraphiQL is switched off here (server.graphiql). Send operations to this path by POST, as JSON.';
  return {
    path,
    access: 'page',
    matches: (head) => isBrowser(head) && !/[?&]query=/.test(head.target),
    handlers: { GET: ({ requestId }) => refusalAnswer({ status: 404, code: 'BAD_USER_INPUT', message }, requestId) },
  };
}

/** Browsers accept `text/html` first when a person opens a link; programs do not. */
function isBrowser(head: RequestHead): boolean {
  return head.method === 'GET' && (headerText(head, 'accept')?.toLowerCase().includes('text/html') ?? false);
}

async function renderPage(endpoint: string, examples: readonly string[]): Promise<GraphiqlPage> {
  // 9 MB of script: read when somebody opens the page, not at the start. Only its compressed form is kept.
  const { renderGraphiQL } = await import('@graphql-yoga/render-graphiql');
  await othersTurn();
  const rendered = renderGraphiQL({
    title: 'Sage gateway',
    endpoint,
    defaultTabs: examples.map((query) => ({ query })),
    // Keys typed into the headers editor are forgotten with the tab.
    shouldPersistHeaders: false,
    // The session's cookie is only sent to the gateway's own origin.
    credentials: 'same-origin',
    // The page's default logo belongs to another product.
    logo: ' ',
  }).replaceAll('\r\n', '\n'); // as browsers do; otherwise the browser's digest of the script would differ
  const html = withTabsAsList(withHistory(rendered))
    .replace(CHARSET, `${CHARSET}\n      ${VIEWPORT}`)
    .replace('</head>', `<style>${STYLE}</style></head>`)
    .replace(ROOT, `<main><h1>Sage gateway: GraphiQL</h1>${ROOT}</main>`);
  await othersTurn();
  return { text: await packText(html), contentSecurityPolicy: toContentSecurityPolicy(html) };
}

const ROOT = '<div id="root"></div>';

const DARK = `
  --color-info: 208, 100%, 72%; --color-warning: 30, 100%, 80%;`;

/** Fixes for the page: labels for screen readers, contrast, and space on a phone. `.mtk8` are comments in dark mode. */
const STYLE = `
main { display: contents; }
main > h1 { clip-path: inset(50%); height: 1px; overflow: hidden; position: absolute; width: 1px; }
.graphiql-container { --color-info: 208, 100%, 36%; --color-warning: 36, 100%, 28%; --alpha-secondary: 1; --alpha-tertiary: .85; }
.graphiql-container .line-numbers { color: #666 !important; }
body.graphiql-dark .graphiql-container { ${DARK} }
body.graphiql-dark .graphiql-container .line-numbers { color: #a8a8a8 !important; }
body.graphiql-dark .graphiql-container .mtk8 { color: #8fbf7f !important; }
@media (prefers-color-scheme: dark) {
  body:not(.graphiql-light) .graphiql-container { ${DARK} }
  body:not(.graphiql-light) .graphiql-container .line-numbers { color: #a8a8a8 !important; }
  body:not(.graphiql-light) .graphiql-container .mtk8 { color: #8fbf7f !important; }
}
.graphiql-doc-explorer a { text-decoration: underline; }
@media (max-width: 40rem) {
  #graphiql-session { flex-direction: column; }
  #graphiql-session > div { min-height: 0; }
  #graphiql-session > .graphiql-horizontal-drag-bar { display: none; }
  .graphiql-container .graphiql-logo { display: none; }
}
`;

const CHARSET = '<meta charset="utf-8" />';
/** Without it, a phone shows the desktop width at a quarter of the size. */
const VIEWPORT = '<meta name="viewport" content="width=device-width, initial-scale=1" />';

/** GraphiQL's default panes, which include the history, and the only pane that the package passes instead. */
const OWN_PANES = /=\w+===void 0\?\[(\w+)\]:\w+,/;
const PASSED_PANES = /plugins:\[(\w+)\],schemaDescription/;
/** Where a run operation is added to the history. */
const KEPT_HEADERS = 'headers:c.headers??void 0,operationName:c.operationName';

/**
 * The package omits GraphiQL's history and has no setting for it, so its script is changed. The history would also store
 * headers in the browser permanently, even if headers must not be kept: a typed key must not stay there.
 */
function withHistory(html: string): string {
  const [, history] = OWN_PANES.exec(html) ?? [];
  if (history === undefined || !PASSED_PANES.test(html) || !html.includes(KEPT_HEADERS)) return html;
  return html
    .replace(PASSED_PANES, `plugins:[$1,${history}],schemaDescription`)
    .replace(KEPT_HEADERS, 'headers:void 0,operationName:c.operationName');
}

/** The script's accessibility attributes for tabs. */
const TAB = /"aria-selected":(\w+),dragElastic:!1,role:"tab",/;
const TABS = 'axis:"x",role:"tablist",';

/** Its tabs contain buttons, which screen readers cannot reach inside a tab; in a list they can. */
const withTabsAsList = (html: string): string =>
  TAB.test(html) && html.includes(TABS)
    ? html.replace(TAB, '"aria-current":$1,dragElastic:!1,').replace(TABS, 'axis:"x",')
    : html;

/**
 * Only this script may run. The editor sets styles from its script, which no digest can cover; its workers use
 * `blob:` URLs that the script creates from text in the page.
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

/** The page has one script, which ends at the first `</script`, as in a browser. */
function inlineScript(html: string): string {
  const opening = '<script>';
  const start = html.indexOf(opening, html.indexOf(ROOT)) + opening.length;
  return html.slice(start, html.indexOf('</script', start));
}
