import type { ErrorCode } from '../../kit/errors/index.ts';

export interface SignInFailureOptions extends ErrorOptions {
  readonly code: ErrorCode;
  readonly title: string;
  /** Sage ID's message: foreign text, only ever shown as text. */
  readonly detail?: string | undefined;
  /** Path of the gateway to start again. */
  readonly retry?: string | undefined;
  /** Seconds after which it makes sense to start again. */
  readonly retryAfter?: number | undefined;
}

/** Why a sign-in failed, with a message for the person at the browser. */
export class SignInFailure extends Error {
  override readonly name = 'SignInFailure';
  readonly code: ErrorCode;
  readonly title: string;
  readonly detail: string | undefined;
  readonly retry: string | undefined;
  readonly retryAfter: number | undefined;

  constructor(message: string, { code, title, detail, retry, retryAfter, cause }: SignInFailureOptions) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.title = title;
    this.detail = detail;
    this.retry = retry;
    this.retryAfter = retryAfter;
  }
}
