/**
 * `npm run soak:attacks -- [--seed 1] [--each 20] [--at-once 1] [--times 2] [--minutes 10]`: two hundred attacks, each as large as a
 * request may be, on a gateway in a process of its own in front of the sandbox.
 *
 * Ends with 1 unless meanwhile /healthz always answers within 250 ms, the process stays under 350 MB, and no answer is a
 * fault of the gateway or a flood of errors. The clock means something on a machine that does nothing else.
 */
import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { startGatewayProcess } from '../../bench/harness/gateway.ts';
import {
  cpuMs,
  createProcesses,
  forgetMostResident,
  mostResidentMb,
  type Processes,
  residentMb,
} from '../../bench/harness/processes.ts';
import { ATTACK_KINDS, makeAttacks } from './attacks/make-attacks.ts';
import type { Attack } from './attacks/parts.ts';
import { startHealthProbe } from './health-probe.ts';
import { type AttackAnswer, sendAttack } from './judge-attack.ts';

const LOOP_WATCH = new URL('./loop-watch.ts', import.meta.url).href;
const SLOWEST_HEALTH_MS = 250;
const MOST_RESIDENT_MB = 350;
const SHOWN = 12;
const WARM_UP = JSON.stringify({
  query:
    '{ sage200 { sites { totalCount } customers(first: 1) { nodes { id } } } xtremMasterData { customer { query(first: 1) { totalCount } } } }',
});

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Math.floor(Date.now() / 1_000)) },
    each: { type: 'string', default: '20' },
    times: { type: 'string', default: '2' },
    'at-once': { type: 'string', default: '1' },
    minutes: { type: 'string', default: '10' },
    only: { type: 'string', default: '' },
  },
});
const [seed, eachKind, times, atOnce] = [values.seed, values.each, values.times, values['at-once']].map(Number) as [
  number,
  number,
  number,
  number,
];

interface Round {
  readonly kind: string;
  readonly name: string;
  /** ms */
  readonly health: number;
  readonly took: number;
  /** ms of CPU time of the gateway, in steps of 10: says something on a busy machine too. */
  readonly cpu: number;
  /** The longest of them in which its event loop was held, ms; 0 below 50. */
  readonly held: number;
  /** At most. */
  readonly residentMb: number;
  readonly answers: readonly AttackAnswer[];
}

const folder = await mkdtemp(join(tmpdir(), 'gateway-soak-'));
try {
  await soak();
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function soak(): Promise<void> {
  await using processes = createProcesses();
  const configFile = join(folder, 'sandbox.yaml');
  const headers = { authorization: `Bearer ${await startSandboxProcess(processes, configFile)}` };
  await appendFile(configFile, 'server: { port: 0 }\n');
  const watched = join(folder, 'held');
  process.env['LOOP_WATCH_FILE'] = watched;
  const files = { configFile, logFile: join(folder, 'gateway.log') };
  const { origin, child } = await startGatewayProcess(processes, files, [`--import=${LOOP_WATCH}`]);
  await sendAttack(origin, { kind: '', name: '', body: WARM_UP }, headers);
  await using health = startHealthProbe(origin);
  // The first answers are slow for anyone who asks.
  for (let time = 0; time < 5; time += 1) await health.slowest();
  tell(
    `${eachKind} attacks of each kind, seed ${seed}, each ${times} times, ${atOnce} at once; at rest ${residentMb(child).toFixed(0)} MB, /healthz ${(await health.slowest()).toFixed(0)} ms`,
  );

  const endsAt = performance.now() + Number(values.minutes) * 60_000;
  const rounds: Round[] = [];
  const send = async (attacks: readonly Attack[]): Promise<void> => {
    await health.slowest();
    await writeFile(watched, '');
    forgetMostResident(child);
    const [startedAt, cpuBefore] = [performance.now(), cpuMs(child)];
    const answers = await Promise.all(attacks.map((attack) => sendAttack(origin, attack, headers)));
    const took = performance.now() - startedAt;
    const [first] = attacks;
    const name = attacks.map((attack) => attack.name).join(' beside ');
    rounds.push({
      kind: first?.kind ?? '',
      name,
      health: await health.slowest(),
      took,
      cpu: cpuMs(child) - cpuBefore,
      held: await longestIn(watched),
      residentMb: mostResidentMb(child),
      answers,
    });
  };
  const kinds = ATTACK_KINDS.filter((kind) => kind.includes(values.only));
  for (const kind of kinds) {
    let batch: Attack[] = [];
    for (const attack of makeAttacks({ seed, eachKind, kinds: [kind] })) {
      batch.push(attack);
      if (batch.length < atOnce) continue;
      // What is asked again is answered another way: its document is known, and perhaps compiled.
      for (let time = 0; time < times && performance.now() < endsAt; time += 1) await send(batch);
      batch = [];
    }
    reportKind(kind, rounds);
  }
  report(rounds, residentMb(child));
  if (performance.now() >= endsAt) fail([`not all was sent within ${values.minutes} minutes`]);
  if (child.exitCode !== null || child.signalCode !== null) fail(['the gateway ended']);
}

/** What the loop watch has written: an instant and the ms on each line. */
async function longestIn(watched: string): Promise<number> {
  const lines = (await readFile(watched, 'utf8')).split('\n').slice(0, -1);
  return Math.max(0, ...lines.map((line) => Number(line.split(' ')[1])));
}

/** @returns the API key of its configuration */
async function startSandboxProcess(processes: Processes, configFile: string): Promise<string> {
  const child = processes.start([
    'bin/gateway.js',
    'sandbox',
    '--port',
    '0',
    '--customers',
    '5000',
    '--write-config',
    configFile,
  ]);
  if (!child.stdout) throw new Error('What the sandbox prints is not read.');
  for await (const line of createInterface({ input: child.stdout })) {
    const key = /^API key: (\S+)/.exec(line)?.[1];
    if (key) return key;
  }
  throw new Error('The sandbox ended before it was ready.');
}

function reportKind(kind: string, rounds: readonly Round[]): void {
  const own = rounds.filter((round) => round.kind === kind);
  const outcomes = Map.groupBy(
    own.flatMap(({ answers }) => answers),
    ({ outcome }) => outcome,
  );
  const counts = [...outcomes].map(([outcome, answers]) => `${answers.length} ${outcome}`);
  tell(
    `${kind}: /healthz at most ${most(own, 'health')} ms, answers at most ${most(own, 'took')} ms, CPU at most ${most(own, 'cpu')} ms, held at most ${most(own, 'held')} ms, resident ${most(own, 'residentMb')} MB; ${counts.join(', ')}`,
  );
}

function report(rounds: readonly Round[], restMb: number): void {
  const byMemory = rounds.toSorted((one, other) => other.residentMb - one.residentMb);
  const mostMb = byMemory[0]?.residentMb ?? 0;
  for (const { kind, name, residentMb: mb } of byMemory.slice(0, SHOWN))
    tell(`  large: ${kind}, ${name}: ${mb.toFixed(0)} MB resident`);
  const bySlowness = rounds.toSorted((one, other) => other.health - one.health);
  for (const { kind, name, health, took, cpu, held } of bySlowness.slice(0, SHOWN))
    tell(
      `  slow: ${kind}, ${name}: /healthz ${health.toFixed(0)} ms, answered after ${took.toFixed(0)} ms, ${cpu} ms of CPU, held ${held.toFixed(0)}`,
    );
  const longest = Math.max(...rounds.flatMap(({ answers }) => answers.map(({ bytes }) => bytes)));
  tell(
    `/healthz at most ${most(rounds, 'health')} ms, loop held at most ${most(rounds, 'held')} ms of CPU; resident at most ${mostMb.toFixed(0)} MB, at the end ${restMb.toFixed(0)} MB; longest answer ${longest} bytes`,
  );
  fail([
    ...rounds.flatMap(({ kind, name, answers }) =>
      answers.flatMap(({ faults }) => faults.map((fault) => `${kind}, ${name}: ${fault}`)),
    ),
    ...bySlowness
      .filter(({ health }) => health > SLOWEST_HEALTH_MS)
      .map(({ kind, name, health }) => `${kind}, ${name}: /healthz took ${health.toFixed(0)} ms`),
    ...(mostMb > MOST_RESIDENT_MB ? [`${mostMb.toFixed(0)} MB were resident`] : []),
  ]);
}

function most(rounds: readonly Round[], what: 'health' | 'took' | 'cpu' | 'held' | 'residentMb'): string {
  return Math.max(...rounds.map((round) => round[what])).toFixed(0);
}

function fail(faults: readonly string[]): void {
  for (const fault of faults) tell(`BROKEN: ${fault}`);
  if (faults.length > 0) process.exitCode = 1;
}

function tell(line: string): void {
  process.stdout.write(`${line}\n`);
}
