import { availableParallelism } from 'node:os';
import { UsageError } from './command.ts';

/** More workers would share cores, and a machine with more cores than this has other work too. */
const MAX_WORKERS = 64;

/** The value of `--workers`; undefined without it. `auto` means one for each core that this process may use. @throws UsageError */
export function toWorkerCount(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (text === 'auto') return Math.min(availableParallelism(), MAX_WORKERS);
  const count = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (count < 1 || count > MAX_WORKERS)
    throw new UsageError(`--workers must be a number from 1 to ${MAX_WORKERS}, or auto, not "${text}".`);
  return count;
}
