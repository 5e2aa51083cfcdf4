import { createHash } from 'node:crypto';
import { STATUS_BY_CODE } from '../../kit/errors/index.ts';
import type { ConsentAnswer } from './route-types.ts';
import type { SignInFailure } from './sign-in-failure.ts';

const STYLE = `
  :root { color-scheme: light dark; --accent: light-dark(#00704a, #5ad6a0); --line: light-dark(#dbe1dc, #303a34); }
  body { font: 16px/1.55 system-ui, sans-serif; margin: 12vh auto; padding: 0 1.25rem; max-width: 38rem; color: light-dark(#17211c, #e7ede9); background: light-dark(#f4f6f4, #111513); }
  main { background: light-dark(#fff, #1a201d); border: 1px solid var(--line); border-radius: 12px; padding: 1.5rem 1.75rem; }
  h1 { font-size: 1.4rem; margin: 0 0 .5rem; }
  blockquote { margin: .75rem 0; padding: .25rem 1rem; border-left: 3px solid var(--line); overflow-wrap: anywhere; }
  .links { display: flex; flex-wrap: wrap; gap: .6rem; margin: 1.25rem 0 0; }
  a { border: 1px solid var(--line); border-radius: 8px; color: inherit; padding: .4rem .95rem; text-decoration: none; }
  a:first-child { background: var(--accent); border-color: var(--accent); color: light-dark(#fff, #06281a); font-weight: 600; }
  a:focus-visible { outline: 3px solid color-mix(in srgb, var(--accent) 55%, transparent); outline-offset: 2px; }
`;

const POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** A sign-in that did not come about, as a page. @param basePath path of `publicUrl` */
export function failurePage(failure: SignInFailure, basePath: string): ConsentAnswer {
  const { code, title, message, detail, retry, retryAfter } = failure;
  const said = detail ? `<p>Sage said:</p>\n<blockquote>${escapeHtml(detail)}</blockquote>` : '';
  const links = [...(retry === undefined ? [] : [{ to: retry, words: 'Try again' }]), START_PAGE];
  return {
    status: STATUS_BY_CODE[code],
    headers: {
      ...HEADERS,
      ...(retryAfter !== undefined && { 'retry-after': String(Math.ceil(retryAfter)) }),
    },
    errorCodes: [code],
    body: toHtml({ title, body: `<p>${escapeHtml(message)}</p>\n${said}`, links, basePath }),
  };
}

/** For a person who followed the link of a failing program, and has no other business here. @param basePath path of `publicUrl` */
export function renewedPage({ connection, refreshExpiresAt }: Renewed, basePath: string): ConsentAnswer {
  const until = new Date(refreshExpiresAt).toISOString().slice(0, 10);
  const body = `<p>The connection "${escapeHtml(connection)}" works again, until ${until} at most. You can close this page.</p>`;
  return {
    status: 200,
    headers: HEADERS,
    body: toHtml({ title: 'Signed in again', body, links: [START_PAGE], basePath }),
  };
}

/** What a person reads who opens a connect link. */
export interface LinkPage {
  /** Who made the link. */
  readonly asking: string;
  /** Host of the gateway. */
  readonly gateway: string;
  /** Whose Sage 200 it is about. */
  readonly client: string;
  /** Host that the browser goes to afterwards. */
  readonly returnsTo: string | undefined;
  /** Where the sign-in begins: a path of the gateway. */
  readonly onwards: string;
}

/** @param basePath path of `publicUrl` */
export function linkPage({ asking, gateway, client, returnsTo, onwards }: LinkPage, basePath: string): ConsentAnswer {
  const afterwards =
    returnsTo === undefined
      ? 'Afterwards you can close this page.'
      : `Afterwards you are sent to ${escapeHtml(returnsTo)}.`;
  const body = `<p><strong>${escapeHtml(asking)}</strong> asks for access to the Sage 200 of <strong>${escapeHtml(client)}</strong>, through the gateway at ${escapeHtml(gateway)}. If you go on, you sign in at Sage. From then on, what you may read and write there can be read and written for ${escapeHtml(client)}, until you withdraw it.</p>
<p>${afterwards} If you did not expect this, close the page: nothing has happened yet.</p>`;
  const links = [{ to: onwards, words: 'Sign in at Sage' }];
  return {
    status: 200,
    headers: HEADERS,
    body: toHtml({ title: `Connect Sage 200 for ${client}`, body, links, basePath }),
  };
}

/** For a person who came by a connect link that leads back nowhere. @param basePath path of `publicUrl` */
export function connectedPage(client: string, basePath: string): ConsentAnswer {
  const body = `<p>Sage 200 is connected for <strong>${escapeHtml(client)}</strong>. You can close this page.</p>`;
  return { status: 200, headers: HEADERS, body: toHtml({ title: 'Connected', body, links: [], basePath }) };
}

interface Renewed {
  readonly connection: string;
  /** Epoch ms. */
  readonly refreshExpiresAt: number;
}

const HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'content-security-policy': POLICY,
};

interface Link {
  /** Path of the gateway. */
  readonly to: string;
  readonly words: string;
}

const START_PAGE: Link = { to: '/', words: 'To the start page' };

interface PageParts {
  readonly title: string;
  /** HTML, with every foreign text escaped. */
  readonly body: string;
  readonly links: readonly Link[];
  readonly basePath: string;
}

/** A page without scripts. */
function toHtml({ title, body, links, basePath }: PageParts): string {
  const shown = links.map(({ to, words }) => `<a href="${escapeHtml(`${basePath}${to}`)}">${words}</a>`);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)} – Sage gateway</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${escapeHtml(title)}</h1>
${body}
<p class="links">${shown.join('\n')}</p>
</main>
</body>
</html>
`;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (sign) => ESCAPES[sign] ?? '');
