import type { CallSpan, Trace } from '../../trace/index.ts';
import { HttpFailure, type HttpRequest, type HttpResponse } from '../send.ts';
import { Stop } from '../stop.ts';
import { AnswerReader } from './answer-reader.ts';
import type { Admission, Breaker } from './breaker.ts';
import type { Connection, Connections } from './connections.ts';
import { causeOf } from './failure-cause.ts';
import type { SendingLane } from './lane.ts';
import type { WaitingLine } from './waiting-line.ts';

export interface CallParts {
  readonly request: HttpRequest;
  readonly breaker: Breaker | undefined;
  readonly admission: Admission;
  readonly line: WaitingLine;
}

/** A call with less than this share of the deadline did not end because of the other side. */
const FULL_DEADLINE = 0.9;

const NO_TIMEOUTS = { headersTimeout: 0, bodyTimeout: 0 };

/** One request: waits for its turn, is sent on a connection, and settles once. */
export class Call {
  readonly #lane: SendingLane;
  readonly #parts: CallParts;
  readonly #resolve: (response: HttpResponse) => void;
  readonly #reject: (failure: HttpFailure) => void;
  readonly #path: string;
  readonly #connections: Connections;
  #span: CallSpan | undefined;
  #resends = 0;
  #reader: AnswerReader;
  #connection: Connection | undefined;
  #wasKept = false;
  #retriesLeft: number;
  #startedAt = 0;

  constructor(
    lane: SendingLane,
    parts: CallParts,
    resolve: (response: HttpResponse) => void,
    reject: (failure: HttpFailure) => void,
  ) {
    const { origin, path } = splitUrl(parts.request.url);
    this.#lane = lane;
    this.#parts = parts;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#path = path;
    this.#connections = lane.connectionsTo(origin);
    this.#retriesLeft = parts.request.isRead ? lane.options.retryReads : 0;
    this.#reader = this.#makeReader();
  }

  enter(): void {
    const { traffic } = this.#lane;
    traffic.waiting += 1;
    this.#parts.request.holder?.began?.();
    if (this.#parts.line.enter(this.#begin)) return;
    traffic.crowded += 1;
    this.#reader.fail(new HttpFailure('crowded', false, { retryAfter: 1 }));
  }

  readonly #begin = (): void => {
    const { breaker, admission, line } = this.#parts;
    // It opened while this call waited.
    if (breaker && !breaker.isClosed && admission === 'go') {
      this.#reader.fail(this.#lane.refusalOf(breaker));
      line.leave();
      return;
    }
    this.#startedAt = performance.now();
    this.#lane.traffic.waiting -= 1;
    this.#lane.traffic.active += 1;
    if (this.#parts.request.holder?.trace) this.#startSpan(this.#parts.request, this.#parts.request.holder.trace);
    this.#connection = this.#connections.take();
    this.#dispatch(this.#connection);
  };

  #startSpan({ method, url, template, signal }: HttpRequest, trace: Trace): void {
    this.#span = trace.call({ source: this.#lane.source, method, template: template?.(url) });
    if (signal instanceof Stop) signal.span = this.#span.context;
  }

  #dispatch(connection: Connection): void {
    const { method, body, signal, holder } = this.#parts.request;
    let { headers } = this.#parts.request;
    this.#wasKept = connection.isKept;
    if (holder?.onwardId !== undefined) headers = { ...headers, 'x-request-id': holder.onwardId };
    if (this.#span && this.#lane.options.propagates) headers = { ...headers, traceparent: this.#span.traceparent };
    // On one machine, compression costs more than it saves.
    const sent = this.#connections.isLocal ? (headers ?? null) : { ...headers, 'accept-encoding': 'gzip' };
    // A caller's signal decides how long to wait.
    const timeouts = signal && NO_TIMEOUTS;
    connection.client.dispatch(
      { path: this.#path, method, headers: sent, body: body ?? null, ...timeouts },
      this.#reader,
    );
  }

  #makeReader(): AnswerReader {
    const { request } = this.#parts;
    return new AnswerReader(request, {
      maxBodyBytes: this.#lane.parts.answerBytes * (request.answerFactor ?? 1),
      resolve: this.#onAnswer,
      reject: this.#onFailure,
    });
  }

  readonly #onAnswer = (response: HttpResponse): void => {
    const { status } = response;
    if (this.#connection) {
      this.#connection.isKept = true;
      this.#connections.giveBack(this.#connection);
      this.#lane.traffic.active -= 1;
      this.#lane.times?.answered(this.#parts.request.method, status, this.#seconds());
      this.#span?.answered(status, this.#resends);
      this.#parts.line.leave();
    }
    this.#parts.request.holder?.ended?.();
    if (status >= 500) this.#failed({ code: `HTTP_${status}`, words: `it answers HTTP ${status}` });
    else this.#worked();
    this.#lane.parts.atEndOfTurn(() => this.#resolve(response));
  };

  readonly #onFailure = (failure: HttpFailure): void => {
    const connection = this.#connection;
    if (!connection) {
      // It has not had its turn.
      this.#lane.traffic.waiting -= 1;
      this.#parts.line.giveUp(this.#begin);
      this.#parts.breaker?.givenUp(this.#parts.admission);
    } else if (this.#mayRetry(failure)) {
      this.#retry(connection);
      return;
    } else {
      this.#connections.drop(connection);
      this.#lane.traffic.active -= 1;
      this.#lane.times?.failed(this.#parts.request.method, failure.kind, this.#seconds());
      this.#span?.failed(failure.kind, this.#resends);
      this.#parts.line.leave();
      this.#judge(failure);
    }
    this.#parts.request.holder?.ended?.();
    this.#reject(failure);
  };

  /** Servers close unused connections, sometimes while a request is being sent: that request was not processed. */
  #mayRetry({ kind }: HttpFailure): boolean {
    return kind === 'cut' && this.#wasKept && !this.#reader.isAnswered && this.#retriesLeft > 0;
  }

  #retry(connection: Connection): void {
    this.#retriesLeft -= 1;
    this.#resends += 1;
    this.#lane.traffic.retries += 1;
    this.#connections.drop(connection);
    this.#connection = this.#connections.takeFresh();
    this.#reader = this.#makeReader();
    this.#dispatch(this.#connection);
  }

  /** Since its turn began. */
  #seconds(): number {
    return (performance.now() - this.#startedAt) / 1000;
  }

  #judge(failure: HttpFailure): void {
    const { breaker, admission } = this.#parts;
    const { kind, cause } = failure;
    // It answers, but with too much.
    if (kind === 'tooLarge') this.#worked();
    else if (kind === 'refused' || kind === 'cut' || (kind === 'timeout' && this.#hadItsTime(cause)))
      this.#failed(causeOf(failure));
    else breaker?.givenUp(admission);
  }

  #hadItsTime(cause: unknown): boolean {
    const isOurs = cause instanceof DOMException;
    return !isOurs || performance.now() - this.#startedAt >= this.#lane.options.deadlineMs * FULL_DEADLINE;
  }

  #worked(): void {
    this.#parts.breaker?.succeeded(this.#parts.admission);
    this.#lane.trouble.worked(this.#connections.host);
  }

  #failed(cause: Parameters<SendingLane['trouble']['failed']>[1]): void {
    const { breaker, admission, request } = this.#parts;
    breaker?.failed(admission, request.line ?? '');
    this.#lane.trouble.failed(this.#connections.host, cause);
  }
}

/** URLs come from the URL class or are built on such URLs; only those without a path need one. */
function splitUrl(url: string): { readonly origin: string; readonly path: string } {
  const pathAt = url.indexOf('/', url.indexOf('//') + 2);
  if (pathAt > 0 && !url.includes('#')) return { origin: url.slice(0, pathAt), path: url.slice(pathAt) };
  const { origin, pathname, search } = new URL(url);
  return { origin, path: pathname + search };
}
