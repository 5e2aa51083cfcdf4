import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres } from '../support/postgres.ts';
import { faultsOf, runSoak, type SoakReport } from './soak.ts';

// npm run soak -- [seconds] [gateways|sources]: four gateways on one PostgreSQL, two on one SQLite file, and token sources alone, which ask far more often.
const forMs = Number(process.argv[2] ?? 60) * 1_000;
const folder = await mkdtemp(join(tmpdir(), 'gateway-soak-'));
await using postgres = await startPostgres();
const rounds = [
  { name: 'four gateways on one PostgreSQL', of: 'gateways', vaultUrl: await postgres.createDatabase(), processes: 4 },
  {
    name: 'two gateways on one SQLite file',
    of: 'gateways',
    vaultUrl: `sqlite:${join(folder, 'one.db')}`,
    processes: 2,
  },
  {
    name: 'four token sources on one PostgreSQL',
    of: 'sources',
    vaultUrl: await postgres.createDatabase(),
    processes: 4,
  },
  {
    name: 'two token sources on one SQLite file',
    of: 'sources',
    vaultUrl: `sqlite:${join(folder, 'two.db')}`,
    processes: 2,
  },
] as const;

for (const { name, ...settings } of rounds.filter(({ of }) => of === (process.argv[3] ?? of))) {
  process.stdout.write(`${name}, 200 callers, ${forMs / 1_000} s, a kill every 3 s …\n`);
  const report = await runSoak({ ...settings, callers: 200, forMs, killEveryMs: 3_000 });
  const faults = faultsOf(report);
  process.stdout.write(`${toText(report)}\n${faults.length === 0 ? '  holds' : `  BROKEN: ${faults.join('; ')}`}\n`);
  if (faults.length > 0) process.exitCode = 1;
}
await rm(folder, { recursive: true, force: true });

function toText({ calls, failures, renewals, kills, forcedConsents, lostInKill }: SoakReport): string {
  const failed = Object.entries(failures).map(([code, count]) => `${count} ${code}`);
  return [
    `  calls ${calls}, failed: ${failed.join(', ') || 'none'}`,
    `  renewals ${renewals}, kills ${kills}`,
    `  forced consents ${forcedConsents}, of these after a kill between sending and writing ${lostInKill}`,
  ].join('\n');
}
