import type { SandboxResponse } from '../../sandbox-server.ts';

/** The page on which a person approves an application and chooses folders. */
export function approvalPage(query: URLSearchParams, folders: readonly string[]): SandboxResponse {
  const boxes = folders.map(
    (folder) => `<label><input type="checkbox" name="folder" value="${folder}" checked> ${folder}</label>`,
  );
  const scopes = (query.get('scope') ?? '').split(' ').map((scope) => `<li>${escapeHtml(scope)}</li>`);
  return page(
    200,
    `<h1>Sandbox of Sage X3's cloud</h1>
<p>${escapeHtml(query.get('client_id') ?? '')} asks to use the X3 at ${escapeHtml(query.get('customer') ?? '')}:</p>
<ul>${scopes.join('')}</ul>
<form method="post">
${[...query].map(([name, value]) => hidden(name, value)).join('\n')}
<p>${boxes.join(' ')}</p>
<button name="answer" value="accept">Accept</button> <button name="answer" value="reject">Reject</button>
</form>`,
  );
}

/** Sends the browser back with a form, as Sage does: it carries no cookie of the application. */
export function returningForm(redirectUri: string, members: Readonly<Record<string, string>>): SandboxResponse {
  return page(
    200,
    `<form method="post" action="${escapeHtml(redirectUri)}">
${Object.entries(members)
  .map(([name, value]) => hidden(name, value))
  .join('\n')}
<button>Go on</button>
</form>
<script>document.forms[0].submit()</script>`,
  );
}

export const refusalPage = (status: number, text: string): SandboxResponse =>
  page(status, `<p>${escapeHtml(text)}</p>`);

const hidden = (name: string, value: string) =>
  `<input type="hidden" name="${escapeHtml(name)}" value="${escapeHtml(value)}">`;

const page = (status: number, content: string): SandboxResponse => ({
  status,
  headers: { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' },
  body: `<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<title>Sage X3 sandbox</title>\n${content}\n</html>\n`,
});

const escapeHtml = (text: string) => text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
