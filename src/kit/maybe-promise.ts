/**
 * A value that is already available, or a promise of it. Most values that a planned operation needs are available (the caller,
 * the token, the company), and each promise costs an allocation, a closure and a turn of the microtask queue.
 * `handleMaybePromise` of @whatwg-node/promise-helpers, which comes with Yoga, creates two objects for an available value: 177 ns
 * a step where `andThen` takes 4, and a planned operation has dozens of steps.
 */
export type MaybePromise<Value> = Value | Promise<Value>;

/** Continues with the value now if it is available, otherwise when it arrives. */
export function andThen<Value, Result>(
  value: MaybePromise<Value>,
  next: (value: Value) => MaybePromise<Result>,
): MaybePromise<Result> {
  return value instanceof Promise ? value.then(next) : next(value);
}

/** Handles failures: an error that is thrown now or later becomes the result of `recover`. */
export function orElse<Value>(
  start: () => MaybePromise<Value>,
  recover: (error: unknown) => MaybePromise<Value>,
): MaybePromise<Value> {
  let value: MaybePromise<Value>;
  try {
    value = start();
  } catch (error) {
    return recover(error);
  }
  return value instanceof Promise ? value.catch(recover) : value;
}

/** A promise that is awaited later, or never if something else fails first. */
export function handled<Value>(promise: Promise<Value>): Promise<Value> {
  promise.catch(() => {});
  return promise;
}

/**
 * Starts everything, and continues with all results once they are complete. Throws the first failure; the other promises are
 * handled even if one item throws synchronously, since an unhandled rejection ends the process.
 */
export function together<Item, Result, Whole>(
  items: readonly Item[],
  start: (item: Item) => MaybePromise<Result>,
  join: (results: readonly Result[]) => MaybePromise<Whole>,
): MaybePromise<Whole> {
  const [only] = items;
  if (items.length === 1 && only !== undefined) return andThen(start(only), (result) => join([result]));
  const results: Result[] = [];
  const waiting: Promise<void>[] = [];
  items.forEach((item, index) => {
    const keep = (result: Result) => {
      results[index] = result;
    };
    try {
      const started = start(item);
      if (started instanceof Promise) waiting.push(started.then(keep));
      else keep(started);
    } catch (error) {
      waiting.push(Promise.reject(error));
    }
  });
  return waiting.length === 0 ? join(results) : Promise.all(waiting).then(() => join(results));
}
