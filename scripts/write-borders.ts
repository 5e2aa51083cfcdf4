/**
 * Writes biome.borders.json: which folder of src may import which others. The table is the whole rule; anyone who adds a
 * folder adds a line. A test compares the file with the table.
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Folder of src, and the folders whose face (`index.ts`, where no file is named) it may import beside `kit`, which everybody may. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  kit: [],
  config: ['callers', 'subschemas/sources.ts', 'subschemas/source.ts', 'tokens'],
  cluster: [],
  reload: ['config', 'subschemas/sources.ts', 'subschemas/source.ts'],
  console: [],
  telemetry: [],
  tokens: [],
  callers: ['subschemas/sage200', 'subschemas/source.ts', 'tokens'],
  'subschemas/gateway': ['graph/subschema.ts', 'tokens'],
  'subschemas/sage200': ['graph/subschema.ts', 'tokens', 'generated'],
  'subschemas/erp': ['graph/subschema.ts', 'tokens'],
  'subschemas/payments-out': ['graph/subschema.ts', 'tokens'],
  graph: [],
  server: ['console', 'graph', 'callers', 'telemetry', 'tokens'],
};

/** Nobody below the command line imports these. */
const TOPS = ['cli', 'sandbox', 'compose.ts', 'gateway.ts', 'main.ts'];

/** Folders of the sandbox, by how deep they lie: none may reach out of it. */
const SANDBOX_DEPTHS = [1, 2, 3, 4];

interface Pattern {
  readonly group: readonly string[];
  readonly message: string;
}

const override = (includes: string, ...patterns: readonly Pattern[]) => ({
  includes: [includes],
  linter: { rules: { style: { noRestrictedImports: { level: 'error', options: { patterns } } } } },
});

function folderBorder(folder: string, allowed: readonly string[]) {
  const others = Object.keys(MAY_IMPORT).filter((other) => other !== folder);
  // From inside `subschemas` a neighbour is `../erp`, from outside `../subschemas/erp`.
  const names = new Set(others.map((other) => other.split('/').at(-1) ?? other));
  const isOurs = (name: string) => name === folder.split('/').at(-1);
  const closed = [...names, 'generated', 'cli', 'sandbox'].filter((name) => !isOurs(name));
  const open = allowed.map((name) => (name.endsWith('.ts') ? name : `${name.split('/').at(-1)}/index.ts`));
  return override(`src/${folder}/**`, {
    group: [
      `**/{${closed.join(',')}}/**`,
      `**/{${TOPS.filter((top) => top.endsWith('.ts')).join(',')}}`,
      ...(folder === 'kit' ? [] : ['!**/kit/*.ts', '!**/kit/*/index.ts']),
      ...open.map((name) => `!**/${name}`),
    ],
    message: `src/${folder} may import only ${['kit', ...allowed].filter((name) => name !== folder).join(', ') || 'itself'}, each by its index.ts.`,
  });
}

const sandboxBorder = (depth: number) =>
  override(`src/sandbox/${'*/'.repeat(depth - 1)}*.ts`, {
    group: [`${'../'.repeat(depth)}**`],
    message: 'The sandbox shares nothing with the gateway: shared code would share the mistake.',
  });

/** The text of biome.borders.json. */
export function printBorders(): string {
  const overrides = [
    ...Object.entries(MAY_IMPORT).map(([folder, allowed]) => folderBorder(folder, allowed)),
    ...SANDBOX_DEPTHS.map(sandboxBorder),
    override('src/cli/**', {
      group: [
        '../**',
        '!../*/index.ts',
        '!../kit/*.ts',
        '!../*/*/index.ts',
        '!../compose.ts',
        '!../gateway.ts',
        '!../sandbox/control.ts',
        '!../sandbox/credentials.ts',
      ],
      message: 'Commands import index.ts of a folder, compose.ts or gateway.ts.',
    }),
    override(
      'src/compose.ts',
      {
        group: ['./**', '!./*/index.ts', '!./kit/*.ts', '!./subschemas/*.ts', '!./*/*/index.ts'],
        message: 'compose.ts joins the folders through their index.ts.',
      },
      { group: ['./cli/**', './sandbox/**'], message: 'The gateway knows neither its command line nor the sandbox.' },
    ),
    override(
      'src/gateway.ts',
      {
        group: ['./**', '!./*/index.ts', '!./kit/*.ts', '!./kit/*/index.ts', '!./subschemas/*.ts', '!./compose.ts'],
        message: 'gateway.ts joins the folders through their index.ts.',
      },
      { group: ['./cli/**', './sandbox/**'], message: 'The gateway knows neither its command line nor the sandbox.' },
    ),
    override('src/main.ts', {
      group: ['./**', '!./cli/run.ts', '!./config/index.ts'],
      message: 'The process starts the command line and nothing else.',
    }),
  ];
  return `${JSON.stringify({ overrides }, undefined, 2)}\n`;
}

export const BORDERS_FILE = fileURLToPath(new URL('../biome.borders.json', import.meta.url));

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(BORDERS_FILE, printBorders());
