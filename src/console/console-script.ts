import { readFileSync } from 'node:fs';

/** The order in which each part finds its imports. */
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
 * The page's script: its modules joined into one text, since the page loads nothing and allows only this exact text to run.
 * They are written as modules so that each can be read, checked and formatted as code.
 */
export const CONSOLE_SCRIPT = `'use strict';\nconst parts = {};\n${PARTS.map(toPart).join('\n')}`;

/** A module as a function that runs at once: it takes its imports from the earlier parts and returns its exports. */
function toPart(name: string): string {
  const text = readFileSync(new URL(`page/${name}.js`, import.meta.url), 'utf8');
  const exported = [...text.matchAll(EXPORT)].map(([, each]) => each);
  const body = text.replace(IMPORT, "const $1 = parts['$2'];").replace(EXPORT, '');
  return `parts['${name}'] = (() => {\n${body}\nreturn { ${exported.join(', ')} };\n})();`;
}
