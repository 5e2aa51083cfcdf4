import { expect, test } from 'vitest';
import { faultsOf, runChanges } from './changes.ts';

test('the recipe for following changes returns the last state of every row, however late, many and far ahead the changes are', async () => {
  const report = await runChanges({
    forMs: 2_000,
    bulk: 40,
    latestCommitMs: 700,
    overlapMs: 5_000,
    timing: { stampSteps: true, clockSkewMs: 120_000 },
  });

  expect(faultsOf(report)).toEqual([]);
}, 120_000);
