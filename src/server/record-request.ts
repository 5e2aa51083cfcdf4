import type { Logger } from 'pino';
import { headerText } from '../kit/http/index.ts';
import type { Answer } from './answers/answer.ts';
import type { HttpMetrics } from './http-metrics.ts';
import type { OpenExchange } from './intake/to-exchange.ts';
import type { Refusal } from './refusal-record.ts';
import type { Route } from './routes/route.ts';

export interface RequestRecordOptions {
  readonly routes: readonly Route[];
  readonly metrics: HttpMetrics;
  readonly onRefused?: ((refusal: Refusal) => void) | undefined;
  readonly log: Logger;
}

export interface EndedRequest {
  readonly exchange: OpenExchange;
  /** Undefined: the client left before there was one. */
  readonly answer: Answer | undefined;
  readonly status: number;
  /** Why the answer did not leave, or not all of it. */
  readonly cut?: string | undefined;
  readonly ms: number;
}

/** Longer paths are not ours; a line of the log stays a line. */
const LONGEST_LOGGED_PATH = 200;

/** One line a request: who asked where, and how it ended; nothing of what was asked or answered. */
export function createRequestRecord({ routes, metrics, onRefused, log }: RequestRecordOptions) {
  const knownPaths = new Set(routes.map(({ path }) => path));
  // Its lines are made of known members, none of which can hold a secret; looking for some in each would cost as much as
  // answering.
  const accessLog = log.child({}, { redact: [] });

  return ({ exchange, answer, status, cut, ms }: EndedRequest): void => {
    const { method, path, requestId, remoteAddress: remote, operationName, principal } = exchange;
    metrics.observe(knownPaths.has(path) ? path : 'other', method, status, ms / 1000);
    const codes = answer?.errorCodes ?? exchange.errorCodes;
    const refusal = codes.length > 0 && onRefused ? toRefusal(exchange, answer) : undefined;
    if (refusal) onRefused?.(refusal);
    accessLog.info(
      {
        method,
        path: path.slice(0, LONGEST_LOGGED_PATH),
        status,
        cut,
        ms: Math.round(ms * 10) / 10,
        caller: principal?.id,
        remote,
        requestId,
        operation: operationName,
        errors: codes.length > 0 ? codes : undefined,
      },
      'request',
    );
  };
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
