import { createHash } from 'node:crypto';
import { type FSWatcher, globSync, watch } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

export interface WatchOptions {
  /** The configuration's file. */
  readonly path: string;
  /** Its text when it was last read, for any reason. */
  readonly text: () => string;
  /** Other files that belong to it, as paths or globs: called at each check. */
  readonly others: () => readonly string[];
  readonly onChange: () => void;
  /** ms between two checks. @default 2_000 */
  readonly everyMs?: number;
}

/** ms without a change before a change counts: editors write in several steps. */
const SETTLED_MS = 100;

/**
 * Reports each change of a file. It watches the file and not its folder, where the log may be written with each request. It also
 * checks the content every two seconds, since not every file system reports all changes.
 * @returns a function that ends it
 */
export function watchConfig(options: WatchOptions): () => void {
  const { path, text, others, onChange, everyMs = 2_000 } = options;
  let known: string | undefined = digestOf(text());
  let knownOthers: string | undefined;
  let isLooking = false;
  let isDue = false;
  let isClosed = false;
  let watcher: FSWatcher | undefined;

  const look = async (): Promise<void> => {
    const [found, foundOthers] = [await contentOf(path), await marksOf(others())];
    knownOthers ??= foundOthers;
    // Another reload may have read it meanwhile, or the old content may be back.
    const isRead = found === undefined || found === digestOf(text());
    if (found === known && isRead && foundOthers === knownOthers) return;
    // A file that is being replaced is missing or incomplete for a moment.
    await delay(found === undefined ? everyMs : SETTLED_MS, undefined, { ref: false });
    if (found !== (await contentOf(path)) || foundOthers !== (await marksOf(others()))) return look();
    [known, knownOthers] = [found, foundOthers];
    if (!isClosed) onChange();
  };
  const lookOnce = () => {
    isDue = isLooking;
    if (isLooking) return;
    isLooking = true;
    watcher ??= watchFile(path, onEvent);
    look()
      // If it cannot be read now, the next check may succeed.
      .catch(() => {})
      .finally(() => {
        isLooking = false;
        if (isDue && !isClosed) lookOnce();
      });
  };
  const onEvent = () => {
    // A watch is lost when its file is replaced.
    watcher?.close();
    watcher = undefined;
    lookOnce();
  };

  const timer = setInterval(lookOnce, everyMs).unref();
  lookOnce();
  return () => {
    isClosed = true;
    clearInterval(timer);
    watcher?.close();
  };
}

/** Undefined if the file system reports nothing: then only the checks find changes. */
function watchFile(path: string, onEvent: () => void): FSWatcher | undefined {
  try {
    return watch(path, { persistent: false }, onEvent).on('error', () => {});
  } catch {
    return undefined;
  }
}

const digestOf = (content: string | Buffer): string => createHash('sha256').update(content).digest('hex');

const contentOf = (path: string): Promise<string | undefined> => readFile(path).then(digestOf, () => undefined);

/** Names and modification times, since the files may be large. */
async function marksOf(patterns: readonly string[]): Promise<string> {
  const paths = patterns.flatMap((pattern) => globSync(pattern).sort());
  const marks = paths.map((path) =>
    stat(path).then(
      ({ ino, size, mtimeMs }) => `${path} ${ino} ${size} ${mtimeMs}`,
      () => path,
    ),
  );
  return (await Promise.all(marks)).join('\n');
}
