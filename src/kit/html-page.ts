import { createHash } from 'node:crypto';

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

/** Headers of such a page: it runs no scripts, is not cached, and cannot be framed. */
export const PAGE_HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'content-security-policy': POLICY,
};

export interface PageLink {
  /** A path of the gateway, or a full URL. */
  readonly to: string;
  readonly words: string;
}

export const START_PAGE: PageLink = { to: '/', words: 'To the start page' };

export interface PageParts {
  readonly title: string;
  /** HTML, with all foreign text escaped. */
  readonly body: string;
  readonly links: readonly PageLink[];
  /** Path of `publicUrl`. */
  readonly basePath: string;
}

/** A page without scripts. */
export function toHtmlPage({ title, body, links, basePath }: PageParts): string {
  const shown = links.map(({ to, words }) => {
    const href = to.startsWith('/') ? `${basePath}${to}` : to;
    return `<a href="${escapeHtml(href)}">${words}</a>`;
  });
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
