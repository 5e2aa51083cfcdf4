/**
 * At most so much at the end of one turn. Who was answered asks again, and waits until the turn is over; a hundred who were
 * answered in one turn would go on together from then on, all waiting for each other, with nothing to do in between.
 */
const MOST_AT_ONCE = 24;

/**
 * Work that is done at the end of this turn of the event loop, all of it one after the other. What one turn brings in
 * (answers of sources, under load a dozen at a time) is then written out in one go: a write that wakes its reader costs
 * several times as much as one to a reader who is still busy with the last, and code that has just run runs faster.
 */
export function createEndOfTurn(mostAtOnce = MOST_AT_ONCE) {
  let queue: (() => void)[] = [];
  const run = () => {
    const works = queue.length > mostAtOnce ? queue.splice(0, mostAtOnce) : queue;
    if (works === queue) queue = [];
    else setImmediate(run);
    for (const work of works) work();
  };
  return (work: () => void): void => {
    if (queue.push(work) === 1) setImmediate(run);
  };
}
