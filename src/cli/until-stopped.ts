import { CommandFailure } from './command.ts';

/** The terminal signals the program on Ctrl+C and npm passes it on again: a second signal this soon is the same keystroke. */
const SAME_KEYSTROKE_MS = 300;

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** SIGINT comes from a person waiting at a terminal; SIGHUP from a terminal that was closed. */
export type StopSignal = (typeof SIGNALS)[number];

export interface StopRequest {
  /** Settles at the first of the signals. A second one ends the process at once, with exit code 1. */
  readonly asked: Promise<StopSignal>;
}

/**
 * Listens from now on, so that a signal during the start is remembered until there is something to close.
 * @param hangUp whether SIGHUP stops it too
 */
export function listenForStop({ hangUp = false } = {}): StopRequest {
  const { promise, resolve } = Promise.withResolvers<StopSignal>();
  let askedAt: number | undefined;
  const onSignal = (signal: StopSignal) => {
    const now = performance.now();
    if (askedAt !== undefined && now - askedAt > SAME_KEYSTROKE_MS) process.exit(1);
    askedAt ??= now;
    resolve(signal);
  };
  for (const signal of SIGNALS) if (hangUp || signal !== 'SIGHUP') process.on(signal, onSignal);
  return { asked: promise };
}

/** Closes what was started. @throws CommandFailure when it takes longer than `withinMs` */
export async function closeWithin(close: () => Promise<void>, withinMs: number): Promise<void> {
  const late = Promise.withResolvers<never>();
  const message = `Stopping took longer than ${withinMs} ms. The rest was cut off.`;
  const timer = setTimeout(() => late.reject(new CommandFailure(message)), withinMs);
  try {
    await Promise.race([close(), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
