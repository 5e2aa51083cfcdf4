import type { SpanContext } from '../trace/index.ts';
import type { Holder } from './send.ts';

/**
 * An operation begins to wait for what another one is asking already.
 * @param linked the other one's span, asked for at the end, when it is certain to be there
 * @returns to be called once when it waits no longer; undefined when nobody wants to know
 */
export function noteJoin(holder: Holder | undefined, linked: () => SpanContext | undefined): (() => void) | undefined {
  if (!holder?.began) return undefined;
  const { trace } = holder;
  const startedAt = trace ? performance.now() : 0;
  let isDone = false;
  holder.began();
  return () => {
    // Somebody who left is still among those who are told.
    if (isDone) return;
    isDone = true;
    holder.ended?.();
    trace?.joined(startedAt, linked());
  };
}
