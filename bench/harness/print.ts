import { goalsOf } from '../report/goals.ts';
import type { Results, SideSummary, Table } from './results.ts';

/** One setting's results, a row for each operation and side. */
export function printTable({ concurrency, delayMs, changing, results }: Table): void {
  console.log(
    `\nconcurrency ${concurrency}, upstream delay ${delayMs} ms, ${changing ? 'changing' : 'unchanged'} data`,
  );
  const rows = results.map((result) => [
    result.operation,
    result.side,
    result.ratio.toFixed(2),
    result.perSecond.toFixed(0),
    result.p50.toFixed(1),
    result.p99.toFixed(1),
    result.cpuPerOperation.toFixed(0),
    result.cpuRatio.toFixed(2),
    result.cpuAboveHonest.toFixed(0),
    result.cpuAboveOurs.toFixed(0),
    String(result.upstream),
  ]);
  printRows(
    [
      ...['operation', 'who', 'ratio', '/s', 'p50 ms', 'p99 ms'],
      ...['CPU µs', 'CPU ratio', 'over honest', 'over ours', 'upstream'],
    ],
    rows,
  );
}

export function printSides(sides: readonly SideSummary[]): void {
  console.log('');
  for (const { title, readyAfterMs, residentMb } of sides)
    console.log(
      `${title}: listens after ${(readyAfterMs / 1_000).toFixed(2)} s, ${residentMb.toFixed(0)} MB after the first table`,
    );
}

export function printScenarios({ sharing, callersApart, mixedLoad, crowd, starts }: Partial<Results>): void {
  if (sharing) {
    console.log('\nOne caller, the same operation 32 at a time');
    const rows = sharing.map(({ operation, ratio, upstreamPerAnswer, upstreamPerAnswerApart }) => [
      operation,
      ratio.toFixed(2),
      upstreamPerAnswer.toFixed(2),
      upstreamPerAnswerApart.toFixed(2),
    ]);
    printRows(['operation', 'ratio', 'upstream an answer', 'with 100 callers'], rows);
  }
  if (callersApart)
    console.log(`\n100 callers in turn: ${callersApart.answers} answers, ${callersApart.mixedUp} of another caller`);
  if (mixedLoad) {
    const { seconds, perSecond, p50, p99, longestMs, count, totalMs, endMb, peakMb, restedMb } = mixedLoad;
    console.log(
      `\n${seconds} s of mixed load: ${perSecond.toFixed(0)}/s, p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`,
    );
    console.log(
      `  ${count} pauses for garbage collection, the longest ${longestMs.toFixed(1)} ms, ${(totalMs / 10 / seconds).toFixed(1)} % of the time`,
    );
    console.log(
      `  resident ${endMb.toFixed(0)} MB at the end, ${peakMb.toFixed(0)} MB at most, ${restedMb.toFixed(0)} MB ten seconds later`,
    );
  }
  if (crowd) {
    console.log('\nA crowd, beside one caller in the same rounds');
    printRows(
      ['who', 'ratio', '/s', 'p50 ms', 'p99 ms', 'CPU µs', 'CPU ratio'],
      crowd.map(({ who, ratio, perSecond, p50, p99, cpuPerOperation, cpuRatio }) => [
        who,
        ratio.toFixed(2),
        perSecond.toFixed(0),
        p50.toFixed(1),
        p99.toFixed(1),
        cpuPerOperation.toFixed(0),
        cpuRatio.toFixed(2),
      ]),
    );
  }
  if (starts) {
    const inSeconds = (ms: number) => `${(ms / 1_000).toFixed(2)} s`;
    console.log(
      `\nStart from a snapshot, median of ${starts.starts}: listens after ${inSeconds(starts.listeningMs)}, ready ${inSeconds(starts.readyMs)}, first answer from both systems ${inSeconds(starts.firstAnswerMs)}`,
    );
    console.log(`  the very first start: ready after ${inSeconds(starts.firstStartReadyMs)}`);
  }
}

/** Only what was missed: the rest holds. */
export function printGoals(results: Results): void {
  const goals = goalsOf(results);
  const missed = goals.filter(({ holds }) => !holds);
  console.log(`\n${goals.length - missed.length} of ${goals.length} goals hold.${missed.length > 0 ? ' Missed:' : ''}`);
  if (missed.length > 0)
    printRows(
      ['what', 'goal', 'found'],
      missed.map(({ what, wanted, found }) => [what, wanted, found]),
    );
}

function printRows(head: readonly string[], rows: readonly (readonly string[])[]): void {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  console.log([line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n'));
}
