import { createHash } from 'node:crypto';
import { STATUS_BY_CODE } from '../../errors/index.ts';
import type { ConsentAnswer } from './route-types.ts';
import type { SignInFailure } from './sign-in-failure.ts';

const STYLE = `
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 34rem; margin: 12vh auto; padding: 0 1rem; color: #1a1a1a; background: #fff; }
  h1 { font-size: 1.5rem; }
  blockquote { margin: 1rem 0; padding: .5rem 1rem; border-left: 4px solid #b3b3b3; overflow-wrap: anywhere; }
  a { display: inline-block; margin-right: 1rem; padding: .5rem 1rem; border: 1px solid #006b2d; border-radius: 4px; color: #006b2d; text-decoration: none; }
  @media (prefers-color-scheme: dark) {
    body { color: #eee; background: #161616; }
    a { color: #7ddc9f; border-color: #7ddc9f; }
  }
`;

const POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** A sign-in that did not come about, as a page without scripts. Every text is shown as text. */
export function failurePage({ code, title, message, detail, retry }: SignInFailure): ConsentAnswer {
  const links = [retry && `<a href="${escapeHtml(retry)}">Try again</a>`, '<a href="/">To the start page</a>'];
  return {
    status: STATUS_BY_CODE[code],
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'content-security-policy': POLICY,
    },
    errorCodes: [code],
    body: `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)} – Sage gateway</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
</head>
<body>
<h1>${escapeHtml(title)}</h1>
<p>${escapeHtml(message)}</p>
${detail ? `<p>Sage ID said:</p>\n<blockquote>${escapeHtml(detail)}</blockquote>` : ''}
<p>${links.filter(Boolean).join('\n')}</p>
</body>
</html>
`,
  };
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (sign) => ESCAPES[sign] ?? '');
