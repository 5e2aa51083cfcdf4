/** Two workers as small as they can be, replaced again and again while clients ask. Prints what came of it as JSON. */
import { once } from 'node:events';
import { createServer, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { pino } from 'pino';
import { isWorker, joinWorkerPool, startWorkerPool } from '../../src/cluster/index.ts';
import { closePatiently } from '../../src/server/connections.ts';
import { InFlight } from '../../src/server/in-flight.ts';

const ROUNDS = 3;
const CLIENTS = 16;

await (isWorker() ? serve() : replaceInTurn());

async function serve(): Promise<void> {
  const link = joinWorkerPool();
  await link.begun;
  const inFlight = new InFlight();
  const server = createServer((asked, response: ServerResponse) => {
    const flight = inFlight.begin(asked.socket);
    response.on('close', () => {
      flight.end();
      connections.ended(asked.socket);
    });
    response.writeHead(200, { connection: 'close' });
    setImmediate(() => response.end('served'));
  });
  const connections = closePatiently(server, inFlight);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  process.on('SIGTERM', link.leave);
  const { port } = server.address() as AddressInfo;
  link.ready(`http://127.0.0.1:${port}`);
  await link.stopped;
  const closed = new Promise((resolve) => server.close(resolve));
  await connections.close();
  await closed;
  await link.closed();
  process.exit(0);
}

async function replaceInTurn(): Promise<void> {
  const serving: number[] = [];
  const write = (line: string) => {
    const { msg, pid } = JSON.parse(line);
    if (msg === 'a worker serves') serving.push(pid);
  };
  const pool = startWorkerPool({
    count: 2,
    settings: { path: '', text: '' },
    log: pino({ base: null }, { write }),
  });
  const { url } = await pool.ready;
  const failed: string[] = [];
  let answered = 0;
  let isOver = false;
  const clients = Array.from({ length: CLIENTS }, async () => {
    while (!isOver) {
      await ask(url).then(
        () => {
          answered += 1;
        },
        (error: Error) => failed.push(error.message),
      );
    }
  });
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const pid of serving.splice(0)) process.kill(pid, 'SIGTERM');
    while (serving.length < 2) await delay(5);
  }
  isOver = true;
  // A request that was lost without a word keeps its client here, and the test waits in vain.
  await Promise.all(clients);
  await pool.close('at once');
  process.stdout.write(`${JSON.stringify({ answered, failed })}\n`);
}

/** On a connection of its own. */
function ask(url: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { agent: false });
    asked.on('error', reject);
    asked.on('response', (response) => response.on('error', reject).on('end', resolve).resume());
    asked.end();
  });
}
