import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import type { CallerRequest, Principal } from '../callers/index.ts';
import { GatewayError } from '../errors/index.ts';
import type { StopSignal } from '../http/index.ts';
import type { Answer } from './answers/answer.ts';
import { errorAnswer, refusalAnswer } from './answers/error-answer.ts';
import { sendAnswer } from './answers/send-answer.ts';
import { findRoute } from './find-route.ts';
import type { HttpMetrics } from './http-metrics.ts';
import type { InFlight } from './in-flight.ts';
import { isTooLongByFar, readBody } from './intake/read-body.ts';
import { remoteAddress } from './intake/remote-address.ts';
import { corsHeaders, isPreflight, type RequestRules, refuseRequest } from './intake/request-checks.ts';
import { requireAdmin } from './routes/metrics.ts';
import type { CallerExchange, Exchange, Method, Route } from './routes/route.ts';

export interface RequestHandlerOptions {
  readonly rules: RequestRules;
  readonly routes: readonly Route[];
  readonly identify: (request: CallerRequest) => Promise<Principal>;
  readonly bodyBytes: number;
  readonly trustProxy: boolean;
  readonly inFlight: InFlight;
  readonly isDraining: () => boolean;
  readonly metrics: HttpMetrics;
  readonly log: Logger;
  readonly now: () => number;
}

/** Longer paths are not ours; a line of the log stays a line. */
const LONGEST_LOGGED_PATH = 200;

/** From a request to its answer and its line in the log. Never rejects. */
export function createRequestHandler(options: RequestHandlerOptions) {
  const { rules, routes, identify, bodyBytes, trustProxy, inFlight, isDraining, metrics, log, now } = options;
  const knownPaths = new Set(routes.map(({ path }) => path));
  // Its lines are made below of known members, none of which can hold a secret; looking for some in each would cost
  // as much as answering.
  const accessLog = log.child({}, { redact: [] });

  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const startedAt = now();
    const flight = inFlight.begin();
    const exchange = toExchange(request, response, flight.signal);
    let principal: Principal | undefined;
    let answer: Answer | undefined;
    response.once('close', () => {
      if (!response.writableFinished) flight.abort(new Error('the client closed the connection'));
      flight.end();
      record(exchange, principal, response, answer, now() - startedAt);
    });
    try {
      answer = await toAnswer(exchange, (found) => {
        principal = found;
      });
    } catch (error) {
      answer = errorAnswer(error, exchange.requestId);
      const isForeseen = error instanceof GatewayError && error.code !== 'INTERNAL';
      // A client that went away while it was sending is no failure of ours.
      if (!isForeseen && !request.destroyed) log.error({ err: error, requestId: exchange.requestId }, 'request failed');
    }
    await send(exchange, request, response, answer);
  };

  function toExchange(request: IncomingMessage, response: ServerResponse, signal: StopSignal): Exchange {
    const target = request.url ?? '';
    const queryAt = target.indexOf('?');
    const { headers } = request;
    return {
      method: request.method ?? '',
      target,
      path: queryAt === -1 ? target : target.slice(0, queryAt),
      search: queryAt === -1 ? '' : target.slice(queryAt),
      // Node keeps the first of several Host headers; a proxy before us may have looked at another.
      headers: hasSeveralHosts(request.rawHeaders) ? { ...headers, host: undefined } : headers,
      requestId: randomUUID(),
      remoteAddress: remoteAddress(request.socket.remoteAddress, headers['x-forwarded-for'], trustProxy),
      signal,
      readBody() {
        if (isTooLongByFar(headers['content-length'], bodyBytes)) {
          return Promise.reject(bodyTooLong(bodyBytes));
        }
        // The client waits for our word before it sends (see checkContinue); those who get no answer from us are spared it.
        if (headers.expect !== undefined) response.writeContinue();
        return readBody(request, bodyBytes);
      },
      operationName: undefined,
      errorCodes: [],
    };
  }

  async function toAnswer(exchange: Exchange, onPrincipal: (principal: Principal) => void): Promise<Answer> {
    const refusal = refuseRequest(rules, exchange);
    if (refusal) return refusalAnswer(refusal, exchange.requestId);
    // Asked without credentials, by the browser itself; only allowed origins come this far, or our own.
    if (isPreflight(exchange)) return { status: 204 };
    const found = findRoute(routes, exchange.path, exchange);
    if ('status' in found) {
      await identifyIfCredentials(exchange, onPrincipal);
      return refusalAnswer(found, exchange.requestId);
    }
    return answerBy(found.route, found.method, exchange, onPrincipal);
  }

  async function answerBy(
    route: Route,
    method: Method,
    exchange: Exchange,
    onPrincipal: (principal: Principal) => void,
  ): Promise<Answer> {
    if (route.access === 'open' || route.access === 'page') {
      if (route.access === 'page') await identifyIfCredentials(exchange, onPrincipal);
      return run(route.handlers[method], exchange);
    }
    const principal = await identify(exchange);
    onPrincipal(principal);
    if (route.access === 'admin') requireAdmin(principal);
    // One object with the exchange, so that what a handler notes on it (the operation's name) reaches the log.
    const callerExchange: CallerExchange = Object.assign(exchange, { principal });
    return run(route.handlers[method], callerExchange);
  }

  /** Wrong credentials are refused everywhere; having none is no reason to hide a page. */
  async function identifyIfCredentials(exchange: Exchange, onPrincipal: (principal: Principal) => void): Promise<void> {
    if (exchange.headers['authorization'] !== undefined) onPrincipal(await identify(exchange));
  }

  async function send(exchange: Exchange, request: IncomingMessage, response: ServerResponse, answer: Answer) {
    try {
      await sendAnswer(response, answer, {
        acceptEncoding: exchange.headers['accept-encoding'],
        headers: { 'x-request-id': exchange.requestId, ...corsHeaders(rules, exchange) },
        withoutBody: exchange.method === 'HEAD',
        // What we did not read of a long body is not worth waiting for.
        closeConnection:
          isDraining() || isTooLongByFar(request.headers['content-length'], bodyBytes) || answer.status === 413,
      });
    } catch (error) {
      log.error({ err: error, requestId: exchange.requestId }, 'an answer could not be sent');
      response.destroy();
    }
  }

  /** One line a request: who asked where, and how it ended; nothing of what was asked or answered. */
  function record(
    { method, path, requestId, remoteAddress: remote, operationName, errorCodes }: Exchange,
    principal: Principal | undefined,
    response: ServerResponse,
    answer: Answer | undefined,
    ms: number,
  ): void {
    const status = response.headersSent ? response.statusCode : 499; // nginx's number for a client that left
    metrics.observe(knownPaths.has(path) ? path : 'other', method, status, ms / 1000);
    const codes = answer?.errorCodes ?? errorCodes;
    accessLog.info(
      {
        method,
        path: path.slice(0, LONGEST_LOGGED_PATH),
        status,
        ms: Math.round(ms * 10) / 10,
        caller: principal?.id,
        remote,
        requestId,
        operation: operationName,
        ...(codes.length > 0 && { errors: codes }),
      },
      'request',
    );
  }
}

function run<E>(handler: ((exchange: E) => Answer | Promise<Answer>) | undefined, exchange: E) {
  if (!handler) throw new GatewayError('INTERNAL', 'This route has no such method.');
  return handler(exchange);
}

/** Names and values in turn, as they came. */
function hasSeveralHosts(rawHeaders: readonly string[]): boolean {
  let hosts = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index];
    if (name?.length === 4 && name.toLowerCase() === 'host') hosts += 1;
  }
  return hosts > 1;
}

function bodyTooLong(limitBytes: number): GatewayError {
  return new GatewayError('COST_EXCEEDED', `The body is far longer than ${limitBytes} bytes (limits.bodyBytes).`, {
    details: { limit: 'bodyBytes' },
  });
}
