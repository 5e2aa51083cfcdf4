import { availableParallelism } from 'node:os';
import { UsageError } from './command.ts';

/** More would share a core, and a machine with more cores than this has other things to do as well. */
const MAX_WORKERS = 64;

/** What `--workers` asks for; undefined without it. `auto` is one for each core that this process may use. @throws UsageError */
export function toWorkerCount(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (text === 'auto') return Math.min(availableParallelism(), MAX_WORKERS);
  const count = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (count < 1 || count > MAX_WORKERS)
    throw new UsageError(`--workers "${text}" is not a number from 1 to ${MAX_WORKERS}; write one, or auto.`);
  return count;
}
