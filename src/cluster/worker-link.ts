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

/** What a worker waits for everybody's metrics, ms; then it gives its own. */
const MACHINE_WITHIN_MS = 5_000;

/** How long a worker that has closed waits for the first process, ms: that is only late when it has far more to do. */
const CLOSED_WITHIN_MS = 2_000;

/** What a worker is told first. */
interface Begun {
  readonly worker: number;
  /** How many there are. */
  readonly workers: number;
  readonly settings: WorkerSettings;
}

/** A worker's side of the pool. */
export interface WorkerLink {
  /** Settles once the first process has said what to do. */
  readonly begun: Promise<Begun>;
  /** Settles when this worker is to finish. */
  readonly stopped: Promise<StopManner>;
  /** This worker's metrics, printed together with those of all others. */
  readonly metrics: Registry;
  /** Given what does what the first process wants to be done with a configuration, once there is a gateway. */
  onReload(reloading: WorkerReloading): void;
  /**
   * Asks for a reload of all workers.
   * @param inVault number of a request in the vault, which all workers hear of @throws Error when nobody knows what became of it
   */
  reload(inVault?: number): Promise<ReloadResult>;
  ready(url: string): void;
  /** Asks for another one in its place. Once that serves, `stopped` settles. */
  leave(): void;
  /**
   * It listens no more. Settles once no connection is on its way to it: one that arrives until then goes back and to another
   * worker, and would be lost if this process had ended.
   */
  closed(): Promise<void>;
  /** It cannot start. Settles once that is sent. @param message for the operator */
  failed(message: string): Promise<void>;
}

export interface WorkerReloading {
  /** Makes what a text of the configuration asks for, beside what is in use. */
  prepare(text: string): Promise<void>;
  /** Uses it, or forgets it. */
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

/** The members of an error do not survive being sent. */
function toRefusal(error: unknown): Refusal {
  const { message, faults } = error as Partial<Refusal>;
  return { message: message ?? 'unknown', ...(Array.isArray(faults) && { faults }) };
}

/** Prints the metrics of the whole machine: a scrape reaches any one worker, and the next scrape another. */
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

/** Settles when it is sent, or when there is nobody to send it to. */
const tell = (message: FromWorker): Promise<void> =>
  new Promise((resolve) => {
    if (process.connected) process.send?.(message, () => resolve());
    else resolve();
  });
