import { setFlagsFromString } from 'node:v8';
import type { Logger } from 'pino';
import type { Config } from '../config/index.ts';
import type { RunningGateway, StartOptions } from '../gateway.ts';
import { toListenFailure } from './listen-failure.ts';
import { giveMemoryBack } from './memory-thrift.ts';

/** Requests to Sage ID that cannot be repeated are waited for, since giving one up may cost a person a sign-in. */
const RENEWALS_MS = 90_000;

/** Then tokens are given back and the vault is closed. */
const AFTER_REQUESTS_MS = 3_000;

/** Workers that stop at the last moment are waited for. */
const AFTER_WORKERS_MS = 1_000;

/** What a gateway may take to stop, ms; with workers, what the process that looks after them may take. */
export const stopWithinMs = ({ server }: Config, workers = 0): number =>
  server.drainDelayMs +
  server.shutdownTimeoutMs +
  RENEWALS_MS +
  AFTER_REQUESTS_MS +
  (workers > 0 ? AFTER_WORKERS_MS : 0);

/** A gateway in this process. @throws CommandFailure for an address that it cannot listen on */
export async function startServing(config: Config, options: StartOptions): Promise<RunningGateway> {
  logCrashes(options.log);
  // Everything heavy is loaded only now, after the configuration was found good.
  const { startGateway } = await import('../gateway.ts');
  const running = await startGateway(config, options).catch((error: unknown) => {
    throw toListenFailure(error) ?? error;
  });
  collectEarlier();
  giveMemoryBack();
  return running;
}

/** How much the heap may grow over what lived after the last collection, percent. */
const HEAP_GROWTH = 40;

/** Once the start is over, which mostly makes what stays. On a machine with much memory V8 lets garbage grow to three times what lives, which costs memory and saves next to nothing here. */
function collectEarlier(): void {
  setFlagsFromString(`--heap-growing-percent=${HEAP_GROWTH}`);
}

/** Node prints an uncaught error with all its members, and with them what a request carried; the log does not. */
export function logCrashes(log: Logger): void {
  process.on('uncaughtException', (err) => {
    log.fatal({ err }, 'a fault of the gateway itself: it stops');
    process.exit(1);
  });
}
