/**
 * The measure of all things here: a hand-written node:http server that makes the fewest upstream calls that the APIs allow,
 * knows no GraphQL and no callers, and passes bytes back as they came.
 *
 * Argument: JSON of `Upstreams`. Prints its origin when ready. `POST /<operation id>` runs one; the body is read and not
 * looked at.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { operations } from './operations.ts';
import { createUpstreamCaller, headersOf } from './proxy-upstream.ts';
import type { Upstreams } from './upstreams.ts';

const upstreams = JSON.parse(process.argv[2] ?? '{}') as Upstreams;
const ask = createUpstreamCaller(upstreams);
const headers = headersOf(upstreams);
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
  ask(operation, headers).then(
    (content) =>
      answer.writeHead(200, { 'content-type': 'application/json', 'content-length': content.length }).end(content),
    () => answer.writeHead(502).end(),
  );
}

server.listen(0, '127.0.0.1', 1_024, () =>
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`),
);
process.on('SIGTERM', () => process.exit(0));
