import { createServer, type IncomingMessage, request as sendRequest } from 'node:http';
import { type Duplex, duplexPair, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import type { RequestHandler } from './handle-request.ts';

/** The Fetch API takes no body with them, not even an empty one. */
const BODILESS = new Set([204, 205, 304]);

/**
 * Answers requests of the Fetch API by the handler of node:http ones, over a connection that exists in memory only: one
 * way to answer, with the back pressure, the ends and the refusals of real connections.
 */
export function createFetch(handle: RequestHandler) {
  const peers = new WeakMap<Duplex, string>();
  const server = createServer(
    { headersTimeout: 0, requestTimeout: 0, keepAliveTimeout: 0, requireHostHeader: false },
    (message, response) => {
      // The other side is done by then, and says nothing of it.
      response.once('close', () => message.socket.end());
      void handle(message, response, peers.get(message.socket));
    },
  );

  return async (request: Request, peer: string | undefined): Promise<Response> => {
    const [ours, theirs] = duplexPair();
    // How slowly the program reads what it asked for itself is its own affair.
    Object.assign(ours, { setTimeout: () => ours });
    if (peer !== undefined) peers.set(ours, peer);
    const { hostname, port, host, pathname, search } = new URL(request.url);
    const sent = sendRequest({
      createConnection: () => theirs,
      method: request.method,
      host: hostname,
      port,
      path: `${pathname}${search}`,
      headers: { ...headersOf(request), host, connection: 'keep-alive' },
      signal: request.signal,
    });
    const answered = new Promise<IncomingMessage>((resolve, reject) => {
      sent.on('response', resolve);
      sent.on('error', reject);
    });
    server.emit('connection', ours);
    if (request.body) pipeline(Readable.fromWeb(request.body as ReadableStream), sent).catch(() => {});
    else sent.end();
    return toResponse(await answered, request.method);
  };
}

/** What belonged to the connection that the program got the request on. */
const OF_THE_CONNECTION = new Set([
  'connection',
  'keep-alive',
  'transfer-encoding',
  'upgrade',
  'te',
  'trailer',
  'expect',
]);

const headersOf = ({ headers }: Request) =>
  Object.fromEntries([...headers].filter(([name]) => !OF_THE_CONNECTION.has(name)));

function toResponse(answer: IncomingMessage, method: string): Response {
  const { statusCode: status = 500, rawHeaders } = answer;
  const headers = new Headers();
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    if (!OF_THE_CONNECTION.has(name.toLowerCase())) headers.append(name, rawHeaders[index + 1] ?? '');
  }
  const isEmpty = method === 'HEAD' || BODILESS.has(status);
  if (isEmpty) answer.resume();
  const body = isEmpty ? null : (Readable.toWeb(answer) as globalThis.ReadableStream);
  return new Response(body, { status, headers });
}
