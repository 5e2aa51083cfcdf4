import { type ErrorCode, GatewayError } from '../../kit/errors/index.ts';
import { HttpFailure, type HttpResponse, meaningOfStatus, refusalReason, toReadError } from '../../kit/http/index.ts';
import { parseRetryAfter } from '../../kit/retry-after.ts';
import type { Redact } from '../../kit/text/index.ts';

/** The name of Payments Out in errors, metrics and the configuration. */
export const source = 'network';

/** The parts of a request that affect the meaning of an answer. */
export interface Asked {
  readonly isWrite: boolean;
  /** Id of the request in Sage's logs. */
  readonly interactionId: string;
  readonly idempotencyKey?: string | undefined;
}

/** The meaning of an answer other than 2xx. The client handles 401, since it knows whose token it was. */
export function toError({ status, headers, body }: HttpResponse, asked: Asked, redact: Redact): GatewayError {
  const reason = refusalReason(body, redact);
  const retryAfter = parseRetryAfter(headers['retry-after'], Date.now());
  switch (meaningOfStatus(status)) {
    case 'forbidden':
      return failure(
        'FORBIDDEN',
        withReason("Payments Out does not allow this to the gateway's client.", reason),
        asked,
      );
    case 'rateLimited':
      return failure('RATE_LIMITED', 'Payments Out asks for fewer requests. Try again later.', asked, { retryAfter });
    case 'rejected':
      if (status >= 400 || asked.isWrite) return failure('UPSTREAM_REJECTED', rejection(status, reason), asked);
      break;
    default:
  }
  if (status === 504 || status === 408)
    return lostOr(asked, 'UPSTREAM_TIMEOUT', 'Payments Out did not answer in time.');
  return lostOr(
    asked,
    'UPSTREAM_UNAVAILABLE',
    `Payments Out cannot answer at the moment (HTTP ${status}). Try again later.`,
    {
      retryAfter,
    },
  );
}

const rejection = (status: number, reason: string | undefined): string =>
  status < 400
    ? `Payments Out answered with a redirect (HTTP ${status}), which is not followed: nothing was done.`
    : (reason ?? `Payments Out refused the request without a reason (HTTP ${status}).`);

const withReason = (message: string, reason: string | undefined): string =>
  reason === undefined ? message : `${message} Sage says: ${reason}`;

/** The meaning of a missing or incomplete answer. @throws errors that are not network failures */
export function toFailureError(cause: unknown, asked: Asked): GatewayError {
  if (cause instanceof GatewayError) return cause;
  if (!(cause instanceof HttpFailure)) throw cause;
  const { code, message, details, retryAfter } = toReadError(cause, 'Payments Out', source);
  return lostOr({ ...asked, isWrite: asked.isWrite && cause.sent }, code, message, { retryAfter, details, cause });
}

/** A 2xx answer without the requested content. */
export const unreadable = (asked: Asked): GatewayError =>
  lostOr(asked, 'UPSTREAM_UNAVAILABLE', 'Payments Out did not return the expected JSON.');

/** A write whose answer is lost may have been carried out. */
function lostOr(asked: Asked, code: ErrorCode, message: string, more: MoreOfFailure = {}): GatewayError {
  if (!asked.isWrite) return failure(code, message, asked, more);
  const { idempotencyKey } = asked;
  const advice =
    idempotencyKey === undefined
      ? 'Look it up before you send it again.'
      : 'Send it again with the key in extensions.idempotencyKey: Sage carries it out only once.';
  return failure(
    'OUTCOME_UNKNOWN',
    `The answer of Payments Out to this write was lost: it may or may not have been carried out. ${advice}`,
    asked,
    { cause: failure(code, message, asked, more), details: idempotencyKey === undefined ? {} : { idempotencyKey } },
  );
}

interface MoreOfFailure {
  readonly retryAfter?: number | undefined;
  readonly details?: Readonly<Record<string, unknown>> | undefined;
  readonly cause?: unknown;
}

export const failure = (
  code: ErrorCode,
  message: string,
  { interactionId }: Pick<Asked, 'interactionId'>,
  { retryAfter, details, cause }: MoreOfFailure = {},
): GatewayError =>
  new GatewayError(code, message, { source, retryAfter, cause, details: { ...details, requestId: interactionId } });
