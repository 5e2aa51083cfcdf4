import type { Result } from '../harness/compare.ts';
import type { Results, SideSummary, Table } from '../harness/results.ts';
import { type Operation, operations } from '../operations.ts';
import { goalsOf } from './goals.ts';

/** All figures of a run as Markdown. */
export function toMarkdown(results: Results): string {
  const { takenAt, node, processors, rounds, tables, sides } = results;
  const [main, ...others] = tables;
  const parts = [
    `${takenAt.slice(0, 10)}, Node ${node}, ${processors}; medians of ${rounds} interleaved rounds. 1.00 is the bare proxy in the same round.`,
  ];
  if (main) {
    parts.push('![Ratios to the bare proxy](results/ratios.svg)');
    parts.push(`### Throughput, ${settingOf(main)}`, ratioTable(main, sides));
    parts.push('### CPU time of an operation, in µs, and its upstream requests', costTable(main, sides));
    parts.push('### CPU time of an operation above the honest proxy, in µs', aboveHonestTable(tables));
  }
  if (sides.length > 0) parts.push('### Memory and start', sidesTable(sides));
  if (tables.length > 0)
    parts.push('### Time to the answer, in ms: half of them, and 99 % of them', latencyTable(tables, sides));
  for (const table of others) parts.push(`### Throughput, ${settingOf(table)}`, ratioTable(table, sides));
  return [...parts, ...scenarios(results), ...goals(results)].join('\n\n');
}

const settingOf = ({ concurrency, delayMs, changing }: Table) =>
  `concurrency ${concurrency}, ${delayMs === 0 ? 'no upstream delay' : `${delayMs} ms upstream delay`}, ${changing ? 'changing' : 'unchanged'} data`;

function ratioTable(table: Table, sides: readonly SideSummary[]): string {
  const others = sides.filter(({ id }) => id !== 'proxy');
  const head = ['', ...others.map(({ title }) => title)];
  const rows = operations.map(({ id, name }) => [
    name,
    ...others.map((side) =>
      cell(find(table, id, side), ({ ratio }) => (side.id === 'ours' ? `**${show(ratio, 2)}**` : show(ratio, 2))),
    ),
  ]);
  return markdownTable(head, rows);
}

function costTable(table: Table, sides: readonly SideSummary[]): string {
  const rows = operations.map(({ id, name }) => [
    name,
    ...sides.map((side) =>
      cell(find(table, id, side), ({ cpuPerOperation, upstream }) => `${show(cpuPerOperation, 0)} · ${upstream}`),
    ),
  ]);
  return markdownTable(['', ...sides.map(({ title }) => title)], rows);
}

/** The gateway alone: nobody else does what the honest proxy does. */
function aboveHonestTable(tables: readonly Table[]): string {
  const shown = tables.filter(({ delayMs }) => delayMs === 0);
  const rows = operations.map(({ id, name }) => [
    name,
    ...shown.map((table) => cell(find(table, id, { id: 'ours' }), ({ cpuAboveHonest }) => show(cpuAboveHonest, 0))),
  ]);
  return markdownTable(['', ...shown.map(settingOf)], rows);
}

function sidesTable(sides: readonly SideSummary[]): string {
  const rows = sides.map(({ title, readyAfterMs, residentMb }) => [
    title,
    show(residentMb, 0),
    show(readyAfterMs / 1_000, 1),
  ]);
  return markdownTable(['', 'MB after the first table', 'listens after s'], rows);
}

function latencyTable(tables: readonly Table[], sides: readonly SideSummary[]): string {
  const shown = sides.filter(({ id }) => ['proxy', 'honest', 'ours', 'mercurius'].includes(id));
  const rows = tables.flatMap((table) =>
    operations.map(({ id, name }) => [
      `${table.concurrency}`,
      `${table.delayMs}`,
      table.changing ? 'changing' : 'unchanged',
      name,
      ...shown.map((side) => cell(find(table, id, side), ({ p50, p99 }) => `${show(p50, 1)} · ${show(p99, 1)}`)),
    ]),
  );
  return markdownTable(['concurrency', 'delay', 'data', '', ...shown.map(({ title }) => title)], rows);
}

function scenarios({ sharing, callersApart, mixedLoad, crowd, starts }: Results): string[] {
  const parts: string[] = [];
  if (sharing) {
    const rows = sharing.map(({ operation, ratio, upstreamPerAnswer, upstreamPerAnswerApart }) => [
      operations.find(({ id }) => id === operation)?.name ?? operation,
      show(ratio, 2),
      show(upstreamPerAnswer, 2),
      show(upstreamPerAnswerApart, 2),
    ]);
    parts.push(
      '### One caller sends the same operation, 32 at a time',
      markdownTable(['', 'to the bare proxy', 'upstream requests an answer', 'the same of 100 callers in turn'], rows),
    );
  }
  if (crowd) {
    const rows = crowd.map(({ who, ratio, cpuRatio }) => [who, show(ratio, 2), show(cpuRatio, 2)]);
    parts.push('### Many callers, tenants and workers', markdownTable(['', 'throughput', 'CPU time'], rows));
  }
  const facts: string[] = [];
  if (callersApart)
    facts.push(
      `- A hundred callers in turn, the upstream marking whose token asked: ${callersApart.answers} answers, ${callersApart.mixedUp} with another caller’s data.`,
    );
  if (mixedLoad) {
    const { seconds, perSecond, p50, p99, count, longestMs, totalMs, endMb, peakMb, restedMb } = mixedLoad;
    facts.push(
      `- ${seconds} s of all operations mixed, 100 callers, concurrency 32: ${show(perSecond, 0)}/s, p50 ${show(p50, 1)} ms, p99 ${show(p99, 1)} ms.`,
      `- Its ${count} pauses for garbage collection took ${show(totalMs / 10 / seconds, 1)} % of the time, the longest ${show(longestMs, 1)} ms.`,
      `- Resident at its end ${show(endMb, 0)} MB, at most ${show(peakMb, 0)} MB, ten seconds later ${show(restedMb, 0)} MB.`,
    );
  }
  if (starts) {
    const { listeningMs, readyMs, firstAnswerMs, firstStartReadyMs } = starts;
    facts.push(
      `- Start from a snapshot of the tenant’s schema: listens after ${seconds(listeningMs)}, ready after ${seconds(readyMs)}, first answer from both systems after ${seconds(firstAnswerMs)}. The very first start, without snapshot and compile cache: ready after ${seconds(firstStartReadyMs)}.`,
    );
  }
  return facts.length > 0 ? [...parts, '### The gateway alone', facts.join('\n')] : parts;
}

function goals(results: Results): string[] {
  const rows = goalsOf(results).map(({ what, wanted, found, holds }) => [what, wanted, holds ? found : `**${found}**`]);
  return rows.length > 0 ? ['### What it is held to', markdownTable(['', 'goal', 'found'], rows)] : [];
}

const seconds = (ms: number) => `${show(ms / 1_000, 2)} s`;

function find({ results }: Table, operation: Operation['id'], side: Pick<SideSummary, 'id'>): Result | undefined {
  return results.find((result) => result.operation === operation && result.side === side.id);
}

const cell = (result: Result | undefined, print: (result: Result) => string) => (result ? print(result) : '–');

/** A figure that could not be had (JSON keeps it as null) is a dash. */
const show = (value: number | null, digits: number) =>
  value !== null && Number.isFinite(value) ? value.toFixed(digits) : '–';

function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), `|${head.map(() => '---|').join('')}`, ...rows.map(line)].join('\n');
}
