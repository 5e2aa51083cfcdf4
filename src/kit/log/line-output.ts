import { constants, fstatSync, openSync, writeSync } from 'node:fs';

/** Lines are written together, some pages of them or those of the last moments: a write for each costs as much as its request. */
const COLLECTED_CHARS = 12_288;
const COLLECTED_MS = 100;

/** What is kept for a reader that is behind; further lines are dropped, since nobody may wait for a reader. */
const MOST_CHARS = 524_288;

/** ms until a pipe that was full is tried again: at first, and at most after tries in vain. */
const FIRST_RETRY_MS = 1;
const LAST_RETRY_MS = COLLECTED_MS;

/** ms that the end of the process waits for a reader that is behind. */
const AT_EXIT_MS = 500;

/** Linux writes so much into a pipe as one, or not at all: lines of several processes stay whole (`PIPE_BUF`). */
const PIECE_CHARS = 4_096;

export interface LineOutput {
  /** @param line with its end */
  write(line: string): void;
  /** Lines that were dropped so far. */
  readonly dropped: number;
}

export interface LineOutputOptions {
  /** Standard output by its number, or another open file. */
  readonly fd: number;
  /** Whether each line is written at once: somebody sits there and looks on. */
  readonly isImmediate: boolean;
  /** Told once lines are read again, with the number of those that were dropped meanwhile. */
  readonly onResumed: (dropped: number) => void;
}

/**
 * Lines to a file, pipe, socket or terminal, written without ever waiting for anyone who reads them. What is collected is written
 * at every end of the process but its killing.
 */
export function createLineOutput({ fd, isImmediate, onResumed }: LineOutputOptions): LineOutput {
  const { target, isFile } = openTarget(fd);
  const enough = isImmediate ? 0 : COLLECTED_CHARS;
  let collected = '';
  /** What is left of a piece that was written in part. */
  let rest: Buffer | undefined;
  let dropped = 0;
  let told = 0;
  let retryMs = FIRST_RETRY_MS;
  let retry: NodeJS.Timeout | undefined;

  /** @returns whether all is written */
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
 * A pipe or terminal is opened once more, so that writing to it does not wait, without a change for the processes that share
 * it. Sockets cannot be; Node has made those so already.
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

/** @returns how many bytes were taken: none when there is no room, or nobody to read them any more */
function tryToWrite(target: number, piece: Buffer): number {
  try {
    return writeSync(target, piece);
  } catch {
    return 0;
  }
}

/** As many whole lines as fit into a piece, and at least one. */
function endOfPiece(lines: string): number {
  if (lines.length <= PIECE_CHARS) return lines.length;
  const last = lines.lastIndexOf('\n', PIECE_CHARS - 1);
  return (last >= 0 ? last : lines.indexOf('\n')) + 1;
}

const nobody = new Int32Array(new SharedArrayBuffer(4));

function sleep(ms: number): void {
  Atomics.wait(nobody, 0, 0, ms);
}
