/**
 * The bare proxy with what nobody who serves several callers in production can leave out: each request's key is hashed and its
 * caller looked up, the caller's own token goes upstream, one line is logged, one histogram is counted, and the answer has
 * a request id and security headers. What the gateway needs beyond this is the price of being a GraphQL gateway.
 *
 * Argument: a file with JSON of `HonestProxySetUp`. Prints its origin when ready. `POST /<operation id>` runs one; the body
 * is read and not looked at.
 */
import { hash, randomUUID } from 'node:crypto';
import { openSync, readFileSync, writeSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Histogram } from 'prom-client';
import { type Operation, operations } from './operations.ts';
import { createUpstreamCaller, headersOf, type UpstreamHeaders } from './proxy-upstream.ts';
import type { Upstreams } from './upstreams.ts';

export interface HonestProxySetUp {
  readonly callers: readonly HonestCaller[];
  readonly logFile: string;
}

export interface HonestCaller {
  readonly name: string;
  /** Of the API key, in hexadecimal. */
  readonly sha256: string;
  /** Where to ask, with this caller's own token. */
  readonly upstreams: Upstreams;
}

interface Caller {
  readonly name: string;
  readonly headers: UpstreamHeaders;
}

/** Log lines are written together, as the gateway does it. */
const COLLECTED_CHARS = 12_288;
const BEARER = 'Bearer ';
const SECURITY_HEADERS = [
  ...['x-content-type-options', 'nosniff'],
  ...['referrer-policy', 'no-referrer'],
  ...['x-frame-options', 'DENY'],
  ...['cross-origin-resource-policy', 'same-origin'],
];

const setUp = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as HonestProxySetUp;
const [anyone] = setUp.callers;
if (!anyone) throw new Error('The honest proxy needs at least one caller.');
const ask = createUpstreamCaller(anyone.upstreams);
const callers = new Map(
  setUp.callers.map(({ name, sha256, upstreams }): [string, Caller] => [
    sha256,
    { name, headers: headersOf(upstreams) },
  ]),
);
const byPath = new Map(operations.map((operation) => [`/${operation.id}`, operation]));
const durations = createDurations();
const log = createLog(setUp.logFile);

const server = createServer((incoming, answer) => {
  const startedAt = performance.now();
  incoming.on('data', () => {});
  incoming.once('end', () => answerTo(incoming, answer, startedAt));
});

function answerTo(incoming: IncomingMessage, answer: ServerResponse, startedAt: number): void {
  const caller = callerOf(incoming);
  const operation = byPath.get(incoming.url ?? '');
  if (caller && operation) {
    run(operation, caller, answer, startedAt);
    return;
  }
  send(answer, caller ? 404 : 401, '{}', randomUUID());
}

function run(operation: Operation, caller: Caller, answer: ServerResponse, startedAt: number): void {
  const requestId = randomUUID();
  answer.once('finish', () => {
    const ms = performance.now() - startedAt;
    durations(answer.statusCode, ms / 1_000);
    const { name } = caller;
    log({ requestId, caller: name, operation: operation.id, status: answer.statusCode, ms: Math.round(ms) });
  });
  ask(operation, caller.headers).then(
    (content) => send(answer, 200, content, requestId),
    () => send(answer, 502, '{}', requestId),
  );
}

function callerOf({ headers: { authorization = '' } }: IncomingMessage): Caller | undefined {
  if (!authorization.startsWith(BEARER)) return undefined;
  return callers.get(hash('sha256', authorization.slice(BEARER.length)));
}

function send(answer: ServerResponse, status: number, content: Buffer | string, requestId: string): void {
  const own = ['x-request-id', requestId, 'content-type', 'application/json'];
  answer.writeHead(status, [...SECURITY_HEADERS, ...own, 'content-length', String(content.length)]).end(content);
}

function createDurations(): (status: number, seconds: number) => void {
  const histogram = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Time from the request to the end of its answer',
    labelNames: ['status'],
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
  });
  const byStatus = new Map<number, ReturnType<typeof histogram.labels>>();
  return (status, seconds) => {
    const known = byStatus.get(status) ?? histogram.labels({ status: String(status) });
    byStatus.set(status, known);
    known.observe(seconds);
  };
}

function createLog(file: string): (line: object) => void {
  const output = openSync(file, 'a', 0o600);
  let collected = '';
  return (line) => {
    collected += `${JSON.stringify({ level: 'info', time: new Date().toISOString(), ...line, msg: 'request' })}\n`;
    if (collected.length < COLLECTED_CHARS) return;
    writeSync(output, collected);
    collected = '';
  };
}

server.listen(0, '127.0.0.1', 1_024, () =>
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`),
);
process.on('SIGTERM', () => process.exit(0));
