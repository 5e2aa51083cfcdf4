import { createHash } from 'node:crypto';
import { type FSWatcher, globSync, watch } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

export interface WatchOptions {
  /** The configuration's file. */
  readonly path: string;
  /** Its text as it was last read, by whatever asked for that. */
  readonly text: () => string;
  /** Other files that belong to it, as paths or globs: asked for at each look. */
  readonly others: () => readonly string[];
  readonly onChange: () => void;
  /** ms between two looks. @default 2_000 */
  readonly everyMs?: number;
}

/** Ms for which files must stay as they are before a change counts: editors write in several steps. */
const SETTLED_MS = 100;

/**
 * Tells of each change of a file. The folder is watched, since a watch on a file is lost with the first one that is put in
 * its place; and the content is looked at every two seconds, since not every file system tells of everything.
 * @returns ends it
 */
export function watchConfig(options: WatchOptions): () => void {
  const { path, text, others, onChange, everyMs = 2_000 } = options;
  let known: string | undefined = digestOf(text());
  let knownOthers: string | undefined;
  let isLooking = false;
  let isClosed = false;

  const look = async (): Promise<void> => {
    const [found, foundOthers] = [await contentOf(path), await marksOf(others())];
    knownOthers ??= foundOthers;
    // Somebody else may have had it read in between, and it may be by now what it was before.
    const isRead = found === undefined || found === digestOf(text());
    if (found === known && isRead && foundOthers === knownOthers) return;
    // A file that is being replaced is away, or half written, for a moment.
    await delay(found === undefined ? everyMs : SETTLED_MS, undefined, { ref: false });
    if (found !== (await contentOf(path)) || foundOthers !== (await marksOf(others()))) return look();
    [known, knownOthers] = [found, foundOthers];
    if (!isClosed) onChange();
  };
  const lookOnce = () => {
    if (isLooking) return;
    isLooking = true;
    look()
      // Whatever keeps it from being read: the next look may do.
      .catch(() => {})
      .finally(() => {
        isLooking = false;
      });
  };

  const timer = setInterval(lookOnce, everyMs).unref();
  const watcher = watchFolder(dirname(path), lookOnce);
  lookOnce();
  return () => {
    isClosed = true;
    clearInterval(timer);
    watcher?.close();
  };
}

/** Undefined where the file system tells nothing: then the looks alone have to do. */
function watchFolder(folder: string, onEvent: () => void): FSWatcher | undefined {
  try {
    return watch(folder, { persistent: false }, onEvent).on('error', () => {});
  } catch {
    return undefined;
  }
}

const digestOf = (content: string | Buffer): string => createHash('sha256').update(content).digest('hex');

const contentOf = (path: string): Promise<string | undefined> => readFile(path).then(digestOf, () => undefined);

/** Of files that may be large: which they are, and when they were written. */
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
