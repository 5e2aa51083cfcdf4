import { type LoadRequest, measure } from '../harness/load.ts';
import type { Side } from '../harness/sides.ts';
import type { Stub } from '../harness/stub.ts';
import type { Operation } from '../operations.ts';

/**
 * A hundred callers in turn, while the stub writes into every name whose token asked: how many answers were another
 * caller's. @returns counts; `mixedUp` must be 0
 */
export async function checkCallersApart(
  stub: Stub,
  ours: Side,
  operation: Operation,
): Promise<{ readonly answers: number; readonly mixedUp: number }> {
  const requests = ours.requestsOf(operation);
  const callerOf = new Map(requests.map((request, index) => [request, ours.connections?.[index]]));
  const counts = { answers: 0, mixedUp: 0 };
  const isOwn = (request: LoadRequest, text: string) => {
    const names = [...text.matchAll(/"name":"(\S+) /g)].map(([, name]) => name);
    return names.length > 0 && names.every((name) => name === callerOf.get(request));
  };
  await stub.set({ markCallers: true });
  try {
    await measure({
      origin: ours.origin,
      requests,
      concurrency: 64,
      durationMs: 2_000,
      onAnswer({ request, text }) {
        counts.answers += 1;
        if (!isOwn(request, text)) counts.mixedUp += 1;
      },
    });
  } finally {
    await stub.set({ markCallers: false });
  }
  return counts;
}
