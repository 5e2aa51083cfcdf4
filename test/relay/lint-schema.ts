import { readFile } from 'node:fs/promises';
import graphqlEslint from '@graphql-eslint/eslint-plugin';
import { ESLint } from 'eslint';

/**
 * Lints the SDL of the file given by the rules of Relay and prints what they find as JSON. Names are changed before:
 * the rules want one type named `PageInfo`, where ours are two, of the same fields, with prefixes.
 */
const [, , path = ''] = process.argv;
const sdl = (await readFile(path, 'utf8'))
  .replace(/^"""[^"]*"""\ntype GatewayPageInfo \{[^}]*\}$/m, '')
  .replaceAll(/\b(?:Sage200|Gateway)PageInfo\b/g, 'PageInfo');

const eslint = new ESLint({
  overrideConfigFile: true,
  overrideConfig: [
    {
      files: ['**/*.graphql'],
      languageOptions: {
        parser: graphqlEslint.parser,
        parserOptions: { graphQLConfig: { schema: sdl } },
      },
      plugins: { '@graphql-eslint': graphqlEslint as never },
      rules: {
        // Sage has no paging backwards; the specification asks for one direction.
        '@graphql-eslint/relay-arguments': ['error', { includeBoth: false }],
        '@graphql-eslint/relay-connection-types': 'error',
        // Of many rows Sage has no GET by id, so they are no `Node`; and rows have lists of children besides pages.
        '@graphql-eslint/relay-edge-types': [
          'error',
          { shouldImplementNode: false, listTypeCanWrapOnlyEdgeType: false },
        ],
        '@graphql-eslint/relay-page-info': 'error',
      },
    },
  ],
});
const results = await eslint.lintText(sdl, { filePath: 'gateway.graphql' });
const found = results.flatMap(({ messages }) =>
  messages.map(({ ruleId, message, line }) => ({ ruleId, message, line })),
);
console.log(JSON.stringify(found));
