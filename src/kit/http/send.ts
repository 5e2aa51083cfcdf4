import type { StopSignal } from './stop.ts';

/** What our clients ask of the network: one request in, one whole answer out. Knows nothing of Sage. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** Ends the request when it fires: the caller's deadline. */
  readonly signal?: StopSignal;
  /** How many times the usual size its answer may have. @default 1 */
  readonly answerFactor?: number;
  /** Whose memory the answer takes. Left out: nobody counts it. */
  readonly holder?: Holder | undefined;
}

/** Who keeps answers in memory: an operation. */
export interface Holder {
  /**
   * Told while an answer is read, with each piece of it. What was counted for an answer that nobody gets is taken back by
   * a negative number; one that arrived is kept, and counts, until its operation has ended.
   */
  hold(bytes: number): void;
}

export interface HttpResponse {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

/** Sends one request, follows no redirect, retries nothing. @throws HttpFailure when no whole answer arrived. */
export type Send = (request: HttpRequest) => Promise<HttpResponse>;

/** No whole answer arrived. `sent` tells whether any byte of the request may have reached the other side. */
export class HttpFailure extends Error {
  override readonly name = 'HttpFailure';
  /** `aborted`: our own caller went away. */
  readonly kind: 'refused' | 'cut' | 'timeout' | 'tooLarge' | 'aborted';
  readonly sent: boolean;

  constructor(kind: HttpFailure['kind'], sent: boolean, options?: ErrorOptions) {
    super(`the upstream connection failed (${kind})`, options);
    this.kind = kind;
    this.sent = sent;
  }
}
