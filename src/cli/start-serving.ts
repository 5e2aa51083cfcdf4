import { setFlagsFromString } from 'node:v8';
import type { Logger } from 'pino';
import type { Config } from '../config/index.ts';
import type { RunningGateway, StartOptions } from '../gateway.ts';
import { toListenFailure } from './listen-failure.ts';
import { giveMemoryBack } from './memory-thrift.ts';

/** Time for requests to Sage ID that cannot be repeated: aborting one may force a person to sign in again. */
const RENEWALS_MS = 90_000;

/** Time to revoke tokens and close the vault. */
const AFTER_REQUESTS_MS = 3_000;

/** Time for workers that stop at the last moment. */
const AFTER_WORKERS_MS = 1_000;

/** How long a gateway may take to stop, ms; with workers, how long the main process may take. */
export const stopWithinMs = ({ server }: Config, workers = 0): number =>
  server.drainDelayMs +
  server.shutdownTimeoutMs +
  RENEWALS_MS +
  AFTER_REQUESTS_MS +
  (workers > 0 ? AFTER_WORKERS_MS : 0);

/** A gateway in this process. @throws CommandFailure for an address that it cannot listen on */
export async function startServing(config: Config, options: StartOptions): Promise<RunningGateway> {
  logCrashes(options.log);
  // Large modules are loaded only now, after the configuration has been checked.
  const { startGateway } = await import('../gateway.ts');
  const running = await startGateway(config, options).catch((error: unknown) => {
    throw toListenFailure(error) ?? error;
  });
  collectEarlier();
  giveMemoryBack();
  return running;
}

/** How much the heap may grow above the live objects of the last collection, percent. */
const HEAP_GROWTH = 40;

/** Set after the start, which creates most long-lived objects. On a machine with much memory, V8 lets the heap grow to three times the live objects, which costs memory and saves almost no time here. */
function collectEarlier(): void {
  setFlagsFromString(`--heap-growing-percent=${HEAP_GROWTH}`);
}

/** Node prints an uncaught error with all its members, which may include parts of a request; the log does not. */
export function logCrashes(log: Logger): void {
  process.on('uncaughtException', (err) => {
    log.fatal({ err }, 'the gateway stops because of an unexpected error');
    process.exit(1);
  });
}
