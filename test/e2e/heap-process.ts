import { pino } from 'pino';
import { loadConfig } from '../../src/config/index.ts';
import { startGateway } from '../../src/gateway.ts';

/**
 * A gateway alone in its process (`node --expose-gc`), so that nothing else is in its heap. Told `heap`, it answers with
 * the bytes in use after everything that is garbage has gone.
 */
const [path = ''] = process.argv.slice(2);
const gateway = await startGateway(loadConfig({ path, env: {} }), { log: pino({ level: 'silent' }), env: {} });

process.on('message', () => {
  for (let run = 0; run < 4; run++) global.gc?.();
  process.send?.({ heap: process.memoryUsage().heapUsed });
});
process.once('disconnect', () => gateway.close().finally(() => process.exit(0)));
process.send?.({ url: gateway.url });
