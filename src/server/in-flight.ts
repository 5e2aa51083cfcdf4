/** The requests being answered right now, so that a stop can wait for them and then end them. */
export function createInFlight() {
  const controllers = new Set<AbortController>();
  let whenIdle: (() => void)[] = [];

  return {
    /** Counts one more until `end` is called. */
    begin() {
      const controller = new AbortController();
      controllers.add(controller);
      return {
        signal: controller.signal,
        /** Nobody waits for the answer any more. */
        abort: (reason: Error) => controller.abort(reason),
        end() {
          controllers.delete(controller);
          if (controllers.size > 0) return;
          for (const resolve of whenIdle) resolve();
          whenIdle = [];
        },
      };
    },
    /** Whether all ended within that time. */
    idle(timeoutMs: number): Promise<boolean> {
      if (controllers.size === 0) return Promise.resolve(true);
      return new Promise((resolve) => {
        const timer = setTimeout(() => resolve(false), timeoutMs);
        whenIdle.push(() => {
          clearTimeout(timer);
          resolve(true);
        });
      });
    },
    abortAll(reason: Error): void {
      for (const controller of controllers) controller.abort(reason);
    },
  };
}

export type InFlight = ReturnType<typeof createInFlight>;
