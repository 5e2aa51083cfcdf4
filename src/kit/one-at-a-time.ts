export interface OneAtATime<Result> {
  /** Starts now, or after the run under way, which may have read before the change that somebody wants to know of. */
  run(): Promise<Result>;
  /** The run under way. */
  current(): Promise<Result> | undefined;
}

/** Work that never runs twice at a time. Everybody who asks while it runs waits for one run after it. */
export function createOneAtATime<Result>(work: () => Promise<Result>): OneAtATime<Result> {
  let running: Promise<Result> | undefined;
  let next: Promise<Result> | undefined;

  const start = (): Promise<Result> => {
    running = work().finally(() => {
      running = undefined;
    });
    return running;
  };

  return {
    run() {
      if (!running) return start();
      next ??= running
        .then(
          () => {},
          () => {},
        )
        .then(() => {
          next = undefined;
          return start();
        });
      return next;
    },
    current: () => running,
  };
}
