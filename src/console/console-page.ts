import { createHash } from 'node:crypto';
import { CONSOLE_SCRIPT } from './console-script.ts';
import { CONSOLE_STYLE } from './console-style.ts';

export interface ConsolePage {
  readonly html: string;
  /** Lets exactly the script and the style of this page work, and requests to our own origin. */
  readonly contentSecurityPolicy: string;
}

/**
 * The start page: where things are, and what the gateway says about itself. It is the same for everybody; what
 * differs by caller it asks for itself at /graphql.
 */
export const consolePage: ConsolePage = {
  html: `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sage gateway</title>
<link rel="icon" href="data:,">
<style>${CONSOLE_STYLE}</style>
</head>
<body>
<main>
<h1>Sage gateway</h1>
<p>One GraphQL endpoint over Sage 200 and Sage ERP. Point any GraphQL client at <code id="endpoint">/graphql</code>.</p>
<nav aria-label="What there is">
<a href="/graphql"><b>GraphiQL</b><span>write and run operations</span></a>
<a href="/schema.graphql"><b>Schema</b><span>as you see it, in SDL</span></a>
<a href="/schema.json"><b>Introspection</b><span>the schema for tools</span></a>
<a href="/readyz"><b>Health</b><span>whether operations are served</span></a>
<a href="/metrics"><b>Metrics</b><span>for Prometheus</span></a>
</nav>
<h2>What the gateway says</h2>
<p id="status" role="status">Asking…</p>
<form id="credentials" hidden>
<label>API key or token <input id="key" type="password" autocomplete="off" spellcheck="false" required></label>
<button>Ask again</button>
<small>It stays in this page and is forgotten with it.</small>
</form>
<div id="answer"></div>
<noscript>Without JavaScript this page cannot ask; the links above work.</noscript>
</main>
<script>${CONSOLE_SCRIPT}</script>
</body>
</html>
`,
  contentSecurityPolicy: [
    "default-src 'none'",
    `script-src ${digestOf(CONSOLE_SCRIPT)}`,
    `style-src ${digestOf(CONSOLE_STYLE)}`,
    'img-src data:',
    "connect-src 'self'",
    "base-uri 'none'",
    // The form is read by the script and goes nowhere.
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
};

function digestOf(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}
