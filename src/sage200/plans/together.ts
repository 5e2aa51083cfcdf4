/** A promise that is awaited later, or never when something else fails first. */
export function attended<Value>(promise: Promise<Value>): Promise<Value> {
  promise.catch(() => {});
  return promise;
}

export type Awaitable<Value> = Value | Promise<Value>;

/**
 * Starts everything, and has all results once there are all. Whatever fails first is thrown; what the others come to is
 * attended to even when one throws at once, since a rejection that nobody looks at ends the process.
 */
export function together<Value>(starts: readonly (() => Awaitable<Value>)[]): Awaitable<Value[]> {
  const results: Value[] = [];
  const waiting: Promise<void>[] = [];
  starts.forEach((start, index) => {
    const keep = (value: Value) => {
      results[index] = value;
    };
    try {
      const started = start();
      if (started instanceof Promise) waiting.push(started.then(keep));
      else keep(started);
    } catch (error) {
      waiting.push(Promise.reject(error));
    }
  });
  return waiting.length === 0 ? results : Promise.all(waiting).then(() => results);
}
