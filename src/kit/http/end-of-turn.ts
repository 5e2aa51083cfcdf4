/**
 * Maximum at the end of one turn. A client that was answered asks again, and waits until the turn is over; a hundred
 * clients answered in one turn would stay together from then on, all waiting for each other with nothing to do in between.
 */
const MOST_AT_ONCE = 24;

/**
 * Work that is done at the end of this turn of the event loop, one piece after the other. The input of one turn
 * (answers of sources, under load a dozen at a time) is then written out together: a write that wakes its reader costs
 * several times as much as one to a reader that is still busy, and code that has just run runs faster.
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
