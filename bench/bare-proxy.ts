/**
 * The measure of all things here: a hand-written node:http server with undici's dispatch that makes the fewest upstream
 * calls that the APIs allow and knows no GraphQL. It reads one wave's answers only where the next wave needs them, and
 * passes bytes back as they came.
 *
 * Argument: JSON of `Upstreams`. Prints its origin when ready. `POST /<operation id>` runs one; the body is read and not
 * looked at.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Dispatcher, Pool } from 'undici';
import { type Operation, operations, type UpstreamCall } from './operations.ts';
import type { Upstreams } from './upstreams.ts';

const upstreams = JSON.parse(process.argv[2] ?? '{}') as Upstreams;
const sage200 = new URL(upstreams.sage200);
const erp = new URL(upstreams.erp);
const pools = {
  sage200: new Pool(sage200.origin, { connections: 128 }),
  erp: new Pool(erp.origin, { connections: 128 }),
};
const byPath = new Map(operations.map((operation) => [`/${operation.id}`, operation]));

const server = createServer((incoming, answer) => {
  // Everybody is sent the same request, and nobody can answer before it is there.
  incoming.on('data', () => {});
  incoming.once('end', () => answerTo(incoming, answer));
});

function answerTo(incoming: IncomingMessage, answer: ServerResponse): void {
  const operation = byPath.get(incoming.url ?? '');
  if (!operation) {
    answer.writeHead(404).end();
    return;
  }
  run(operation).then(
    (parts) => {
      const content = parts.length === 1 && parts[0] ? parts[0] : joined(parts);
      answer.writeHead(200, { 'content-type': 'application/json', 'content-length': content.length }).end(content);
    },
    () => answer.writeHead(502).end(),
  );
}

server.listen(0, '127.0.0.1', 1_024, () =>
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`),
);
process.on('SIGTERM', () => process.exit(0));

async function run(operation: Operation): Promise<Buffer[]> {
  const bodies: Buffer[] = [];
  for (const [index, wave] of operation.upstream.entries()) {
    const before = index === 0 ? [] : bodies.map((body) => JSON.parse(body.toString()) as unknown);
    bodies.push(...(await Promise.all(wave(before).map(call))));
  }
  return bodies;
}

function joined(parts: readonly Buffer[]): Buffer {
  const pieces = parts.flatMap((part, index) => [Buffer.from(index === 0 ? '[' : ','), part]);
  return Buffer.concat([...pieces, Buffer.from(']')]);
}

function call(upstream: UpstreamCall): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    if (upstream.to === 'sage200') {
      const path = `${sage200.pathname}/${upstream.path}`;
      pools.sage200.dispatch({ method: 'GET', path, headers: upstreams.sage200Headers }, collect(resolve, reject));
    } else {
      const headers = { ...upstreams.erpHeaders, 'content-type': 'application/json' };
      const { body } = upstream;
      pools.erp.dispatch({ method: 'POST', path: erp.pathname, headers, body }, collect(resolve, reject));
    }
  });
}

function collect(resolve: (body: Buffer) => void, reject: (error: Error) => void): Dispatcher.DispatchHandler {
  const chunks: Buffer[] = [];
  return {
    onRequestStart() {},
    onResponseStart() {},
    onResponseData: (_controller, chunk) => void chunks.push(chunk),
    onResponseEnd: () => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)),
    onResponseError: (_controller, error) => reject(error),
  };
}
