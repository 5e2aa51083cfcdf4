import cluster from 'node:cluster';
import { AggregatorRegistry, Registry } from 'prom-client';
import type { MetricData } from '../kit/metrics/index.ts';
import {
  type FromWorker,
  isOurs,
  type Refusal,
  type ReloadResult,
  type StopManner,
  type ToWorker,
  type WorkerSettings,
} from './messages.ts';

/** Longest wait of a worker for the metrics of all, ms; after that it returns its own. */
const MACHINE_WITHIN_MS = 5_000;

/** How long a closed worker waits for the main process, ms: a late answer means that it is very busy. */
const CLOSED_WITHIN_MS = 2_000;

/** The first message to a worker. */
interface Begun {
  readonly worker: number;
  readonly workers: number;
  readonly settings: WorkerSettings;
}

/** A worker's side of the pool. */
export interface WorkerLink {
  /** Settles once the main process has sent the settings. */
  readonly begun: Promise<Begun>;
  /** Settles when this worker must stop. */
  readonly stopped: Promise<StopManner>;
  /** This worker's metrics, printed together with those of all others. */
  readonly metrics: Registry;
  /** Registers what carries out the main process's requests about configurations, once there is a gateway. */
  onReload(reloading: WorkerReloading): void;
  /**
   * Requests a reload of all workers.
   * @param inVault number of a request in the vault, which all workers receive @throws Error if its result is unknown
   */
  reload(inVault?: number): Promise<ReloadResult>;
  ready(url: string): void;
  /** Requests a replacement. Once that serves, `stopped` settles. */
  leave(): void;
  /**
   * Reports that it no longer listens. Settles once no connection is on its way to it: one that arrives until then is
   * passed to another worker, and would be lost if this process had ended.
   */
  closed(): Promise<void>;
  /** Reports that it cannot start. Settles once that is sent. @param message for the operator */
  failed(message: string): Promise<void>;
}

export interface WorkerReloading {
  /** Prepares for a text of the configuration, beside the one in use. */
  prepare(text: string): Promise<void>;
  /** Uses it, or discards it. */
  use(isUsed: boolean): Promise<void>;
}

export const isWorker = (): boolean => cluster.isWorker;

/** Takes this process's place in the pool of the process that started it. */
export function joinWorkerPool(): WorkerLink {
  const begun = Promise.withResolvers<Begun>();
  const stopped = Promise.withResolvers<StopManner>();
  const confirmed = Promise.withResolvers<void>();
  const reloading = Promise.withResolvers<WorkerReloading>();
  const asked = new Map<number, (result: ReloadResult | undefined) => void>();
  let lastAsked = 0;
  const metrics = new MachineRegistry();
  process.on('message', (message: unknown) => {
    if (isOurs<ToWorker>(message)) receive(message);
  });
  const receive = (message: ToWorker): void => {
    if (message.type === 'gateway:begin') begun.resolve(message);
    else if (message.type === 'gateway:stop') stopped.resolve(message.manner);
    else if (message.type === 'gateway:closed') confirmed.resolve();
    else if (message.type === 'gateway:prepare') void perform(message.request, (it) => it.prepare(message.text));
    else if (message.type === 'gateway:use') void perform(message.request, (it) => it.use(message.isUsed));
    else if (message.type === 'gateway:reloaded') asked.get(message.request)?.(message.result);
    else if (message.type === 'gateway:machine') metrics.gathered(message.request, message.parts);
    else void answer(message.request);
  };
  const answer = async (request: number): Promise<void> => {
    await tell({ type: 'gateway:collected', request, metrics: await metrics.own() });
  };
  const perform = async (request: number, act: (reloading: WorkerReloading) => Promise<void>): Promise<void> => {
    const refusal = await reloading.promise.then(act).then(() => undefined, toRefusal);
    await tell({ type: 'gateway:done', request, refusal });
  };
  void tell({ type: 'gateway:hello' });
  return {
    begun: begun.promise,
    stopped: stopped.promise,
    metrics,
    onReload: reloading.resolve,
    async reload(inVault) {
      lastAsked += 1;
      const request = lastAsked;
      const { promise, resolve } = Promise.withResolvers<ReloadResult | undefined>();
      asked.set(request, resolve);
      await tell({ type: 'gateway:reload', request, ...(inVault !== undefined && { inVault }) });
      const result = await promise;
      asked.delete(request);
      if (!result) throw new Error('The configuration could not be reloaded: see the log.');
      return result;
    },
    ready: (url) => void tell({ type: 'gateway:ready', url }),
    leave: () => void tell({ type: 'gateway:leave' }),
    closed: async () => {
      if (!process.connected) return;
      void tell({ type: 'gateway:closed' });
      const timer = setTimeout(confirmed.resolve, CLOSED_WITHIN_MS);
      await confirmed.promise;
      clearTimeout(timer);
    },
    failed: (message) => tell({ type: 'gateway:failed', message }),
  };
}

/** The members of an error are lost when it is sent. */
function toRefusal(error: unknown): Refusal {
  const { message, faults } = error as Partial<Refusal>;
  return { message: message ?? 'unknown', ...(Array.isArray(faults) && { faults }) };
}

/** Prints the metrics of the whole machine, because each scrape may reach another worker. */
class MachineRegistry extends Registry {
  #lastRequest = 0;
  readonly #waiting = new Map<number, (parts: readonly (readonly MetricData[])[]) => void>();

  own(): Promise<readonly MetricData[]> {
    // prom-client's own type leaves out what every metric has.
    return this.getMetricsAsJSON() as Promise<unknown> as Promise<readonly MetricData[]>;
  }

  gathered(request: number, parts: readonly (readonly MetricData[])[]): void {
    this.#waiting.get(request)?.(parts);
  }

  override async metrics(): Promise<string> {
    this.#lastRequest += 1;
    const request = this.#lastRequest;
    const { promise, resolve } = Promise.withResolvers<readonly (readonly MetricData[])[] | undefined>();
    this.#waiting.set(request, resolve);
    const timer = setTimeout(() => resolve(undefined), MACHINE_WITHIN_MS);
    await tell({ type: 'gateway:scrape', request });
    const parts = await promise;
    clearTimeout(timer);
    this.#waiting.delete(request);
    return parts && parts.length > 0 ? AggregatorRegistry.aggregate([...parts]).metrics() : super.metrics();
  }
}

/** Settles when the message is sent, or when there is no receiver. */
const tell = (message: FromWorker): Promise<void> =>
  new Promise((resolve) => {
    if (process.connected) process.send?.(message, () => resolve());
    else resolve();
  });
