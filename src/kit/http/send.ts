import type { Trace } from '../trace/index.ts';
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
  /**
   * Whether it changes nothing: then it is sent once more when a kept connection was reset before an answer began, and it may be
   * the one that finds out whether the other side is back. @default false
   */
  readonly isRead?: boolean;
  /** In whose waiting line it stands: nobody else's calls hold it up. @default one that all such requests share */
  readonly line?: string;
  /** What it is for, where the other side may fail in parts, such as a site. @default all of it */
  readonly part?: string;
  /** Of a write: a read that is sent first when it is time to find out whether the other side is back. */
  readonly probe?: () => HttpRequest;
  /** Whose memory the answer takes. Left out: nobody counts it. */
  readonly holder?: Holder | undefined;
  /** Of a URL the path with its ids left out, for traces. Left out: they do not say it. */
  readonly template?: ((url: string) => string) | undefined;
}

/** Who keeps answers in memory: an operation. */
export interface Holder {
  /**
   * Told while an answer is read, with each piece of it. What was counted for an answer that nobody gets is taken back by
   * a negative number; one that arrived is kept, and counts, until its operation has ended.
   */
  hold(bytes: number): void;
  /** A call for it begins to wait or leaves. */
  began?(): void;
  /** It has its answer, or none. */
  ended?(): void;
  /** Undefined for an operation that is not traced. */
  readonly trace?: Trace | undefined;
  /** The request's id, where the other side is told of it. */
  readonly onwardId?: string | undefined;
}

export interface HttpResponse {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

/** Sends one request and follows no redirect. @throws HttpFailure when no whole answer arrived. */
export type Send = (request: HttpRequest) => Promise<HttpResponse>;

/** No whole answer arrived. `sent` tells whether any byte of the request may have reached the other side. */
export class HttpFailure extends Error {
  override readonly name = 'HttpFailure';
  /**
   * `aborted`: our own caller went away. `paused`: the other side has been failing, so it was not asked. `crowded`: too many
   * requests wait already.
   */
  readonly kind: 'refused' | 'cut' | 'timeout' | 'tooLarge' | 'aborted' | 'paused' | 'crowded';
  readonly sent: boolean;
  /** Seconds after which trying again makes sense. */
  readonly retryAfter: number | undefined;

  constructor(kind: HttpFailure['kind'], sent: boolean, options: ErrorOptions & { readonly retryAfter?: number } = {}) {
    super(`the upstream connection failed (${kind})`, options);
    this.kind = kind;
    this.sent = sent;
    this.retryAfter = options.retryAfter;
  }
}
