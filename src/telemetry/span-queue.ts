import type { ReadableSpan, SpanExporter, SpanProcessor } from '@opentelemetry/sdk-trace';

/** Most spans that wait to be sent; further ones are dropped. */
export const MOST_WAITING = 8_192;

type Done = Parameters<SpanExporter['export']>[1];

/** OpenTelemetry's code for a successful export. */
const SUCCESS = 0;

/** Counts the spans that never reach the collector: OpenTelemetry's own processor does not report them. */
export class SpanQueue {
  readonly #onDropped: (count: number) => void;
  #waiting = 0;

  constructor(onDropped: (count: number) => void) {
    this.#onDropped = onDropped;
  }

  /** Wraps the exporter: counts the spans that leave the queue, and those that failed. */
  counting(exporter: SpanExporter): SpanExporter {
    return {
      export: (spans: ReadableSpan[], done: Done) => {
        this.#waiting -= spans.length;
        exporter.export(spans, (result) => {
          if (result.code !== SUCCESS) this.#onDropped(spans.length);
          done(result);
        });
      },
      shutdown: () => exporter.shutdown(),
      forceFlush: async () => exporter.forceFlush?.(),
    };
  }

  /** Wraps the processor: counts the spans that enter the queue. */
  bounding(processor: SpanProcessor): SpanProcessor {
    return {
      onStart: () => {},
      onEnd: (span: ReadableSpan) => {
        if (this.#waiting >= MOST_WAITING) {
          this.#onDropped(1);
          return;
        }
        this.#waiting += 1;
        processor.onEnd(span);
      },
      forceFlush: () => processor.forceFlush(),
      shutdown: () => processor.shutdown(),
    };
  }
}
