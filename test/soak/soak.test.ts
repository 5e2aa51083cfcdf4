import { expect, test } from 'vitest';
import { startPostgres } from '../support/postgres.ts';
import { faultsOf, runSoak } from './soak.ts';

test('four gateways on one PostgreSQL, killed at random, lose sign-ins only if killed between sending and writing, and reveal no secret', async () => {
  await using postgres = await startPostgres();

  const report = await runSoak({
    of: 'gateways',
    vaultUrl: await postgres.createDatabase(),
    processes: 4,
    callers: 200,
    forMs: 10_000,
    killEveryMs: 2_500,
    // Aimed kills leave a lease behind that takes as long as the whole run; token sources, with shorter ones, have their share.
    aimedShare: 0,
  });

  expect(faultsOf(report)).toEqual([]);
  expect(report.kills).toBeGreaterThanOrEqual(2);
  // There was something to find secrets in.
  for (const place of [
    'output of the processes',
    'metrics',
    'error answers',
    'audit events',
    'audited writes',
    'database',
  ])
    expect(report.searched[place], place).toBeGreaterThan(100);
}, 120_000);
