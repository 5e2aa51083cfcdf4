import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { CallerRequest } from '../callers/index.ts';
import { GatewayError } from '../kit/errors/index.ts';
import { single } from '../kit/http/index.ts';
import { andThen, type MaybePromise, orElse } from '../kit/maybe-promise.ts';
import type { Principal } from '../kit/principal.ts';
import type { Telemetry } from '../telemetry/index.ts';
import type { Answer } from './answers/answer.ts';
import { errorAnswer, refusalAnswer } from './answers/error-answer.ts';
import { forReader } from './answers/error-page.ts';
import { sendAnswer } from './answers/send-answer.ts';
import { type CallerCheck, type Decision, decideRequest } from './decide-request.ts';
import type { Flight, InFlight } from './in-flight.ts';
import { isTooLongByFar } from './intake/read-body.ts';
import { corsHeaders, type RequestRules } from './intake/request-checks.ts';
import { type IntakeOptions, type OpenExchange, toExchange } from './intake/to-exchange.ts';
import { createRefusalNote, type RefusalNoteOptions } from './note-refusal.ts';
import { createRequestRecord, type RequestRecordOptions } from './record-request.ts';
import { type CountRefused, limitOf } from './refused-metrics.ts';
import { requireMetrics } from './routes/metrics.ts';
import type { CallerExchange } from './routes/route.ts';

export interface RequestHandlerOptions extends IntakeOptions, RequestRecordOptions, RefusalNoteOptions {
  readonly rules: RequestRules;
  readonly identify: (request: CallerRequest) => MaybePromise<Principal>;
  readonly inFlight: Pick<InFlight, 'begin'>;
  /** Called when a request on this connection has ended. */
  readonly onEnded: (socket: Socket) => void;
  readonly isDraining: () => boolean;
  readonly isClosed: () => boolean;
  /** A client that reads nothing of its answer for this long is disconnected. */
  readonly sendTimeoutMs: number;
  readonly now: () => number;
  readonly countRefused: CountRefused;
  /** Without it, nothing is traced. */
  readonly telemetry?: Telemetry | undefined;
}

const STOPPED = 'The gateway has stopped. Send the request to another one, or start it again.';

/** An unknown caller without any rights. */
const VISITOR: Principal = {
  id: 'visitor',
  kind: 'anonymous',
  companies: [],
  tenants: [],
  readOnly: true,
  admin: false,
};

/**
 * Answers one request. Never rejects.
 * @param peer address that it came from; undefined if unknown, and then it does not count as local
 */
export type RequestHandler = (
  request: IncomingMessage,
  response: ServerResponse,
  peer: string | undefined,
) => MaybePromise<void>;

/** Handles a request, from its head to its answer and its log line. */
export function createRequestHandler(options: RequestHandlerOptions): RequestHandler {
  const { rules, routes, identify, bodyBytes, inFlight, onEnded, isDraining, sendTimeoutMs, log, now } = options;
  const { countRefused, telemetry } = options;
  const record = createRequestRecord(options);
  const noteRefusal = createRefusalNote(options);

  return (request, response, peer) => {
    const startedAt = now();
    const { socket } = request;
    const flight = inFlight.begin(socket);
    const exchange = toExchange(request, response, flight, peer, options);
    // Of the answer: its body is in memory for no longer than the system needs it.
    let sent: { readonly errorCodes: Answer['errorCodes'] } | undefined;
    response.on('close', () => {
      if (!response.writableFinished) flight.abort(new Error('the client closed the connection'));
      flight.end();
      onEnded(socket);
      record({ exchange, errorCodes: sent?.errorCodes, ...endOf(response, flight), ms: now() - startedAt });
    });
    const found = orElse(
      () => toAnswer(exchange, startedAt),
      (error) => {
        countRefused(limitOf(error));
        return toErrorAnswer(error, exchange, request);
      },
    );
    const sendAs = (known: Answer, orFail: (error: unknown) => MaybePromise<void>): MaybePromise<void> =>
      orElse(() => {
        const chosen = flight.refusal ? errorAnswer(flight.refusal, exchange) : known;
        if (!sent) noteRefusal(exchange, chosen);
        sent = { errorCodes: chosen.errorCodes };
        return andThen(send(exchange, request, response, chosen), () => {
          if (response.writableLength > 0 || !response.writableEnded) limitSending(response, flight);
        });
      }, orFail);
    const cut = () => void response.destroy();
    return andThen(found, (known) =>
      sendAs(known, (error) => {
        log.error({ err: error, requestId: exchange.requestId }, 'an answer could not be sent');
        // An invalid header is detected before anything is sent, so an error can still be sent instead.
        return response.headersSent ? cut() : sendAs(errorAnswer(undefined, exchange), cut);
      }),
    );
  };

  /** Set if something is left to be sent; Node restarts the timeout whenever the client has read some of it. */
  function limitSending(response: ServerResponse, flight: Flight): void {
    flight.sending(response.writableLength);
    response.setTimeout(sendTimeoutMs, () => {
      flight.abort(new Error('the client read nothing of its answer for server.sendTimeout'));
      response.destroy();
    });
  }

  function toErrorAnswer(error: unknown, exchange: OpenExchange, request: IncomingMessage): Answer {
    const { requestId } = exchange;
    if (error instanceof GatewayError) exchange.refusedCaller = error.caller;
    const isForeseen = error instanceof GatewayError && error.code !== 'INTERNAL';
    // A client that disconnects while it is sending is not a failure of the gateway.
    const traced = exchange.trace && { trace_id: exchange.trace.context.traceId };
    if (!isForeseen && !request.destroyed) log.error({ err: error, requestId, ...traced }, 'request failed');
    return errorAnswer(error, exchange);
  }

  function toAnswer(exchange: OpenExchange, startedAt: number): MaybePromise<Answer> {
    if (options.isClosed()) throw new GatewayError('UPSTREAM_UNAVAILABLE', STOPPED);
    const decision = decideRequest(rules, routes, exchange);
    if (decision.check === 'nobody') return answerBy(decision, exchange);
    return andThen(identifyFor(decision.check, exchange), (principal) => {
      // Set on the exchange itself, so that what a handler notes there (the operation's name) reaches the log.
      exchange.principal = principal;
      if (telemetry && decision.kind === 'run') exchange.trace = beginTrace(telemetry, exchange, decision, startedAt);
      if (decision.check === 'metrics') requireMetrics(principal);
      return answerBy(decision, exchange);
    });
  }

  function identifyFor(check: CallerCheck, exchange: OpenExchange): MaybePromise<Principal> {
    if (check !== 'caller or visitor') return identify(exchange);
    return orElse(
      () => identify(exchange),
      (error) => {
        if (!(error instanceof GatewayError && error.code === 'UNAUTHENTICATED')) throw error;
        exchange.visitor = error;
        return VISITOR;
      },
    );
  }

  function send(
    exchange: OpenExchange,
    request: IncomingMessage,
    response: ServerResponse,
    answer: Answer,
  ): MaybePromise<void> {
    return sendAnswer(response, forReader(answer, exchange), {
      acceptEncoding: exchange.headers['accept-encoding'],
      requestId: exchange.requestId,
      headers: corsHeaders(rules, exchange),
      withoutBody: exchange.method === 'HEAD',
      // Do not wait for the unread rest of a long body.
      closeConnection:
        isDraining() || isTooLongByFar(request.headers['content-length'], bodyBytes) || answer.status === 413,
    });
  }
}

/** Only the gateway's own routes, whose names are not secret. */
function beginTrace(
  telemetry: Telemetry,
  { method, headers, visitor }: OpenExchange,
  { route }: Extract<Decision, { kind: 'run' }>,
  startedAt: number,
) {
  const traceparent = single(headers['traceparent']);
  return telemetry.begin({ method, route: route.path, startedAt, traceparent, isCaller: visitor === undefined });
}

/** nginx's status for a client that disconnected or was disconnected before it had its whole answer. */
const CUT = 499;

function endOf({ writableFinished, statusCode }: ServerResponse, { reason }: Flight) {
  if (writableFinished) return { status: statusCode };
  return { status: CUT, cut: reason instanceof Error ? reason.message : undefined };
}

function answerBy(decision: Decision, exchange: OpenExchange): MaybePromise<Answer> {
  if (decision.kind === 'allow') return { status: 204, ...(decision.headers && { headers: decision.headers }) };
  if (decision.kind === 'refuse') return refusalAnswer(decision.refusal, exchange.requestId);
  const { route, method } = decision;
  // If the route needs a caller, it is known by now; other routes do not use it.
  return run(route.handlers[method], exchange as CallerExchange);
}

function run<E>(handler: ((exchange: E) => MaybePromise<Answer>) | undefined, exchange: E): MaybePromise<Answer> {
  if (!handler) throw new GatewayError('INTERNAL', 'This route does not support the method.');
  return handler(exchange);
}
