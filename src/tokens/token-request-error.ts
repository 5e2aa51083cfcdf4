import type { HttpFailure } from '../kit/http/index.ts';

/**
 * - `unreachable`: no byte of the request left.
 * - `lostAnswer`, `lateAnswer`: it left and no whole answer came, so a refresh token may be spent.
 * - `temporary`, `late`, `rateLimited`: an answer that says nothing about the tokens.
 * - `invalidGrant`: the refresh token is dead. `needsPerson`: only its person gets any further.
 * - `refused`: the operator's settings are wrong.
 */
export type TokenRequestFailure =
  | 'unreachable'
  | 'lostAnswer'
  | 'lateAnswer'
  | 'temporary'
  | 'late'
  | 'rateLimited'
  | 'invalidGrant'
  | 'needsPerson'
  | 'refused';

export interface TokenRequestErrorOptions extends ErrorOptions {
  readonly status?: number;
  /** OAuth's `error`, when it is a known one. */
  readonly code?: string | undefined;
  /** Seconds. */
  readonly retryAfter?: number | undefined;
}

/** Why a token endpoint gave no token. Holds nothing of the request and of the answer but their codes. */
export class TokenRequestError extends Error {
  override readonly name = 'TokenRequestError';
  readonly failure: TokenRequestFailure;
  readonly status: number | undefined;
  readonly code: string | undefined;
  readonly retryAfter: number | undefined;

  constructor(failure: TokenRequestFailure, options: TokenRequestErrorOptions = {}) {
    super(`the token request failed (${failure})`, options.cause === undefined ? undefined : { cause: options.cause });
    this.failure = failure;
    this.status = options.status;
    this.code = options.code;
    this.retryAfter = options.retryAfter;
  }
}

/** No whole answer came: whether what the request spends is spent is unknown once a byte of it has left. */
export function toUnansweredError(failure: HttpFailure): TokenRequestError {
  const kind = !failure.sent ? 'unreachable' : failure.kind === 'timeout' ? 'lateAnswer' : 'lostAnswer';
  return new TokenRequestError(kind, { cause: failure });
}
