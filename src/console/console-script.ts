import { readFileSync } from 'node:fs';

/** In this order each part finds what it imports. */
const PARTS = [
  'element',
  'words',
  'ask',
  'long-list',
  'caller',
  'connections',
  'tenants',
  'clients',
  'first-query',
  'console',
];

const IMPORT = /^import (\{[^}]*\}) from '\.\/([\w-]+)\.js';$/gm;
const EXPORT = /^export (?=(?:async )?(?:const|function) (\w+))/gm;

/**
 * The page's script: its modules put together into one text, since the page fetches nothing and lets only this very text run.
 * They are written as modules so that each is read, checked and formatted as code.
 */
export const CONSOLE_SCRIPT = `'use strict';\nconst parts = {};\n${PARTS.map(toPart).join('\n')}`;

/** A module as a function that runs at once: what it imports it takes from the parts before, what it exports it leaves there. */
function toPart(name: string): string {
  const text = readFileSync(new URL(`page/${name}.js`, import.meta.url), 'utf8');
  const exported = [...text.matchAll(EXPORT)].map(([, each]) => each);
  const body = text.replace(IMPORT, "const $1 = parts['$2'];").replace(EXPORT, '');
  return `parts['${name}'] = (() => {\n${body}\nreturn { ${exported.join(', ')} };\n})();`;
}
