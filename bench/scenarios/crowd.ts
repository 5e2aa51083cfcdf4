import { join } from 'node:path';
import { median } from '../harness/compare.ts';
import { type GatewaySetUp, setUpGateway, startGatewayProcess } from '../harness/gateway.ts';
import { type LoadRequest, type Measured, measure, post } from '../harness/load.ts';
import { cpuMsOfAll, type Processes } from '../harness/processes.ts';
import type { Stub } from '../harness/stub.ts';

export interface CrowdResult extends Pick<Measured, 'perSecond' | 'p50' | 'p99'> {
  readonly who: string;
  /** Throughput and CPU time, to one caller of one process in the same round. */
  readonly ratio: number;
  readonly cpuRatio: number;
  /** µs, of all processes of the gateway. */
  readonly cpuPerOperation: number;
}

export interface CrowdOptions {
  readonly processes: Processes;
  readonly stub: Stub;
  readonly folder: string;
  readonly gatewayFlags: readonly string[];
  readonly rounds: number;
  readonly durationMs: number;
  readonly warmUpMs: number;
}

const CALLERS = 200;
const TENANTS = 50;
const WORKERS = 2;

/** Different sizes, so that no request is equal to one under way, which one caller would share and many would not. */
const SIZES = Array.from({ length: 50 }, (_, index) => 26 + index);
const QUERIES = [
  'query ($first: Int) { sage200 { customers(first: $first) { nodes { id reference name balance onHold accountOpened } } } }',
  'query ($first: Int) { xtremMasterData { customer { query(first: $first) { edges { node { _id id name isActive currency { id symbol } } } } } } }',
  'query ($first: Int) { sage200 { customers(first: $first) { nodes { reference name erpCustomer { id name creditLimit } } } } }',
];
const CONCURRENCY = 32;

interface Turn extends Measured {
  readonly cpuPerOperation: number;
}

/** Whether many callers and tenants, or several processes, take more time than one caller with the same requests. */
export async function measureCrowd(options: CrowdOptions): Promise<readonly CrowdResult[]> {
  const { stub, rounds, durationMs, warmUpMs } = options;
  await stub.set({ changing: true });
  const alone = await startCrowd(options, 'crowd', []);
  const workers = await startCrowd(options, 'crowd-workers', [`--workers=${WORKERS}`]);
  const many = `${CALLERS} callers on ${TENANTS} tenants`;
  const sides = [
    { who: 'one caller', ...alone, requests: requestsOf(alone.setUp, 1) },
    { who: many, ...alone, requests: requestsOf(alone.setUp, CALLERS) },
    { who: `one caller, ${WORKERS} workers`, ...workers, requests: requestsOf(workers.setUp, 1) },
    { who: `${many}, ${WORKERS} workers`, ...workers, requests: requestsOf(workers.setUp, CALLERS) },
  ];
  const turns = sides.map((): Turn[] => []);
  for (const side of sides) await takeTurn(side, warmUpMs);
  for (let round = 0; round < rounds; round += 1)
    for (let step = 0; step < sides.length; step += 1) {
      const index = (round + step) % sides.length;
      const side = sides[index];
      if (side) turns[index]?.push(await takeTurn(side, durationMs));
    }
  await stub.set({ changing: false });
  for (const { child } of [alone, workers]) await options.processes.stop(child);
  return sides.map(({ who }, index) => toResult(who, turns[index] ?? [], turns[0] ?? []));
}

function toResult(who: string, own: readonly Turn[], base: readonly Turn[]): CrowdResult {
  const medianOf = (of: (turn: Turn) => number) => median(own.map(of));
  const against = (of: (turn: Turn) => number) =>
    median(own.flatMap((turn, round) => (base[round] ? [of(turn) / of(base[round])] : [])));
  return {
    who,
    perSecond: medianOf(({ perSecond }) => perSecond),
    p50: medianOf(({ p50 }) => p50),
    p99: medianOf(({ p99 }) => p99),
    cpuPerOperation: medianOf(({ cpuPerOperation }) => cpuPerOperation),
    ratio: against(({ perSecond }) => perSecond),
    cpuRatio: against(({ cpuPerOperation }) => cpuPerOperation),
  };
}

async function startCrowd(
  { processes, stub, folder, gatewayFlags }: CrowdOptions,
  name: string,
  serve: readonly string[],
) {
  const setUp = await setUpGateway(stub, join(folder, name), { callers: CALLERS, tenants: TENANTS });
  const { origin, child } = await startGatewayProcess(processes, setUp, gatewayFlags, serve);
  await untilAllAnswer(origin, requestsOf(setUp, CALLERS));
  return { setUp, origin, child };
}

const requestsOf = ({ authorizations }: GatewaySetUp, callers: number): readonly LoadRequest[] =>
  Array.from({ length: callers * SIZES.length }, (_, index) => {
    const query = QUERIES[index % QUERIES.length] ?? '';
    const variables = { first: SIZES[Math.floor(index / QUERIES.length) % SIZES.length] };
    return post({ query, variables }, { authorization: authorizations[index % callers] ?? '' });
  });

const LONGEST_START_MS = 300_000;

/** Each process reads the schema of each tenant. */
async function untilAllAnswer(origin: string, requests: readonly LoadRequest[]): Promise<void> {
  const endsAt = performance.now() + LONGEST_START_MS;
  for (let failed = 1; failed > 0; ) {
    if (performance.now() > endsAt) throw new Error(`${origin} does not answer everybody.`);
    failed = 0;
    await measure({
      origin,
      requests,
      concurrency: CONCURRENCY,
      durationMs: 5_000,
      onAnswer({ text }) {
        if (text.includes('"errors"')) failed += 1;
      },
    });
  }
}

async function takeTurn(
  {
    origin,
    child,
    requests,
  }: Pick<Awaited<ReturnType<typeof startCrowd>>, 'origin' | 'child'> & {
    readonly requests: readonly LoadRequest[];
  },
  durationMs: number,
): Promise<Turn> {
  let cpuBefore = 0;
  const onWarm = () => {
    cpuBefore = cpuMsOfAll(child);
  };
  const measured = await measure({ origin, requests, concurrency: CONCURRENCY, durationMs, onWarm });
  return { ...measured, cpuPerOperation: ((cpuMsOfAll(child) - cpuBefore) * 1_000) / measured.answeredWarm };
}
