/** From the end of the start, ms: others that start at the same moment need the cores more. */
const DELAY_MS = 1_000;

/** What waits for the end of the start; undefined once it has come. */
let waiting: (() => unknown)[] | undefined = [];

/**
 * Loads what no start needs when it is first asked for, or soon after the start, so that the first caller seldom waits.
 * @returns what was loaded, which may be a promise
 */
export function loadLater<Loaded>(load: () => Loaded): () => Loaded {
  let loaded: { readonly value: Loaded } | undefined;
  const get = () => {
    loaded ??= { value: load() };
    return loaded.value;
  };
  waiting?.push(get);
  return get;
}

/** The process has started: what waits for that is loaded, in turns. */
export function loadWaiting(): void {
  const [...gets] = waiting ?? [];
  waiting = undefined;
  const timer = setTimeout(async () => {
    // A failure is reported to those who ask.
    for (const get of gets)
      await Promise.resolve()
        .then(get)
        .catch(() => {});
  }, DELAY_MS);
  timer.unref();
}
