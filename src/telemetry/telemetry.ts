import {
  type Attributes,
  type Context,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace as traceApi,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources';
import { AlwaysOnSampler, BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import type { CallSpan, SpanContext, TelemetryConfig, Trace, TracedCall } from '../kit/trace/index.ts';
import { createSampler } from './sampling.ts';
import { MOST_WAITING, SpanQueue } from './span-queue.ts';
import { parseTraceparent, printTraceparent, type RemoteParent } from './traceparent.ts';

/** The part of a request that decides whether it is traced. */
export interface RequestHead {
  readonly method: string;
  /** One of the gateway's own paths. */
  readonly route: string;
  /** On the clock of `performance.now`. */
  readonly startedAt: number;
  readonly traceparent: string | undefined;
  /** Whether the caller is known. */
  readonly isCaller: boolean;
}

export interface RequestTrace extends Trace {
  end(request: TracedEnd): void;
}

export interface TracedEnd {
  readonly status: number;
  readonly operation?: { readonly kind: string; readonly name: string | undefined } | undefined;
  /** The kind of plan: the name of a source, `mixed` or `general`. */
  readonly plan?: string | undefined;
  /** Of the first error in the answer. */
  readonly code?: string | undefined;
}

export interface Telemetry {
  /** Undefined for a request that is not traced. */
  begin(head: RequestHead): RequestTrace | undefined;
  /**
   * A token renewal, which does not belong to a request. @param source as errors name it @returns a function that ends it
   * @param code of the error it ended with
   */
  renewal(source: string): (code: string | undefined) => void;
  /** Sends the waiting spans, within a short time. */
  close(): Promise<void>;
}

export interface TelemetryOptions {
  readonly config: TelemetryConfig;
  /** Called for spans that do not reach the collector. */
  readonly onDropped: (count: number) => void;
  readonly now?: () => number;
  readonly random?: () => number;
}

/** ms until waiting spans are sent. */
const SEND_EVERY_MS = 1_000;
/** Timeout of the collector, ms. */
const COLLECTOR_MS = 5_000;
/** Timeout of the collector while the gateway stops, ms. */
const LAST_MS = 2_000;

/** Sends spans of requests, of their requests to Sage, and of renewals, by OTLP. */
export function createTelemetry(options: TelemetryOptions): Telemetry {
  const { config, now = () => performance.now(), random = Math.random } = options;
  const { provider, tracer } = startTracer(options);
  const isSampled = createSampler({ ...config, now, random });
  const takesParent = ({ isCaller }: RequestHead) =>
    config.parents === 'anybody' || (config.parents === 'callers' && isCaller);

  return {
    begin(head) {
      const parent = takesParent(head) ? parseTraceparent(head.traceparent) : undefined;
      if (!isSampled(parent)) return undefined;
      return new SampledRequest(tracer, head, parent);
    },
    renewal(source) {
      const span = tracer.startSpan('renew token', { attributes: sourceAttributes(source) }, ROOT_CONTEXT);
      return (code) => {
        if (code !== undefined) fail(span, code);
        span.end();
      };
    },
    async close() {
      const late = new Promise<void>((resolve) => setTimeout(resolve, LAST_MS).unref());
      await Promise.race([provider.shutdown().catch(() => {}), late]);
    },
  };
}

function startTracer({ config, onDropped }: TelemetryOptions) {
  const queue = new SpanQueue(onDropped);
  const headers = Object.entries(config.headers).map(([name, value]) => [name, value.reveal()] as const);
  const exporter = new OTLPTraceExporter({
    url: `${config.url.replace(/\/+$/, '')}/v1/traces`,
    headers: Object.fromEntries(headers),
    timeoutMillis: COLLECTOR_MS,
  });
  const processor = new BatchSpanProcessor({
    exporter: queue.counting(exporter),
    maxQueueSize: MOST_WAITING,
    scheduledDelayMillis: SEND_EVERY_MS,
    exportTimeoutMillis: COLLECTOR_MS,
  });
  const provider = new TracerProvider({
    resource: defaultResource().merge(resourceFromAttributes({ 'service.name': config.serviceName })),
    // The sampling decision is made before there is a span.
    sampler: new AlwaysOnSampler(),
    spanProcessors: [queue.bounding(processor)],
  });
  return { provider, tracer: provider.getTracer('sage-gateway') };
}

type OtelSpan = ReturnType<Tracer['startSpan']>;

/** Only the code of an error: its message may contain data of a caller or of Sage. */
function fail(span: OtelSpan, code: string): void {
  span.setAttribute('error.type', code);
  span.setStatus({ code: SpanStatusCode.ERROR });
}

const contextOf = (span: OtelSpan): SpanContext => span.spanContext();

function sourceAttributes(name: string): Attributes {
  const [source = '', ...tenant] = name.split(':');
  return { 'gateway.source': source, ...(tenant.length > 0 && { 'gateway.tenant': tenant.join(':') }) };
}

const toEpochMs = (at: number): number => performance.timeOrigin + at;

class SampledRequest implements RequestTrace {
  readonly #tracer: Tracer;
  readonly #span: OtelSpan;
  readonly #inside: Context;

  constructor(tracer: Tracer, { method, route, startedAt }: RequestHead, parent: RemoteParent | undefined) {
    const outside = parent
      ? traceApi.setSpanContext(ROOT_CONTEXT, { ...parent, traceFlags: 1, isRemote: true })
      : ROOT_CONTEXT;
    const attributes = { 'http.request.method': method, 'http.route': route };
    const name = `${method} ${route}`;
    this.#tracer = tracer;
    this.#span = tracer.startSpan(
      name,
      { kind: SpanKind.SERVER, startTime: toEpochMs(startedAt), attributes },
      outside,
    );
    this.#inside = traceApi.setSpan(ROOT_CONTEXT, this.#span);
  }

  get context(): SpanContext {
    return contextOf(this.#span);
  }

  call({ source, method, template }: TracedCall): CallSpan {
    const attributes: Attributes = { 'http.request.method': method, ...sourceAttributes(source) };
    if (template !== undefined) attributes['url.template'] = template;
    const name = template === undefined ? method : `${method} ${template}`;
    const span = this.#tracer.startSpan(name, { kind: SpanKind.CLIENT, attributes }, this.#inside);
    const end = (resends: number) => {
      if (resends > 0) span.setAttribute('http.request.resend_count', resends);
      span.end();
    };
    return {
      context: contextOf(span),
      get traceparent() {
        return printTraceparent(contextOf(span));
      },
      answered(status, resends) {
        span.setAttribute('http.response.status_code', status);
        if (status >= 400) fail(span, String(status));
        end(resends);
      },
      failed(kind, resends) {
        fail(span, kind);
        end(resends);
      },
    };
  }

  joined(startedAt: number, link: SpanContext | undefined): void {
    const links = link ? [{ context: { ...link, traceFlags: 1 } }] : [];
    this.#tracer.startSpan('join', { startTime: toEpochMs(startedAt), links }, this.#inside).end();
  }

  end({ status, operation, plan, code }: TracedEnd): void {
    const span = this.#span;
    span.setAttribute('http.response.status_code', status);
    if (operation) {
      span.setAttribute('graphql.operation.type', operation.kind);
      if (operation.name !== undefined) span.setAttribute('graphql.operation.name', operation.name);
    }
    if (plan !== undefined) span.setAttribute('gateway.plan', plan);
    if (code !== undefined) span.setAttribute('error.type', code);
    // As OpenTelemetry defines it for servers: a bad request is not a failure of the server.
    if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
    span.end();
  }
}
