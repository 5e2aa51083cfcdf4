export type { TelemetryConfig } from './telemetry-config.ts';
export type { CallSpan, SpanContext, Trace, TracedCall } from './trace.ts';
