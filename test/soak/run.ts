import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres } from '../support/postgres.ts';
import { faultsOf, runSoak, type SoakReport } from './soak.ts';

// npm run soak:tokens -- [seconds] [gateways|sources|slow]: four gateways on one PostgreSQL, two on one SQLite file, token sources alone, which ask far more often, and those before a Sage ID that takes 17 s to answer.
const forMs = Number(process.argv[2] ?? 60) * 1_000;
const only = process.argv[3];
const holds = await runAll();
// The package that carries PostgreSQL ends the process itself at the end, and forgets what came out.
process.exit(holds ? 0 : 1);

async function runAll(): Promise<boolean> {
  const folder = await mkdtemp(join(tmpdir(), 'gateway-soak-'));
  await using postgres = await startPostgres();
  // A gateway's lease outlives its holder by 15 s: with more kills aimed at renewals there would be little else to see.
  const gateways = { of: 'gateways', aimedShare: 0.2 } as const;
  const sources = { of: 'sources', aimedShare: 0.5 } as const;
  // Each kill is likely to meet the one renewal that is under way, without being aimed.
  const slow = { of: 'sources', aimedShare: 0, answerMs: 17_000, accessTokenSeconds: 30 } as const;
  const rounds = [
    { name: 'four gateways on one PostgreSQL', kind: 'gateways', processes: 4, on: 'postgres', how: gateways },
    { name: 'two gateways on one SQLite file', kind: 'gateways', processes: 2, on: 'sqlite', how: gateways },
    { name: 'four token sources on one PostgreSQL', kind: 'sources', processes: 4, on: 'postgres', how: sources },
    { name: 'two token sources on one SQLite file', kind: 'sources', processes: 2, on: 'sqlite', how: sources },
    { name: 'four token sources, answers after 17 s', kind: 'slow', processes: 4, on: 'postgres', how: slow },
  ] as const;
  let broken = 0;
  for (const round of rounds.filter(({ kind }) => only === undefined || only === kind)) {
    const { name, kind, processes, on, how } = round;
    process.stdout.write(`${name}, 200 callers, ${forMs / 1_000} s, a kill every 3 s …\n`);
    const vaultUrl = on === 'postgres' ? await postgres.createDatabase() : `sqlite:${join(folder, `${kind}.db`)}`;
    const report = await runSoak({ ...how, processes, vaultUrl, callers: 200, forMs, killEveryMs: 3_000 });
    const faults = faultsOf(report);
    process.stdout.write(`${toText(report)}\n${faults.length === 0 ? '  holds' : `  BROKEN: ${faults.join('; ')}`}\n`);
    broken += faults.length;
  }
  await rm(folder, { recursive: true, force: true });
  return broken === 0;
}

function toText(report: SoakReport): string {
  const failed = Object.entries(report.failuresByKill).map(([code, count]) => `${count} ${code}`);
  const searched = Object.entries(report.searched).map(([place, size]) => `${place} ${size}`);
  return [
    `  calls ${report.calls}; cut off by a kill: ${report.cut}; failed while a kill was felt: ${failed.join(', ') || 'none'}`,
    `  renewals ${report.renewals}, kills ${report.kills}`,
    `  refresh tokens sent again after a kill between sending and writing: ${report.sentAgainAfterKill}, once after a lost answer: ${report.promptRetries}, otherwise: ${report.sentAgainOtherwise}`,
    `  forced consents after such a kill: ${report.forcedAfterKill}, otherwise: ${report.forcedOtherwise}`,
    `  ${report.secrets} secrets searched and ${report.findings.length} found, in characters of: ${searched.join(', ')}`,
  ].join('\n');
}
