import { GatewayError } from '../../kit/errors/index.ts';
import { answerTooLarge, HttpFailure, type HttpResponse } from '../../kit/http/index.ts';
import { isObject } from '../../kit/json.ts';
import { parseRetryAfter } from '../../kit/retry-after.ts';
import { createRedactor, type RedactOptions } from '../../kit/text/index.ts';
import { parseSageJson } from './json.ts';

/** What was asked, as far as it changes what an answer means. */
export type Asked = 'row' | 'collection' | 'write';

const source = 'sage200';

export interface ErrorHints {
  /** The first release with the resource, where not every release has it. */
  readonly release?: string | undefined;
  /** What the request carried and where it went: servers and proxies on the way may repeat it in their texts. */
  readonly hidden?: RedactOptions;
}

/** What an answer other than 200 means. A 401 is not for here: only the client knows whether a new token was tried. */
export function toError(response: HttpResponse, asked: Asked, { release, hidden }: ErrorHints = {}): GatewayError {
  const { status } = response;
  if (status === 400 || status === 409 || status === 422) {
    return new GatewayError(
      'UPSTREAM_REJECTED',
      messageOf(response, hidden) ?? 'Sage 200 refused the request without saying why.',
      { source },
    );
  }
  if (status === 403) {
    return new GatewayError(
      'FORBIDDEN',
      'Sage 200 does not allow this: the role of the signed-in user lacks the feature behind it.',
      { source },
    );
  }
  if (status === 404 || status === 405) {
    const message =
      release !== undefined
        ? `This Sage 200 does not know the resource: it needs release ${release} or later.`
        : asked === 'collection'
          ? 'This Sage 200 does not know the resource: it is not in this release or product.'
          : 'Sage 200 has no such row.';
    return new GatewayError('UPSTREAM_REJECTED', message, { source });
  }
  if (status === 429) {
    return new GatewayError('RATE_LIMITED', 'Sage 200 asks for fewer requests: try again later.', {
      source,
      retryAfter: parseRetryAfter(response.headers['retry-after'], Date.now()),
    });
  }
  if (status === 504)
    return lostOr(
      asked,
      new GatewayError('UPSTREAM_TIMEOUT', 'Sage 200 did not answer in time: its gateway gave up waiting.', { source }),
    );
  // Any other 5xx may come from the tunnel after the server had the request.
  return lostOr(
    asked,
    new GatewayError('UPSTREAM_UNAVAILABLE', `Sage 200 cannot answer just now (HTTP ${status}): try again later.`, {
      source,
      retryAfter: parseRetryAfter(response.headers['retry-after'], Date.now()),
    }),
  );
}

/** What it means that no whole answer came. */
export function toFailureError(failure: unknown, asked: Asked): GatewayError {
  if (failure instanceof GatewayError) return failure;
  if (!(failure instanceof HttpFailure)) throw failure;
  if (failure.kind === 'tooLarge') return lostOr(asked, answerTooLarge('Sage 200', source, failure));
  const isTimeout = failure.kind === 'timeout' || failure.kind === 'aborted';
  const error = isTimeout
    ? new GatewayError('UPSTREAM_TIMEOUT', 'Sage 200 did not answer within the time this operation has.', {
        source,
        cause: failure,
      })
    : new GatewayError('UPSTREAM_UNAVAILABLE', 'The connection to Sage 200 failed: try again later.', {
        source,
        cause: failure,
      });
  return failure.sent ? lostOr(asked, error) : error;
}

/** @throws GatewayError UPSTREAM_UNAVAILABLE, or OUTCOME_UNKNOWN for a write, when the body is not JSON */
export function parseBody(response: HttpResponse, asked: Asked): unknown {
  const text = response.body.toString();
  if (text === '' && asked === 'write') return undefined;
  try {
    return parseSageJson(text);
  } catch (cause) {
    throw lostOr(
      asked,
      new GatewayError('UPSTREAM_UNAVAILABLE', 'Sage 200 answered with something other than JSON: try again later.', {
        source,
        cause,
      }),
    );
  }
}

/** A write whose answer is lost may have happened. */
function lostOr(asked: Asked, error: GatewayError): GatewayError {
  if (asked !== 'write') return error;
  return new GatewayError(
    'OUTCOME_UNKNOWN',
    'The answer of Sage 200 to this write was lost: it may or may not have been saved. Look the row up before you send it again.',
    { source, cause: error },
  );
}

/** Sage's own words in what it answered. */
export function messageIn(answer: unknown): string | undefined {
  if (!isObject(answer)) return undefined;
  const { Message, message } = answer;
  const found = Message ?? message;
  return typeof found === 'string' && found !== '' ? found : undefined;
}

/** The `Message` of an error body. */
function messageOf(response: HttpResponse, hidden: RedactOptions | undefined): string | undefined {
  try {
    const found = messageIn(parseSageJson(response.body.toString()));
    return found === undefined ? undefined : createRedactor(hidden)(found);
  } catch {
    return undefined;
  }
}
