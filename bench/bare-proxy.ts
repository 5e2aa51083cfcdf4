/**
 * The measure of all things here: a hand-written node:http server with undici that makes the fewest upstream calls that
 * the APIs allow and knows no GraphQL. It reads one wave's answers only where the next wave needs them.
 *
 * Argument: JSON of `{ sage200, erp, sage200Headers, erpHeaders }`. Prints its origin when ready.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Pool } from 'undici';
import { type Operation, operations, type UpstreamCall } from './operations.ts';

interface Upstreams {
  readonly sage200: string;
  readonly erp: string;
  readonly sage200Headers: Record<string, string>;
  readonly erpHeaders: Record<string, string>;
}

const upstreams = JSON.parse(process.argv[2] ?? '{}') as Upstreams;
const sage200 = new URL(upstreams.sage200);
const erp = new URL(upstreams.erp);
const pools = {
  sage200: new Pool(sage200.origin, { connections: 128 }),
  erp: new Pool(erp.origin, { connections: 128 }),
};

const server = createServer(async (incoming, answer) => {
  incoming.resume();
  const operation = operations[Number(incoming.url?.slice(1))];
  if (!operation) {
    answer.writeHead(404).end();
    return;
  }
  const parts = await run(operation);
  answer.writeHead(200, { 'content-type': 'application/json' });
  answer.write('[');
  parts.forEach((part, index) => {
    if (index > 0) answer.write(',');
    answer.write(part);
  });
  answer.end(']');
});
server.listen(0, '127.0.0.1', () =>
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

async function call(upstream: UpstreamCall): Promise<Buffer> {
  const response =
    upstream.to === 'sage200'
      ? await pools.sage200.request({
          method: 'GET',
          path: `${sage200.pathname}/${upstream.path}`,
          headers: upstreams.sage200Headers,
        })
      : await pools.erp.request({
          method: 'POST',
          path: erp.pathname,
          headers: { ...upstreams.erpHeaders, 'content-type': 'application/json' },
          body: upstream.body,
        });
  return Buffer.from(await response.body.arrayBuffer());
}
