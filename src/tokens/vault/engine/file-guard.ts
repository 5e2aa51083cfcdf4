import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';

export interface FileGuard {
  /** @throws Error if the file is no longer the one that was opened */
  readonly assertWhole: () => void;
  /** Call it after closing the database: closing any handle of a file releases all locks of the process on that file. */
  readonly close: () => void;
}

/** ms between two checks of the file. */
const EVERY_MS = 250;

/** ms for which the file may be incomplete while another process copies its write-ahead log into it. */
const SETTLING_MS = 100;
const SQLITE_BUSY = 5;

const MAGIC = 'SQLite format 3\0';
const HEADER_BYTES = 100;
/** First byte of a page that holds a table or an index, or a part of one. Source: SQLite, Database File Format, 1.6. */
const TREE_PAGES: ReadonlySet<number> = new Set([2, 5, 10, 13]);

/**
 * A deleted or replaced file continues to work for processes that have it open, but everything written to it is lost when
 * they end. A truncated or overwritten file may still be read from memory for a while.
 * @param roots pages where the tables and indexes begin
 * @param now a clock in ms that only moves forward
 */
export function createFileGuard(
  path: string,
  roots: () => readonly number[],
  now: () => number = () => performance.now(),
): FileGuard {
  const { file, release } = takeHandle(path);
  const opened = fstatSync(file);
  const sound = new Set<number>();
  let lookedAt = Number.NEGATIVE_INFINITY;
  let faultSince: number | undefined;

  const read = (position: number, length: number): Buffer => {
    const bytes = Buffer.alloc(length);
    return bytes.subarray(0, readSync(file, bytes, 0, length, position));
  };

  const faultInside = (): string | undefined => {
    const header = read(0, HEADER_BYTES);
    if (header.length < HEADER_BYTES || header.toString('latin1', 0, MAGIC.length) !== MAGIC) return 'was overwritten';
    const size = header.readUInt16BE(16);
    const pageBytes = size === 1 ? 65_536 : size;
    const pages = header.readUInt32BE(28);
    if (fstatSync(file).size < pages * pageBytes) return 'was cut short';
    for (const root of roots()) {
      // Changes after the last checkpoint are not in this file yet.
      if (root > pages) continue;
      const [type = 0] = read(root === 1 ? HEADER_BYTES : (root - 1) * pageBytes, 1);
      if (TREE_PAGES.has(type)) sound.add(root);
      else if (sound.has(root)) return 'was overwritten';
    }
    return undefined;
  };

  return {
    assertWhole() {
      const found = statSync(path, { throwIfNoEntry: false });
      if (!found) throw new Error('The vault file was deleted or moved. Put it back, or restart the gateway.');
      if (found.ino !== opened.ino || found.dev !== opened.dev)
        throw new Error('Another file stands in the place of the vault file. Restart the gateway to use it.');
      if (found.size === 0) throw damaged('was emptied');
      if (now() - lookedAt < EVERY_MS) return;
      const fault = faultInside();
      if (fault === undefined) {
        lookedAt = now();
        faultSince = undefined;
        return;
      }
      faultSince ??= now();
      if (now() - faultSince < SETTLING_MS) throw unsettled();
      throw damaged(fault);
    },
    close: release,
  };
}

/**
 * One handle for each file, shared by all vaults of this process. A program that embeds the gateway has two vaults on one
 * file during a reload, and closing any handle would release the locks of both.
 */
const handles = new Map<string, { readonly file: number; users: number }>();

function takeHandle(path: string): { readonly file: number; readonly release: () => void } {
  const { dev, ino } = statSync(path);
  const name = `${dev}:${ino}`;
  const kept = handles.get(name) ?? { file: openSync(path, 'r'), users: 0 };
  kept.users += 1;
  handles.set(name, kept);
  const release = () => {
    kept.users -= 1;
    if (kept.users > 0) return;
    handles.delete(name);
    closeSync(kept.file);
  };
  return { file: kept.file, release };
}

/** Handled as a busy database: it is tried again. */
const unsettled = () => Object.assign(new Error('The vault file is being written.'), { errcode: SQLITE_BUSY });

const damaged = (what: string) =>
  new Error(`The vault file ${what}. Restore it from a backup, then restart the gateway.`);
