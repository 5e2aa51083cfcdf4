/**
 * The results of `work` for each item, in the order of the items, with a limited number at a time.
 * @throws the first failure; items that have not had their turn by then are skipped
 */
export async function mapInTurns<Item, Result>(
  items: readonly Item[],
  atOnce: number,
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results = new Array<Result>(items.length);
  const left = items.entries();
  let hasFailed = false;
  const take = async () => {
    for (const [index, item] of left) {
      if (hasFailed) return;
      results[index] = await work(item);
    }
  };
  const takeUntilFailure = () =>
    take().catch((error: unknown) => {
      hasFailed = true;
      throw error;
    });
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, takeUntilFailure));
  return results;
}

/**
 * Limits how much work runs at a time, no matter who brings it.
 * @param longestMs work that takes longer lets the next begin, so that hanging work blocks nobody
 */
export function createTurns(atOnce: number, longestMs: number) {
  let free = atOnce;
  const waiting: (() => void)[] = [];
  const pass = () => {
    const next = waiting.shift();
    if (next) next();
    else free += 1;
  };
  return async <Result>(work: () => Promise<Result>): Promise<Result> => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    let isOver = false;
    const end = () => {
      if (!isOver) pass();
      isOver = true;
    };
    const timer = setTimeout(end, longestMs).unref();
    try {
      return await work();
    } finally {
      clearTimeout(timer);
      end();
    }
  };
}

/** Waits until all that has arrived by now has had its turn: from an I/O callback, one `setImmediate` comes before the next one. */
export const othersTurn = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(() => setImmediate(resolve));
  });

/** The last turn of the event loop to which work was deferred. Shared by all: one of them continues in each turn. */
let lastTurn: Promise<unknown> = Promise.resolve();

/**
 * Spreads the processing of many answers over turns of the event loop, so that others are answered in between.
 * @param mostInTurn steps
 */
export function createPace(mostInTurn: number) {
  let room = mostInTurn;
  let turn: Promise<unknown> | undefined;
  /** @returns what to wait for before this many more steps; undefined: nothing */
  return (steps: number): Promise<unknown> | undefined => {
    if (room <= 0) {
      room = mostInTurn;
      lastTurn = lastTurn.then(othersTurn);
      turn = lastTurn;
    }
    room -= steps;
    return turn;
  };
}
