export interface RestartPolicyOptions {
  /** A worker that served this long was in order; what ended it is a new case. @default 10_000 */
  readonly steadyMs?: number;
  /** Pause before the first restart; each further one in a row waits twice as long. @default 250 */
  readonly firstPauseMs?: number;
  /** @default 30_000 */
  readonly maxPauseMs?: number;
}

export interface WorkerEnd {
  /** ms it served; undefined when it never did. */
  readonly servedMs: number | undefined;
  /** Whether another worker has served for `steadyMs` or more: then the gateway as a whole works. */
  readonly othersSteady: (steadyMs: number) => boolean;
}

/** Quick ends in a row of one worker after which there is no use in going on. */
const GIVE_UP_AFTER = 5;

/** Says after each end of one worker how long to wait before it is started again, or that it is hopeless. */
export function createRestartPolicy(options: RestartPolicyOptions = {}): (end: WorkerEnd) => number | 'give up' {
  const { steadyMs = 10_000, firstPauseMs = 250, maxPauseMs = 30_000 } = options;
  let quickEnds = 0;
  return ({ servedMs, othersSteady }) => {
    if (servedMs !== undefined && servedMs >= steadyMs) quickEnds = 0;
    quickEnds += 1;
    if (quickEnds >= GIVE_UP_AFTER && !othersSteady(steadyMs)) return 'give up';
    return Math.min(maxPauseMs, firstPauseMs * 2 ** (quickEnds - 1));
  };
}
