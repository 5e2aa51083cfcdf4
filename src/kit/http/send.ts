import type { Trace } from '../trace/index.ts';
import type { StopSignal } from './stop.ts';

/** The gateway's view of the network: one request in, one whole answer out. Independent of Sage. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** Ends the request when it fires: the caller's deadline. */
  readonly signal?: StopSignal;
  /** Multiple of the usual size limit for its answer. @default 1 */
  readonly answerFactor?: number;
  /**
   * Whether it changes nothing: then it is sent once more if a kept-alive connection was reset before an answer began, and it
   * may be the one that checks whether the other side has recovered. @default false
   */
  readonly isRead?: boolean;
  /** Its waiting line, which other callers' calls do not delay. @default one that all such requests share */
  readonly line?: string;
  /** The part of the other side, if parts may fail separately, such as a site. @default all of it */
  readonly part?: string;
  /** For writes: a read that is sent first when it is time to check whether the other side has recovered. */
  readonly probe?: () => HttpRequest;
  /** Holds the answer's memory. Without it, memory is not counted. */
  readonly holder?: Holder | undefined;
  /** The path of a URL without its ids, for traces. Without it, traces have no path. */
  readonly template?: ((url: string) => string) | undefined;
}

/** Holds answers in memory: an operation. */
export interface Holder {
  /**
   * Called for each piece of an answer. Memory counted for an answer that nobody receives is given back with a negative
   * number; the memory of a complete answer is counted until its operation has ended.
   */
  hold(bytes: number): void;
  /** A call for it begins to wait or is sent. */
  began?(): void;
  /** It has its answer, or has failed. */
  ended?(): void;
  /** Undefined for an operation that is not traced. */
  readonly trace?: Trace | undefined;
  /** The request's id, if it is sent to the other side. */
  readonly onwardId?: string | undefined;
}

export interface HttpResponse {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

/** Sends one request and follows no redirect. @throws HttpFailure if no complete answer arrived. */
export type Send = (request: HttpRequest) => Promise<HttpResponse>;

/** No complete answer arrived. `sent` says whether any byte of the request may have reached the other side. */
export class HttpFailure extends Error {
  override readonly name = 'HttpFailure';
  /**
   * `aborted`: the gateway's own caller left. `paused`: the other side has been failing, so nothing was sent. `crowded`: too
   * many requests are already waiting.
   */
  readonly kind: 'refused' | 'cut' | 'timeout' | 'tooLarge' | 'aborted' | 'paused' | 'crowded';
  readonly sent: boolean;
  /** Seconds after which it makes sense to try again. */
  readonly retryAfter: number | undefined;

  constructor(kind: HttpFailure['kind'], sent: boolean, options: ErrorOptions & { readonly retryAfter?: number } = {}) {
    super(`the upstream connection failed (${kind})`, options);
    this.kind = kind;
    this.sent = sent;
    this.retryAfter = options.retryAfter;
  }
}
