import type { MaybePromise } from '../maybe-promise.ts';
import { noteJoin } from './note-join.ts';
import { type CallKey, type RunningCall, RunningCalls } from './running-calls.ts';
import type { Holder } from './send.ts';

/**
 * Work that is done once for all who need the same meanwhile. A failure belongs to the first caller, whose client may have
 * disconnected: then each does it for itself.
 */
export class SharedWork {
  readonly #running = new RunningCalls<RunningWork>();

  /**
   * @param key identifies the result and its input: equal keys mean equal types
   * @param holder the operation that needs it
   */
  join<Made>(group: string, key: CallKey, make: () => MaybePromise<Made>, holder?: Holder): MaybePromise<Made> {
    const running = this.#running.find(group, key);
    if (running) {
      const done = noteJoin(holder, () => running.holder?.trace?.context);
      if (done) running.made.then(done, done);
      return (running.made as Promise<Made>).catch(make);
    }
    const made = make();
    if (!(made instanceof Promise)) return made;
    const end = this.#running.add(group, { key, made, holder, isOpen: true });
    made.then(end, end);
    return made;
  }

  forget(group: string): void {
    this.#running.forget(group);
  }
}

interface RunningWork extends RunningCall {
  readonly made: Promise<unknown>;
  readonly holder: Holder | undefined;
}
