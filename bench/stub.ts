/**
 * Stands between the sandbox and whoever is measured: the first time it passes a request on, afterwards it answers from
 * memory, so that the sandbox's own work is not measured. Token requests always go through.
 *
 * Argument: JSON of `{ origins: { [name]: origin of the sandbox server } }`. Prints its own origins as JSON when ready.
 */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { request } from 'undici';

interface Remembered {
  readonly type: string;
  readonly body: Buffer;
}

const { origins } = JSON.parse(process.argv[2] ?? '{}') as { origins: Record<string, string> };
const remembered = new Map<string, Remembered>();
const own: Record<string, string> = {};
let count = 0;

const servers = await Promise.all(Object.entries(origins).map(([name, origin]) => start(name, origin)));
process.stdout.write(`${JSON.stringify(own)}\n`);
process.on('SIGTERM', () => {
  for (const server of servers) server.close();
  process.exit(0);
});

async function start(name: string, origin: string): Promise<Server> {
  const server = createServer(async (incoming, answer) => {
    if (incoming.url === '/__count') {
      answer.end(String(count));
      return;
    }
    count += 1;
    const body = await readBody(incoming);
    const key = `${name} ${incoming.method} ${incoming.url} ${incoming.headers['x-company'] ?? ''} ${body.toString()}`;
    const known = remembered.get(key) ?? (await ask(origin, incoming, body, key));
    answer.writeHead(200, { 'content-type': known.type, 'content-length': known.body.length });
    answer.end(known.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  own[name] = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return server;
}

async function ask(origin: string, incoming: IncomingMessage, body: Buffer, key: string): Promise<Remembered> {
  const { host: _host, connection: _connection, 'content-length': _length, ...headers } = incoming.headers;
  const response = await request(origin + incoming.url, {
    method: (incoming.method ?? 'GET') as 'GET' | 'POST',
    headers,
    body: body.length > 0 ? body : null,
  });
  let text = await response.body.text();
  if (response.statusCode > 299)
    throw new Error(`${incoming.method} ${incoming.url} answered ${response.statusCode}: ${text.slice(0, 300)}`);
  for (const [name, from] of Object.entries(origins)) text = text.replaceAll(from, own[name] ?? from);
  const answer = { type: String(response.headers['content-type'] ?? 'application/json'), body: Buffer.from(text) };
  if (!incoming.url?.includes('/token')) remembered.set(key, answer);
  return answer;
}

async function readBody(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
