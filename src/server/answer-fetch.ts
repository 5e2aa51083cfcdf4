import { createServer, type IncomingMessage, request as sendRequest } from 'node:http';
import { type Duplex, duplexPair, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import type { RequestHandler } from './handle-request.ts';

/** Statuses for which the Fetch API allows no body, not even an empty one. */
const BODILESS = new Set([204, 205, 304]);

/**
 * Answers Fetch API requests with the node:http handler, over an in-memory connection, so that both use the same code
 * with the same back pressure, endings and refusals.
 */
export function createFetch(handle: RequestHandler) {
  const peers = new WeakMap<Duplex, string>();
  const server = createServer(
    { headersTimeout: 0, requestTimeout: 0, keepAliveTimeout: 0, requireHostHeader: false },
    (message, response) => {
      // The other side has finished by then without an event.
      response.once('close', () => message.socket.end());
      void handle(message, response, peers.get(message.socket));
    },
  );

  return async (request: Request, peer: string | undefined): Promise<Response> => {
    const [ours, theirs] = duplexPair();
    // The embedding program may read as slowly as it likes.
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

/** Headers that belong to the program's own connection. */
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
