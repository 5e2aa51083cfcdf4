import { writeFileSync } from 'node:fs';

// Loaded into a gateway (node --import): writes into LOOP_WATCH_FILE how long its event loop was held at most, ms. Counted is
// the processor time of the thread between two turns, so that what other processes took meanwhile is not in it.
const LOOK_EVERY_MS = 20;

const file = process.env['LOOP_WATCH_FILE'];
if (file !== undefined) {
  let before = cpuMs();
  let most = 0;
  setInterval(() => {
    const now = cpuMs();
    if (now - before > most) {
      most = now - before;
      writeFileSync(file, String(most));
    }
    before = now;
  }, LOOK_EVERY_MS).unref();
}

function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}
