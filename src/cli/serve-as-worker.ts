import { hostname } from 'node:os';
import { joinWorkerPool, type WorkerReloading } from '../cluster/index.ts';
import { type Config, ConfigError, type Environment, loadSettings, type Settings } from '../config/index.ts';
import type { RunningGateway } from '../gateway.ts';
import { GatewayError } from '../kit/errors/index.ts';
import { createLog } from '../kit/log/index.ts';
import { type Prepared, planReload } from '../reload/index.ts';
import { CommandFailure } from './command.ts';
import { startServing, stopWithinMs } from './start-serving.ts';
import { closeWithin, listenForStop } from './until-stopped.ts';

/** One of several serving processes. It follows the main process that started it, and reports failures to it. */
export async function serveAsWorker(env: Environment): Promise<number> {
  // A terminal and most process managers signal every process of a group, and an operator may stop a single worker.
  const signal = listenForStop();
  // The main process decides what it means.
  process.on('SIGHUP', () => {});
  const link = joinWorkerPool();
  const { worker, workers, settings } = await link.begun;
  try {
    const read = (text: string) => loadSettings({ path: settings.path, text, env });
    const started = read(settings.text);
    const current = settings.latest === undefined ? started : planReload(started, read(settings.latest)).settings;
    const config = toWorkerConfig(current);
    const log = (await createLog(config.log)).child({ worker });
    const { metrics, reload } = link;
    const name = `${hostname()}:${process.ppid}`;
    const running = await startServing(config, { log, env, metrics, reload, processes: workers, name });
    link.onReload(createWorkerReloading(current, read, running));
    link.ready(running.url);
    // It continues until another worker has taken its place.
    void signal.asked.then(link.leave);
    const manner = await link.stopped;
    await closeWithin(async () => {
      if (manner !== 'at once') await running.drain({ othersServe: manner === 'others serve' });
      await running.close();
      await link.closed();
    }, stopWithinMs(config));
    return 0;
  } catch (error) {
    const isExpected = EXPECTED.some((kind) => error instanceof kind);
    await link.failed(error instanceof Error && isExpected ? error.message : 'A worker cannot start: see above.');
    // The main process reports this once, instead of each worker.
    if (isExpected) return 1;
    throw error;
  }
}

/** The main process serves the metrics of all workers. */
const toWorkerConfig = ({ config }: Settings): Config => ({ ...config, metrics: undefined });

/** Does here what the main process has decided: it plans with the same two texts, so it gets the same result. */
function createWorkerReloading(
  first: Settings,
  read: (text: string) => Settings,
  gateway: Pick<RunningGateway, 'prepare'>,
): WorkerReloading {
  let current = first;
  let next: { readonly settings: Settings; readonly prepared: Prepared } | undefined;
  return {
    async prepare(text) {
      const { settings } = planReload(current, read(text));
      next = { settings, prepared: await gateway.prepare(toWorkerConfig(settings)) };
    },
    async use(isUsed) {
      if (!next) return;
      const { settings, prepared } = next;
      next = undefined;
      if (!isUsed) return prepared.discard();
      prepared.use();
      current = settings;
    },
  };
}

/** Failures whose message says what to do. */
const EXPECTED = [CommandFailure, ConfigError, GatewayError];
