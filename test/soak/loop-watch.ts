import { appendFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

// Loaded into a gateway (node --import): adds a line to LOOP_WATCH_FILE, instant and ms, each time its event loop was held for
// long. Counted is the processor time of the thread between two turns, so that what other processes took is not in it.
const LOOK_EVERY_MS = 20;
const LONG_MS = 50;

const file = process.env['LOOP_WATCH_FILE'];
if (file !== undefined && isMainThread) {
  let before = cpuMs();
  setInterval(() => {
    const held = cpuMs() - before;
    if (held > LONG_MS) appendFileSync(file, `${Date.now()} ${held}\n`);
    before = cpuMs();
  }, LOOK_EVERY_MS).unref();
}

function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}
