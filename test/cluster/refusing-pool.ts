/**
 * A worker that stops listening while a request is running there, and a connection is on its way to it. Prints what became of
 * the connection.
 */
import cluster from 'node:cluster';
import { existsSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pino } from 'pino';
import { isWorker, joinWorkerPool, startWorkerPool } from '../../src/cluster/index.ts';

await (isWorker() ? serve() : refuse());

/** Requests are not answered. */
async function serve(): Promise<void> {
  const link = joinWorkerPool();
  await link.begun;
  const server = createServer(({ url = '' }) => {
    const folder = decodeURIComponent(url.slice(1));
    writeFileSync(join(folder, 'is blocked'), '');
    const nothing = new Int32Array(new SharedArrayBuffer(4));
    while (!existsSync(join(folder, 'may stop'))) Atomics.wait(nothing, 0, 0, 5);
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  link.ready(`http://127.0.0.1:${port}`);
  await link.stopped;
  process.exit(0);
}

async function refuse(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'gateway-refusing-'));
  const pool = startWorkerPool({ count: 1, settings: { path: '', text: '' }, log: pino({ level: 'silent' }) });
  const { url } = await pool.ready;
  const running = request(`${url}/${encodeURIComponent(folder)}`, { agent: false }).end();
  let isRunning = true;
  running.on('error', () => {
    isRunning = false;
  });
  await until(() => existsSync(join(folder, 'is blocked')));

  let isOnItsWay = false;
  const child = Object.values(cluster.workers ?? {})[0]?.process;
  const send = child?.send.bind(child) as (...parts: unknown[]) => boolean;
  Object.assign(child ?? {}, {
    send: (...parts: unknown[]) => {
      isOnItsWay = true;
      return send(...parts);
    },
  });
  const connection = connect({ port: Number(new URL(url).port), host: '127.0.0.1' });
  const closed = new Promise((resolve) => connection.on('error', () => {}).once('close', resolve));
  await until(() => isOnItsWay);
  await writeFile(join(folder, 'may stop'), '');
  await closed;
  process.stdout.write(isRunning ? 'closed while the request was running' : 'closed with the worker');
  running.destroy();
  await pool.close('at once');
  await rm(folder, { recursive: true });
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await delay(5);
}
