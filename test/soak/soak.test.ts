import { expect, test } from 'vitest';
import { startPostgres } from '../support/postgres.ts';
import { faultsOf, runSoak } from './soak.ts';

test('four processes on one PostgreSQL, killed at random, lose no sign-in but to a kill between sending and writing', async () => {
  await using postgres = await startPostgres();

  const report = await runSoak({
    vaultUrl: await postgres.createDatabase(),
    processes: 4,
    callers: 200,
    forMs: 10_000,
    killEveryMs: 2_000,
  });

  expect(faultsOf(report)).toEqual([]);
  expect(report.kills).toBeGreaterThanOrEqual(2);
  expect(report.forcedConsents).toBe(report.lostInKill);
}, 60_000);
