import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface StubRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
}

/** `cut`: the connection breaks after the request arrived. */
export type StubAnswer =
  | 'cut'
  | { readonly status?: number; readonly headers?: Record<string, string>; readonly body?: string | object };

/** A server of a few lines that remembers what it was asked. */
export async function startStubServer(answer: (request: StubRequest) => StubAnswer | Promise<StubAnswer>) {
  const requests: StubRequest[] = [];
  const server = createServer(async (incoming, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const headers = Object.fromEntries(Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]));
    const request = {
      method: incoming.method ?? '',
      path: incoming.url ?? '',
      headers,
      body: Buffer.concat(chunks).toString('utf8'),
    };
    requests.push(request);
    const result = await answer(request);
    if (result === 'cut') return incoming.socket.destroy();
    const { status = 200, body = '' } = result;
    const json = typeof body === 'object';
    response.writeHead(status, { ...(json ? { 'content-type': 'application/json' } : {}), ...result.headers });
    return response.end(json ? JSON.stringify(body) : body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
