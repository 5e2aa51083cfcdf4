import { createHash } from 'node:crypto';
import { CONSOLE_SCRIPT } from './console-script.ts';
import { CONSOLE_STYLE } from './console-style.ts';

export interface ConsoleOptions {
  readonly hasGraphiql: boolean;
  /** From `publicUrl`: the prefix of every path of the gateway. */
  readonly basePath: string;
}

export interface ConsolePage {
  readonly html: string;
  /** Allows only this page's script and style, and requests to its own origin. */
  readonly contentSecurityPolicy: string;
}

const DIALOGS = `<dialog id="disconnect" aria-labelledby="disconnect-title">
<h2 id="disconnect-title">Disconnect <span id="disconnect-name"></span>?</h2>
<p>This ends the consent at Sage and deletes it here. Everything that uses this connection stops working until somebody signs in again.</p>
<p class="actions"><button id="disconnect-yes" class="main" type="button">Disconnect</button> <button id="disconnect-no" type="button" autofocus>Cancel</button></p>
</dialog>
<dialog id="make-key" aria-labelledby="make-key-title">
<h2 id="make-key-title">A key for <span id="make-key-client"></span></h2>
<form id="make-key-form">
<p><label>The key is called <input id="key-name" autocomplete="off" spellcheck="false" required maxlength="64" pattern="[A-Za-z0-9][A-Za-z0-9._\\-]*" title="Letters, digits, dot, dash and underscore, beginning with a letter or digit"></label></p>
<p><label class="check"><input id="key-writes" type="checkbox"> Its program may also write</label></p>
<p class="actions"><button class="main">Create key</button> <button id="make-key-no" type="button">Cancel</button></p>
</form>
</dialog>
<dialog id="remove-client" aria-labelledby="remove-client-title">
<h2 id="remove-client-title">Remove <span id="remove-client-name"></span>?</h2>
<p>Its keys and links stop working everywhere within two seconds, and its sign-in is ended at Sage. Its name stays reserved for seven days.</p>
<p class="actions"><button id="remove-client-yes" class="main" type="button">Remove</button> <button id="remove-client-no" type="button" autofocus>Cancel</button></p>
</dialog>
<dialog id="made" aria-labelledby="made-words">
<p id="made-words"></p>
<p><code id="made-text"></code></p>
<p class="actions"><button id="made-close" type="button" class="main">Close</button></p>
</dialog>`;

const bodyOf = ({ hasGraphiql, basePath }: ConsoleOptions) => `<header>
<h1>Sage gateway</h1> <span id="health" class="badge wait">Checking…</span> <span id="reload"></span>
<p class="intro">One GraphQL endpoint over Sage 200 and Sage ERP. Point any GraphQL client at <code id="endpoint">${basePath}/graphql</code></p>
</header>
<main>
<p id="notice" class="notice" role="status"></p>
<section id="you" aria-labelledby="you-title">
<h2 id="you-title">You</h2>
<div id="caller">
<p class="actions"><a id="sign-in" class="button main" role="button" href="${basePath}/connect/sage200?returnTo=/">Sign in to Sage 200</a></p>
<noscript><p>Without JavaScript, this page cannot show who you are; signing in and the links below still work.</p></noscript>
</div>
<form id="key-form">
<details>
<summary>Use an API key or token instead</summary>
<div class="row">
<label>API key or token <input id="key" type="password" autocomplete="off" spellcheck="false" required></label>
<button>Use it</button>
</div>
<p class="soft">It is kept only until you leave this page.</p>
</details>
</form>
</section>
<section id="sage200" aria-labelledby="sage200-title">
<h2 id="sage200-title">Sage 200</h2>
<label class="search" hidden>Search connections <input id="connections-search" type="search" autocomplete="off" spellcheck="false"></label>
<div id="connections"></div>
<form id="new-connection" hidden>
<details>
<summary>Connect under a new name</summary>
<div class="row">
<label>Name <input id="new-name" autocomplete="off" spellcheck="false" required maxlength="64" pattern="[A-Za-z0-9][A-Za-z0-9._\\-]*" title="Letters, digits, dot, dash and underscore, beginning with a letter or digit" placeholder="finance"></label>
<button>Connect</button>
</div>
<p class="soft">Programs use a connection by its name. They see the data of the person who signs in.</p>
</details>
</form>
</section>
<section id="erp" aria-labelledby="erp-title">
<h2 id="erp-title">ERP tenants</h2>
<label class="search" hidden>Search tenants <input id="tenants-search" type="search" autocomplete="off" spellcheck="false"></label>
<div id="tenants"></div>
</section>
<section id="clients-section" aria-labelledby="clients-title" hidden>
<h2 id="clients-title">Clients</h2>
<label class="search">Find a client <input id="find-client" type="search" autocomplete="off" spellcheck="false"></label>
<div id="clients"></div>
</section>
<section id="query" aria-labelledby="query-title" hidden>
<h2 id="query-title">First query</h2>
<form id="query-form">
<div class="row">
<label>Example <select id="example"></select></label>
<label id="company-field">Company <select id="company"></select></label>
<label id="tenant-field">ERP tenant <select id="tenant"></select></label>
</div>
<label>Operation <textarea id="document" rows="8" spellcheck="false" required></textarea></label>
<div class="row"><button id="run" class="main">Run</button>${hasGraphiql ? ` <a class="button" href="${basePath}/graphql">Open GraphiQL</a>` : ''}</div>
</form>
<div id="summary" role="status"></div>
<pre id="answer" tabindex="0" aria-label="Answer" hidden></pre>
</section>
<nav aria-label="Links">
${hasGraphiql ? `<a href="${basePath}/graphql"><b>GraphiQL</b>write and run operations</a>\n` : ''}<a href="${basePath}/schema.graphql" data-credentials><b>Schema</b>your view of it, as SDL</a>
<a href="${basePath}/schema.json" data-credentials><b>Introspection</b>the schema for tools</a>
<a href="${basePath}/readyz"><b>Health</b>whether the gateway is ready</a>
<a href="${basePath}/metrics" data-credentials><b>Metrics</b>for Prometheus</a>
</nav>
</main>
${DIALOGS}`;

const htmlOf = (options: ConsoleOptions) => `<!doctype html>
<html lang="en" data-base="${options.basePath}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sage gateway</title>
<link rel="icon" href="data:,">
<style>${CONSOLE_STYLE}</style>
</head>
<body>
${bodyOf(options)}
<script>${CONSOLE_SCRIPT}</script>
</body>
</html>
`;

/**
 * The start page: who is signed in, the state of connections and tenants, and a first query. It is the same for everybody;
 * its script requests what differs by caller.
 */
export const consolePageOf = (options: ConsoleOptions): ConsolePage => ({
  html: htmlOf(options),
  contentSecurityPolicy: [
    "default-src 'none'",
    `script-src ${digestOf(CONSOLE_SCRIPT)}`,
    `style-src ${digestOf(CONSOLE_STYLE)}`,
    'img-src data:',
    "connect-src 'self'",
    "base-uri 'none'",
    // The script reads the forms; they are not submitted.
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
});

function digestOf(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}
