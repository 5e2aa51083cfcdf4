import type { SpanContext } from '../trace/index.ts';
import type { Holder } from './send.ts';

/**
 * An operation begins to wait for a call that another one has already made.
 * @param linked returns the other one's span, called at the end, when it certainly exists
 * @returns a function to call once when the wait ends; undefined if the wait is not recorded
 */
export function noteJoin(holder: Holder | undefined, linked: () => SpanContext | undefined): (() => void) | undefined {
  if (!holder?.began) return undefined;
  const { trace } = holder;
  const startedAt = trace ? performance.now() : 0;
  let isDone = false;
  holder.began();
  return () => {
    // A waiter that has left is still called.
    if (isDone) return;
    isDone = true;
    holder.ended?.();
    trace?.joined(startedAt, linked());
  };
}
