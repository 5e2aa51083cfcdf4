import type { OperationKind } from '../../graph/subschema.ts';
import { GatewayError } from '../../kit/errors/index.ts';
import { HttpFailure, type HttpResponse, meaningOfStatus, refusalReason, toReadError } from '../../kit/http/index.ts';
import { parseJson } from '../../kit/json.ts';
import { parseRetryAfter } from '../../kit/retry-after.ts';
import type { Redact } from '../../kit/text/index.ts';
import { type ErrorDefaults, type GraphqlBody, readGraphqlBody, refusalText } from './answer.ts';

/**
 * `renew`: the token was refused, so nothing was carried out. `moved`: the address no longer exists.
 * `refused`: the whole answer is a failure. `answer`: it is a GraphQL answer, with or without errors.
 */
export type AnswerMeaning =
  | { readonly kind: 'answer'; readonly body: GraphqlBody; readonly defaults: ErrorDefaults }
  | { readonly kind: 'renew'; readonly reason?: string | undefined }
  | { readonly kind: 'moved' }
  | { readonly kind: 'refused'; readonly error: GatewayError };

/** A refused token returns a body with `$diagnoses`; its status is not documented. */
const TOKEN_WORDS = /token|unauthori[sz]ed|expired|authenticat/i;

export interface Asked {
  readonly tenant: string;
  readonly kind: OperationKind;
  /** Epoch ms. */
  readonly now: number;
  readonly redact: Redact;
}

/** The meaning of an answer from the tenant's GraphQL API. Statuses are not documented, so bodies take precedence. */
export function readMeaning(response: HttpResponse, asked: Asked): AnswerMeaning {
  const { status } = response;
  // A token is refused before anything is read, and redirects are not followed.
  const body = status === 401 || (status >= 300 && status < 400) ? undefined : readGraphqlBody(response.body);
  if (body && (status < 300 || body.data || body.errors))
    return { kind: 'answer', body, defaults: defaultsFor(response, body, asked) };
  return meaningOfOther(response, asked);
}

/** The code that a status implies for errors without a code. */
function defaultsFor({ status, headers }: HttpResponse, { data }: GraphqlBody, { kind, now }: Asked): ErrorDefaults {
  switch (meaningOfStatus(status)) {
    case 'forbidden':
      return { code: 'FORBIDDEN' };
    case 'rateLimited':
      return { code: 'RATE_LIMITED', retryAfter: parseRetryAfter(headers['retry-after'], now) };
    case 'unknown':
      if (kind === 'mutation') return { code: data ? 'UPSTREAM_REJECTED' : 'OUTCOME_UNKNOWN' };
      return { code: isLate(status) ? 'UPSTREAM_TIMEOUT' : 'UPSTREAM_UNAVAILABLE' };
    default:
      return { code: 'UPSTREAM_REJECTED' };
  }
}

const isLate = (status: number): boolean => status === 504 || status === 408;

/** An answer that is not a GraphQL answer. */
function meaningOfOther(response: HttpResponse, { tenant, kind, now, redact }: Asked): AnswerMeaning {
  const { status } = response;
  if (status === 404 || status === 410) return { kind: 'moved' };
  const refused = (
    code: GatewayError['code'],
    message: string,
    more: { retryAfter?: number | undefined } = {},
  ): AnswerMeaning => ({
    kind: 'refused',
    error: new GatewayError(code, `ERP tenant "${tenant}" ${message}`, { source: `erp:${tenant}`, ...more }),
  });
  switch (meaningOfStatus(status)) {
    case 'tokenRefused':
      return { kind: 'renew', reason: x3Reason(response) };
    case 'forbidden':
      return refused('FORBIDDEN', "does not allow this to the gateway's API user.");
    case 'rateLimited': {
      const retryAfter = parseRetryAfter(response.headers['retry-after'], now);
      const when = retryAfter === undefined ? 'later' : `in ${retryAfter} s`;
      return refused('RATE_LIMITED', `asks for fewer requests. Try again ${when}.`, { retryAfter });
    }
    case 'unknown': {
      const error = isLate(status) ? timeout(tenant) : unavailable(tenant, `is failing (HTTP ${status})`);
      return { kind: 'refused', error: lostOr(tenant, kind, error) };
    }
    case 'rejected':
    case 'answered':
      return readRefusal(response);
  }

  function readRefusal({ body: bytes }: HttpResponse): AnswerMeaning {
    if (status >= 300 && status < 400)
      return { kind: 'refused', error: notServed(tenant, kind, 'answered with a redirect, which is not followed') };
    const said = refusalText(parseJson(bytes));
    if (said && TOKEN_WORDS.test(said)) return { kind: 'renew' };
    if (status >= 400) {
      const reason = refusalReason(bytes, redact);
      return refused(
        'UPSTREAM_REJECTED',
        reason ? `refused the request: ${reason}` : `refused the request (HTTP ${status}).`,
      );
    }
    const error = unavailable(tenant, 'did not return a GraphQL answer');
    return { kind: 'refused', error: lostOr(tenant, kind, error) };
  }
}

/** Nothing was carried out: a query may be tried later, and a mutation was not done. */
export function notServed(tenant: string, asked: OperationKind, what: string): GatewayError {
  if (asked === 'query') return unavailable(tenant, what);
  return new GatewayError('UPSTREAM_REJECTED', `ERP tenant "${tenant}" ${what}. Nothing was carried out.`, {
    source: `erp:${tenant}`,
  });
}

/** The meaning of a missing or incomplete answer. */
export function toFailureError(tenant: string, failure: unknown, asked: OperationKind): GatewayError {
  if (failure instanceof GatewayError) return failure;
  if (!(failure instanceof HttpFailure)) throw failure;
  const error = toReadError(failure, `ERP tenant "${tenant}"`, `erp:${tenant}`);
  return failure.sent ? lostOr(tenant, asked, error) : error;
}

/** Sage X3 refuses a token in plain text: `Error 41: Invalid token`. These are the numbers that clients have reported. */
const X3_REASONS: Readonly<Record<string, string>> = {
  41: 'it does not know the clientId',
  42: 'it does not accept the user',
  45: 'audience does not match the URL of its connected application, character by character',
  50: 'the clientSecret is wrong, or the clocks or tokenLifetime do not fit its connected application',
};

function x3Reason({ body }: HttpResponse): string | undefined {
  const number = /^\s*Error (\d{1,4})\b/.exec(body.subarray(0, 200).toString('latin1'))?.[1];
  return number && `Error ${number}: ${X3_REASONS[number] ?? 'an undocumented number'}`;
}

/** A renewed token was refused too: only the operator can fix that. */
export const refusedTwice = (tenant: string) =>
  new GatewayError(
    'MISCONFIGURED',
    `ERP tenant "${tenant}" refuses the gateway's token, even a new one. The operator must check the tenant's API user and the client id.`,
    { source: `erp:${tenant}` },
  );

export const timeout = (tenant: string, cause?: unknown) =>
  new GatewayError(
    'UPSTREAM_TIMEOUT',
    `ERP tenant "${tenant}" did not answer within this operation's time limit. Request less, or try again later.`,
    {
      source: `erp:${tenant}`,
      cause,
    },
  );

export const unavailable = (tenant: string, what: string, cause?: unknown) =>
  new GatewayError('UPSTREAM_UNAVAILABLE', `ERP tenant "${tenant}" ${what}. Try again later.`, {
    source: `erp:${tenant}`,
    cause,
  });

/** The vendor's limit of 28 s ends the answer but not always the work, so a write without an answer may have been carried out. */
function lostOr(tenant: string, asked: OperationKind, error: GatewayError): GatewayError {
  if (asked !== 'mutation') return error;
  return new GatewayError(
    'OUTCOME_UNKNOWN',
    `The answer of ERP tenant "${tenant}" to this mutation was lost: it may or may not have been carried out. Look the record up before you send it again.`,
    { source: `erp:${tenant}`, cause: error },
  );
}
