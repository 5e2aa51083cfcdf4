import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { startWorld, type World } from './world.ts';

/** More than the system takes for a client that does not read. */
const BYTES = 22_000_000;

const asked = (world: World, headers = ''): Socket => {
  const body = JSON.stringify({ query: `{ big(bytes: ${BYTES}) }` });
  const socket = connect(world.port, '127.0.0.1');
  socket.write(
    `POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n${headers}Content-Length: ${body.length}\r\n\r\n${body}`,
  );
  return socket;
};

/** Waits for the first bytes of the answer, and takes no more. */
async function begun(socket: Socket): Promise<number> {
  const [chunk] = (await once(socket, 'data')) as [Buffer];
  socket.pause();
  return chunk.length;
}

/** Reads to the end. @returns how many bytes came */
async function rest(socket: Socket): Promise<number> {
  let bytes = 0;
  socket.on('data', (chunk) => {
    bytes += chunk.length;
  });
  socket.resume();
  await once(socket, 'close');
  return bytes;
}

const linesOf = (world: World) => world.logLines().filter(({ msg }) => msg === 'request');

test.each([
  ['on a connection that is kept', ''],
  ['on one that ends with it', 'Connection: close\r\n'],
])('an answer that is being read when the gateway closes arrives complete, %s', async (_, headers) => {
  const world = await startWorld();
  const sockets = Array.from({ length: 3 }, () => asked(world, headers));
  const first = await Promise.all(sockets.map(begun));

  const closed = world.close();
  const more = await Promise.all(sockets.map(rest));
  await closed;

  for (const [index, bytes] of more.entries()) expect(bytes + (first[index] ?? 0)).toBeGreaterThan(BYTES);
  expect(linesOf(world).map(({ status }) => status)).toEqual([200, 200, 200]);
});

test('an answer that nobody reads is cut at the end of shutdownTimeout, and the log says so', async () => {
  const world = await startWorld({ server: { shutdownTimeoutMs: 100 } });
  const socket = asked(world);
  await begun(socket);

  await world.close();

  expect(linesOf(world)).toEqual([expect.objectContaining({ status: 499, cut: expect.stringContaining('stopped') })]);
  expect(await rest(socket)).toBeLessThan(BYTES);
});

test('a client that reads nothing of its answer for sendTimeout is disconnected, but not one that continues to read', async () => {
  await using world = await startWorld({ server: { sendTimeoutMs: 1_000 } });
  const [stuck, reading] = [asked(world), asked(world, 'Connection: close\r\n')];
  const taken = await begun(reading);
  await begun(stuck);

  const read = await rest(reading);
  await expect.poll(() => linesOf(world).length).toBe(2);

  expect(taken + read).toBeGreaterThan(BYTES);
  expect(linesOf(world)).toEqual([
    expect.objectContaining({ status: 200 }),
    expect.objectContaining({ status: 499, cut: expect.stringContaining('server.sendTimeout') }),
  ]);
  stuck.destroy();
});

test('during the drain it answers as before, is not ready, and ends each connection with its answer', async () => {
  const world = await startWorld({ server: { drainDelayMs: 300 } });
  const idle = connect(world.port, '127.0.0.1');
  await once(idle, 'connect');

  const drained = world.drain();
  const [ready, alive, answer] = await Promise.all([
    fetch(`${world.url}/readyz`),
    fetch(`${world.url}/healthz`),
    world.query('{ hello }'),
  ]);
  await drained;
  await Promise.all([world.close(), once(idle, 'close')]);

  expect([ready.status, alive.status, answer.status]).toEqual([503, 200, 200]);
  for (const { headers } of [ready, alive, answer]) expect(headers.get('connection')).toBe('close');
});

test.each([
  ['was only just opened', ''],
  ['has sent half of a head', 'GET /healthz HTTP/1.1\r\n'],
  ['was kept after an answer', 'GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n'],
])('a request that arrives while the gateway closes is answered, on a connection that %s', async (_, sent) => {
  const world = await startWorld();
  const socket = connect(world.port, '127.0.0.1');
  await once(socket, 'connect');
  socket.write(sent);
  if (sent.endsWith('\r\n\r\n')) await once(socket, 'data');
  // The server has taken that connection by the time that it answers on a later one.
  await fetch(`${world.url}/healthz`);

  const closed = world.close();
  socket.write(sent.endsWith('\r\n\r\n') || sent === '' ? 'GET /healthz HTTP/1.1\r\n' : '');
  socket.write('Host: localhost\r\n\r\n');
  const [answer] = (await Promise.race([once(socket, 'data'), once(socket, 'close')])) as [unknown];
  await closed;

  expect(String(answer)).toContain('HTTP/1.1 200');
});
