import { Worker } from 'node:worker_threads';
import type { Logger } from 'pino';
import { MAX_MEMORY, type ReadSchema, readIntrospection } from './read-introspection.ts';
import type { WorkerMessage } from './schema-worker.ts';

export interface SchemaReaderOptions {
  readonly log: Logger;
  /** Answers up to this size are read in this thread, since starting another takes longer. @default 262_144, which takes 10 ms */
  readonly smallBytes?: number;
  /** ms without work after which the thread ends and releases its memory. @default 10_000 */
  readonly idleMs?: number;
  /** Maximum number of waiting answers, which are megabytes each. @default 32 */
  readonly maxWaiting?: number;
  /** ms for one answer. @default 60_000 */
  readonly timeLimitMs?: number;
  /** @default schema-worker beside this file */
  readonly worker?: URL;
}

/** Reads introspection answers without delaying requests. */
export interface SchemaReader {
  /** One after the other. @returns undefined when it is no such answer. @throws Error when it cannot be read */
  read(answer: Buffer): Promise<ReadSchema | undefined>;
  /** Rejects what is waiting. */
  close(): Promise<void>;
}

interface Job {
  readonly answer: Buffer;
  readonly settled: PromiseWithResolvers<ReadSchema | undefined>;
}

// Works from source and in a build.
const WORKER = new URL(import.meta.url.endsWith('.ts') ? './schema-worker.ts' : './schema-worker.js', import.meta.url);

/** A thread that starts with the first answer and ends when there is nothing to do, so that it never keeps a process alive. */
export function createSchemaReader(options: SchemaReaderOptions): SchemaReader {
  const { log, smallBytes = 262_144, idleMs = 10_000, maxWaiting = 32 } = options;
  const waiting: Job[] = [];
  let current: Thread | undefined;
  let busy: Promise<void> | undefined;
  let idle: NodeJS.Timeout | undefined;
  let isClosed = false;

  const work = async (): Promise<void> => {
    for (let job = waiting.shift(); job; job = waiting.shift()) {
      const { answer, settled } = job;
      await read(answer).then(settled.resolve, settled.reject);
    }
    busy = undefined;
    if (isClosed) return;
    idle = setTimeout(() => {
      void current?.end();
      current = undefined;
    }, idleMs).unref();
  };

  const read = async (answer: Buffer): Promise<ReadSchema | undefined> => {
    if (isClosed) throw new Error('the gateway stops');
    clearTimeout(idle);
    const thread = await threadThatRuns();
    if (thread) return thread.read(answer);
    if (isClosed) throw new Error('the gateway stops');
    return readIntrospection(answer);
  };

  const threadThatRuns = async (): Promise<Thread | undefined> => {
    try {
      if (!current?.isAlive()) current = startThread(options);
      await current.started;
      return current;
    } catch (err) {
      if (!isClosed)
        log.warn({ err }, 'the thread that reads schemas cannot be started; reading them will delay requests');
      return undefined;
    }
  };

  return {
    async read(answer) {
      if (answer.length <= smallBytes) return readIntrospection(answer);
      if (isClosed) throw new Error('the gateway stops');
      if (waiting.length >= maxWaiting) throw new Error('too many schemas wait to be read');
      const settled = Promise.withResolvers<ReadSchema | undefined>();
      waiting.push({ answer, settled });
      busy ??= work();
      return settled.promise;
    },
    async close() {
      isClosed = true;
      clearTimeout(idle);
      await current?.end();
      await busy;
    },
  };
}

interface Thread {
  /** Rejects if it cannot be started. */
  readonly started: Promise<unknown>;
  isAlive(): boolean;
  read(answer: Buffer): Promise<ReadSchema | undefined>;
  end(): Promise<unknown>;
}

function startThread({ worker: file = WORKER, timeLimitMs = 60_000 }: SchemaReaderOptions): Thread {
  const worker = new Worker(file, {
    name: 'schemas',
    // The process's own options are not meant for it.
    execArgv: [],
    // Memory for the largest parsed answer, and for packing it.
    resourceLimits: { maxOldGenerationSizeMb: (MAX_MEMORY / 2 ** 20) * 1.5 },
  });
  let isAlive = true;
  let said = Promise.withResolvers<WorkerMessage>();
  worker.on('message', (message: WorkerMessage) => said.resolve(message));
  const onEnd = (error: unknown) => {
    isAlive = false;
    said.reject(error);
  };
  // Running out of memory is reported as an error too.
  worker.on('error', onEnd);
  worker.on('exit', () => onEnd(ended()));
  return {
    started: said.promise,
    isAlive: () => isAlive,
    async read(answer) {
      // It may have started and ended in the same turn, and would never answer.
      if (!isAlive) throw ended();
      said = Promise.withResolvers<WorkerMessage>();
      const timer = setTimeout(() => {
        onEnd(new Error('reading the schema took too long'));
        void worker.terminate();
      }, timeLimitMs);
      worker.ref();
      try {
        worker.postMessage(answer);
        return toSchema(await said.promise);
      } finally {
        clearTimeout(timer);
        worker.unref();
      }
    },
    end: () => worker.terminate(),
  };
}

const ended = () => new Error('the thread that reads schemas ended');

function toSchema(message: WorkerMessage): ReadSchema | undefined {
  if (message.kind === 'unreadable') throw new TypeError(message.reason);
  if (message.kind !== 'read') return undefined;
  const { buffer, byteOffset, byteLength } = message.packed;
  return { digest: message.digest, packed: Buffer.from(buffer, byteOffset, byteLength) };
}
