import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Secret } from '../../../src/kit/errors/index.ts';
import { causeOf, createHttp, type Http, HttpFailure, Stop, usesProxy } from '../../../src/kit/http/index.ts';
import { startConnectProxy } from '../../support/connect-proxy.ts';

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
])('compressed answers are requested only under names of other machines: %s', async (host, expected) => {
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

test('an answer counts with its uncompressed size', async () => {
  answer = (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(whole));
  const { outcome, total } = await heldBy(`http://127.0.0.1:${port}/`);

  expect(outcome).toMatchObject({ body: whole });
  expect(total).toBe(whole.length);
});

test('the received part of a failed answer is no longer counted: too large, broken off, abandoned', async () => {
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

describe('an outbound proxy', () => {
  const through = (proxyPort: number, except: readonly string[] = []) =>
    createHttp({
      connectTimeoutMs: 300,
      proxy: { url: new Secret(`http://user:p%40ss@127.0.0.1:${proxyPort}`), except },
    });

  const failureOf = (sent: Promise<unknown>) => sent.catch((error: unknown) => error) as Promise<HttpFailure>;

  test('tunnels requests to other machines, several on one connection', async () => {
    using proxy = await startConnectProxy(port);
    const proxied = through(proxy.port);
    answer = ({ url, headers }, response) => response.end(`${headers.host} ${url}`);

    const request = { method: 'GET', url: 'http://sage.example:8080/customers?$top=1' } as const;
    const bodies = [await proxied.send(request), await proxied.send(request)].map(({ body }) => body.toString());
    await proxied.close();

    expect(bodies).toEqual(Array.from({ length: 2 }, () => 'sage.example:8080 /customers?$top=1'));
    const credentials = `Basic ${Buffer.from('user:p@ss').toString('base64')}`;
    expect(proxy.asked).toEqual([{ authority: 'sage.example:8080', credentials }]);
  });

  test.each([
    ['user:100%', 'user:100%'],
    ['us%er:%zz', 'us%er:%zz'],
    ['%C3%BC:p%3A', 'ü:p:'],
  ])('gets the user and password of %s, even if nobody encoded a percent sign', async (written, sent) => {
    using proxy = await startConnectProxy(port);
    const proxied = createHttp({ proxy: { url: new Secret(`http://${written}@127.0.0.1:${proxy.port}`), except: [] } });
    answer = (_, response) => response.end('through');

    const { body } = await proxied.send({ method: 'GET', url: 'http://sage.example/' });
    await proxied.close();

    expect(body.toString()).toBe('through');
    expect(proxy.asked[0]?.credentials).toBe(`Basic ${Buffer.from(sent).toString('base64')}`);
  });

  test('is not used for this machine, nor for exceptions', async () => {
    using proxy = await startConnectProxy(port);
    const proxied = through(proxy.port, ['0.0.0.0']);
    answer = (_, response) => response.end('direct');

    for (const host of ['127.0.0.1', 'localhost', '0.0.0.0'])
      await proxied.send({ method: 'GET', url: `http://${host}:${port}/` });
    await proxied.close();

    expect(proxy.asked).toEqual([]);
  });

  test.each<[string, string, (socket: Duplex) => void]>([
    ['never answers', 'ERR_PROXY_TIMEOUT', () => {}],
    ['wants other credentials', 'ERR_PROXY_CREDENTIALS', (socket) => socket.end('HTTP/1.1 407 No\r\n\r\n')],
    ['refuses the host', 'ERR_PROXY_REFUSED', (socket) => socket.end('HTTP/1.1 403 No\r\n\r\n')],
    ['hangs up', 'ERR_PROXY_UNREACHABLE', (socket) => socket.destroy()],
  ])('that %s is named as the cause, and nothing was sent', async (_, code, onConnect) => {
    using proxy = await startConnectProxy(port, onConnect);
    const proxied = through(proxy.port);

    const failure = await failureOf(proxied.send({ method: 'GET', url: 'https://sage.example/' }));
    await proxied.close();

    expect(failure).toMatchObject({ kind: 'refused', sent: false });
    const cause = causeOf(failure);
    expect(cause.code).toBe(code);
    expect(cause.words).toContain('proxy');
    expect(JSON.stringify(failure)).not.toContain('p%40ss');
  });

  test.each([
    ['https://api.sage.com', [], true],
    ['https://api.sage.com', ['sage.com'], false],
    ['https://api.sage.com', ['.sage.com'], false],
    ['https://api.sage.com', ['*.sage.com'], false],
    ['https://notsage.com', ['sage.com'], true],
    ['https://api.sage.com', ['sage.com:8443'], true],
    ['https://api.sage.com:8443', ['sage.com:8443'], false],
    ['https://api.sage.com', ['*'], false],
    ['http://10.1.2.3', ['10.1.2.3'], false],
    ['http://[fd00::1]:8080', ['fd00::1'], false],
    ['http://10.1.2.3', ['2.3'], true],
    ['http://10.1.2.3', ['10.0.0.0/8'], false],
    ['http://11.1.2.3', ['10.0.0.0/8'], true],
    ['http://[fd00::1]', ['10.0.0.0/8', 'fd00::/8'], false],
    ['https://api.sage.com', ['10.0.0.0/8', '0.0.0.0/0', '/', 'sage.com/8', '10.0.0.0/99'], true],
    ['http://localhost:4000', [], false],
    ['http://[::1]', [], false],
  ])('%s with the exceptions %j: %s', (origin, except, isUsed) => {
    expect(usesProxy(origin, except)).toBe(isUsed);
  });
});
