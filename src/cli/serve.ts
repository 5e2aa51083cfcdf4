import { isWorker } from '../cluster/index.ts';
import { createLog } from '../kit/log/index.ts';
import { applyTo, createReloader, inWords } from '../reload/index.ts';
import { announce } from './announce.ts';
import { type Command, parseOptions, UsageError } from './command.ts';
import { isAtTerminal, listenForReload, reloadWhenTold } from './reload-triggers.ts';
import { serveAsWorker } from './serve-as-worker.ts';
import { readSource, type Source, startOwnSandbox } from './source.ts';
import { startServing, stopWithinMs } from './start-serving.ts';
import { type Serving, type ServingOptions, startWorkers } from './start-workers.ts';
import { closeWithin, listenForStop, type StopSignal } from './until-stopped.ts';
import { toWorkerCount } from './worker-count.ts';

/** Starts the gateway and runs until it is stopped. Without a configuration, it starts its own sandbox. */
export const serve: Command = async ({ args, env: environment, stdin, stdout }) => {
  const { values } = parseOptions(args, {
    config: { type: 'string' },
    workers: { type: 'string' },
    port: { type: 'string' },
  });
  // The option overrides the variable, which overrides the file.
  const env = values.port === undefined ? environment : { ...environment, PORT: toPort(values.port) };
  if (isWorker()) return serveAsWorker(env);
  const workers = toWorkerCount(values.workers);
  const hangUp = isAtTerminal({ stdin, stdout });
  const stop = listenForStop({ hangUp });
  const signal = hangUp ? undefined : listenForReload();
  const path = values.config ?? env['GATEWAY_CONFIG'];
  const source = path ? readSource(path, env) : await startOwnSandbox(env);
  const { settings, file, sandbox, isFile } = source;
  const { config } = settings;
  try {
    const log = await createLog(config.log);
    const running = await (workers
      ? startWorkers(source, { count: workers, log, env })
      : startAlone(source, { log, env }));
    const endWatch = reloadWhenTold({
      signal,
      file: isFile ? { path: file.path, text: source.lastText, others: running.documents } : undefined,
      reload: running.reload,
    });
    announce({ url: running.url, sandbox, workers }, { log, stdout, format: config.log.format });
    let stopSignal: StopSignal | undefined;
    try {
      stopSignal = await Promise.race([stop.asked, running.failed]);
    } finally {
      endWatch();
      await closeWithin(() => running.stop(stopSignal), stopWithinMs(config, workers));
    }
  } finally {
    await source.close();
  }
  return 0;
};

function toPort(text: string): string {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return text;
  throw new UsageError(`--port must be a number from 1 to 65535, or 0 for any free port, not "${text}".`);
}

async function startAlone({ settings, read }: Source, { log, env }: ServingOptions): Promise<Serving> {
  const reloader = createReloader({
    current: settings,
    read: () => read().settings,
    apply: async (next) => applyTo(await starting)(next),
    log,
  });
  const starting = startServing(settings.config, {
    log,
    env,
    reload: async () => inWords(await reloader.reload()),
    isStale: reloader.isStale,
  });
  const { url, drain, close } = await starting;
  const stop = async (signal: StopSignal | undefined) => {
    if (signal === 'SIGTERM') await drain();
    await close();
  };
  return { url, failed: NEVER, reload: reloader.reload, documents: reloader.documents, stop };
}

const NEVER = new Promise<never>(() => {});
