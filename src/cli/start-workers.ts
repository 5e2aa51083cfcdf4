import { request } from 'node:http';
import { text as readText } from 'node:stream/consumers';
import type { Logger } from 'pino';
import {
  startWorkerPool,
  type WorkerPool,
  type WorkerPoolOptions,
  WorkersFailure,
  WorkersRefusal,
} from '../cluster/index.ts';
import { type Config, ConfigError, type Environment } from '../config/index.ts';
import type { HealthAnswer } from '../kit/metrics/index.ts';
import { createReloader, inWords, type Reloaded, staleMetric } from '../reload/index.ts';
import { CommandFailure } from './command.ts';
import { toListenFailure } from './listen-failure.ts';
import type { Source } from './source.ts';
import { logCrashes, stopWithinMs } from './start-serving.ts';
import { closeWithin, type StopSignal } from './until-stopped.ts';

export interface ServingOptions {
  readonly log: Logger;
  readonly env: Environment;
}

export interface Serving {
  readonly url: string;
  /** Rejects with a CommandFailure if it makes no sense to restart workers. */
  readonly failed: Promise<never>;
  /** Reads the configuration again. */
  reload(): Promise<Reloaded>;
  /** The document files of the configuration in use. */
  documents(): readonly string[];
  stop(signal: StopSignal | undefined): Promise<void>;
}

/** Runs the gateway in several processes that share an address; this process supervises them. @throws CommandFailure */
export async function startWorkers(
  { settings, file, read }: Source,
  { count, log, env }: ServingOptions & { readonly count: number },
): Promise<Serving> {
  logCrashes(log);
  let text = file.text;
  const reloader = createReloader({
    current: settings,
    read() {
      const found = read();
      ({ text } = found);
      return found.settings;
    },
    apply: () => pool.reload(text).catch(toConfigError),
    log,
  });
  const pool = startWorkerPool({
    count,
    settings: file,
    log,
    reload: onceForEach(async () => inWords(await reloader.reload())),
    ownMetrics: () => [staleMetric(reloader.isStale())],
    ...thriftOf(env),
  });
  // However this process ends, no worker is left running.
  process.once('exit', pool.kill);
  try {
    const { url } = await pool.ready;
    const listener = await serveMetrics(settings.config, { pool, url, log });
    const stop = async (signal: StopSignal | undefined) => {
      await pool.close(signal === 'SIGTERM' ? 'after draining' : 'at once');
      await listener?.close();
    };
    const { reload, documents } = reloader;
    return { url, failed: pool.failed.catch(toFailure), reload, documents, stop };
  } catch (error) {
    await closeWithin(() => pool.close('at once'), stopWithinMs(settings.config, count));
    return toFailure(error);
  }
}

/** Every worker hears of a request in the vault: the first one has it carried out, and all get what became of it. */
function onceForEach<Result>(reload: () => Promise<Result>): (inVault?: number) => Promise<Result> {
  let last: { readonly inVault: number; readonly result: Promise<Result> } | undefined;
  return (inVault) => {
    if (inVault === undefined) return reload();
    if (last?.inVault !== inVault) last = { inVault, result: reload() };
    return last.result;
  };
}

/** A reason that stops one worker from using a new configuration stops all of them, so it is reported once. */
function toConfigError(error: unknown): never {
  throw error instanceof WorkersRefusal && error.faults.length > 0 ? new ConfigError(error.faults) : error;
}

interface MetricsParts {
  readonly pool: WorkerPool;
  /** Where the workers listen. */
  readonly url: string;
  readonly log: Logger;
}

/** Serves the metrics of all workers, if the configuration has a port for them. @throws Error if it cannot listen there */
async function serveMetrics({ metrics, server }: Config, { pool, url, log }: MetricsParts) {
  if (!metrics) return undefined;
  const { startMetricsListener } = await import('../kit/metrics/index.ts');
  const listener = await startMetricsListener({
    ...metrics,
    allowedHosts: server.allowedHosts,
    metrics: pool.metrics,
    ready: () => askWorker(url),
  });
  log.info({ port: listener.port }, 'metrics are served');
  return listener;
}

/** One worker answers for all, since they share what they need to serve. */
async function askWorker(url: string): Promise<HealthAnswer> {
  const { port, hostname } = new URL(url);
  const { promise, resolve } = Promise.withResolvers<HealthAnswer>();
  const none = () => resolve({ status: 503, body: JSON.stringify({ status: 'not ready' }) });
  // Workers always accept this host name, wherever they listen.
  const headers = { host: 'localhost', connection: 'close' };
  const timeout = WORKER_ANSWERS_WITHIN_MS;
  const sent = request(
    { hostname: hostname.replace(/[[\]]/g, ''), port, path: '/readyz', headers, timeout },
    (answer) => {
      readText(answer).then((body) => resolve({ status: answer.statusCode ?? 503, body }), none);
    },
  );
  sent.on('timeout', () => sent.destroy());
  sent.on('error', none);
  sent.end();
  return promise;
}

const WORKER_ANSWERS_WITHIN_MS = 5_000;

/** Size of the young generation, MB; the same as in `npm start`. */
const SEMI_SPACE = '--max-semi-space-size';
/** glibc keeps most freed memory, separately for each thread. */
const MALLOC = { MALLOC_ARENA_MAX: '2', MALLOC_TRIM_THRESHOLD_: '131072' };

/** Options that save a worker's memory (docs/deploying.md), unless the operator has set them. */
function thriftOf(env: Environment): Pick<WorkerPoolOptions, 'env' | 'execArgv'> {
  const isSet = [...process.execArgv, env['NODE_OPTIONS'] ?? ''].some((text) => text.includes(SEMI_SPACE));
  return {
    execArgv: isSet ? process.execArgv : [...process.execArgv, `${SEMI_SPACE}=16`],
    env: Object.fromEntries(Object.entries(MALLOC).filter(([name]) => env[name] === undefined)),
  };
}

function toFailure(error: unknown): never {
  throw error instanceof WorkersFailure
    ? new CommandFailure(error.message, { cause: error })
    : (toListenFailure(error) ?? error);
}
