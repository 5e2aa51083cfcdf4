import { request } from 'undici';
import { checkAnswer } from '../expected.ts';
import type { Operation } from '../operations.ts';
import { type LoadRequest, type Measured, measure } from './load.ts';
import { cpuMs } from './processes.ts';
import type { Side } from './sides.ts';
import type { Stub } from './stub.ts';

export interface CompareOptions {
  readonly stub: Stub;
  readonly sides: readonly Side[];
  readonly operation: Operation;
  readonly concurrency: number;
  readonly delayMs: number;
  readonly rounds: number;
  readonly durationMs: number;
  /** How long everybody's turn before the first round is, which counts for nothing; 0: there is none. */
  readonly warmUpMs: number;
}

/** Medians over the rounds of one side for one operation. */
export interface Result {
  readonly side: string;
  readonly operation: Operation['id'];
  readonly concurrency: number;
  readonly delayMs: number;
  /** To the bare proxy in the same round; NaN when it did not take part. */
  readonly ratio: number;
  readonly perSecond: number;
  /** ms */
  readonly p50: number;
  readonly p99: number;
  /** µs of its process's CPU time. */
  readonly cpuPerOperation: number;
  /** Its CPU time as a multiple of the bare proxy's, from the same rounds. */
  readonly cpuRatio: number;
  /** µs of CPU time more than the honest proxy's in the same rounds; NaN when that did not take part. */
  readonly cpuAboveHonest: number;
  /** µs of CPU time more than the gateway's as it is usually asked, best round against best round; NaN when that did not take part. */
  readonly cpuAboveOurs: number;
  /** Upstream requests in a single operation, tokens not counted. */
  readonly upstream: number;
  /** The same under load: fewer when equal reads were shared. */
  readonly upstreamUnderLoad: number;
  readonly ratios: readonly number[];
}

interface Turn extends Measured {
  readonly cpuPerOperation: number;
  readonly upstreamUnderLoad: number;
}

/** Every side that answers the operation in turn, round by round; who begins moves on, so that nobody is always behind the same other. */
export async function compare({ sides: all, operation, stub, ...settings }: CompareOptions): Promise<Result[]> {
  const sides = all.filter((side) => side.requestsOf(operation).length > 0);
  const { concurrency, delayMs, rounds, durationMs, warmUpMs } = settings;
  const takeTurn = (side: Side, ms: number) => measureTurn(side, operation, { stub, concurrency, durationMs: ms });
  const turns = new Map<Side, Turn[]>(sides.map((side) => [side, []]));
  if (warmUpMs > 0) for (const side of sides) await takeTurn(side, warmUpMs);
  for (let round = 0; round < rounds; round += 1) {
    const order = sides.map((_, index) => sides[(index + round) % sides.length]).filter((side) => side !== undefined);
    for (const side of order) turns.get(side)?.push(await takeTurn(side, durationMs));
  }
  const turnsOf = (wanted: string) => turns.get(sides.find(({ id }) => id === wanted) ?? ({} as Side));
  const [proxy, honest] = [turnsOf('proxy'), turnsOf('honest')];
  const best = (own: readonly Turn[]) => Math.min(...own.map(({ cpuPerOperation }) => cpuPerOperation));
  const bestOfOurs = best(turnsOf('ours') ?? [NO_TURN]);
  return sides.map((side) => {
    const own = turns.get(side) ?? [];
    const against = (of: (turn: Turn) => number) =>
      own.map((turn, index) => of(turn) / of(proxy?.[index] ?? NO_TURN)).filter((value) => !Number.isNaN(value));
    const ratios = against(({ perSecond }) => perSecond);
    const aboveHonest = own.map((turn, index) => turn.cpuPerOperation - (honest?.[index] ?? NO_TURN).cpuPerOperation);
    return {
      side: side.id,
      operation: operation.id,
      concurrency,
      delayMs,
      ratio: median(ratios),
      perSecond: median(own.map(({ perSecond }) => perSecond)),
      p50: median(own.map(({ p50 }) => p50)),
      p99: median(own.map(({ p99 }) => p99)),
      cpuPerOperation: median(own.map(({ cpuPerOperation }) => cpuPerOperation)),
      cpuRatio: median(against(({ cpuPerOperation }) => cpuPerOperation)),
      cpuAboveHonest: median(aboveHonest.filter((value) => !Number.isNaN(value))),
      cpuAboveOurs: best(own) - bestOfOurs,
      upstream: upstreamOf.get(side)?.get(operation.id) ?? Number.NaN,
      upstreamUnderLoad: median(own.map(({ upstreamUnderLoad }) => upstreamUnderLoad)),
      ratios,
    };
  });
}

const NO_TURN: Turn = {
  answered: Number.NaN,
  answeredWarm: Number.NaN,
  perSecond: Number.NaN,
  p50: Number.NaN,
  p99: Number.NaN,
  cpuPerOperation: Number.NaN,
  upstreamUnderLoad: Number.NaN,
};

async function measureTurn(
  side: Side,
  operation: Operation,
  { stub, ...load }: { stub: Stub; concurrency: number; durationMs: number },
): Promise<Turn> {
  const callsBefore = await callsOf(stub);
  let cpuBefore = 0;
  const onWarm = () => {
    cpuBefore = cpuMs(side.child);
  };
  const measured = await measure({ origin: side.origin, requests: side.requestsOf(operation), onWarm, ...load });
  const cpuUsed = cpuMs(side.child) - cpuBefore;
  return {
    ...measured,
    cpuPerOperation: (cpuUsed * 1_000) / measured.answeredWarm,
    upstreamUnderLoad: ((await callsOf(stub)) - callsBefore) / measured.answered,
  };
}

export async function callsOf(stub: Stub): Promise<number> {
  const { sage200, erp } = await stub.count();
  return sage200 + erp;
}

const upstreamOf = new WeakMap<Side, Map<Operation['id'], number>>();

/** Only right answers are measured: asks each operation twice, compares, and counts what the second one cost upstream. */
export async function checkSide(side: Side, operations: readonly Operation[], stub: Stub): Promise<void> {
  const counts = new Map<Operation['id'], number>();
  // Each caller once: what is read or obtained for a caller's first request is not part of what is measured.
  const [any] = operations;
  if (any) for (const request of side.requestsOf(any)) await ask(side, any, request);
  for (const operation of operations) {
    const [first] = side.requestsOf(operation);
    if (!first) continue;
    if (operation !== any) await ask(side, operation, first);
    const before = await callsOf(stub);
    await ask(side, operation, first);
    counts.set(operation.id, (await callsOf(stub)) - before);
  }
  upstreamOf.set(side, counts);
}

/** Data that has changed is answered: nobody gains by handing out what was there before. */
export async function checkFreshness(side: Side, operations: readonly Operation[], stub: Stub): Promise<void> {
  await stub.set({ changing: true });
  for (const operation of operations) {
    const [first] = side.requestsOf(operation);
    if (!first) continue;
    const answers = new Set<string>();
    for (let time = 0; time < 3; time += 1) answers.add(await textOf(side, operation, first));
    if (answers.size < 3) throw new Error(`${side.title}, ${operation.name}: the data changed, the answer did not.`);
  }
  await stub.set({ changing: false });
}

async function ask(side: Side, operation: Operation, request: LoadRequest): Promise<void> {
  const text = await textOf(side, operation, request);
  if (side.readAnswer) checkAnswer(side.title, operation, side.readAnswer(JSON.parse(text), operation));
}

async function textOf(side: Side, operation: Operation, { path, method, headers, body }: LoadRequest): Promise<string> {
  const answer = await request(side.origin + path, { method, headers, body });
  const text = await answer.body.text();
  if (answer.statusCode !== 200)
    throw new Error(`${side.title}, ${operation.name}: status ${answer.statusCode}, ${text.slice(0, 500)}`);
  return text;
}

export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
