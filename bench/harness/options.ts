import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type Operation, operations } from '../operations.ts';
import { GATEWAY_SIDES } from './gateway-sides.ts';
import type { Setting } from './results.ts';
import { SIDES } from './sides.ts';

/** What a run is made of. `tables` compares, the others look at the gateway alone or against the bare proxy. */
export const PARTS = ['tables', 'sharing', 'callers', 'mixed', 'crowd', 'starts'] as const;

export interface Options {
  readonly parts: readonly string[];
  readonly sides: readonly string[];
  readonly operations: readonly Operation[];
  /** Turns differ by half on a machine that does other work: their median needs more than a few. */
  readonly rounds: number;
  readonly durationMs: number;
  /** Of everybody with each operation before the first setting: V8 goes on compiling for some tens of thousands of requests. */
  readonly warmUpMs: number;
  /** Those with goals are measured for `durationMs` a turn, the others more briefly and in fewer rounds. */
  readonly settings: readonly Setting[];
  readonly mixedSeconds: number;
  readonly gatewayFlags: readonly string[];
  /** Whether the results are kept. */
  readonly write: boolean;
}

const DATA = ['changing', 'same'];
const ALL_SIDES = 'proxy,honest,ours,yoga,mercurius,mercurius-select,apollo,hive';

/** The command line. Where nothing is left out, everything is measured and kept. @throws Error for a name that there is not */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string' },
      parts: { type: 'string' },
      operations: { type: 'string' },
      rounds: { type: 'string', default: '9' },
      seconds: { type: 'string', default: '0.8' },
      'warm-up': { type: 'string', default: '5' },
      concurrency: { type: 'string' },
      delay: { type: 'string' },
      data: { type: 'string', default: 'changing,same' },
      minutes: { type: 'string', default: '1' },
      // For Node, when it runs the gateway: "--flags=--cpu-prof --cpu-prof-dir=/tmp/profiles"
      flags: { type: 'string', default: '' },
      write: { type: 'boolean', default: false },
    },
  });
  const { only, parts, concurrency, delay } = values;
  const whole = [only, parts, values.operations, concurrency, delay].every((narrowing) => narrowing === undefined);
  const sides = pick(only ?? (whole || parts === undefined ? ALL_SIDES : 'proxy,honest,ours'), Object.keys(SIDES));
  const concurrencies = numbers(concurrency ?? (whole ? '32,1,128' : '32'));
  const delays = numbers(delay ?? (whole ? '0,20' : '0'));
  const data = pick(values.data, DATA);
  const ids = operations.map(({ id }) => id);
  const asked = pick(values.operations ?? ids.join(), ids);
  refuseWithoutPeers(sides);
  return {
    parts: whole ? PARTS : pick(parts ?? 'tables', PARTS),
    sides,
    operations: operations.filter(({ id }) => asked.includes(id)),
    rounds: Number(values.rounds),
    durationMs: Number(values.seconds) * 1_000,
    warmUpMs: Number(values['warm-up']) * 1_000,
    settings: settingsOf(delays, concurrencies, data),
    mixedSeconds: Number(values.minutes) * 60,
    gatewayFlags: values.flags.split(' ').filter(Boolean),
    write: values.write || whole,
  };
}

/** Unchanged data beside changing data is measured in the first setting alone: no ledger stays as it is. */
function settingsOf(delays: readonly number[], concurrencies: readonly number[], data: readonly string[]): Setting[] {
  const changing = data.includes('changing');
  const all = delays.flatMap((delayMs) => concurrencies.map((concurrency) => ({ concurrency, delayMs, changing })));
  if (!changing || !data.includes('same')) return all;
  return all.flatMap((setting, index) => (index === 0 ? [setting, { ...setting, changing: false }] : [setting]));
}

const numbers = (list: string) => list.split(',').map(Number);

function pick(list: string, names: readonly string[]): string[] {
  const asked = list.split(',');
  const unknown = asked.find((name) => !names.includes(name));
  if (unknown !== undefined) throw new Error(`There is no ${unknown}; write some of ${names.join()}.`);
  return asked;
}

const WITHOUT_PEERS = new Set(['proxy', 'honest', 'stub', ...Object.keys(GATEWAY_SIDES)]);

function refuseWithoutPeers(sides: readonly string[]): void {
  const isInstalled = existsSync(new URL('../node_modules/graphql', import.meta.url));
  if (isInstalled || sides.every((side) => WITHOUT_PEERS.has(side))) return;
  process.stderr.write(
    'The gateways to compare with are not installed: run npm ci --prefix bench, or measure with --only ours,honest,proxy.\n',
  );
  process.exit(1);
}
