import type { Secret } from '../errors/index.ts';

/** The section of the configuration. */
export interface TelemetryConfig {
  /** Base of OTLP over HTTP: `/v1/traces` is appended. */
  readonly url: string;
  readonly headers: Readonly<Record<string, Secret>>;
  readonly serviceName: string;
  /** Share of requests, from 0 to 1. */
  readonly sampling: number;
  /** Whose `traceparent` is accepted. */
  readonly parents: 'callers' | 'anybody' | 'nobody';
  /** Traces that callers' sampled flags may force in a second. */
  readonly parentsPerSecond: number;
  /** Sources that receive `traceparent`. */
  readonly propagate: readonly string[];
}
