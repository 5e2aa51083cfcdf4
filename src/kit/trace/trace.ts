/** The data of a span that another span, or another system, needs. */
export interface SpanContext {
  readonly traceId: string;
  readonly spanId: string;
}

/** The trace of one sampled request. Other requests have none, at no cost. */
export interface Trace {
  /** Context of its own span. */
  readonly context: SpanContext;
  /** A call upstream begins. */
  call(call: TracedCall): CallSpan;
  /** It waited for a call that another operation had already made. @param link that operation's span, if it has one */
  joined(startedAt: number, link: SpanContext | undefined): void;
}

export interface TracedCall {
  /** Its name in errors: `erp:acme`. */
  readonly source: string;
  readonly method: string;
  /** The path without its ids; undefined if there is no template. Never an address. */
  readonly template: string | undefined;
}

/** A call in progress, ended by one of the two functions. */
export interface CallSpan {
  readonly context: SpanContext;
  /** In W3C format, for sources that receive it. */
  readonly traceparent: string;
  answered(status: number, resends: number): void;
  /** @param kind from a closed set */
  failed(kind: string, resends: number): void;
}
