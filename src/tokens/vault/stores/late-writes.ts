import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { Secret } from '../../../kit/errors/index.ts';
import { Stop, type StopSignal } from '../../../kit/http/index.ts';
import type { Seals } from '../keys/key-ring.ts';

/**
 * Writes that must reach the database in the end, such as the outcome of a write that Sage has carried out. While the
 * database fails, they are in sealed files and are tried again until done, also by the next process.
 */
export interface LateWrites {
  /** When it returns, the write is done, or stored and tried again. Never rejects: the caller gets its answer anyway. */
  write(kind: string, data: unknown): Promise<void>;
  /** Does the stored writes of earlier processes. @returns how many were done */
  replay(): Promise<number>;
  /** Tries each write once more; if the database still fails, the next process does it. */
  close(): Promise<void>;
}

/** Does one kind of write. It may run twice, because a failed attempt may have been carried out. */
export type LateWriter = (data: never, isRepeated: boolean) => Promise<void>;

export interface LateWritesOptions {
  /** Undefined: nothing survives this process. */
  readonly folder: string | undefined;
  readonly seals: Seals;
  readonly writers: Readonly<Record<string, LateWriter>>;
  readonly log: Logger | undefined;
}

interface Job {
  readonly id: string;
  readonly kind: string;
  readonly data: unknown;
}

/** ms to wait for the database before the write is stored in a file and done later. */
const SLOW_MS = 1_000;
const LONGEST_PAUSE_MS = 2_000;
/** ms for the last attempts when the process ends. */
const LAST_MS = 3_000;

const FILE = /^([0-9a-f-]{36})\.late$/;

export function createLateWrites({ folder, seals, writers, log }: LateWritesOptions): LateWrites {
  const running = new Set<Promise<void>>();
  const closing = new Stop();
  const files = folder === undefined ? undefined : createFiles(folder, seals);

  const attempt = ({ kind, data }: Job, isRepeated: boolean): Promise<void> => {
    const writer = writers[kind];
    if (!writer) return Promise.reject(new Error(`nobody writes ${kind}`));
    // `write` stored it, with data of this writer's type.
    return writer(data as never, isRepeated);
  };

  /** @param first an attempt in progress */
  const goOn = async (job: Job, first: Promise<unknown>): Promise<void> => {
    let outcome = first.then(isDone, isNotDone);
    for (let waitMs = 50; ; waitMs = Math.min(waitMs * 2, LONGEST_PAUSE_MS)) {
      if (await outcome) {
        await files?.drop(job.id).catch(() => {});
        return;
      }
      if (closing.signal.aborted) return;
      await pauseUntil(waitMs, closing.signal);
      outcome = attempt(job, true).then(isDone, isNotDone);
    }
  };

  return {
    async write(kind, data) {
      const job: Job = { id: randomUUID(), kind, data };
      const first = attempt(job, false);
      if (await doneWithin(first, SLOW_MS)) return;
      log?.warn({ kind }, 'the vault has not taken within a second what was done; it is kept in a file until it does');
      await files?.keep(job).catch((err: unknown) => log?.error({ err, kind }, 'it cannot be kept in a file either'));
      const going = goOn(job, first).finally(() => running.delete(going));
      running.add(going);
    },
    async replay() {
      let done = 0;
      for (const job of (await files?.list()) ?? []) {
        if (!(await attempt(job, true).then(isDone, isNotDone))) continue;
        await files?.drop(job.id);
        done += 1;
      }
      return done;
    },
    async close() {
      closing.abort('the process ends');
      await doneWithin(Promise.all(running), LAST_MS);
    },
  };
}

function createFiles(folder: string, seals: Seals) {
  const place = (id: string) => ({ table: 'pending', row: id, field: 'late' });
  const pathOf = (id: string) => join(folder, `${id}.late`);
  return {
    async keep({ id, ...job }: Job): Promise<void> {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const draft = `${pathOf(id)}.${process.pid}`;
      const file = await open(draft, 'w', 0o600);
      try {
        await file.writeFile(seals.seal(new Secret(JSON.stringify(job)), place(id)));
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(draft, pathOf(id));
    },
    drop: (id: string) => rm(pathOf(id), { force: true }),
    /** The jobs that this vault's keys can open. */
    async list(): Promise<readonly Job[]> {
      const jobs: Job[] = [];
      for (const name of await readdir(folder).catch(() => [])) {
        const id = FILE.exec(name)?.[1];
        const sealed = id === undefined ? undefined : await readFile(pathOf(id), 'utf8').catch(() => undefined);
        const plain = id === undefined || sealed === undefined ? undefined : seals.open(sealed, place(id));
        // The gateway sealed it, so it has the form that `keep` wrote.
        if (id !== undefined && plain) jobs.push({ id, ...(JSON.parse(plain.reveal()) as Omit<Job, 'id'>) });
      }
      return jobs;
    },
  };
}

const isDone = () => true;
const isNotDone = () => false;

/** Whether the work finished in that time; otherwise it continues. */
async function doneWithin(work: Promise<unknown>, ms: number): Promise<boolean> {
  const late = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => late.resolve(false), ms);
  return Promise.race([work.then(isDone, isNotDone), late.promise]).finally(() => clearTimeout(timer));
}

/** Waits for `ms`, or until the signal fires. */
function pauseUntil(ms: number, signal: StopSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    timer.unref();
    signal.addEventListener('abort', end, { once: true });
  });
}
