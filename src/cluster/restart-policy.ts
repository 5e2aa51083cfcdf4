export interface RestartPolicyOptions {
  /** A worker that served this long was healthy; its end counts as a new failure. @default 10_000 */
  readonly steadyMs?: number;
  /** Pause before the first restart; each further one in a row waits twice as long. @default 250 */
  readonly firstPauseMs?: number;
  /** @default 30_000 */
  readonly maxPauseMs?: number;
}

export interface WorkerEnd {
  /** ms for which it served; undefined if it never did. */
  readonly servedMs: number | undefined;
  /** Whether another worker has served for at least `steadyMs`: then the gateway as a whole works. */
  readonly othersSteady: (steadyMs: number) => boolean;
}

/** After so many quick ends of one worker in a row, another restart is pointless. */
const GIVE_UP_AFTER = 5;

/** Decides after each end of a worker how long to wait before its restart, or to give up. */
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
