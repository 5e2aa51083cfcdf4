import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checkSide } from '../harness/compare.ts';
import { type GatewaySetUp, setUpGateway, startGatewayProcess } from '../harness/gateway.ts';
import { gatewaySide } from '../harness/gateway-sides.ts';
import { type Measured, measure } from '../harness/load.ts';
import { type Processes, residentMb } from '../harness/processes.ts';
import type { Stub } from '../harness/stub.ts';
import type { Operation } from '../operations.ts';
import { type GcPauses, readGcPauses } from './gc-pauses.ts';

export interface MixedLoadResult extends Measured, GcPauses {
  readonly seconds: number;
  /** Resident memory in MB: at the end of the load, at its highest, and ten seconds later. */
  readonly endMb: number;
  readonly peakMb: number;
  readonly restedMb: number;
}

interface MixedLoadOptions {
  readonly processes: Processes;
  readonly stub: Stub;
  readonly folder: string;
  readonly operations: readonly Operation[];
  readonly seconds: number;
  readonly gatewayFlags: readonly string[];
}

/** A fresh gateway under all operations of a hundred callers at once, 32 at a time, with its garbage collection on record. */
export async function measureMixedLoad(options: MixedLoadOptions): Promise<MixedLoadResult> {
  const { processes, stub, folder, operations, seconds, gatewayFlags } = options;
  const setUp: GatewaySetUp = await setUpGateway(stub, join(folder, 'mixed'));
  const started = await startGatewayProcess(processes, setUp, ['--trace-gc', ...gatewayFlags]);
  const side = gatewaySide(setUp, started);
  await checkSide(side, operations, stub);
  const requests = interleave(operations.map((operation) => side.requestsOf(operation)));
  const load = { origin: side.origin, requests, concurrency: 32 };
  await stub.set({ changing: true });
  // The schema is built and the plans are made once, at the start; the minute begins after that.
  await measure({ ...load, durationMs: 3_000 });
  const before = (await readFile(setUp.logFile, 'utf8')).length;
  let peakMb = 0;
  const watch = setInterval(() => {
    peakMb = Math.max(peakMb, residentMb(started.child));
  }, 500);
  const measured = await measure({ ...load, durationMs: seconds * 1_000 }).finally(() => clearInterval(watch));
  await stub.set({ changing: false });
  const endMb = residentMb(started.child);
  const pauses = readGcPauses((await readFile(setUp.logFile, 'utf8')).slice(before));
  await new Promise((resolve) => setTimeout(resolve, 10_000));
  const restedMb = residentMb(started.child);
  await processes.stop(started.child);
  return { ...measured, ...pauses, seconds, endMb, peakMb: Math.max(peakMb, endMb), restedMb };
}

/** One of each kind in turn. */
function interleave<Item>(lists: readonly (readonly Item[])[]): Item[] {
  const longest = Math.max(...lists.map(({ length }) => length));
  return Array.from({ length: longest }, (_, index) =>
    lists.flatMap((list) => {
      const item = list[index % list.length];
      return item === undefined ? [] : [item];
    }),
  ).flat();
}
