import { type Dispatcher, Pool } from 'undici';
import { createEndOfTurn } from './end-of-turn.ts';
import { HttpFailure, type HttpRequest, type HttpResponse, type Send } from './send.ts';
import type { StopSignal } from './stop.ts';

export interface HttpOptions {
  /** Connections kept to one origin at a time. @default 128 */
  readonly connectionsPerOrigin?: number;
  /** Answers above this size are given up. @default 256 MiB */
  readonly maxBodyBytes?: number;
  /** ms to reach the other side. @default 10_000 */
  readonly connectTimeoutMs?: number;
  /** ms without an answer before a request without a deadline is given up. @default 60_000 */
  readonly answerTimeoutMs?: number;
}

export interface Http {
  readonly send: Send;
  /** Ends every connection. Requests under way fail. */
  close(): Promise<void>;
}

/** Keep-alive pools, one an origin. Reads each answer into one Buffer at dispatch level, which is what is fast here. */
export function createHttp(options: HttpOptions = {}): Http {
  const { connectionsPerOrigin = 128, maxBodyBytes = 256 * 1024 * 1024 } = options;
  const { connectTimeoutMs = 10_000, answerTimeoutMs = 60_000 } = options;
  const poolOptions: Pool.Options = {
    connections: connectionsPerOrigin,
    pipelining: 1,
    connect: { timeout: connectTimeoutMs },
    headersTimeout: answerTimeoutMs,
    bodyTimeout: answerTimeoutMs,
  };
  // By origin, of which a configuration has few.
  const pools = new Map<string, Pool>();
  const poolOf = (origin: string): Pool => {
    const known = pools.get(origin);
    if (known) return known;
    const pool = new Pool(origin, poolOptions);
    pools.set(origin, pool);
    return pool;
  };
  const dispatch = ({ method, url, headers, body }: HttpRequest, reader: AnswerReader) => {
    const { origin, path } = splitUrl(url);
    poolOf(origin).dispatch({ path, method, headers: headers ?? null, body: body ?? null }, reader);
  };
  const atEndOfTurn = createEndOfTurn();
  return {
    send: (request) =>
      new Promise((resolve, reject) => {
        const handOver = (response: HttpResponse) => atEndOfTurn(() => resolve(response));
        const reader = new AnswerReader(request.signal, maxBodyBytes, handOver, reject);
        if (request.signal?.aborted) reader.fail(toFailure(request.signal.reason, false));
        else dispatch(request, reader);
      }),
    async close() {
      await Promise.all([...pools.values()].map((pool) => pool.destroy()));
    },
  };
}

/** URLs come here as the URL class writes them, or built upon such; only what has no path needs one. */
function splitUrl(url: string): { readonly origin: string; readonly path: string } {
  const pathAt = url.indexOf('/', url.indexOf('//') + 2);
  if (pathAt > 0 && !url.includes('#')) return { origin: url.slice(0, pathAt), path: url.slice(pathAt) };
  const { origin, pathname, search } = new URL(url);
  return { origin, path: pathname + search };
}

/** Collects one answer and settles the promise once. */
class AnswerReader implements Dispatcher.DispatchHandler {
  readonly #signal: StopSignal | undefined;
  readonly #maxBodyBytes: number;
  readonly #resolve: (response: HttpResponse) => void;
  readonly #reject: (failure: HttpFailure) => void;
  readonly #chunks: Buffer[] = [];
  #size = 0;
  #status = 0;
  #headers: HttpResponse['headers'] = {};
  #controller: Dispatcher.DispatchController | undefined;

  constructor(
    signal: StopSignal | undefined,
    maxBodyBytes: number,
    resolve: (response: HttpResponse) => void,
    reject: (failure: HttpFailure) => void,
  ) {
    this.#signal = signal;
    this.#maxBodyBytes = maxBodyBytes;
    this.#resolve = resolve;
    this.#reject = reject;
    signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  readonly #onAbort = () => {
    const failure = toFailure(this.#signal?.reason, this.#controller !== undefined);
    this.#controller?.abort(failure);
    this.fail(failure);
  };

  fail(failure: HttpFailure): void {
    this.#signal?.removeEventListener('abort', this.#onAbort);
    this.#reject(failure);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    // The deadline passed while the request waited for a free connection.
    if (this.#signal?.aborted) controller.abort(toFailure(this.#signal.reason, false));
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: HttpResponse['headers']): void {
    this.#status = status;
    this.#headers = headers;
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#size += chunk.length;
    if (this.#size > this.#maxBodyBytes) controller.abort(new HttpFailure('tooLarge', true));
    this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    this.#signal?.removeEventListener('abort', this.#onAbort);
    const [first] = this.#chunks;
    const body = this.#chunks.length === 1 && first ? first : Buffer.concat(this.#chunks, this.#size);
    this.#resolve({ status: this.#status, headers: this.#headers, body });
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, error: Error): void {
    this.fail(toFailure(error, this.#controller !== undefined));
  }
}

const REFUSED = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);
const TIMEOUTS = new Set(['UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT']);

function toFailure(reason: unknown, started: boolean): HttpFailure {
  if (reason instanceof HttpFailure) return reason;
  const code = reason instanceof Error && 'code' in reason ? String(reason.code) : '';
  const name = reason instanceof Error ? reason.name : '';
  // A connection that was never made cannot have carried our request.
  if (REFUSED.has(code)) return new HttpFailure('refused', false, { cause: reason });
  if (code === 'UND_ERR_CONNECT_TIMEOUT') return new HttpFailure('timeout', false, { cause: reason });
  if (name === 'TimeoutError' || TIMEOUTS.has(code)) return new HttpFailure('timeout', started, { cause: reason });
  if (name === 'AbortError') return new HttpFailure('aborted', started, { cause: reason });
  return new HttpFailure('cut', started, { cause: reason });
}
