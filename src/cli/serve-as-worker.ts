import { joinWorkerPool } from '../cluster/index.ts';
import { ConfigError, type Environment, loadConfig } from '../config/index.ts';
import { GatewayError } from '../kit/errors/index.ts';
import { createLog } from '../kit/log/index.ts';
import { CommandFailure } from './command.ts';
import { startServing, stopWithinMs } from './start-serving.ts';
import { closeWithin, listenForStop } from './until-stopped.ts';

/** One of several processes that serve: told what to do by the process that started it, and told there when it cannot. */
export async function serveAsWorker(env: Environment): Promise<number> {
  // A terminal and most process managers signal every process of a group, and anybody may stop one worker.
  const signal = listenForStop();
  const link = joinWorkerPool();
  const { worker, workers, settings } = await link.begun;
  try {
    // The metrics of all are served by the process that started this one.
    const config = { ...loadConfig({ ...settings, env }), metrics: undefined };
    const log = (await createLog(config.log)).child({ worker });
    const running = await startServing(config, { log, env, metrics: link.metrics, processes: workers });
    link.ready(running.url);
    // It stays until another one has taken its place.
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
    // Told by the first process, once, rather than by each worker.
    if (isExpected) return 1;
    throw error;
  }
}

/** Failures that say themselves what to do. */
const EXPECTED = [CommandFailure, ConfigError, GatewayError];
