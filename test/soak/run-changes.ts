import { type ChangesSettings, faultsOf, runChanges } from './changes.ts';

// npm run soak:changes -- [seconds]: follows changes by the recipe of docs/sage200.md, in each situation for so long.
const forMs = Number(process.argv[2] ?? 60) * 1_000;
const usual = { forMs, bulk: 1, latestCommitMs: 0, overlapMs: 5_000, timing: { stampSteps: true } };
const situations: readonly (readonly [string, ChangesSettings])[] = [
  ['rows change between pages', usual],
  ['commits come late', { ...usual, latestCommitMs: 3_000 }],
  ['rows change in bulk', { ...usual, bulk: 100, latestCommitMs: 500 }],
  [
    'the clock of Sage 200 is two minutes ahead',
    { ...usual, bulk: 20, latestCommitMs: 2_000, timing: { stampSteps: true, clockSkewMs: 120_000 } },
  ],
];
for (const [name, settings] of situations) {
  process.stdout.write(`${name}, ${forMs / 1_000} s …\n`);
  const report = await runChanges(settings);
  const faults = faultsOf(report);
  const { changes, runs, pages, lost, invented } = report;
  process.stdout.write(
    `  ${changes} changes, ${runs} runs of ${pages} pages; lost ${lost.length}, invented ${invented.length}\n` +
      `${faults.length === 0 ? '  holds' : `  BROKEN: ${faults.join('; ')}`}\n`,
  );
  if (faults.length > 0) process.exitCode = 1;
}
