import type { Registry } from 'prom-client';
import { SeriesCounter } from '../../../kit/metrics/index.ts';

/**
 * `listed`, `automatic`: found by its id or hash; `kept`: sent with its hash for the first time; `refused`: a text although only
 * listed documents are allowed.
 */
const RESULTS = ['listed', 'automatic', 'kept', 'notFound', 'notSupported', 'wrongHash', 'refused'] as const;

export type DocumentResult = (typeof RESULTS)[number];

/** Requests that identify their document by id or hash, by result. */
export function createDocumentMetrics(registry: Registry): (result: DocumentResult) => void {
  const counter = SeriesCounter.in(registry, {
    name: 'gateway_documents_total',
    help: 'Requests that identify their document by an id or a hash, or may not send a text',
    labelNames: ['result'],
  });
  const series = new Map(RESULTS.map((result) => [result, counter.of({ result })]));
  return (result) => series.get(result)?.inc();
}
