import { Counter, Gauge, type Registry } from 'prom-client';
import { type ObservedSeries, SeriesHistogram } from '../metrics/index.ts';
import type { HttpFailure, HttpRequest } from './send.ts';
import type { Lane } from './sending/lane.ts';

/** Records how the calls of one lane end. */
export interface CallTimes {
  answered(method: HttpRequest['method'], status: number, seconds: number): void;
  failed(method: HttpRequest['method'], kind: HttpFailure['kind'], seconds: number): void;
}

/** The lanes of this process, in Prometheus. */
export interface LaneMetrics {
  /** @param usualMethod of that lane's requests: its failures are reported from the start, at 0, so that the first is seen */
  timesOf(source: string, usualMethod: HttpRequest['method']): CallTimes;
}

/** Failures of a request that was sent. */
const FAILURES = ['refused', 'cut', 'timeout', 'tooLarge', 'aborted'] as const satisfies HttpFailure['kind'][];

/** Seconds; anything above the last one exceeds most deadlines. */
const BUCKETS = [0.025, 0.1, 0.25, 0.5, 1, 2.5, 10, 30];

/** Statuses that have their own series; every other status is `other`. */
const STATUSES: ReadonlySet<number> = new Set([
  ...[200, 201, 202, 204, 206, 301, 302, 303, 304, 307, 308],
  ...[400, 401, 403, 404, 405, 408, 409, 410, 412, 413, 414, 415, 422, 423, 429],
  ...[500, 501, 502, 503, 504],
]);

/** @param lanes the lanes created so far */
export function createLaneMetrics(registry: Registry, lanes: readonly Lane[]): LaneMetrics {
  createLaneGauges(registry, lanes);
  createLaneCounters(registry, lanes);
  const duration = SeriesHistogram.in(registry, {
    name: 'http_client_request_duration_seconds',
    help: 'Duration of requests to Sage, from the end of waiting to the end of the answer',
    labelNames: ['source', 'tenant', 'http_request_method', 'http_response_status_code', 'error_type'],
    buckets: BUCKETS,
  });
  return {
    timesOf(lane, usualMethod) {
      const labels = labelsOf(lane);
      // By method and end: finding a series by its labels takes longer than counting.
      const known = new Map<string, Map<number | string, ObservedSeries>>();
      const seriesOf = (method: string, end: number | string) => {
        const ofMethod = known.get(method) ?? new Map<number | string, ObservedSeries>();
        known.set(method, ofMethod);
        const found = ofMethod.get(end) ?? duration.of({ ...labels, http_request_method: method, ...labelsOfEnd(end) });
        ofMethod.set(end, found);
        return found;
      };
      for (const kind of FAILURES) seriesOf(usualMethod, kind);
      return {
        answered: (method, status, seconds) =>
          seriesOf(method, STATUSES.has(status) ? status : 'other').observe(seconds),
        failed: (method, kind, seconds) => seriesOf(method, kind).observe(seconds),
      };
    },
  };
}

/** As in OpenTelemetry: an answer of 400 and above is an error, and its status is the kind of error. */
function labelsOfEnd(end: number | string) {
  if (typeof end === 'number')
    return { http_response_status_code: String(end), error_type: end >= 400 ? String(end) : '' };
  return end === 'other'
    ? { http_response_status_code: 'other', error_type: '' }
    : { http_response_status_code: '', error_type: end };
}

/** `erp:acme` is the source `erp` and its tenant. */
function labelsOf(lane: string): { readonly source: string; readonly tenant: string } {
  const [source = '', ...tenant] = lane.split(':');
  return { source, tenant: tenant.join(':') };
}

function createLaneGauges(registry: Registry, lanes: readonly Lane[]): void {
  const registers = [registry];
  const labelNames = ['source', 'tenant'];
  new Gauge({
    name: 'http_client_active_requests',
    help: 'Requests to Sage in flight',
    labelNames,
    registers,
    collect() {
      for (const lane of lanes) this.set(labelsOf(lane.source), lane.traffic.active);
    },
  });
  new Gauge({
    name: 'gateway_upstream_waiting_requests',
    help: 'Requests to Sage that are waiting',
    labelNames,
    registers,
    collect() {
      for (const lane of lanes) this.set(labelsOf(lane.source), lane.traffic.waiting);
    },
  });
  new Gauge({
    name: 'gateway_breaker_open',
    help: 'Open breakers of a source, whose calls are refused without being sent. Sage 200 has one for each site.',
    labelNames: ['source'],
    registers,
    // Of several workers on a machine, the worst one is reported.
    aggregator: 'max',
    collect() {
      for (const lane of lanes) this.set({ source: lane.source }, lane.openBreakers());
    },
  });
}

function createLaneCounters(registry: Registry, lanes: readonly Lane[]): void {
  const registers = [registry];
  new Counter({
    name: 'gateway_upstream_retries_total',
    help: 'Reads that were sent again, because a kept connection was reset before an answer began',
    labelNames: ['source', 'tenant'],
    registers,
    collect() {
      this.reset();
      for (const lane of lanes) this.inc(labelsOf(lane.source), lane.traffic.retries);
    },
  });
  new Counter({
    name: 'gateway_breaker_refusals_total',
    help: 'Calls that an open breaker refused without sending them.',
    labelNames: ['source'],
    registers,
    collect() {
      this.reset();
      for (const lane of lanes) this.inc({ source: lane.source }, lane.traffic.refused);
    },
  });
}
