import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import type { CallerRequest } from '../callers/index.ts';
import { GatewayError } from '../kit/errors/index.ts';
import type { StopSignal } from '../kit/http/index.ts';
import { type Awaitable, andThen, orElse } from '../kit/maybe-promise.ts';
import type { Principal } from '../kit/principal.ts';
import type { Answer } from './answers/answer.ts';
import { errorAnswer, refusalAnswer } from './answers/error-answer.ts';
import { sendAnswer } from './answers/send-answer.ts';
import { findRoute } from './find-route.ts';
import type { HttpMetrics } from './http-metrics.ts';
import type { InFlight } from './in-flight.ts';
import { headerText } from './intake/header-text.ts';
import { isTooLongByFar, readBody } from './intake/read-body.ts';
import { remoteAddress } from './intake/remote-address.ts';
import { corsHeaders, isPreflight, type RequestRules, refuseRequest } from './intake/request-checks.ts';
import type { Refusal } from './refusal-record.ts';
import { requireAdmin } from './routes/metrics.ts';
import type { CallerExchange, Exchange, Method, Route } from './routes/route.ts';

export interface RequestHandlerOptions {
  readonly rules: RequestRules;
  readonly routes: readonly Route[];
  readonly identify: (request: CallerRequest) => Awaitable<Principal>;
  readonly bodyBytes: number;
  readonly trustProxy: boolean;
  readonly inFlight: InFlight;
  readonly isDraining: () => boolean;
  readonly metrics: HttpMetrics;
  readonly onRefused?: ((refusal: Refusal) => void) | undefined;
  readonly log: Logger;
  readonly now: () => number;
}

/** Longer paths are not ours; a line of the log stays a line. */
const LONGEST_LOGGED_PATH = 200;

/** An exchange of anybody; who it is, once that is known. */
interface OpenExchange extends Exchange {
  principal: Principal | undefined;
  visitor: GatewayError | undefined;
}

/** Somebody whom nobody knows, and who may use nothing. */
const VISITOR: Principal = {
  id: 'visitor',
  kind: 'anonymous',
  companies: [],
  tenants: [],
  readOnly: true,
  admin: false,
};

const NO_CODES: readonly string[] = [];

/** From a request to its answer and its line in the log. Never rejects. */
export function createRequestHandler(options: RequestHandlerOptions) {
  const { rules, routes, identify, bodyBytes, trustProxy, inFlight, isDraining, metrics, onRefused, log, now } =
    options;
  const knownPaths = new Set(routes.map(({ path }) => path));
  // Its lines are made below of known members, none of which can hold a secret; looking for some in each would cost
  // as much as answering.
  const accessLog = log.child({}, { redact: [] });

  return (request: IncomingMessage, response: ServerResponse): Awaitable<void> => {
    const startedAt = now();
    const flight = inFlight.begin();
    const exchange = toExchange(request, response, flight.signal);
    let answer: Answer | undefined;
    response.on('close', () => {
      if (!response.writableFinished) flight.abort(new Error('the client closed the connection'));
      flight.end();
      record(exchange, response, answer, now() - startedAt);
    });
    const found = orElse(
      () => toAnswer(exchange),
      (error) => toErrorAnswer(error, exchange, request),
    );
    const sendAs = (known: Answer, orFail: (error: unknown) => Awaitable<void>): Awaitable<void> =>
      orElse(() => {
        answer = known;
        return send(exchange, request, response, known);
      }, orFail);
    const cut = () => void response.destroy();
    return andThen(found, (known) =>
      sendAs(known, (error) => {
        log.error({ err: error, requestId: exchange.requestId }, 'an answer could not be sent');
        // A header that cannot be written is found before anything is sent: then there is still room for words.
        return response.headersSent ? cut() : sendAs(errorAnswer(undefined, exchange.requestId), cut);
      }),
    );
  };

  function toErrorAnswer(error: unknown, { requestId }: Exchange, request: IncomingMessage): Answer {
    const isForeseen = error instanceof GatewayError && error.code !== 'INTERNAL';
    // A client that went away while it was sending is no failure of ours.
    if (!isForeseen && !request.destroyed) log.error({ err: error, requestId }, 'request failed');
    return errorAnswer(error, requestId);
  }

  function toExchange(request: IncomingMessage, response: ServerResponse, signal: StopSignal): OpenExchange {
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
      errorCodes: NO_CODES,
      mutations: undefined,
      refused: undefined,
      principal: undefined,
      visitor: undefined,
    };
  }

  function toAnswer(exchange: OpenExchange): Awaitable<Answer> {
    const refusal = refuseRequest(rules, exchange);
    if (refusal) return refusalAnswer(refusal, exchange.requestId);
    // Asked without credentials, by the browser itself; only allowed origins come this far, or our own.
    if (isPreflight(exchange)) return { status: 204 };
    const found = findRoute(routes, exchange.path, exchange);
    if ('status' in found)
      return andThen(identifyIfCredentials(exchange), () => refusalAnswer(found, exchange.requestId));
    return answerBy(found.route, found.method, exchange);
  }

  function answerBy(route: Route, method: Method, exchange: OpenExchange): Awaitable<Answer> {
    if (route.access === 'open') return run(route.handlers[method], exchange);
    if (route.access === 'page')
      return andThen(identifyIfCredentials(exchange), () => run(route.handlers[method], exchange));
    const known = orElse<Principal>(
      () => identify(exchange),
      (error) => {
        // Wrong credentials are never taken for none.
        const isNobody = exchange.headers['authorization'] === undefined;
        const takesVisitors = 'takesVisitors' in route && route.takesVisitors;
        if (!(isNobody && takesVisitors && error instanceof GatewayError && error.code === 'UNAUTHENTICATED'))
          throw error;
        exchange.visitor = error;
        return VISITOR;
      },
    );
    return andThen(known, (principal) => {
      // On the exchange itself, so that what a handler notes there (the operation's name) reaches the log.
      exchange.principal = principal;
      if (route.access === 'admin') requireAdmin(principal);
      return run(route.handlers[method], exchange as CallerExchange);
    });
  }

  /** Wrong credentials are refused everywhere; having none is no reason to hide a page. */
  function identifyIfCredentials(exchange: OpenExchange): Awaitable<void> {
    if (exchange.headers['authorization'] === undefined) return;
    return andThen(identify(exchange), (principal) => {
      exchange.principal = principal;
    });
  }

  function send(
    exchange: Exchange,
    request: IncomingMessage,
    response: ServerResponse,
    answer: Answer,
  ): Awaitable<void> {
    return sendAnswer(response, answer, {
      acceptEncoding: exchange.headers['accept-encoding'],
      requestId: exchange.requestId,
      headers: corsHeaders(rules, exchange),
      withoutBody: exchange.method === 'HEAD',
      // What we did not read of a long body is not worth waiting for.
      closeConnection:
        isDraining() || isTooLongByFar(request.headers['content-length'], bodyBytes) || answer.status === 413,
    });
  }

  /** One line a request: who asked where, and how it ended; nothing of what was asked or answered. */
  function record(exchange: OpenExchange, response: ServerResponse, answer: Answer | undefined, ms: number): void {
    const { method, path, requestId, remoteAddress: remote, operationName, errorCodes, principal } = exchange;
    const status = response.headersSent ? response.statusCode : 499; // nginx's number for a client that left
    metrics.observe(knownPaths.has(path) ? path : 'other', method, status, ms / 1000);
    const codes = answer?.errorCodes ?? errorCodes;
    const refusal = codes.length > 0 && onRefused ? toRefusal(exchange, answer) : undefined;
    if (refusal) onRefused?.(refusal);
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
        errors: codes.length > 0 ? codes : undefined,
      },
      'request',
    );
  }
}

/** Undefined where nothing was refused for want of a right. Having shown no credentials is no attempt at anything. */
function toRefusal(exchange: OpenExchange, answer: Answer | undefined): Refusal | undefined {
  const { headers, method, path, principal, requestId } = exchange;
  const outcome = exchange.refused ? 'FORBIDDEN' : answer?.errorCodes?.find((code) => REFUSALS.has(code));
  if (outcome === undefined || (outcome === 'UNAUTHENTICATED' && headers['authorization'] === undefined))
    return undefined;
  return {
    kind: 'refusal',
    at: Date.now(),
    action: exchange.refused ?? `${method} ${path.slice(0, LONGEST_LOGGED_PATH)}`,
    caller: principal?.id,
    connection: principal?.sage200?.connection,
    consent: principal?.sage200?.consent?.toString(),
    tenant: headerText(exchange, 'x-tenant'),
    site: headerText(exchange, 'x-site'),
    company: headerText(exchange, 'x-company'),
    requestId,
    outcome,
  };
}

const REFUSALS: ReadonlySet<string> = new Set(['FORBIDDEN', 'UNAUTHENTICATED']);

function run<E>(handler: ((exchange: E) => Awaitable<Answer>) | undefined, exchange: E): Awaitable<Answer> {
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
