export interface OneAtATime<Result> {
  /** Starts now, or after the current run, which may have read before the latest change. */
  run(): Promise<Result>;
  current(): Promise<Result> | undefined;
}

/** Work that never runs twice at a time. All callers during a run wait for one run after it. */
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
