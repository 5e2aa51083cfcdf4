import { compare } from '../harness/compare.ts';
import type { Operation } from '../operations.ts';
import type { AgainstProxy } from './against-proxy.ts';

export interface ChangingDataResult {
  readonly operation: Operation['id'];
  /** To the bare proxy, while the upstream gives the same answer all the time, and while each is another. */
  readonly same: number;
  readonly changing: number;
}

/** What it costs that answers differ: of one that is the same as the last, what was made is used again. */
export async function measureChangingData(options: AgainstProxy): Promise<ChangingDataResult[]> {
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
