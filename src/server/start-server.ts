import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { closePatiently } from './connections.ts';
import { createAnswering } from './create-handler.ts';
import { toListenError } from './listen-error.ts';
import type { RunningServer, ServerOptions } from './server-options.ts';

const DEFAULT_TIMEOUTS = { headersMs: 10_000, requestMs: 30_000 };

/** Longer than load balancers keep connections (usually 60 s), so that they never send into one that is just closing. */
const KEEP_ALIVE_MS = 65_000;

/** How long closed connections may take to report that. */
const AFTER_CLOSE_MS = 1_000;

/**
 * Listens and answers.
 * @throws Error with a message for the operator if it cannot listen there.
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { config, timeouts = DEFAULT_TIMEOUTS } = options;
  const { state, handle, replace, health, end } = createAnswering(options);
  const server = createServer(
    {
      headersTimeout: timeouts.headersMs,
      requestTimeout: timeouts.requestMs,
      connectionsCheckingInterval: Math.min(5_000, timeouts.headersMs),
      keepAliveTimeout: KEEP_ALIVE_MS,
      requireHostHeader: false, // a missing header is answered like a wrong one
    },
    (request, response) => void handle(request, response, request.socket.remoteAddress),
  );
  // Node would request the client's body at once, before the caller is checked.
  server.on('checkContinue', (request, response) => void handle(request, response, request.socket.remoteAddress));
  const connections = closePatiently(server, state.inFlight);
  state.onEnded = connections.ended;
  await listen(server, config.server.host, config.server.port);
  const { port } = server.address() as AddressInfo; // a string or null only for pipes and closed servers
  let closing: Promise<void> | undefined;
  let closed: Promise<void> | undefined;

  return {
    url: `http://${toUrlHost(config.server.host)}:${port}`,
    port,
    replace,
    health,
    async drain({ othersServe = false } = {}) {
      state.isDraining = true;
      state.isReady = othersServe;
      if (othersServe) void stopListening();
      await delay(config.server.drainDelayMs);
    },
    close() {
      state.isDraining = true;
      state.isReady = false;
      closing ??= finish();
      return closing;
    },
  };

  function stopListening(): Promise<void> {
    closed ??= new Promise<void>((resolve) => server.close(() => resolve()));
    return closed;
  }

  async function finish(): Promise<void> {
    const isClosed = stopListening();
    await connections.close();
    await end();
    server.closeAllConnections();
    await isClosed;
    // Each of them logs how it ended.
    await state.inFlight.idle(AFTER_CLOSE_MS);
  }
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(toListenError(error, host, port)));
    server.listen(port, host, resolve);
  });
}

/** A server on all addresses can be reached as localhost; an IPv6 address needs brackets. */
function toUrlHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}
