import { appendFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { isMainThread } from 'node:worker_threads';
import { type Metric, Registry } from 'prom-client';

// Loaded into a gateway (node --import): at SIGUSR2 it adds a line to MEMORY_PROBE_FILE and its process id, with resident memory
// and the heap after everything that is garbage has gone, and how many registries of metrics live. Each generation has one.
const file = process.env['MEMORY_PROBE_FILE'];
if (file !== undefined && isMainThread) {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const made = noteRegistries();
  process.on('SIGUSR2', async () => {
    // What ends only when it is collected lets go of more, in a later turn.
    for (let run = 0; run < 3; run += 1) {
      collect();
      await new Promise((resolve) => setImmediate(resolve));
    }
    const registries = [...made].filter((each) => each.deref()).length;
    const { rss, heapUsed } = process.memoryUsage();
    const line = { residentMb: rss / 1024 ** 2, heapMb: heapUsed / 1024 ** 2, registries };
    appendFileSync(`${file}.${process.pid}`, `${JSON.stringify(line)}\n`);
  });
}

/** All that get a metric from now on. */
function noteRegistries(): ReadonlySet<WeakRef<Registry>> {
  const known = new WeakSet<Registry>();
  const made = new Set<WeakRef<Registry>>();
  const { registerMetric } = Registry.prototype;
  Registry.prototype.registerMetric = function <T extends string>(this: Registry, metric: Metric<T>) {
    if (!known.has(this)) made.add(new WeakRef(this));
    known.add(this);
    registerMetric.call(this, metric as unknown as Metric<string>);
  };
  return made;
}
