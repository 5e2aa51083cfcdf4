/**
 * Compares the gateway with a bare and with an honest proxy that make the same upstream calls, and with what people would take
 * instead, in interleaved rounds of one run, and prints ratios and differences: absolute figures of such a machine mean little.
 *
 * Without options everything, in some forty minutes, kept in results/latest.json for report.ts. In parts:
 *   node bench/run.ts --only ours,honest,proxy --operations customers,orders --rounds 5 --seconds 2 --concurrency 1,32 --delay 0,20 --data changing
 *   node bench/run.ts --only ours,ours-hash,ours-apollo,ours-traced-1,ours-traced-100 --operations customers,both --data changing
 *   node bench/run.ts --parts sharing,callers,mixed,crowd,starts --minutes 0.5
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkFreshness, checkSide, compare } from './harness/compare.ts';
import { type Options, readOptions } from './harness/options.ts';
import { printGoals, printScenarios, printSides, printTable } from './harness/print.ts';
import { createProcesses, type Processes, residentMb } from './harness/processes.ts';
import type { Results, SideSummary, Table } from './harness/results.ts';
import { SIDES, type Side } from './harness/sides.ts';
import { type Stub, startStub } from './harness/stub.ts';
import { operationOf } from './operations.ts';
import { isHeldToLatency } from './report/goals.ts';
import { checkCallersApart } from './scenarios/callers-apart.ts';
import { measureCrowd } from './scenarios/crowd.ts';
import { measureMixedLoad } from './scenarios/mixed-load.ts';
import { measureSharing } from './scenarios/sharing.ts';
import { measureStarts } from './scenarios/starts.ts';

/** Where no goal is set, turns are shorter and rounds fewer: seven settings of everybody take long enough. */
const SHARE_WITHOUT_GOAL = 0.25;
const ROUNDS_WITHOUT_GOAL = 5;
/** One of its turns at concurrency 128 takes as long as everybody else's together. */
const ONLY_AT_32 = 'hive';

const options = readOptions(process.argv.slice(2));
const folder = await mkdtemp(join(tmpdir(), 'gateway-bench-'));
try {
  const results = await run(options);
  printGoals(results);
  if (options.write) await write(results);
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function run(options: Options): Promise<Results> {
  await using processes = createProcesses();
  const stub = await startStub(processes);
  const found: Partial<Results> = options.parts.includes('tables') ? await runTables(processes, stub, options) : {};
  return {
    takenAt: new Date().toISOString(),
    node: process.version,
    processors: `${availableParallelism()} × ${cpus()[0]?.model ?? 'unknown'}`,
    rounds: options.rounds,
    tables: [],
    sides: [],
    ...found,
    ...(await runScenarios(processes, stub, options)),
  };
}

async function runTables(
  processes: Processes,
  stub: Stub,
  options: Options,
): Promise<Pick<Results, 'tables' | 'sides'>> {
  const started = await startSides(processes, stub, options);
  const tables: Table[] = [];
  let summaries: SideSummary[] = [];
  for (const setting of options.settings) {
    const isFirst = tables.length === 0;
    const hasGoal = isFirst || isHeldToLatency(setting);
    const load = {
      ...setting,
      rounds: hasGoal ? options.rounds : Math.min(options.rounds, ROUNDS_WITHOUT_GOAL),
      warmUpMs: isFirst ? options.warmUpMs : 0,
      durationMs: options.durationMs * (hasGoal ? 1 : SHARE_WITHOUT_GOAL),
    };
    const sides = started.filter(({ id }) => isFirst || id !== ONLY_AT_32 || setting.concurrency === 32);
    await stub.set({ delayMs: setting.delayMs, changing: setting.changing });
    const results = [];
    for (const operation of options.operations) results.push(...(await compare({ stub, sides, operation, ...load })));
    const table = { ...setting, results };
    printTable(table);
    tables.push(table);
    if (isFirst) summaries = started.map(toSummary);
  }
  await stub.set({ delayMs: 0, changing: false });
  printSides(summaries);
  for (const { id, child } of started) if (id !== 'stub') await processes.stop(child);
  return { tables, sides: summaries };
}

function toSummary({ id, title, readyAfterMs, child }: Side): SideSummary {
  return { id, title, readyAfterMs, residentMb: residentMb(child) };
}

/** Started and checked one after the other: a start is measured, too. */
async function startSides(processes: Processes, stub: Stub, options: Options, subFolder = 'tables'): Promise<Side[]> {
  const started: Side[] = [];
  for (const id of options.sides) {
    const side = await SIDES[id]?.({
      processes,
      stub,
      folder: join(folder, subFolder),
      gatewayFlags: options.gatewayFlags,
    });
    if (!side) continue;
    await checkSide(side, options.operations, stub);
    if (id !== 'stub') await checkFreshness(side, options.operations, stub);
    started.push(side);
  }
  return started;
}

async function runScenarios(processes: Processes, stub: Stub, options: Options): Promise<Partial<Results>> {
  const { operations, rounds, durationMs, warmUpMs, gatewayFlags, mixedSeconds: seconds } = options;
  const wants = (part: string) => options.parts.includes(part);
  const parts = { processes, stub, folder, gatewayFlags };
  let results: Partial<Results> = {};
  const add = (found: Partial<Results>) => {
    printScenarios(found);
    results = { ...results, ...found };
  };
  if (wants('sharing') || wants('callers')) {
    const [proxy, ours] = await startSides(processes, stub, { ...options, sides: ['proxy', 'ours'] }, 'sharing');
    if (!proxy || !ours) throw new Error('The sides did not start.');
    const load = { rounds, durationMs, warmUpMs };
    if (wants('sharing')) add({ sharing: await measureSharing({ stub, ours, proxy, operations, ...load }) });
    if (wants('callers')) add({ callersApart: await checkCallersApart(stub, ours, operationOf('customers')) });
    for (const { child } of [proxy, ours]) await processes.stop(child);
  }
  if (wants('mixed')) add({ mixedLoad: await measureMixedLoad({ ...parts, operations, seconds }) });
  if (wants('crowd')) add({ crowd: await measureCrowd({ ...parts, rounds, durationMs, warmUpMs }) });
  if (wants('starts'))
    add({ starts: await measureStarts({ ...parts, operation: operationOf('both'), starts: rounds }) });
  return results;
}

async function write(results: Results): Promise<void> {
  const target = new URL('./results/', import.meta.url);
  await mkdir(target, { recursive: true });
  await writeFile(new URL('latest.json', target), `${JSON.stringify(results, null, 2)}\n`);
  console.log('\nKept in bench/results/latest.json; node bench/report.ts writes it into the README.');
}
