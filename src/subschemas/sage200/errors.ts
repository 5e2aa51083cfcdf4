import { GatewayError } from '../../kit/errors/index.ts';
import { parseExactJson } from '../../kit/exact-json.ts';
import { HttpFailure, type HttpResponse, meaningOfStatus, refusalReason, toReadError } from '../../kit/http/index.ts';
import { isObject } from '../../kit/json.ts';
import { parseRetryAfter } from '../../kit/retry-after.ts';
import { createRedactor, type RedactOptions } from '../../kit/text/index.ts';
import type { CompanyRef } from './caller.ts';

/** The kind of request, which affects the meaning of an answer. */
export type Asked = 'row' | 'collection' | 'write';

const source = 'sage200';

export interface ErrorHints {
  /** The first release with the resource, if not every release has it. */
  readonly release?: string | undefined;
  /** The content and target of the request: servers and proxies on the way may repeat it in their texts. */
  readonly hidden?: RedactOptions;
}

/** The meaning of an answer other than 200. Not for a 401: only the client knows whether a new token was tried. */
export function toError(response: HttpResponse, asked: Asked, { release, hidden }: ErrorHints = {}): GatewayError {
  const { status } = response;
  const reason = refusalReason(response.body, createRedactor(hidden));
  const retryAfter = parseRetryAfter(response.headers['retry-after'], Date.now());
  switch (meaningOfStatus(status)) {
    case 'forbidden': {
      const message = 'Sage 200 does not allow this: the role of the signed-in user does not include the feature.';
      return new GatewayError('FORBIDDEN', withReason(message, reason), { source });
    }
    case 'rateLimited':
      return new GatewayError('RATE_LIMITED', 'Sage 200 asks for fewer requests. Try again later.', {
        source,
        retryAfter,
      });
    case 'rejected':
      if (status === 404 && asked === 'row') return notSagesOwn();
      if (status >= 400 || asked === 'write')
        return new GatewayError('UPSTREAM_REJECTED', rejection(status, asked, reason, release), { source });
      break;
    default:
  }
  const failed =
    status === 504
      ? new GatewayError('UPSTREAM_TIMEOUT', 'Sage 200 did not answer in time: its gateway gave up waiting.', {
          source,
        })
      : new GatewayError(
          'UPSTREAM_UNAVAILABLE',
          `Sage 200 cannot answer at the moment (HTTP ${status}). Try again later.`,
          {
            source,
            retryAfter,
          },
        );
  return lostOr(asked, failed);
}

/** Nothing was done: with Sage's own message if there is one. */
function rejection(status: number, asked: Asked, reason: string | undefined, release: string | undefined): string {
  if (status < 400) return `Sage 200 redirects this write (HTTP ${status}), which is not followed: nothing was saved.`;
  if (status !== 404 && status !== 405)
    return reason ?? `Sage 200 refused the request without a reason (HTTP ${status}).`;
  if (release !== undefined) return `This Sage 200 does not have the resource: it needs release ${release} or later.`;
  if (asked === 'collection') return 'This Sage 200 does not have the resource: it is not in this release or product.';
  return withReason('Sage 200 does not have this row.', reason);
}

const withReason = (message: string, reason: string | undefined): string =>
  reason === undefined ? message : `${message} Sage 200 says: ${reason}`;

const notSagesOwn = () =>
  new GatewayError(
    'UPSTREAM_UNAVAILABLE',
    "A server in front of Sage 200 answered 404, not in Sage 200's own format. Try again later, or select fewer fields.",
    { source },
  );

/** Whether the answer is from Sage: web servers and gateways in front of it have their own pages and formats. */
export function isSagesOwn({ body }: HttpResponse): boolean {
  try {
    const answer: unknown = JSON.parse(body.toString());
    return !(isObject(answer) && 'statusCode' in answer);
  } catch {
    return false;
  }
}

/** The error if there was no complete answer. */
export function toFailureError(failure: unknown, asked: Asked): GatewayError {
  if (failure instanceof GatewayError) return failure;
  if (!(failure instanceof HttpFailure)) throw failure;
  const error = toReadError(failure, 'Sage 200', source);
  return failure.sent ? lostOr(asked, error) : error;
}

/** @throws GatewayError UPSTREAM_UNAVAILABLE, or OUTCOME_UNKNOWN for a write, if the body is not JSON */
export function parseBody(response: HttpResponse, asked: Asked): unknown {
  const text = response.body.toString();
  if (text === '' && asked === 'write') return undefined;
  try {
    return parseExactJson(text);
  } catch (cause) {
    throw lostOr(
      asked,
      new GatewayError('UPSTREAM_UNAVAILABLE', 'Sage 200 did not return JSON. Try again later.', {
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

export function messageIn(answer: unknown): string | undefined {
  if (!isObject(answer)) return undefined;
  const { Message, message } = answer;
  const found = Message ?? message;
  return typeof found === 'string' && found !== '' ? found : undefined;
}

/** Sage 200 refuses every token of this sign-in for every company. */
export const refusedEverywhere = (connection: string) =>
  new GatewayError(
    'UPSTREAM_UNAVAILABLE',
    `Sage 200 refuses connection “${connection}” everywhere, even with a token that Sage ID has just issued: either its API has a problem, or the application's registration. Signing in again does not help. Try again later.`,
    { source: 'sage200' },
  );

/** Sage 200 refuses this sign-in for one company, but accepts it elsewhere. */
export const refusedCompany = (company: CompanyRef | undefined) =>
  new GatewayError(
    'FORBIDDEN',
    `Sage 200 refuses this sign-in for company ${company?.company} at site ${company?.site}. Choose another company, or give the user access to it.`,
    { source: 'sage200' },
  );
