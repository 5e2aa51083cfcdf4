import PQueue from 'p-queue';
import { GatewayError } from '../../kit/errors/index.ts';
import { HttpFailure, type StopSignal } from '../../kit/http/index.ts';

/** Maximum number of waiting requests: later ones would wait longer than callers do. */
const MOST_WAITING = 100;

/** Slightly longer than a second, since requests that are sent evenly may arrive closer together. */
const SECOND_MS = 1_100;

/** Limits how many requests begin in a second, in the order of arrival. */
export interface RequestQueue {
  /** @throws GatewayError RATE_LIMITED if too many wait; HttpFailure if `signal` fires first */
  inTurn<Answer>(signal: StopSignal, send: () => Promise<Answer>): Promise<Answer>;
}

/**
 * @param rate requests per second, for all processes together
 * @param processes number of processes on this machine; each gets its share
 */
export function createRequestQueue(rate: number, processes: number): RequestQueue {
  const share = Math.floor(rate / processes);
  // Less than one per second: one in a longer period.
  const interval = share >= 1 ? SECOND_MS : Math.ceil((SECOND_MS * processes) / rate);
  const queue = new PQueue({ interval, intervalCap: Math.max(share, 1), strict: true });

  return {
    async inTurn(signal, send) {
      if (queue.size >= MOST_WAITING)
        throw tooManyWaiting(Math.ceil((queue.size * interval) / 1_000 / Math.max(share, 1)));
      const left = new AbortController();
      const onAbort = () => left.abort(toFailure(signal.reason));
      if (signal.aborted) onAbort();
      signal.addEventListener('abort', onAbort, { once: true });
      const waiting = queue.add(
        () => {
          // From here on, the request itself handles the signal.
          signal.removeEventListener('abort', onAbort);
          return send();
        },
        { signal: left.signal },
      );
      return waiting.finally(() => signal.removeEventListener('abort', onAbort));
    },
  };
}

const tooManyWaiting = (retryAfter: number) =>
  new GatewayError(
    'RATE_LIMITED',
    `Payments Out accepts only a few requests a second (network.rate), and ${MOST_WAITING} are already waiting. Try again in ${retryAfter} s.`,
    { source: 'network', retryAfter },
  );

/** Not a byte was sent. */
function toFailure(reason: unknown): unknown {
  if (reason instanceof GatewayError) return reason;
  const isLate = reason instanceof Error && reason.name === 'TimeoutError';
  return new HttpFailure(isLate ? 'timeout' : 'aborted', false, { cause: reason });
}
