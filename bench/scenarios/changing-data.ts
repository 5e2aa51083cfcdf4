import { compare } from '../harness/compare.ts';
import type { Side } from '../harness/sides.ts';
import type { Stub } from '../harness/stub.ts';
import type { Operation } from '../operations.ts';

export interface ChangingDataResult {
  readonly operation: Operation['id'];
  /** To the bare proxy, while the upstream gives the same answer all the time, and while each is another. */
  readonly same: number;
  readonly changing: number;
}

interface ChangingDataOptions {
  readonly stub: Stub;
  readonly ours: Side;
  readonly proxy: Side;
  readonly operations: readonly Operation[];
  readonly rounds: number;
  readonly durationMs: number;
  readonly warmUpMs: number;
}

/** What it costs that answers differ: one of a tenant that is the same as the last is not read again. */
export async function measureChangingData(options: ChangingDataOptions): Promise<ChangingDataResult[]> {
  const { stub, ours, proxy, operations, ...load } = options;
  const results: ChangingDataResult[] = [];
  for (const operation of operations) {
    const ratio = async (changing: boolean) => {
      await stub.set({ changing });
      const [result] = await compare({ stub, sides: [ours, proxy], operation, concurrency: 32, delayMs: 0, ...load });
      return result?.ratio ?? Number.NaN;
    };
    const same = await ratio(false);
    results.push({ operation: operation.id, same, changing: await ratio(true) });
  }
  await stub.set({ changing: false });
  return results;
}
