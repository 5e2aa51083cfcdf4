/**
 * Twenty reloads under load, in one process and with two workers: clients that keep their connection and others that do not ask for
 * Sage 200, the tenant and both. Ends with 1 unless every request is answered as before, and the memory of each process is back within
 * a tenth once the load is over and the garbage is collected.
 */
import { startSandbox } from '../../src/sandbox/index.ts';
import { isBack, reloadUnderLoad } from './reloads.ts';

const RELOADS = Number(process.argv[2] ?? 20);
/** `alone` or `workers`; left out: both. */
const only = process.argv[3];

const broken: string[] = [];
for (const workers of [undefined, 2]) {
  if (only && only !== (workers ? 'workers' : 'alone')) continue;
  await using sandbox = await startSandbox({ customers: 20, companies: 1 });
  const name = workers ? `with ${workers} workers` : 'alone';
  const { answered, failed, memory } = await reloadUnderLoad({
    sandbox,
    reloads: RELOADS,
    clients: 2,
    answersBetween: 200,
    ...(workers && { workers }),
  });
  tell(
    `${name}: ${RELOADS} reloads, ${answered} answers, ${failed.length} failures ${[...new Set(failed)].slice(0, 5).join(', ')}`,
  );
  for (const { before, after } of memory) {
    tell(
      `  resident ${mb(before.residentMb)} before, ${mb(after.residentMb)} after; heap ${mb(before.heapMb)}, ${mb(after.heapMb)}; registries ${before.registries}, ${after.registries}`,
    );
    if (!isBack(before, after)) broken.push(`memory ${name}`);
  }
  if (failed.length > 0 || memory.length !== (workers ?? 1)) broken.push(`reloads ${name}`);
}
tell(broken.length === 0 ? 'holds' : `BROKEN: ${broken.join('; ')}`);
process.exit(broken.length === 0 ? 0 : 1);

function mb(value: number): string {
  return `${value.toFixed(1)} MB`;
}

function tell(line: string): void {
  process.stdout.write(`${line}\n`);
}
