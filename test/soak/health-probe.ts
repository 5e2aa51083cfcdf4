import { once } from 'node:events';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

/** ms between an answer and the next question. */
const PAUSE_MS = 5;
const GIVE_UP_MS = 60_000;

export interface HealthProbe extends AsyncDisposable {
  /** ms of the slowest answer since this was last asked; infinite where there was none. */
  slowest(): Promise<number>;
}

/** Asks again and again for /healthz in a thread of its own, so that what goes on in this one is not in its clock. */
export function startHealthProbe(url: string): HealthProbe {
  const worker = new Worker(new URL(import.meta.url), { workerData: { url } });
  return {
    async slowest() {
      worker.postMessage('slowest');
      const [slowest] = (await once(worker, 'message')) as [number];
      return slowest;
    },
    async [Symbol.asyncDispose]() {
      await worker.terminate();
    },
  };
}

async function probe(url: string): Promise<never> {
  let slowest = 0;
  let isAsked = false;
  parentPort?.on('message', () => {
    isAsked = true;
  });
  for (;;) {
    slowest = Math.max(slowest, await measureOnce(url));
    // An answer that was under way counts for what was before.
    if (isAsked) {
      parentPort?.postMessage(slowest);
      [slowest, isAsked] = [0, false];
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

async function measureOnce(url: string): Promise<number> {
  const startedAt = performance.now();
  try {
    const response = await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(GIVE_UP_MS) });
    await response.arrayBuffer();
    return response.ok ? performance.now() - startedAt : Number.POSITIVE_INFINITY;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

if (!isMainThread && workerData?.url) await probe(workerData.url);
