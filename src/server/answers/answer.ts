import type { Body, BodyPart } from '../../kit/http/index.ts';

/** A route's answer; the sender adds what all answers have in common. */
export interface Answer {
  readonly status: number;
  /** Lower-case names. */
  readonly headers?: Readonly<Record<string, string>>;
  /** `Set-Cookie` values, the only header that may be sent several times. */
  readonly cookies?: readonly string[];
  readonly body?: BodyPart | Body;
  /** A gzip-compressed body, instead of `body`. It is decompressed for clients that do not accept gzip. */
  readonly gzipped?: Buffer;
  /** Codes of the errors in the body, for the access log and the metrics. */
  readonly errorCodes?: readonly string[];
  /** The one error that the body holds: people who opened the address are shown it as a page. */
  readonly shown?: ShownError;
}

export interface ShownError {
  readonly message: string;
  readonly requestId: string;
  /** Where signing in helps. */
  readonly connectUrl?: string | undefined;
}

export function jsonAnswer(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): Answer {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store', ...headers },
    body: JSON.stringify(value),
  };
}
