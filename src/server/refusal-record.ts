import type { Logger } from 'pino';

/** A request, or part of one, that its caller was not allowed to make; or mutations that were answered without being sent. */
export interface Refusal {
  readonly kind: 'refusal' | 'mutation';
  /** Epoch ms. */
  readonly at: number;
  /** Fields of the graph, or method and path. */
  readonly action: string;
  /** Undefined if the caller is unknown. */
  readonly caller: string | undefined;
  /** Whether the caller is not admitted at all, known or not. */
  readonly isStranger: boolean;
  readonly connection?: string | undefined;
  /** Number of that connection's consent. */
  readonly consent?: string | undefined;
  /** As requested. */
  readonly tenant?: string | undefined;
  readonly site?: string | undefined;
  readonly company?: string | undefined;
  readonly requestId?: string | undefined;
  /** The error code. */
  readonly outcome: string;
  /** The number of refusals that are not listed one by one. */
  readonly key?: string | undefined;
}

export interface RefusalRecordOptions {
  readonly note: (refusal: Omit<Refusal, 'isStranger'>) => Promise<void>;
  readonly log: Logger;
}

export interface RefusalRecord {
  /** Returns at once; the line is written later. */
  note(refusal: Refusal): void;
  /** Writes what has not been written yet. */
  close(): Promise<void>;
}

const WINDOW_MS = 3600_000;
/** Lines for one caller in an hour. The rest is counted, and the count is one line: callers must not fill the disk. */
const MOST_OF_CALLER = 600;
/** Lines in an hour for a caller who is not admitted, and for all unknown callers: the log has all wrong credentials. */
const MOST_OF_STRANGERS = 10;
/** Number of callers that are counted separately. */
const MAX_CALLERS = 10_000;

/** The action of that line. */
const MORE_REFUSALS = 'more_refusals';

/** Writes refusals to the record, one line each within the hourly limits. */
export function createRefusalRecord({ note, log }: RefusalRecordOptions): RefusalRecord {
  const writing = new Set<Promise<void>>();
  const counts = new Map<string, { lines: number; unlisted: number; last?: Refusal }>();
  let timer: NodeJS.Timeout | undefined;

  const write = ({ isStranger: _, ...refusal }: Refusal) => {
    const written = note(refusal)
      .catch((err: unknown) => log.error({ err, requestId: refusal.requestId }, 'a refusal could not be recorded'))
      .finally(() => writing.delete(written));
    writing.add(written);
  };

  const endWindow = () => {
    clearTimeout(timer);
    timer = undefined;
    for (const { last, unlisted } of counts.values()) {
      if (!last) continue;
      const { kind, at, caller, isStranger, connection, outcome } = last;
      write({ kind, action: MORE_REFUSALS, at, caller, isStranger, connection, outcome, key: String(unlisted) });
    }
    counts.clear();
  };

  return {
    note(refusal) {
      timer ??= setTimeout(endWindow, WINDOW_MS).unref();
      const { caller = '', isStranger } = refusal;
      const who = counts.has(caller) || counts.size < MAX_CALLERS ? caller : '';
      const count = counts.get(who) ?? { lines: 0, unlisted: 0 };
      counts.set(who, count);
      if (count.lines < (isStranger || who === '' ? MOST_OF_STRANGERS : MOST_OF_CALLER)) {
        count.lines += 1;
        write(refusal);
      } else {
        count.unlisted += 1;
        count.last = refusal;
      }
    },
    async close() {
      endWindow();
      await Promise.all(writing);
    },
  };
}
