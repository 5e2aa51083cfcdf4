import type { Logger } from 'pino';
import type { Answer } from './answers/answer.ts';
import type { HttpMetrics } from './http-metrics.ts';
import type { OpenExchange } from './intake/to-exchange.ts';
import type { Route } from './routes/route.ts';

export interface RequestRecordOptions {
  readonly routes: readonly Route[];
  readonly metrics: HttpMetrics;
  readonly log: Logger;
}

export interface EndedRequest {
  readonly exchange: OpenExchange;
  /** Of an answer that says them itself, and not what the exchange has noted. */
  readonly errorCodes: Answer['errorCodes'] | undefined;
  readonly status: number;
  /** Why the answer was not sent, or not completely. */
  readonly cut?: string | undefined;
  readonly ms: number;
}

/** The gateway has no longer paths, and log lines should stay short. */
export const LONGEST_LOGGED_PATH = 200;

/** One log line for each request: who called which route, and how it ended; nothing from the request or the answer. */
export function createRequestRecord({ routes, metrics, log }: RequestRecordOptions) {
  const knownPaths = new Set(routes.map(({ path }) => path));
  // Its lines consist of known members that cannot contain secrets; searching each line for secrets would cost as much
  // as answering.
  const accessLog = log.child({}, { redact: [] });

  return ({ exchange, errorCodes, status, cut, ms }: EndedRequest): void => {
    const { method, path, requestId, remoteAddress: remote, operation, principal, refusedCaller } = exchange;
    const { context, trace } = exchange;
    const calls = context?.calls;
    metrics.observe(knownPaths.has(path) ? path : 'other', method, status, ms / 1000);
    const codes = errorCodes ?? exchange.errorCodes;
    accessLog.info(
      {
        method,
        path: path.slice(0, LONGEST_LOGGED_PATH),
        status,
        cut,
        ms: Math.round(ms * 10) / 10,
        caller: principal?.id ?? refusedCaller,
        remote,
        requestId,
        operation: operation?.name,
        connection: principal?.sage200?.connection,
        company: calls?.about,
        upstreamCalls: calls?.made,
        upstreamMs: calls && Math.round(calls.upstreamMs * 10) / 10,
        errors: codes.length > 0 ? codes : undefined,
        trace_id: trace?.context.traceId,
      },
      'request',
    );
    trace?.end({ status, operation, plan: context?.plan, code: codes[0] });
  };
}
