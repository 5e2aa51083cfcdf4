import { AggregatorRegistry } from 'prom-client';
import { type MetricData, type MetricsText, mergeMetrics } from '../kit/metrics/index.ts';

/** Longest wait of a scrape for workers, ms: a busy worker is left out, not all of them. */
const ANSWER_WITHIN_MS = 2_000;

type Part = readonly MetricData[];

type AskWorker = (worker: number, request: number) => void;

interface Collection {
  readonly waitingFor: Set<number>;
  readonly parts: Part[];
  readonly finish: () => void;
}

/**
 * Gathers the metrics of all workers in the main process, which keeps the last counters of ended workers.
 * @param ofPool further metrics of this process
 */
export function createMachineMetrics(ofPool: () => Part = () => []) {
  const collections = new Map<number, Collection>();
  const latest = new Map<number, Part>();
  let ended: Part = [];
  let lastRequest = 0;
  let restarts = 0;

  const accept = (request: number, worker: number, part: Part | undefined) => {
    const collection = collections.get(request);
    if (!collection?.waitingFor.delete(worker)) return;
    if (part) collection.parts.push(part);
    if (collection.waitingFor.size === 0) collection.finish();
  };

  const collect = async (workers: readonly number[], ask: AskWorker): Promise<Part[]> => {
    lastRequest += 1;
    const request = lastRequest;
    const { promise, resolve } = Promise.withResolvers<void>();
    const collection = { waitingFor: new Set(workers), parts: [], finish: resolve };
    collections.set(request, collection);
    const timer = setTimeout(resolve, ANSWER_WITHIN_MS);
    for (const worker of workers) ask(worker, request);
    if (workers.length === 0) resolve();
    await promise;
    clearTimeout(timer);
    collections.delete(request);
    const own = [...poolMetrics(workers.length, restarts), ...ofPool()];
    return [ended, ...collection.parts, own].filter(({ length }) => length > 0);
  };

  return {
    /**
     * Asks these workers. The result has one part for each worker, one for ended workers and one for the main process
     * itself.
     * @param ask sends a request to a worker, whose answer comes back through `answered`
     */
    collect,
    /** The same in Prometheus's format. */
    async print(workers: readonly number[], ask: AskWorker): Promise<MetricsText> {
      const parts = await collect(workers, ask);
      const registry = AggregatorRegistry.aggregate([...parts]);
      return { contentType: registry.contentType, text: await registry.metrics() };
    },
    answered(worker: number, request: number, part: Part): void {
      latest.set(worker, part);
      accept(request, worker, part);
    },
    /** Keeps its counts: to Prometheus, a falling sum would look like a restart of everything. */
    async workerEnded(worker: number): Promise<void> {
      for (const request of collections.keys()) accept(request, worker, undefined);
      restarts += 1;
      const counted = (latest.get(worker) ?? []).filter(({ type }) => type === 'counter' || type === 'histogram');
      latest.delete(worker);
      if (counted.length > 0) ended = await mergeMetrics([ended, counted]);
    },
  };
}

const poolMetrics = (workers: number, restarts: number): Part => [
  {
    name: 'gateway_workers',
    help: 'Worker processes that serve',
    type: 'gauge',
    aggregator: 'sum',
    values: [{ value: workers, labels: {} }],
  },
  {
    name: 'gateway_worker_restarts_total',
    help: 'Workers that ended and were restarted',
    type: 'counter',
    aggregator: 'sum',
    values: [{ value: restarts, labels: {} }],
  },
];
