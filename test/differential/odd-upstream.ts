import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text as readText } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { Agent, type Dispatcher } from 'undici';
import { type Oddness, oddBytes } from './odd-values.ts';
import { numberOf } from './operations/choices.ts';

/** What happens to requests in place of, or beside, their answer. */
export interface UpstreamFault {
  /** Part of the path with query. */
  readonly match: string;
  readonly method?: string;
  /** `hang` never answers; `cutBody` ends in the middle of the body. */
  readonly kind: 'status' | 'garbage' | 'empty' | 'cut' | 'cutBody' | 'hang' | 'delay';
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly delayMs?: number;
  /** Only those requests out of two that the address says: always the same ones. */
  readonly half?: boolean;
}

export interface Behaviour {
  readonly fault?: UpstreamFault;
  readonly oddness?: Oddness;
  /** Names and decimals say another thing for each of these digits; left out, what is stored. */
  readonly changed?: number | undefined;
}

export interface UpstreamRequest {
  readonly method: string;
  /** Path with query. */
  readonly path: string;
  readonly site: string;
  readonly company: string;
  /** The whole header. */
  readonly authorization: string;
  readonly body: string;
}

/** The two upstreams of one gateway, as they are or otherwise. */
export interface OddUpstream extends AsyncDisposable {
  readonly url: string;
  /** Requests for data since the last call, in the order in which they came; those for tokens are left out. */
  takeRequests(): UpstreamRequest[];
  /** Those that came so far, still there for the next call. */
  readonly seen: readonly UpstreamRequest[];
  behave(behaviour: Behaviour): void;
  /** How many requests the gateway did not wait for, since the start. */
  readonly givenUp: number;
  /** Holds the next request that matches, and no other. */
  hold(match: (request: UpstreamRequest) => boolean, where?: HeldPart): Gate;
}

/** `answer`: the upstream has answered, but it does not arrive. `request`: the upstream does not have it yet. */
export type HeldPart = 'request' | 'answer';

export interface Gate {
  /** When a request stands before it. */
  readonly reached: Promise<void>;
  open(): void;
}

export interface OddUpstreamOptions {
  /** Address of the Sage 200 server. */
  readonly sage200: string;
  readonly erp: string;
}

interface HeldGate {
  readonly match: (request: UpstreamRequest) => boolean;
  readonly where: HeldPart;
  readonly pass: () => Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: Buffer;
}

/** Stands between a gateway and the sandbox; answers are rewritten by what the request is, never by when it comes. */
export async function startOddUpstream({ sage200, erp }: OddUpstreamOptions): Promise<OddUpstream> {
  const agent = new Agent();
  let requests: UpstreamRequest[] = [];
  let behaviour: Behaviour = {};
  let gates: HeldGate[] = [];
  let givenUp = 0;

  const ask = async (request: IncomingMessage, asked: UpstreamRequest): Promise<Answer> => {
    const { host: _host, connection: _connection, 'content-length': _length, ...headers } = request.headers;
    const answer = await agent.request({
      origin: isSage200(asked) ? sage200 : erp,
      path: asked.path,
      method: asked.method as Dispatcher.HttpMethod,
      headers,
      ...(asked.body === '' ? {} : { body: asked.body }),
    });
    const type = String(answer.headers['content-type'] ?? 'text/plain');
    // The token answer names addresses; they are to lead through here as well.
    const given = (await answer.body.text()).replaceAll(erp, `http://${request.headers.host}`);
    const { oddness, changed } = behaviour;
    const isRows = answer.statusCode === 200 && isData(asked);
    const text = isRows && changed !== undefined ? withChanges(given, changed) : given;
    const body = isRows && oddness ? oddBytes(text, addressOf(asked), oddness) : Buffer.from(text);
    return { status: answer.statusCode, headers: { 'content-type': type }, body };
  };

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const asked = toUpstreamRequest(request, await readText(request));
    const counts = !asked.path.startsWith('/v1/');
    if (counts) requests.push(asked);
    response.once('close', () => {
      if (counts && !response.writableEnded) givenUp += 1;
    });
    const gate = gates.find(({ match }) => counts && match(asked));
    gates = gates.filter((each) => each !== gate);
    if (gate?.where === 'request') await gate.pass();
    const { fault } = behaviour;
    const strikes = counts && fault && isStruck(fault, asked) ? fault : undefined;
    if (strikes?.kind === 'hang') return;
    if (strikes?.kind === 'cut') return void request.socket.destroy();
    if (strikes?.delayMs !== undefined) await pause(strikes.delayMs);
    const answer = strikes ? faultAnswer(strikes) : undefined;
    const { status, headers, body } = answer ?? (await ask(request, asked));
    if (gate?.where === 'answer') await gate.pass();
    response.writeHead(status, { ...headers, 'content-length': body.length });
    if (strikes?.kind !== 'cutBody') return void response.end(body);
    response.write(body.subarray(0, body.length >> 1), () => response.destroy());
  };

  const server = createServer((request, response) => {
    serve(request, response).catch(() => response.destroy());
  });
  server.keepAliveTimeout = 65_000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // a string only for pipes
  return {
    url: `http://127.0.0.1:${port}`,
    takeRequests() {
      const taken = requests;
      requests = [];
      return taken;
    },
    get seen() {
      return requests;
    },
    get givenUp() {
      return givenUp;
    },
    behave(next) {
      behaviour = next;
    },
    hold(match, where = 'answer') {
      const reached = Promise.withResolvers<void>();
      const opened = Promise.withResolvers<void>();
      const pass = () => {
        reached.resolve();
        return opened.promise;
      };
      gates.push({ match, where, pass });
      return { reached: reached.promise, open: opened.resolve };
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      await agent.close();
    },
  };
}

/** A schema is read again when somebody doubts it, at most so often: that is a matter of time, not of the operation. */
export const isOfOperation = ({ body }: UpstreamRequest): boolean => !body.includes('query IntrospectionQuery');

/** What was asked of whom, without the token. */
export const addressOf = ({ method, path, site, company, body }: UpstreamRequest): string =>
  `${method} ${path} ${site}/${company} ${body}`;

const isSage200 = ({ path }: UpstreamRequest) => path.startsWith('/uk/');

/** Rows and GraphQL answers: not what decides who may ask. */
const isData = ({ path }: UpstreamRequest) => !path.startsWith('/v1/') && !/\/sites(\?|$)/.test(path);

/** Ids and keys stay, so that what hangs on a row still does. */
const withChanges = (text: string, digit: number): string =>
  text
    .replaceAll(/(?<="(?:name|\w+_name|description)":")(?=[^"])/g, `${digit} `)
    .replaceAll(/(?<=:-?\d+\.\d*)\d(?=[,}])/g, String(digit));

function isStruck({ match, method, half }: UpstreamFault, request: UpstreamRequest): boolean {
  const isMeant = isData(request) && request.path.includes(match) && (method ?? request.method) === request.method;
  return isMeant && (!half || numberOf(addressOf(request)) % 2 === 0);
}

function faultAnswer({ kind, status = 500, headers = {}, body }: UpstreamFault): Answer | undefined {
  const json = { 'content-type': 'application/json' };
  if (kind === 'status') {
    const text = body ?? JSON.stringify({ Message: `The test was told to answer ${status}.` });
    return { status, headers: { ...json, ...headers }, body: Buffer.from(text) };
  }
  if (kind === 'garbage') return { status: 200, headers: json, body: Buffer.from(body ?? '<html>busy</html>') };
  if (kind === 'empty') return { status: 200, headers: json, body: Buffer.alloc(0) };
  return undefined;
}

function toUpstreamRequest(request: IncomingMessage, body: string): UpstreamRequest {
  const { method = 'GET', url = '/', headers } = request;
  return {
    method,
    path: url,
    site: String(headers['x-site'] ?? ''),
    company: String(headers['x-company'] ?? ''),
    authorization: headers.authorization ?? '',
    body,
  };
}
