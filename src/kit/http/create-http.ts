import { Pool } from 'undici';
import { isLoopbackHost } from '../this-machine.ts';
import { AnswerReader } from './answer-reader.ts';
import { createEndOfTurn } from './end-of-turn.ts';
import type { HttpRequest, HttpResponse, Send } from './send.ts';
import { toFailure } from './to-failure.ts';

export interface HttpOptions {
  /** Connections kept to one origin at a time. @default 128 */
  readonly connectionsPerOrigin?: number;
  /** Answers above this size are given up, packed or unpacked. @default 32 MiB */
  readonly answerBytes?: number;
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
  const { connectionsPerOrigin = 128, answerBytes = 32 * 1024 * 1024 } = options;
  const { connectTimeoutMs = 10_000, answerTimeoutMs = 60_000 } = options;
  const poolOptions: Pool.Options = {
    connections: connectionsPerOrigin,
    pipelining: 1,
    connect: { timeout: connectTimeoutMs },
    headersTimeout: answerTimeoutMs,
    bodyTimeout: answerTimeoutMs,
  };
  // By origin, of which a configuration has few.
  const ways = new Map<string, Way>();
  const wayTo = (origin: string): Way => {
    const known = ways.get(origin);
    if (known) return known;
    const way = { pool: new Pool(origin, poolOptions), isLocal: isLoopbackHost(new URL(origin).hostname) };
    ways.set(origin, way);
    return way;
  };
  const dispatch = ({ method, url, headers, body }: HttpRequest, reader: AnswerReader) => {
    const { origin, path } = splitUrl(url);
    const { pool, isLocal } = wayTo(origin);
    // On one machine packing costs more than it saves.
    const sent = isLocal ? (headers ?? null) : { ...headers, 'accept-encoding': 'gzip' };
    pool.dispatch({ path, method, headers: sent, body: body ?? null }, reader);
  };
  const atEndOfTurn = createEndOfTurn();
  return {
    send: (request) =>
      new Promise((resolve, reject) => {
        const reader = new AnswerReader(request, {
          maxBodyBytes: answerBytes * (request.answerFactor ?? 1),
          resolve: (response: HttpResponse) => atEndOfTurn(() => resolve(response)),
          reject,
        });
        if (request.signal?.aborted) reader.fail(toFailure(request.signal.reason, false));
        else dispatch(request, reader);
      }),
    async close() {
      await Promise.all([...ways.values()].map(({ pool }) => pool.destroy()));
    },
  };
}

interface Way {
  readonly pool: Pool;
  /** Whether the other side is on this machine. */
  readonly isLocal: boolean;
}

/** URLs come here as the URL class writes them, or built upon such; only what has no path needs one. */
function splitUrl(url: string): { readonly origin: string; readonly path: string } {
  const pathAt = url.indexOf('/', url.indexOf('//') + 2);
  if (pathAt > 0 && !url.includes('#')) return { origin: url.slice(0, pathAt), path: url.slice(pathAt) };
  const { origin, pathname, search } = new URL(url);
  return { origin, path: pathname + search };
}
