import { join } from 'node:path';
import { request } from 'undici';
import { median } from '../harness/compare.ts';
import { setUpGateway, startGatewayProcess, untilOk } from '../harness/gateway.ts';
import { gatewaySide } from '../harness/gateway-sides.ts';
import type { Processes } from '../harness/processes.ts';
import type { Stub } from '../harness/stub.ts';
import type { Operation } from '../operations.ts';

export interface StartResult {
  readonly starts: number;
  /** ms from the start of the process, medians: until it listens, until /readyz says so, until the first right answer. */
  readonly listeningMs: number;
  readonly readyMs: number;
  readonly firstAnswerMs: number;
  /** ms from the start until /readyz, the very first time: no snapshot of the tenant's schema, nothing compiled before. */
  readonly firstStartReadyMs: number;
}

interface StartOptions {
  readonly processes: Processes;
  readonly stub: Stub;
  readonly folder: string;
  readonly operation: Operation;
  readonly starts: number;
}

/** Starts with a real configuration and the snapshot that an earlier start left. */
export async function measureStarts({
  processes,
  stub,
  folder,
  operation,
  starts,
}: StartOptions): Promise<StartResult> {
  const setUp = await setUpGateway(stub, join(folder, 'starts'));
  const times: { listening: number; ready: number; answered: number }[] = [];
  for (let number = 0; number <= starts; number += 1) {
    const startedAt = performance.now();
    const since = () => performance.now() - startedAt;
    const started = await startGatewayProcess(processes, setUp);
    const listening = started.readyAfterMs;
    await untilOk(() => request(`${started.origin}/readyz`));
    const ready = since();
    const [first] = gatewaySide(setUp, started).requestsOf(operation);
    if (first) await untilOk(() => request(started.origin, { ...first }));
    times.push({ listening, ready, answered: since() });
    await processes.stop(started.child);
  }
  const [first, ...later] = times;
  return {
    starts,
    listeningMs: median(later.map((time) => time.listening)),
    readyMs: median(later.map((time) => time.ready)),
    firstAnswerMs: median(later.map((time) => time.answered)),
    firstStartReadyMs: first?.ready ?? Number.NaN,
  };
}
