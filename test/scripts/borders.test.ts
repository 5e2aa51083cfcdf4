import { globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { BORDERS_FILE, printBorders } from '../../scripts/write-borders.ts';

test('the borders that lint checks are those of the table', () => {
  const written = readFileSync(BORDERS_FILE, 'utf8');

  expect(written).toBe(printBorders());
});

/** Where a test gives a time in figures; a constant has its reason where it is declared. */
const FIXED_TIME = /(setTimeout\(\w+, |(?<![.\w])(pause|delay)\(|delayMs: )\d/;

test('a test waits for a state; one that waits for a time says why', () => {
  const unexplained = globSync('test/**/*.test.ts').flatMap((file) => {
    const lines = readFileSync(file, 'utf8').split('\n');
    const isExplained = (at: number) => /^\s*(\/\/|\/?\*)/.test(lines[at - 1] ?? '');
    return lines.flatMap((line, at) => (FIXED_TIME.test(line) && !isExplained(at) ? [`${file}: ${line.trim()}`] : []));
  });

  expect(unexplained).toEqual([]);
});
