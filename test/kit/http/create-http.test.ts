import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { createHttp, type Http, HttpFailure, Stop } from '../../../src/kit/http/index.ts';

let answer: RequestListener = () => {};
const server = createServer((request, response) => answer(request, response));
let port: number;
let http: Http;

beforeAll(async () => {
  await once(server.listen(0), 'listening');
  port = (server.address() as AddressInfo).port;
  http = createHttp({ answerBytes: 1_000 });
});

afterEach(() => {
  answer = () => {};
});

afterAll(async () => {
  await http.close();
  server.close();
  server.closeAllConnections();
});

/** 0.0.0.0 leads here too, without being a name of this machine. */
test.each([
  ['127.0.0.1', undefined],
  ['localhost', undefined],
  ['0.0.0.0', 'gzip'],
])('packed answers are asked for only where they have a way to go: %s', async (host, expected) => {
  let asked: string | undefined;
  answer = ({ headers }, response) => {
    asked = headers['accept-encoding'];
    response.end('{}');
  };
  await http.send({ method: 'GET', url: `http://${host}:${port}/`, headers: { accept: 'application/json' } });

  expect(asked).toBe(expected);
});

/** What is counted for one request: all numbers, one after the other. */
async function heldBy(url: string, signal?: Stop) {
  const numbers: number[] = [];
  const holder = { hold: (bytes: number) => void numbers.push(bytes) };
  const sent = http.send({ method: 'GET', url, holder, ...(signal && { signal: signal.signal }) });
  const outcome = await sent.catch((error: unknown) => error);
  return { outcome, total: numbers.reduce((sum, each) => sum + each, 0), most: Math.max(...numbers) };
}

const whole = Buffer.alloc(600, 'x');

test('an answer counts with what it holds unpacked', async () => {
  answer = (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(whole));
  const { outcome, total } = await heldBy(`http://127.0.0.1:${port}/`);

  expect(outcome).toMatchObject({ body: whole });
  expect(total).toBe(whole.length);
});

test('what came of an answer that nobody gets counts no longer: too large, broken off, given up', async () => {
  const url = `http://127.0.0.1:${port}/`;
  answer = (_, response) => response.end(Buffer.alloc(2_000));
  const tooLarge = await heldBy(url);
  answer = (_, response) => response.write(whole, () => response.destroy());
  const cut = await heldBy(url);
  const stop = new Stop();
  answer = (_, response) => response.write(whole, () => stop.abort(new DOMException('late', 'TimeoutError')));
  const late = await heldBy(url, stop);

  expect([tooLarge, cut, late].map(({ outcome }) => outcome instanceof HttpFailure && outcome.kind)).toEqual([
    'tooLarge',
    'cut',
    'timeout',
  ]);
  expect([tooLarge.total, cut.total, late.total]).toEqual([0, 0, 0]);
  expect(tooLarge.most).toBeGreaterThan(0);
});
