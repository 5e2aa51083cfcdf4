import type { Result } from '../harness/compare.ts';
import type { Results, Table } from '../harness/results.ts';
import { type Operation, operations } from '../operations.ts';

/** One thing the gateway is held to, and what the run found. */
export interface Goal {
  readonly what: string;
  readonly wanted: string;
  readonly found: string;
  readonly holds: boolean;
}

/** Share of the bare proxy's throughput at concurrency 32, without upstream delay, with changing data. */
const FLOORS: Readonly<Record<Operation['id'], number>> = {
  customers: 0.35,
  orders: 0.7,
  erp: 0.6,
  both: 0.4,
  one: 0.6,
  link: 0.6,
  back: 0.6,
};
/** Share of the honest proxy's throughput in the same setting, where that joins two answers, as the gateway does. */
const OF_HONEST: Readonly<Partial<Record<Operation['id'], number>>> = { link: 0.7, back: 0.7 };
/** µs of CPU time above the honest proxy in the same setting. The others have not been measured on a quiet machine yet. */
const ABOVE_HONEST: Readonly<Partial<Record<Operation['id'], number>>> = { customers: 60, erp: 20, one: 20 };
/** µs of CPU time above the gateway as it is usually asked, of its sides that are asked or set up in another way. */
const ABOVE_OURS: Readonly<Record<string, number>> = {
  'ours-hash': 5,
  'ours-apollo': 5,
  'ours-traced-1': 5,
  'ours-traced-100': 45,
};
/** More where both systems are called: a span for each call. */
const TRACED_BOTH = 60;
const TIMES_THE_BEST_PEER = 3;
const P99_TIMES = 2.5;
/** ms over the bare proxy at concurrency 128 with 20 ms upstream delay. */
const OVER_PROXY = { p50: 3, p99: 15 };

/** Whether latencies of that setting are held to anything. */
export const isHeldToLatency = ({ concurrency, delayMs }: Pick<Table, 'concurrency' | 'delayMs'>): boolean =>
  concurrency === 128 && delayMs === 20;

const SHARING_RATIO = 1.2;
/** Share of one caller's throughput. */
const CROWD_RATIO = 0.9;
const LONGEST_PAUSE_MS = 50;
const RESIDENT_MB = 230;
const READY_MS = 1_500;

/** Peers as people write them. The one with `$select` is ours to outdo, but not what the goal was set by. */
const PEERS = ['yoga', 'mercurius', 'apollo', 'hive'];

/** Everything that can be told from these results. */
export function goalsOf(results: Results): Goal[] {
  const [main] = results.tables;
  const busy = results.tables.find(isHeldToLatency);
  return [
    ...(main ? operations.flatMap(({ id, name }) => throughputGoals(main, id, name)) : []),
    ...(main ? operations.flatMap(({ id, name }) => variantGoals(main, id, name)) : []),
    ...(busy ? operations.flatMap(({ id, name }) => latencyGoals(busy, id, name)) : []),
    ...scenarioGoals(results),
  ];
}

function throughputGoals(table: Table, id: Operation['id'], name: string): Goal[] {
  const [ours, proxy] = [find(table, id, 'ours'), find(table, id, 'proxy')];
  if (!ours || !proxy) return [];
  const goals = [
    atLeast(`${name}: of the bare proxy`, ours.ratio, FLOORS[id]),
    atMost(`${name}: upstream requests`, ours.upstream, proxy.upstream, 0),
    atMost(`${name}: p99 as a multiple of the proxy’s`, ours.p99 / proxy.p99, P99_TIMES),
  ];
  const above = ABOVE_HONEST[id];
  if (above !== undefined && find(table, id, 'honest'))
    goals.push(atMost(`${name}: CPU time above the honest proxy, µs`, ours.cpuAboveHonest, above, 0));
  const share = OF_HONEST[id];
  const honest = find(table, id, 'honest');
  if (share !== undefined && honest)
    goals.push(atLeast(`${name}: of the honest proxy`, ours.perSecond / honest.perSecond, share));
  const best = Math.max(...PEERS.map((peer) => find(table, id, peer)?.ratio ?? 0));
  if (best === 0) return goals;
  const times = id === 'one' ? 1 : TIMES_THE_BEST_PEER;
  return [...goals, atLeast(`${name}: as a multiple of the best peer`, ours.ratio / best, times)];
}

function variantGoals(table: Table, id: Operation['id'], name: string): Goal[] {
  return Object.entries(ABOVE_OURS).flatMap(([side, most]) => {
    const found = find(table, id, side);
    if (!found || Number.isNaN(found.cpuAboveOurs)) return [];
    const limit = side === 'ours-traced-100' && id === 'both' ? TRACED_BOTH : most;
    return [atMost(`${name}, ${side}: CPU time above ours, best rounds, µs`, found.cpuAboveOurs, limit, 0)];
  });
}

function latencyGoals(table: Table, id: Operation['id'], name: string): Goal[] {
  const [ours, proxy] = [find(table, id, 'ours'), find(table, id, 'proxy')];
  if (!ours || !proxy) return [];
  const setting = '128 at a time, 20 ms upstream';
  return [
    atMost(`${name}, ${setting}: p50 over the proxy’s, ms`, ours.p50 - proxy.p50, OVER_PROXY.p50, 1),
    atMost(`${name}, ${setting}: p99 over the proxy’s, ms`, ours.p99 - proxy.p99, OVER_PROXY.p99, 1),
  ];
}

function scenarioGoals({ sharing = [], callersApart, mixedLoad, crowd = [], starts }: Results): Goal[] {
  return [
    ...sharing.map(({ operation, ratio }) =>
      atLeast(`one caller sends “${operation}” 32 at a time: of the bare proxy`, ratio, SHARING_RATIO),
    ),
    ...crowd.slice(1).map(({ who, ratio }) => atLeast(`${who}: of one caller`, ratio, CROWD_RATIO)),
    ...(callersApart ? [atMost('answers of another caller', callersApart.mixedUp, 0, 0)] : []),
    ...(mixedLoad
      ? [
          atMost('longest pause for garbage collection, ms', mixedLoad.longestMs, LONGEST_PAUSE_MS, 1),
          atMost('resident after the mixed load, MB', mixedLoad.endMb, RESIDENT_MB, 0),
        ]
      : []),
    ...(starts ? [atMost('start to ready from a snapshot, ms', starts.readyMs, READY_MS, 0)] : []),
  ];
}

function atLeast(what: string, found: number, wanted: number): Goal {
  return { what, wanted: `≥ ${wanted.toFixed(2)}`, found: found.toFixed(2), holds: found >= wanted };
}

function atMost(what: string, found: number, wanted: number, digits = 2): Goal {
  return { what, wanted: `≤ ${wanted.toFixed(digits)}`, found: found.toFixed(digits), holds: found <= wanted };
}

function find({ results }: Table, operation: Operation['id'], side: string): Result | undefined {
  return results.find((result) => result.operation === operation && result.side === side);
}
