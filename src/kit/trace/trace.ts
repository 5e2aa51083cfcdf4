/** What another span, or another system, needs to know of a span. */
export interface SpanContext {
  readonly traceId: string;
  readonly spanId: string;
}

/** What goes on in one sampled request. What is not sampled has none, and costs nothing. */
export interface Trace {
  /** Of its own span. */
  readonly context: SpanContext;
  /** A call upstream begins. */
  call(call: TracedCall): CallSpan;
  /** It waited for what another operation had asked already. @param link that one's span, where it has one */
  joined(startedAt: number, link: SpanContext | undefined): void;
}

export interface TracedCall {
  /** As errors name it: `erp:acme`. */
  readonly source: string;
  readonly method: string;
  /** The path with its ids left out; undefined where nobody says it. Never an address. */
  readonly template: string | undefined;
}

/** A call on its way. One of the two ends it. */
export interface CallSpan {
  readonly context: SpanContext;
  /** As W3C has it, for those who are sent it. */
  readonly traceparent: string;
  answered(status: number, resends: number): void;
  /** @param kind of a closed set */
  failed(kind: string, resends: number): void;
}

/** Spans by the signal of the call that they are of: how those who join a call find the span to link to. */
const spans = new WeakMap<object, SpanContext>();

export const noteSpan = (signal: object, context: SpanContext): void => void spans.set(signal, context);

export const spanNoted = (signal: object): SpanContext | undefined => spans.get(signal);
