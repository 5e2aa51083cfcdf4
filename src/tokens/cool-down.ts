import { type ErrorCode, GatewayError } from '../kit/errors/index.ts';

export interface CoolDownOptions {
  /** Pause after the first failure in a row, ms; each further one doubles it. @default 500 */
  readonly firstPauseMs?: number;
  /** @default 30_000 */
  readonly maxPauseMs?: number;
  /** The longest pause after an outage, which ends by itself; its end is to be noticed soon. @default maxPauseMs */
  readonly maxOutagePauseMs?: number;
  /** A clock in ms that only moves forward. */
  readonly elapsed: () => number;
  readonly random: () => number;
}

export interface CoolDown {
  /**
   * Runs `attempt`, unless the last one failed a moment ago: then its error is thrown again at once,
   * so that callers fail together and a broken token endpoint is not hammered.
   */
  run<T>(attempt: () => Promise<T>): Promise<T>;
  /** Throws the last failure while its pause lasts. */
  assertReady(): void;
  /** Begins a pause for a failure seen elsewhere, such as in another process. */
  failed(error: unknown): void;
  /** Forgets all failures: what is tried next is something new. */
  reset(): void;
}

const OUTAGES: readonly ErrorCode[] = ['UPSTREAM_UNAVAILABLE', 'UPSTREAM_TIMEOUT'];

/** Growing pauses between failing attempts, at least as long as a `Retry-After` asks. */
export function createCoolDown(options: CoolDownOptions): CoolDown {
  const { firstPauseMs = 500, maxPauseMs = 30_000, maxOutagePauseMs = maxPauseMs, elapsed, random } = options;
  let failures = 0;
  let startedAt = 0;
  let pauseMs = 0;
  let lastError: unknown;

  const failed = (error: unknown) => {
    const isOutage = error instanceof GatewayError && OUTAGES.includes(error.code);
    const longestMs = isOutage ? maxOutagePauseMs : maxPauseMs;
    const growingMs = Math.min(firstPauseMs * 2 ** failures, longestMs) * (0.75 + random() / 2);
    const askedMs = error instanceof GatewayError ? (error.retryAfter ?? 0) * 1000 : 0;
    failures = Math.min(failures + 1, 20);
    startedAt = elapsed();
    pauseMs = Math.max(growingMs, askedMs);
    lastError = error;
  };

  const reset = () => {
    failures = 0;
    pauseMs = 0;
    lastError = undefined;
  };

  const assertReady = () => {
    const passedMs = elapsed() - startedAt;
    if (passedMs < pauseMs) throw again(lastError, pauseMs - passedMs);
  };

  return {
    failed,
    reset,
    assertReady,
    async run(attempt) {
      assertReady();
      try {
        const result = await attempt();
        reset();
        return result;
      } catch (error) {
        failed(error);
        throw error;
      }
    },
  };
}

/** The same failure for a later caller, with the seconds that are left of a `retryAfter`. */
function again(error: unknown, leftMs: number): unknown {
  if (!(error instanceof GatewayError) || error.retryAfter === undefined) return error;
  return new GatewayError(error.code, error.message, {
    source: error.source,
    retryAfter: Math.ceil(leftMs / 1000),
    ...(error.connectUrl === undefined ? {} : { connectUrl: error.connectUrl }),
    ...(error.details === undefined ? {} : { details: error.details }),
    cause: error.cause,
  });
}
