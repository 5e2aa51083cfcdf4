import { type Dispatcher, Pool } from 'undici';

export interface Load {
  readonly origin: string;
  /** Sent in turn, so that many callers or many operations can be mixed; or made one by one. */
  readonly requests: readonly LoadRequest[] | (() => LoadRequest);
  readonly concurrency: number;
  readonly durationMs: number;
  /** ms at the beginning, while connections are made, that count for nothing. @default 100 */
  readonly warmUpMs?: number;
  /** Called once, when the warm-up is over. */
  readonly onWarm?: () => void;
  /** Sees every answer; for scenarios that look at answers under load. Left out, answers are not read. */
  readonly onAnswer?: (answer: Answer) => void;
}

export interface Answer {
  readonly request: LoadRequest;
  readonly status: number;
  readonly text: string;
}

export interface LoadRequest {
  readonly path: string;
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

/** A GraphQL request. */
export const post = (body: object, headers: Readonly<Record<string, string>> = {}): LoadRequest => ({
  path: '/graphql',
  method: 'POST',
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(body),
});

export interface Measured {
  /** From the first request to the last answer, warm-up and end included. */
  readonly answered: number;
  /** From the end of the warm-up to the last answer. */
  readonly answeredWarm: number;
  readonly perSecond: number;
  /** ms */
  readonly p50: number;
  readonly p99: number;
}

/**
 * Keeps so many requests under way for so long, and counts answers without reading them: it must cost less than
 * anything it measures. @throws Error on the first answer that is not 200, unless answers are looked at
 */
export async function measure(load: Load): Promise<Measured> {
  const { origin, concurrency, durationMs, warmUpMs = 100, onWarm = () => {} } = load;
  const pool = new Pool(origin, { connections: concurrency, pipelining: 1 });
  const startedAt = performance.now();
  const from = startedAt + warmUpMs;
  const samples = createSamples({ startedAt, from, until: from + durationMs, atLeast: 2 * concurrency, onWarm });
  const turns = typeof load.requests === 'function' ? load.requests : createTurns(load.requests);
  try {
    await Promise.all(Array.from({ length: concurrency }, () => work(pool, load, turns, samples)));
  } finally {
    // What a failure left under way is of no interest any more.
    await pool.destroy();
  }
  return samples.summary(performance.now());
}

interface Samples {
  isOver(now: number): boolean;
  add(sentAt: number, now: number): void;
}

/** One worker: the next request as soon as the last one is answered. */
function work(pool: Pool, { origin, onAnswer }: Load, next: () => LoadRequest, samples: Samples): Promise<void> {
  return new Promise((resolve, reject) => {
    let request = next();
    let sentAt = 0;
    let status = 0;
    const chunks: Buffer[] = [];
    const send = () => {
      sentAt = performance.now();
      if (samples.isOver(sentAt)) return resolve();
      request = next();
      pool.dispatch(request as Dispatcher.DispatchOptions, handler);
    };
    const handler: Dispatcher.DispatchHandler = {
      onRequestStart() {},
      onResponseStart(_controller, statusCode) {
        status = statusCode;
      },
      onResponseData(_controller, chunk) {
        if (onAnswer) chunks.push(chunk);
      },
      onResponseEnd() {
        samples.add(sentAt, performance.now());
        if (onAnswer) onAnswer({ request, status, text: Buffer.concat(chunks.splice(0)).toString() });
        else if (status !== 200) return reject(new Error(`${origin} answered ${status} under load.`));
        send();
      },
      onResponseError: (_controller, error) => reject(error),
    };
    send();
  });
}

function createTurns(requests: readonly LoadRequest[]): () => LoadRequest {
  let turn = 0;
  return () => {
    const request = requests[turn % requests.length];
    turn += 1;
    if (!request) throw new Error('There is nothing to send.');
    return request;
  };
}

/** ms more for who is so slow that hardly anything was answered in time. */
const MOST_EXTRA_MS = 1_500;

interface SampleOptions {
  readonly startedAt: number;
  readonly from: number;
  readonly until: number;
  readonly atLeast: number;
  readonly onWarm: () => void;
}

function createSamples({ startedAt, from, until, atLeast, onWarm }: SampleOptions) {
  const latencies: number[] = [];
  /** Of requests sent during the warm-up: all there is of who answers none of the later ones in time. */
  const early: number[] = [];
  let answered = 0;
  let answeredWarm = 0;
  let within = 0;
  let overAt = 0;
  return {
    isOver(now: number): boolean {
      if (overAt > 0) return true;
      if (now >= until && (within >= atLeast || now >= until + MOST_EXTRA_MS)) overAt = now;
      return overAt > 0;
    },
    add(sentAt: number, now: number): void {
      answered += 1;
      if (now >= from) {
        if (answeredWarm === 0) onWarm();
        answeredWarm += 1;
      }
      if (now >= from && overAt === 0) within += 1;
      (sentAt >= from ? latencies : early).push(now - sentAt);
    },
    summary(endedAt: number): Measured {
      const sorted = Float64Array.from(latencies.length > 0 ? latencies : early).sort();
      const at = (share: number) =>
        sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
      const perMs = within >= atLeast ? within / (overAt - from) : answered / (endedAt - startedAt);
      return { answered, answeredWarm, perSecond: perMs * 1_000, p50: at(0.5), p99: at(0.99) };
    },
  };
}
