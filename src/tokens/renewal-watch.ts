import type { Registry } from 'prom-client';
import { GatewayError } from '../kit/errors/index.ts';
import { SeriesCounter, SeriesHistogram } from '../kit/metrics/index.ts';

/** Told of each renewal of one token source. */
export type RenewalWatch = () => EndOfRenewal;

export interface EndOfRenewal {
  /** @param isStored another process had renewed it already */
  renewed(isStored: boolean): void;
  failed(error: unknown): void;
}

/** `stored`: read from the vault, since another process had renewed it. */
const OUTCOMES = ['renewed', 'stored', 'needsConsent', 'misconfigured', 'rateLimited', 'unavailable'] as const;
type Outcome = (typeof OUTCOMES)[number];

export interface RenewalMetrics {
  /** @param source as errors name it: `sage200`, `erp:acme` */
  of(source: string): RenewalWatch;
}

/**
 * How tokens are renewed, in Prometheus.
 * @param beginSpan of a renewal from that source; what it gives back ends it, with the code of an error. Left out: none is traced
 */
export function createRenewalMetrics(
  registry: Registry,
  beginSpan: (source: string) => (code: string | undefined) => void = () => () => {},
): RenewalMetrics {
  const outcomes = SeriesCounter.in(registry, {
    name: 'gateway_token_renewals_total',
    help: 'Renewals of tokens by how they ended; stored: another process had renewed it',
    labelNames: ['source', 'tenant', 'outcome'],
  });
  const durations = SeriesHistogram.in(registry, {
    name: 'gateway_token_renewal_duration_seconds',
    help: 'Time of renewals that brought a token',
    labelNames: ['source', 'tenant'],
    buckets: [0.25, 1, 5, 30],
  });
  return {
    of(name) {
      const [source = '', ...rest] = name.split(':');
      const labels = { source, tenant: rest.join(':') };
      const duration = durations.of(labels);
      const series = new Map(OUTCOMES.map((outcome) => [outcome, outcomes.of({ ...labels, outcome })]));
      return () => {
        const startedAt = performance.now();
        const endSpan = beginSpan(name);
        return {
          renewed(isStored) {
            series.get(isStored ? 'stored' : 'renewed')?.inc();
            duration.observe((performance.now() - startedAt) / 1000);
            endSpan(undefined);
          },
          failed(error) {
            series.get(outcomeOf(error))?.inc();
            endSpan(error instanceof GatewayError ? error.code : 'INTERNAL');
          },
        };
      };
    },
  };
}

function outcomeOf(error: unknown): Outcome {
  switch (error instanceof GatewayError ? error.code : undefined) {
    case 'NEEDS_CONSENT':
      return 'needsConsent';
    case 'MISCONFIGURED':
      return 'misconfigured';
    case 'RATE_LIMITED':
      return 'rateLimited';
    default:
      return 'unavailable';
  }
}
