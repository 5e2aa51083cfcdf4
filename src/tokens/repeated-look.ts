import { createOneAtATime } from '../kit/one-at-a-time.ts';

export interface RepeatedLook {
  /** Looks now, after whatever look is under way. @throws what the look throws */
  refresh(): Promise<void>;
  close(): void;
}

/** Looks again every `everyMs`, and at once when somebody asks; never twice at a time. */
export function createRepeatedLook(look: () => Promise<void>, everyMs: number): RepeatedLook {
  const { run, current } = createOneAtATime(look);
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  const schedule = () => {
    timer = setTimeout(() => {
      void (current() ?? run()).catch(() => {}).then(() => closed || schedule());
    }, everyMs);
    timer.unref();
  };
  schedule();

  return {
    refresh: run,
    close() {
      closed = true;
      clearTimeout(timer);
    },
  };
}
