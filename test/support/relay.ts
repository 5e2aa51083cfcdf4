import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

/** What the upstream behind answered. */
export interface Forwarded {
  readonly status: number;
  readonly type: string;
  readonly body: Buffer;
}

/** One request on its way through a relay. */
export interface Passage {
  readonly request: IncomingMessage;
  readonly body: string;
  readonly response: ServerResponse;
  /** Asks the upstream behind. */
  readonly forward: () => Promise<Forwarded>;
}

export interface Relay extends AsyncDisposable {
  /** An address of the upstream behind as one of the relay's. */
  readonly behind: (address: string) => string;
  /** What came, in order: the method and the path with its query. */
  readonly requests: readonly string[];
  /** Connections that were made so far. */
  readonly connections: () => number;
  /** What happens to each request from now on. Left out: it is passed on. */
  behave(behaviour?: (passage: Passage) => void | Promise<void>): void;
}

/** Stands before an upstream on this machine and treats its connections and bytes as a test wants it. */
export async function startRelay(target: string): Promise<Relay> {
  const { origin } = new URL(target);
  const requests: string[] = [];
  let connections = 0;
  let behaviour: ((passage: Passage) => void | Promise<void>) | undefined;

  const pass = async (request: IncomingMessage, response: ServerResponse) => {
    requests.push(`${request.method} ${request.url}`);
    const body = await readAll(request);
    const own = `http://${request.headers.host}`;
    const passage = { request, body, response, forward: () => forward(request, body, own) };
    await (behaviour ?? passOn)(passage);
  };
  const forward = async (request: IncomingMessage, body: string, own: string): Promise<Forwarded> => {
    const { host: _host, connection: _connection, 'content-length': _length, ...headers } = request.headers;
    const answer = await fetch(origin + (request.url ?? ''), {
      method: request.method ?? 'GET',
      headers: Object.entries(headers).map(([name, value]): [string, string] => [name, String(value)]),
      ...(body && { body }),
    });
    const text = (await answer.text()).replaceAll(origin, own);
    return { status: answer.status, type: answer.headers.get('content-type') ?? 'text/plain', body: Buffer.from(text) };
  };

  const server = createServer((request, response) => {
    pass(request, response).catch(() => response.destroy());
  });
  server.on('connection', () => {
    connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
  return {
    behind: (given) => given.replace(new URL(given).origin, url),
    requests,
    connections: () => connections,
    behave(next) {
      behaviour = next;
    },
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Answers as the upstream behind did. */
export async function passOn({ response, forward }: Passage): Promise<void> {
  const { status, type, body } = await forward();
  response.writeHead(status, { 'content-type': type, 'content-length': body.length }).end(body);
}

async function readAll(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}
