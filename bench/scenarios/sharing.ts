import { compare } from '../harness/compare.ts';
import type { Side } from '../harness/sides.ts';
import type { Operation } from '../operations.ts';
import type { AgainstProxy } from './against-proxy.ts';

export interface SharingResult {
  readonly operation: Operation['id'];
  /** One caller sends the same operation over and over, 32 at a time: to the bare proxy, which shares nothing. */
  readonly ratio: number;
  /** Upstream requests for each answer; below the operation's own number when reads under way are shared. */
  readonly upstreamPerAnswer: number;
  /** A hundred callers in turn: must be the operation's own number. */
  readonly upstreamPerAnswerApart: number;
}

/** What sharing equal reads brings one caller, and that it never reaches from one caller to another. */
export async function measureSharing({
  stub,
  ours,
  proxy,
  operations,
  rounds,
  durationMs,
  warmUpMs,
}: AgainstProxy): Promise<SharingResult[]> {
  const one: Side = {
    ...ours,
    id: 'one-caller',
    requestsOf: (operation) => ours.requestsOf(operation).slice(0, 1),
  };
  const results: SharingResult[] = [];
  await stub.set({ changing: true });
  for (const operation of operations) {
    const sides = [one, ours, proxy];
    const load = { concurrency: 32, delayMs: 0, rounds, durationMs, warmUpMs };
    const [shared, apart] = await compare({ stub, sides, operation, ...load });
    results.push({
      operation: operation.id,
      ratio: shared?.ratio ?? Number.NaN,
      upstreamPerAnswer: shared?.upstreamUnderLoad ?? Number.NaN,
      upstreamPerAnswerApart: apart?.upstreamUnderLoad ?? Number.NaN,
    });
  }
  await stub.set({ changing: false });
  return results;
}
