export type { TelemetryConfig } from './telemetry-config.ts';
export { type CallSpan, noteSpan, type SpanContext, spanNoted, type Trace, type TracedCall } from './trace.ts';
