import type { SandboxUser } from './users.ts';

/** One page instead of password and consent: the person chooses a user, or refuses. Needs no script and nothing from elsewhere. */
export function renderSignInPage(users: readonly SandboxUser[], client: string): string {
  const buttons = users
    .map(({ email, firstName, lastName, companies }) => {
      const count = companies.length === 1 ? '1 company' : `${companies.length} companies`;
      return `<button name="user" value="${escapeHtml(email)}">${escapeHtml(`${firstName} ${lastName}`)}<small>${escapeHtml(email)}, ${count}</small></button>`;
    })
    .join('\n');
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Sage ID sandbox: sign in</title>
<style>
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 26rem; margin: 12vh auto; padding: 0 1rem; color: #1a1a1a; background: #fff; }
  button { display: block; width: 100%; margin: .6rem 0; padding: .7rem 1rem; font: inherit; text-align: left; border: 1px solid #888; border-radius: 6px; background: #fff; cursor: pointer; }
  button:hover, button:focus { background: #eef4ee; border-color: #00811f; }
  button.quiet { border: 0; color: #555; }
  small { display: block; color: #555; }
</style>
<main>
<h1>Sign in</h1>
<p>This is the sandbox of Sage ID: nobody here is real, and no password is asked. <b>${escapeHtml(client)}</b> wants to read
and write Sage 200 data in your name, and to keep doing so while you are away.</p>
<form method="post">
${buttons}
<button class="quiet" name="deny" value="yes">Refuse</button>
</form>
</main>
</html>
`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escapeHtml = (text: string) => text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
