/**
 * Work that is done at the end of this turn of the event loop, all of it one after the other. What one turn brings in
 * (answers of sources, under load a dozen at a time) is then written out in one go: a write that wakes its reader costs
 * several times as much as one to a reader who is still busy with the last, and code that has just run runs faster.
 */
export function createEndOfTurn() {
  let queue: (() => void)[] = [];
  const run = () => {
    const works = queue;
    queue = [];
    for (const work of works) work();
  };
  return (work: () => void): void => {
    if (queue.push(work) === 1) setImmediate(run);
  };
}
