export interface RepeatedLook {
  /** Looks now, after whatever look is under way. @throws what the look throws */
  refresh(): Promise<void>;
  close(): void;
}

/** Looks again every `everyMs`, and at once when somebody asks; never twice at a time. */
export function createRepeatedLook(look: () => Promise<void>, everyMs: number): RepeatedLook {
  let running: Promise<void> | undefined;
  let next: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  const start = (): Promise<void> => {
    running = look().finally(() => {
      running = undefined;
    });
    return running;
  };

  const schedule = () => {
    timer = setTimeout(() => {
      void (running ?? start()).catch(() => {}).then(() => closed || schedule());
    }, everyMs);
    timer.unref();
  };
  schedule();

  return {
    refresh() {
      if (!running) return start();
      // What is under way may have read before the change that somebody wants to know of.
      next ??= running
        .catch(() => {})
        .then(() => {
          next = undefined;
          return start();
        });
      return next;
    },
    close() {
      closed = true;
      clearTimeout(timer);
    },
  };
}
