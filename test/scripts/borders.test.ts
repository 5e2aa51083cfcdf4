import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { BORDERS_FILE, printBorders } from '../../scripts/write-borders.ts';

test('the borders that lint checks are those of the table', () => {
  const written = readFileSync(BORDERS_FILE, 'utf8');

  expect(written).toBe(printBorders());
});
