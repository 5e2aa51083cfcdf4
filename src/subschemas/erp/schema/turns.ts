/** Lets so many at a time do their work. Whoever takes longer than `longestMs` lets the next one begin: one that hangs holds up nobody. */
export function createTurns(count: number, longestMs: number) {
  let free = count;
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
