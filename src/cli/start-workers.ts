import type { Logger } from 'pino';
import { startWorkerPool, type WorkerPoolOptions, type WorkerSettings, WorkersFailure } from '../cluster/index.ts';
import type { Config, Environment } from '../config/index.ts';
import { CommandFailure } from './command.ts';
import { logCrashes, stopWithinMs } from './start-serving.ts';
import { closeWithin, type StopSignal } from './until-stopped.ts';

export interface StartWorkersOptions {
  readonly count: number;
  readonly settings: WorkerSettings;
  readonly log: Logger;
  readonly env: Environment;
}

export interface Serving {
  readonly url: string;
  /** Rejects with a CommandFailure when there is no use in starting workers again. */
  readonly failed: Promise<never>;
  stop(signal: StopSignal | undefined): Promise<void>;
}

/** The gateway in several processes that share an address; this one only looks after them. @throws CommandFailure */
export async function startWorkers(
  config: Config,
  { count, settings, log, env }: StartWorkersOptions,
): Promise<Serving> {
  logCrashes(log);
  const pool = startWorkerPool({ count, settings, log, ...thriftOf(env) });
  // However this process ends, nobody is left behind.
  process.once('exit', pool.kill);
  try {
    const { url } = await pool.ready;
    const stop = (signal: StopSignal | undefined) => pool.close(signal === 'SIGTERM' ? 'after draining' : 'at once');
    return { url, failed: pool.failed.catch(toFailure), stop };
  } catch (error) {
    await closeWithin(() => pool.close('at once'), stopWithinMs(config, count));
    return toFailure(error);
  }
}

/** Room for young objects, MB: as in `npm start`. */
const SEMI_SPACE = '--max-semi-space-size';
/** glibc keeps most of what is freed, and for each thread apart. */
const MALLOC = { MALLOC_ARENA_MAX: '2', MALLOC_TRIM_THRESHOLD_: '131072' };

/** What keeps a worker's memory small (docs/deploying.md), as far as the operator has not said otherwise. */
function thriftOf(env: Environment): Pick<WorkerPoolOptions, 'env' | 'execArgv'> {
  const isSet = [...process.execArgv, env['NODE_OPTIONS'] ?? ''].some((text) => text.includes(SEMI_SPACE));
  return {
    execArgv: isSet ? process.execArgv : [...process.execArgv, `${SEMI_SPACE}=16`],
    env: Object.fromEntries(Object.entries(MALLOC).filter(([name]) => env[name] === undefined)),
  };
}

function toFailure(error: unknown): never {
  throw error instanceof WorkersFailure ? new CommandFailure(error.message, { cause: error }) : error;
}
