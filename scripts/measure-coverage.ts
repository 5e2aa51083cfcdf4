/**
 * Runs the tests and prints the files of which they run less than `LEAST` percent of the lines. What runs only in processes
 * that tests start, such as commands and workers, is not seen by it. Arguments choose tests: npm run coverage -- test/kit
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';

const LEAST = 70;

interface Covered {
  readonly lines: { readonly total: number; readonly pct: number };
}

const vitest = ['node_modules/vitest/vitest.mjs', 'run', '--coverage', ...process.argv.slice(2)];
spawnSync(process.execPath, vitest, { stdio: 'inherit' });

const summary = JSON.parse(readFileSync('coverage/coverage-summary.json', 'utf8')) as Readonly<Record<string, Covered>>;
const { total, ...files } = summary;
const low = Object.entries(files)
  .filter(([, { lines }]) => lines.total > 0 && lines.pct < LEAST)
  .sort(([, one], [, other]) => one.lines.pct - other.lines.pct);
const lines = low.map(([file, { lines }]) => `${lines.pct.toFixed(0).padStart(3)} %  ${relative('.', file)}`);
const all = `${low.length} of ${Object.keys(files).length} files below ${LEAST} %, ${total?.lines.pct} % of all lines.`;
process.stdout.write(`${[...lines, all].join('\n')}\n`);
