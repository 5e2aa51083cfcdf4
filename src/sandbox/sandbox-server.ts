import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import type { ClockSettings, CutAt, Fault, LoggedRequest } from './control.ts';
import { type ControlRequest, handleControl, isControlPath } from './control-doors.ts';
import { createFaultList } from './faults.ts';
import { replayRequest } from './replay-request.ts';
import { createRequestLog } from './request-log.ts';

/** Larger than any body that a vendor accepts; prevents filling the memory by accident. */
const MAX_BODY_BYTES = 64 * 1024 * 1024;

export type { ControlRequest } from './control-doors.ts';

export interface SandboxRequest {
  readonly method: string;
  /** Without query, still percent-encoded. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Path with query, as sent. */
  readonly rawUrl: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface SandboxResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Text and bytes are sent unchanged; any other value, including null, false and arrays, as JSON. Undefined: no body. */
  readonly body?: unknown;
}

/** The address of a sandbox server. */
export interface Place {
  /** 0 or left out: a free one. */
  readonly port?: number | undefined;
  /** Address that it listens on: 0.0.0.0 in a container. @default 127.0.0.1 */
  readonly host?: string | undefined;
  /** The host name that clients use, which is in every address that it gives out. @default 127.0.0.1 */
  readonly publicHost?: string | undefined;
}

export interface SandboxServerOptions extends Place {
  /** For messages, for example `Sage 200`. */
  readonly name: string;
  /** Answers requests. A rejection becomes HTTP 500 with the reason: it is a bug of the sandbox and is shown. */
  readonly handle?: (request: SandboxRequest) => Promise<SandboxResponse> | SandboxResponse;
  /** In place of `handle`, for libraries that use Node's objects. The body can still be read, and is passed too. */
  readonly listener?: (request: IncomingMessage, response: ServerResponse, body: Buffer) => void | Promise<void>;
  /** Its own control doors, beside those of every server; undefined if it has none. */
  readonly control?: (request: ControlRequest) => SandboxResponse | undefined;
  /** Hashed in the request log besides the usual ones. */
  readonly secretHeaders?: readonly string[];
  /** The vendor's error body for a `status` fault without one. @default { error: 'Sandbox fault' } */
  readonly defaultErrorBody?: (status: number) => unknown;
}

/** A server's own time, moved by `POST /__clock`. */
export interface SandboxClock {
  /** Epoch ms, skew included. */
  now(): number;
  /** Undefined: the server's usual life. */
  readonly accessTokenSeconds: number | undefined;
  /** Settings that are left out do not change. */
  set(settings: ClockSettings): void;
}

export interface SandboxServer extends AsyncDisposable {
  /** `http://127.0.0.1:4101`, without a slash at the end. */
  readonly url: string;
  readonly port: number;
  /** Oldest first, at most 5,000; requests to the control doors are not among them. */
  requests(): LoggedRequest[];
  clearRequests(): void;
  /** @returns the fault's id. */
  fault(fault: Fault): string;
  clearFaults(): void;
  readonly clock: SandboxClock;
  close(): Promise<void>;
}

const LOOPBACK = '127.0.0.1';

/** A node:http server, on loopback by default, with the control doors of the sandbox. @throws Error when the port is in use. */
export async function startSandboxServer(options: SandboxServerOptions): Promise<SandboxServer> {
  const {
    name,
    port = 0,
    host = LOOPBACK,
    publicHost = LOOPBACK,
    secretHeaders,
    defaultErrorBody = () => ({ error: 'Sandbox fault' }),
  } = options;
  const log = createRequestLog(secretHeaders);
  const faults = createFaultList();
  const clock = createClock();
  const serve = createServe(options);

  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const startedAt = Date.now();
    const path = request.url ?? '/';
    const method = request.method ?? 'GET';
    const body = await readBody(request);
    if (isControlPath(path)) return send(response, handleControl({ method, path, body }, { log, faults, clock }));
    const ownDoor = options.control?.({ method, path, body });
    if (ownDoor) return send(response, ownDoor);

    const logEnd = log.begin({ method, path, headers: request.headers, body, startedAt });
    // `prefinish` comes inside end(): the entry is complete before the caller can have read the answer.
    response.once('prefinish', () => logEnd(response.statusCode));
    response.once('close', () => {
      if (!response.writableFinished) logEnd(response.headersSent ? response.statusCode : 0);
    });

    const fault = faults.take(method, path);
    if (fault?.delayMs) await pause(fault.delayMs);
    if (fault?.kind === 'hold') await fault.cleared;
    if (fault?.kind === 'status') {
      const { status = 500, headers = {} } = fault;
      const faultBody = 'body' in fault && fault.body !== undefined ? fault.body : defaultErrorBody(status);
      return send(response, { status, headers, body: faultBody });
    }
    if (fault?.kind === 'garbage') {
      return send(response, {
        status: 200,
        headers: { 'content-type': 'application/json', ...fault.headers },
        body: Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x00, 0x3c, 0x68, 0x74]),
      });
    }
    if (fault?.kind === 'cut') {
      const cutAt = fault.cutAt ?? 'beforeHeaders';
      if (cutAt === 'beforeHeaders') return void request.socket.destroy();
      cutAnswer(response, cutAt);
    }
    return serve(request, response, body);
  };

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else send(response, { status: 500, body: { error: `${name} sandbox: ${String(error)}` } });
    });
  });
  // A gateway keeps its connections open for a long time; a server that closes them first would look faulty.
  server.keepAliveTimeout = 65_000;
  const bound = await listen(server, { port, host, name });

  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return {
    url: `http://${publicHost}:${bound}`,
    port: bound,
    requests: log.list,
    clearRequests: log.clear,
    fault: faults.add,
    clearFaults: faults.clear,
    clock,
    close,
    [Symbol.asyncDispose]: close,
  };
}

function createServe({ handle, listener }: SandboxServerOptions) {
  return async (request: IncomingMessage, response: ServerResponse, body: Buffer): Promise<void> => {
    if (listener) return listener(replayRequest(request, body), response, body);
    if (!handle) return send(response, { status: 404 });
    const rawUrl = request.url ?? '/';
    const start = rawUrl.indexOf('?');
    const answer = await handle({
      method: request.method ?? 'GET',
      path: start < 0 ? rawUrl : rawUrl.slice(0, start),
      query: new URLSearchParams(start < 0 ? '' : rawUrl.slice(start + 1)),
      rawUrl,
      headers: request.headers,
      body,
    });
    send(response, answer);
  };
}

function createClock(): SandboxClock {
  let skewMs = 0;
  let accessTokenSeconds: number | undefined;
  return {
    now: () => Date.now() + skewMs,
    get accessTokenSeconds() {
      return accessTokenSeconds;
    },
    set(settings) {
      if (settings.skewMs !== undefined) skewMs = settings.skewMs;
      if (settings.accessTokenSeconds !== undefined) accessTokenSeconds = settings.accessTokenSeconds ?? undefined;
    },
  };
}

function send(response: ServerResponse, { status, headers = {}, body }: SandboxResponse): void {
  const { bytes, type } = encode(body);
  response.statusCode = status;
  if (type) response.setHeader('content-type', type);
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  if (bytes) response.setHeader('content-length', bytes.length);
  response.end(bytes);
}

function encode(body: unknown): { bytes?: Buffer; type?: string } {
  if (body === undefined) return {};
  if (Buffer.isBuffer(body)) return { bytes: body };
  if (typeof body === 'string') return { bytes: Buffer.from(body), type: 'text/plain; charset=utf-8' };
  return { bytes: Buffer.from(JSON.stringify(body)), type: 'application/json; charset=utf-8' };
}

/** Lets the answer be created, and loses it when it is sent. Replaces the two ways of writing a body. */
function cutAnswer(response: ServerResponse, cutAt: CutAt): void {
  const chunks: Buffer[] = [];
  const collect = (chunk: unknown) => {
    if (typeof chunk === 'string' || chunk instanceof Uint8Array) chunks.push(Buffer.from(chunk));
  };
  const { write } = response;
  response.write = (chunk: unknown) => {
    collect(chunk);
    return true;
  };
  response.end = (chunk?: unknown) => {
    collect(chunk);
    const body = Buffer.concat(chunks);
    response.write = write;
    if (cutAt === 'afterProcessing') response.socket?.destroy();
    else {
      // A length that is never reached: the caller can tell the cut from an end.
      if (!response.headersSent) response.setHeader('content-length', Math.max(body.length, 2));
      response.flushHeaders();
      if (cutAt === 'midBody') response.write(body.subarray(0, Math.max(1, Math.floor(body.length / 2))));
      setImmediate(() => response.socket?.destroy());
    }
    return response;
  };
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > MAX_BODY_BYTES) throw new Error(`the body has more than ${MAX_BODY_BYTES} bytes`);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

function listen(
  server: Server,
  { port, host, name }: { readonly port: number; readonly host: string; readonly name: string },
): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const isTaken = error.code === 'EADDRINUSE';
      reject(isTaken ? new Error(portInUse(port, name), { cause: error }) : error);
    });
    server.listen(port, host, () => {
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : port);
    });
  });
}

const portInUse = (port: number, name: string) =>
  `Port ${port}, wanted for the ${name} sandbox, is in use. Stop the program that holds it, ` +
  'or choose another start with --port (the sandbox takes that port and the next two).';
