import cluster, { type Worker } from 'node:cluster';
import type { Logger } from 'pino';
import { closeUntaken } from './close-untaken.ts';
import { createMachineMetrics } from './machine-metrics.ts';
import { type FromWorker, isOurs, type ToWorker, type WorkerSettings } from './messages.ts';
import { createRestartPolicy, type RestartPolicyOptions } from './restart-policy.ts';

export interface WorkerPoolOptions {
  readonly count: number;
  readonly settings: WorkerSettings;
  readonly log: Logger;
  /** For workers, besides what this process has. */
  readonly env?: Readonly<Record<string, string>>;
  /** Options of Node for workers. @default those of this process */
  readonly execArgv?: readonly string[];
  readonly restarts?: RestartPolicyOptions;
}

export interface WorkerPool {
  /** Where they listen, once all do. Rejects with a {@link WorkersFailure} when one says that it cannot. */
  readonly ready: Promise<{ readonly url: string }>;
  /** Rejects with a {@link WorkersFailure} when workers end as soon as they start. Never resolves. */
  readonly failed: Promise<never>;
  /** Tells all to finish what is under way, and waits until they are gone. */
  close(): Promise<void>;
  /** Ends them at once: for the moment in which this process itself goes. */
  kill(): void;
}

/** The gateway cannot run; the message is for the operator. */
export class WorkersFailure extends Error {
  override readonly name = 'WorkersFailure';
}

/** One place in the pool; whoever stands in it bears its number. */
interface Place {
  readonly number: number;
  readonly decide: ReturnType<typeof createRestartPolicy>;
  worker: Worker | undefined;
  /** On the clock of `performance.now`; undefined until it serves. */
  servesSince: number | undefined;
  restart: NodeJS.Timeout | undefined;
}

/** Starts worker processes of this same program, and starts them again when they end. The program is in `cluster.isWorker` there. */
export function startWorkerPool(options: WorkerPoolOptions): WorkerPool {
  const { count, settings, log, env, execArgv = process.execArgv, restarts } = options;
  cluster.setupPrimary({ execArgv: [...execArgv] });
  const places = Array.from({ length: count }, (_, index) => toPlace(index + 1, restarts));
  const metrics = createMachineMetrics();
  const ready = Promise.withResolvers<{ url: string }>();
  const failed = Promise.withResolvers<never>();
  // Whoever waits for neither must not end the process.
  for (const each of [ready.promise, failed.promise]) each.catch(() => {});
  let isStarted = false;
  let isStopping = false;
  let whenEmpty: (() => void) | undefined;

  const fail = (message: string) => {
    const failure = new WorkersFailure(message);
    ready.reject(failure);
    failed.reject(failure);
  };

  const serving = () => places.filter(({ worker, servesSince }) => worker?.isConnected() && servesSince !== undefined);

  const start = (place: Place): void => {
    const worker = cluster.fork(env);
    place.worker = worker;
    place.servesSince = undefined;
    closeUntaken(worker);
    // Sending to a worker that is just ending fails; its end is told by 'exit'.
    worker.on('error', (err) => log.debug({ err, worker: place.number }, 'a worker could not be reached'));
    worker.on('message', (message: unknown) => {
      if (isOurs<FromWorker>(message)) void receive(place, message);
    });
    worker.once('exit', (code, signal) => onEnd(place, worker, { code, signal }));
  };

  const receive = async (place: Place, message: FromWorker): Promise<void> => {
    switch (message.type) {
      case 'gateway:hello':
        tell(place, { type: 'gateway:begin', worker: place.number, settings });
        if (isStopping) tell(place, { type: 'gateway:stop' });
        return;
      case 'gateway:ready':
        place.servesSince = performance.now();
        log.info({ worker: place.number, pid: place.worker?.process.pid }, 'a worker serves');
        if (!isStarted && serving().length === count) {
          isStarted = true;
          ready.resolve({ url: message.url });
        }
        return;
      case 'gateway:failed':
        log.error({ worker: place.number }, message.message);
        // What keeps one from starting keeps the others; later it may be over at the next try.
        if (!isStarted) fail(message.message);
        return;
      case 'gateway:collected':
        return metrics.answered(place.number, message.request, message.metrics);
      case 'gateway:scrape': {
        const parts = await metrics.collect(
          serving().map(({ number }) => number),
          (number, request) => {
            const found = places[number - 1];
            if (found) tell(found, { type: 'gateway:collect', request });
          },
        );
        tell(place, { type: 'gateway:machine', request: message.request, parts });
      }
    }
  };

  const onEnd = (place: Place, worker: Worker, { code, signal }: { code: number | null; signal: string | null }) => {
    const servedMs = place.servesSince === undefined ? undefined : performance.now() - place.servesSince;
    place.worker = undefined;
    place.servesSince = undefined;
    if (isStopping) {
      if (places.every((each) => each.worker === undefined)) whenEmpty?.();
      return;
    }
    metrics.workerEnded(place.number).catch((err: unknown) => log.warn({ err }, 'counters of a worker are lost'));
    const how = { worker: place.number, pid: worker.process.pid, code, signal };
    const pauseMs = place.decide({ servedMs, othersSteady: (steadyMs) => isAnySteady(places, steadyMs) });
    if (pauseMs === 'give up') {
      log.fatal(how, 'workers end as soon as they start');
      const end = signal === null ? `with exit code ${code}` : `by ${signal}`;
      fail(`Workers end as soon as they start, the last one ${end}. Look into the log above for why.`);
      return;
    }
    // One that was asked to go by itself, such as by kill, finished its work and is simply replaced.
    log[code === 0 ? 'info' : 'error']({ ...how, pauseMs }, 'a worker ended and is started again');
    place.restart = setTimeout(() => start(place), pauseMs);
  };

  for (const place of places) start(place);
  return {
    ready: ready.promise,
    failed: failed.promise,
    async close() {
      isStopping = true;
      const { promise, resolve } = Promise.withResolvers<void>();
      whenEmpty = resolve;
      for (const place of places) {
        clearTimeout(place.restart);
        tell(place, { type: 'gateway:stop' });
      }
      if (places.some(({ worker }) => worker)) await promise;
    },
    kill() {
      isStopping = true;
      for (const { worker } of places) worker?.process.kill('SIGKILL');
    },
  };
}

const toPlace = (number: number, restarts: RestartPolicyOptions | undefined): Place => ({
  number,
  decide: createRestartPolicy(restarts),
  worker: undefined,
  servesSince: undefined,
  restart: undefined,
});

function tell({ worker }: Place, message: ToWorker): void {
  if (worker?.isConnected()) worker.send(message);
}

const isAnySteady = (places: readonly Place[], steadyMs: number): boolean =>
  places.some(({ servesSince }) => servesSince !== undefined && performance.now() - servesSince >= steadyMs);
