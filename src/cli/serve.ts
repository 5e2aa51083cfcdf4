import { readFileSync } from 'node:fs';
import { isWorker, type WorkerSettings } from '../cluster/index.ts';
import { type Config, type Environment, loadConfig } from '../config/index.ts';
import type { StartOptions } from '../gateway.ts';
import { createLog } from '../kit/log/index.ts';
import { type Announcement, announce } from './announce.ts';
import { type Command, parseOptions, UsageError } from './command.ts';
import { serveAsWorker } from './serve-as-worker.ts';
import { startServing, stopWithinMs } from './start-serving.ts';
import { type Serving, startWorkers } from './start-workers.ts';
import { closeWithin, listenForStop, type StopSignal } from './until-stopped.ts';
import { toWorkerCount } from './worker-count.ts';

/** Starts the gateway and runs until it is told to stop. Without a configuration it brings its own sandbox. */
export const serve: Command = async ({ args, env: environment, stdout }) => {
  const { values } = parseOptions(args, {
    config: { type: 'string' },
    workers: { type: 'string' },
    port: { type: 'string' },
  });
  // Above the variable, as that stands above the file.
  const env = values.port === undefined ? environment : { ...environment, PORT: toPort(values.port) };
  if (isWorker()) return serveAsWorker(env);
  const workers = toWorkerCount(values.workers);
  const stop = listenForStop();
  const path = values.config ?? env['GATEWAY_CONFIG'];
  const source = path ? readSource(path, env) : await startOwnSandbox(env);
  const { config, settings, sandbox } = source;
  try {
    const log = await createLog(config.log);
    const running = workers
      ? await startWorkers(config, { count: workers, settings, log, env })
      : await startAlone(config, { log, env });
    announce({ url: running.url, sandbox, workers }, { log, stdout, format: config.log.format });
    let signal: StopSignal | undefined;
    try {
      signal = await Promise.race([stop.asked, running.failed]);
    } finally {
      await closeWithin(() => running.stop(signal), stopWithinMs(config, workers));
    }
  } finally {
    await source.close();
  }
  return 0;
};

function toPort(text: string): string {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return text;
  throw new UsageError(`--port "${text}" is not a port; write a number from 1 to 65535, or 0 for any free one.`);
}

/** What is served, and what workers need to know of it. */
interface Source {
  readonly config: Config;
  readonly settings: WorkerSettings;
  readonly sandbox?: Announcement['sandbox'];
  close(): Promise<void>;
}

async function startAlone(config: Config, options: StartOptions): Promise<Serving> {
  const { url, drain, close } = await startServing(config, options);
  const stop = async (signal: StopSignal | undefined) => {
    if (signal === 'SIGTERM') await drain();
    await close();
  };
  return { url, failed: NEVER, stop };
}

const NEVER = new Promise<never>(() => {});

function readSource(path: string, env: Environment): Source {
  const config = loadConfig({ path, env });
  return { config, settings: { path, text: readFileSync(path, 'utf8') }, close: async () => {} };
}

async function startOwnSandbox(env: Environment): Promise<Source> {
  const { startSandboxMode } = await import('./sandbox-mode.ts');
  return startSandboxMode(env);
}
