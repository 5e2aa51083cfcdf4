import { constants, fstatSync, openSync, writeSync } from 'node:fs';

/** Lines are written together, several pages or a few moments at a time: a write for each costs as much as its request. */
const COLLECTED_CHARS = 12_288;
const COLLECTED_MS = 100;

/** Maximum characters kept for a slow reader; further lines are dropped, since nothing may wait for a reader. */
const MOST_CHARS = 524_288;

/** ms until a full pipe is tried again: the first time, and at most after failed attempts. */
const FIRST_RETRY_MS = 1;
const LAST_RETRY_MS = COLLECTED_MS;

/** ms that the end of the process waits for a slow reader. */
const AT_EXIT_MS = 500;

/** Linux writes up to this size into a pipe as a whole or not at all, so that lines stay whole (`PIPE_BUF`). */
const PIECE_CHARS = 4_096;

export interface LineOutput {
  /** @param line with its line break */
  write(line: string): void;
  /** Lines that were dropped so far. */
  readonly dropped: number;
}

export interface LineOutputOptions {
  /** File descriptor of standard output, or of another open file. */
  readonly fd: number;
  /** Whether each line is written at once, for a person who watches. */
  readonly isImmediate: boolean;
  /** Called when lines are read again, with the number of lines dropped meanwhile. */
  readonly onResumed: (dropped: number) => void;
}

/**
 * Lines to a file, pipe, socket or terminal, written without ever waiting for a reader. Buffered lines are written at every end
 * of the process except when it is killed.
 */
export function createLineOutput({ fd, isImmediate, onResumed }: LineOutputOptions): LineOutput {
  const { target, isFile } = openTarget(fd);
  const enough = isImmediate ? 0 : COLLECTED_CHARS;
  let collected = '';
  /** The rest of a piece that was written in part. */
  let rest: Buffer | undefined;
  let dropped = 0;
  let told = 0;
  let retryMs = FIRST_RETRY_MS;
  let retry: NodeJS.Timeout | undefined;

  /** @returns whether everything is written */
  const flush = (): boolean => {
    while (rest || collected !== '') {
      const end = isFile ? collected.length : endOfPiece(collected);
      const piece: Buffer = rest ?? Buffer.from(collected.slice(0, end));
      const written = tryToWrite(target, piece);
      if (written === 0) return false;
      retryMs = FIRST_RETRY_MS;
      if (!rest) collected = collected.slice(end);
      rest = written < piece.length ? piece.subarray(written) : undefined;
    }
    return true;
  };

  const flushOrRetry = (): void => {
    if (retry) return;
    if (flush()) {
      if (dropped === told) return;
      const since = dropped - told;
      told = dropped;
      onResumed(since);
      return;
    }
    retry = setTimeout(() => {
      retry = undefined;
      flushOrRetry();
    }, retryMs).unref();
    retryMs = Math.min(retryMs * 2, LAST_RETRY_MS);
  };

  setInterval(flushOrRetry, COLLECTED_MS).unref();
  process.on('exit', () => {
    const until = performance.now() + AT_EXIT_MS;
    while (!flush() && performance.now() < until) sleep(LAST_RETRY_MS / 10);
  });
  return {
    write(line) {
      if (collected.length > MOST_CHARS) {
        dropped += 1;
        return;
      }
      collected += line;
      if (collected.length >= enough) flushOrRetry();
    },
    get dropped() {
      return dropped;
    },
  };
}

/**
 * A pipe or terminal is opened once more, so that writing does not block, without a change for the processes that share it.
 * Sockets cannot be reopened; Node has already made those non-blocking.
 */
function openTarget(fd: number): { readonly target: number; readonly isFile: boolean } {
  if (fstatSync(fd).isFile()) return { target: fd, isFile: true };
  try {
    const target = openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
    return { target, isFile: false };
  } catch {
    return { target: fd, isFile: false };
  }
}

/** @returns the number of bytes written: none if there is no room, or no reader any more */
function tryToWrite(target: number, piece: Buffer): number {
  try {
    return writeSync(target, piece);
  } catch {
    return 0;
  }
}

/** As many whole lines as fit into a piece, but at least one. */
function endOfPiece(lines: string): number {
  if (lines.length <= PIECE_CHARS) return lines.length;
  const last = lines.lastIndexOf('\n', PIECE_CHARS - 1);
  return (last >= 0 ? last : lines.indexOf('\n')) + 1;
}

const nobody = new Int32Array(new SharedArrayBuffer(4));

function sleep(ms: number): void {
  Atomics.wait(nobody, 0, 0, ms);
}
